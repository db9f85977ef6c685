package main_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// archive writes a small archive in which one line of each kind of wrong is
// hidden, and returns how many lines are right.
func (in *installation) archive() {
	in.t.Helper()
	const dir = "archive"
	in.write(dir+"/partners.jsonl", `{"id":"old","name":"Old Shop","links":["https://old.example/p/{item}"],"state":"active"}`+"\n")
	in.write(dir+"/experts.jsonl", `{"id":"ann","name":"Ann","topics":["books","home"],"verified":true}
{"id":"bob","name":"Bob","topics":["books"],"verified":true}
`)
	in.write(dir+"/products.jsonl", `{"key":"old:a","title":"A Book of Tea 茶经","topic":"books","updated_at":"2009-01-01T00:00:00Z"}
{"key":"old:b","title":"Kettle","topic":"home","price":{"amount":1200,"currency":"EUR"},"updated_at":"2009-01-01T00:00:00Z"}
{"key":"nobody:c","title":"Nobody's","updated_at":"2009-01-02T00:00:00Z"}
`)
	var picks strings.Builder
	for i := range 40 { // far over every publishing limit
		fmt.Fprintf(&picks, `{"id":"k%02d","expert":"ann","link":"https://old.example/p/i%d","reason":"Read it twice in the winter of 2008; chapter %d is the best of it.","topics":["books"],"published_at":"2009-02-01T00:%02d:00Z"}`+"\n", i, i, i, i)
	}
	picks.WriteString(`{"id":"w1","expert":"ann","link":"https://elsewhere.example/p/i","reason":"A link to a shop that nobody approved, and said at length.","topics":["books"],"published_at":"2009-03-01T00:00:00Z"}
{"id":"w2","expert":"bob","link":"https://old.example/p/w2","reason":"Bob is not verified for the home, and says so at length.","topics":["home"],"published_at":"2009-03-01T00:00:00Z"}
not json at all
{"id":"w4","expert":"ann","link":"https://old.example/p/w4","reason":"short","topics":["books"],"published_at":"2009-03-01T00:00:00Z"}
`)
	in.write(dir+"/picks.jsonl", picks.String())
	in.write(dir+"/readers.jsonl", `{"id":"r1","interests":{"books":1,"home":0.25},"follows":["ann"]}
{"id":"r2"}
`)
	in.write(dir+"/actions.jsonl", `{"id":"a1","reader":"r1","kind":"open","pick":"k00","at":"2009-04-01T00:00:00Z"}
{"id":"a2","reader":"r2","kind":"follow","expert":"bob","at":"2009-04-01T00:00:00Z"}
{"id":"a3","reader":"r2","kind":"stare","pick":"k00","at":"2009-04-01T00:00:00Z"}
`)
}

func TestImportTellsWhatItRefusesAndChangesNothingTwice(t *testing.T) {
	in := newInstallation(t)
	in.archive()
	dir := filepath.Join(in.dir, "archive")
	first, summary, err := in.try("import", "--trusted", dir)
	if err == nil {
		t.Error("an import with refused records succeeded, want an exit status that says so")
	}
	for _, want := range []string{
		"products.jsonl:3: partner-unknown", "picks.jsonl:41: unsupported-channel", "picks.jsonl:42: topic-not-approved",
		"picks.jsonl:43: not JSON", "picks.jsonl:44: reason-too-short", "actions.jsonl:3: validation at /kind",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("no line %q in\n%s", want, first)
		}
	}
	if got, want := strings.Count(first, "\n"), 6; got != want {
		t.Errorf("%d lines, want one for each of %d refused records:\n%s", got, want, first)
	}
	if got, want := totals(t, summary), [4]int{55, 49, 0, 6}; got != want {
		t.Errorf("read, new, unchanged, refused: %v, want %v", got, want)
	}
	before := in.exported("before")
	second, summary, _ := in.try("import", "--trusted", dir)
	if got, want := totals(t, summary), [4]int{55, 0, 49, 6}; got != want {
		t.Errorf("a second time: read, new, unchanged, refused: %v, want %v", got, want)
	}
	if got, want := sortedLines(second), sortedLines(first); !slices.Equal(got, want) {
		t.Errorf("a second time other records were refused:\n%s\nfirst:\n%s", second, first)
	}
	for name, text := range in.exported("after") {
		if before[name] != text {
			t.Errorf("%s changed by importing twice:\n%s\nbefore:\n%s", name, text, before[name])
		}
	}
}

func TestWhatIsExportedImportsElsewhere(t *testing.T) {
	one, two := newInstallation(t), newInstallation(t)
	one.archive()
	if _, stderr, err := one.try("import", "--trusted", filepath.Join(one.dir, "archive")); err == nil {
		t.Fatalf("nothing was refused:\n%s", stderr)
	}
	want := one.exported("out")
	two.run("import", "--trusted", filepath.Join(one.dir, "out"))
	for name, text := range two.exported("out") {
		if name == "readers.jsonl.gz" || name == "actions.jsonl.gz" {
			if len(sortedLines(text)) != len(sortedLines(want[name])) {
				t.Errorf("%s:\n%s\nwant\n%s", name, text, want[name])
			}
			continue
		}
		if want[name] != text {
			t.Errorf("%s:\n%s\nwant\n%s", name, text, want[name])
		}
	}
	if n := strings.Count(want["picks.jsonl.gz"], "\n"); n != 40 {
		t.Errorf("%d picks exported, want 40", n)
	}
}

// Without --trusted the same file meets the publishing limits: nothing is
// lost, the excess waits.
func TestAnUntrustedImportMeetsTheLimits(t *testing.T) {
	in := newInstallation(t)
	in.write("policy.yaml", "version: strict\n")
	in.archive()
	_, _, _ = in.try("import", filepath.Join(in.dir, "archive"))
	p := in.start("serve")
	var page struct {
		Items []struct {
			State string `json:"state"`
		} `json:"items"`
	}
	p.client(in.token("ann", "picks:write", "window:read")).mustGet(t, "/v1/me/picks?limit=50", &page)
	states := make(map[string]int)
	for _, it := range page.Items {
		states[it.State]++
	}
	if states["published"] == 0 || states["deferred"] == 0 || states["published"]+states["deferred"] != 40 {
		t.Errorf("got %v, want all 40, a few published and the rest deferred", states)
	}
}

func TestAChangedPolicyFileTakesEffectAndABadOneDoesNot(t *testing.T) {
	in := newInstallation(t)
	p := in.start("serve")
	version := func(want string) {
		t.Helper()
		await(t, 20*time.Second, func() error {
			var v struct {
				Version string `json:"version"`
			}
			if err := p.client("").get("/v1/policy", &v); err != nil || v.Version != want {
				return fmt.Errorf("version %q, want %q: %w", v.Version, want, err)
			}
			return nil
		})
	}
	version("test")
	in.write("policy.yaml", "version: second\npublish: {per_day: 2}\n")
	version("second")
	in.write("policy.yaml", "version: third\npublish: {per_day: -2}\n")
	await(t, 20*time.Second, func() error {
		if !strings.Contains(p.log.String(), "publish.per_day") {
			return fmt.Errorf("the log does not say what is wrong:\n%s", p.log)
		}
		return nil
	})
	version("second")
	if status, _, err := p.client("").do(http.MethodGet, "/readyz", nil); err != nil || status != http.StatusOK {
		t.Errorf("readyz %d %v, want 200", status, err)
	}
}

func sortedLines(s string) []string {
	return slices.Sorted(slices.Values(strings.Split(strings.TrimSpace(s), "\n")))
}

// totals reads the last line of an import's summary.
func totals(t *testing.T, summary string) (n [4]int) {
	t.Helper()
	for line := range strings.Lines(summary) {
		if strings.HasPrefix(line, "total ") {
			if _, err := fmt.Sscanf(line, "total %d %d %d %d", &n[0], &n[1], &n[2], &n[3]); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
	}
	return n
}

// exported returns the texts of the files that an export writes.
func (in *installation) exported(dir string) map[string]string {
	in.t.Helper()
	dir = filepath.Join(in.dir, dir)
	in.run("export", dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		in.t.Fatal(err)
	}
	out := make(map[string]string)
	for _, e := range entries {
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			in.t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			in.t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			in.t.Fatal(err)
		}
		out[e.Name()] = string(b)
		_ = f.Close()
	}
	return out
}

// A damaged file, a line too long for an event, a mark of UTF-8, lines that
// come twice: each is told where it stands, and stops no other.
func TestAnImportGoesOnBehindWhatItCannotRead(t *testing.T) {
	in := newInstallation(t)
	pick := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"expert":"ann","link":"https://shop.example/i/%s","reason":"Read it twice in the winter of 2008; it is the best of its kind.","topics":["books"],"published_at":"2009-02-01T00:00:00Z"}`, id, id)
	}
	in.write("one/experts.jsonl", "\ufeff"+`{"id":"ann","name":"Ann","topics":["books"],"verified":true}`+"\r\n\r\n")
	in.write("one/products.jsonl", "")
	in.write("one/picks.jsonl", pick("a")+"\n"+`{"id":"b","reason":"`+strings.Repeat("x", 2<<20)+`"}`+"\n"+pick("c")+"\n"+pick("a")+"\n{\"id\":\"\xff\"}\n"+pick("d"))
	in.write("two/picks.jsonl.gz", zipped(t, strings.Repeat(pick("e")+"\n", 1)+noise(2000))[:900])
	in.write("two/readers.jsonl.gz", "not gzip at all")
	in.write("two/actions.jsonl.gz", "")
	first, summary, _ := in.try("import", "--trusted", filepath.Join(in.dir, "one"), filepath.Join(in.dir, "two"))
	for _, want := range []string{"picks.jsonl:2: longer than", "picks.jsonl:5: not UTF-8", "picks.jsonl.gz:2: the file is damaged", "readers.jsonl.gz:1: the file is damaged", "actions.jsonl.gz:1: the file is damaged"} {
		if !strings.Contains(first, want) {
			t.Errorf("no line %q in\n%s", want, first)
		}
	}
	if got, want := totals(t, summary), [4]int{11, 5, 1, 5}; got != want {
		t.Errorf("read, new, unchanged, refused: %v, want %v\n%s\n%s", got, want, first, summary)
	}
	if n := strings.Count(in.exported("out")["picks.jsonl.gz"], "\n"); n != 4 {
		t.Errorf("%d picks arrived, want a, c, d and e", n)
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// noise is text that gzip can hardly shorten.
func noise(n int) string {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{})
	for i := range b {
		b[i] = byte('a' + r.Uint64()%26)
	}
	return string(b)
}

// What a moderator took down does not come to life in another installation.
func TestOnlyWhatIsInForceIsExported(t *testing.T) {
	in := newInstallation(t)
	in.archive()
	if _, summary, _ := in.try("import", "--trusted", filepath.Join(in.dir, "archive")); totals(t, summary)[1] != 49 { // some are refused, on purpose
		t.Fatalf("not imported:\n%s", summary)
	}
	p := in.start("serve")
	takedown := map[string]any{"target": map[string]string{"kind": "pick", "id": "k00"}, "action": "remove", "rule": "spam", "text": "Gone."}
	if status, b, err := p.client(in.token("m", "moderate")).do(http.MethodPost, "/v1/rulings", takedown, "Idempotency-Key", "takedown"); err != nil || status >= 300 {
		t.Fatalf("take down: %d %s %v", status, b, err)
	}
	await(t, 10*time.Second, func() error {
		if status, _, err := p.client("").do(http.MethodGet, "/v1/picks/k00", nil); err != nil || status == http.StatusOK {
			return fmt.Errorf("the pick still answers %d: %w", status, err)
		}
		return nil
	})
	p.kill()
	picks := in.exported("out")["picks.jsonl.gz"]
	if strings.Contains(picks, `"k00"`) || strings.Count(picks, "\n") != 39 {
		t.Errorf("%d picks, k00 among them: %t; want the other 39", strings.Count(picks, "\n"), strings.Contains(picks, `"k00"`))
	}
}

func TestCommandsSayWhatTheyCannotDo(t *testing.T) {
	in := newInstallation(t)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "now"}, `"now"`},
		{[]string{"serve", "--partitions", "-1"}, "partitions"},
		{[]string{"serve", "--now", "noon"}, "2026-11-23T08:00:00Z"},
		{[]string{"api"}, "--kafka"},
		{[]string{"ingest"}, "--elastic"},
		{[]string{"token", "--sub", "mei", "--scope", ""}, "window:read"},
		{[]string{"token", "--sub", "mei", "--scope", "windw:read"}, "window:read"},
		{[]string{"token"}, "--sub"},
		{[]string{"import"}, "picks.jsonl"},
		{[]string{"import", "nowhere"}, "nowhere"},
	} {
		if out, stderr, err := in.try(tt.args[0], tt.args[1:]...); err == nil || out != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("vitrine %v: %q %v, want an error that names %s", tt.args, stderr, err, tt.want)
		}
	}
}
