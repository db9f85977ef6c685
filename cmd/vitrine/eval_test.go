package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata anew")

// An evaluated set, as --json tells it.
type evaluated struct {
	Name    string
	Queries int
	figures
	Mixed            figures
	WindowsPerSecond float64 `json:"windows_per_second"`
	Records, Refused int
	Slices           []struct {
		Name    string
		Queries int
		figures
	}
	Coverage struct {
		Bare, Mixed struct{ Products, Experts int }
	}
	Floors []struct {
		Name string
		figures
		Beaten contest
	}
	Against *struct {
		contest
		Mixed contest
	}
	PerQuery struct {
		ID           []string
		Recall, NDCG []float64
		Top          [][]string
	} `json:"per_query"`
}

type figures struct {
	Recall, NDCG   float64
	RecallInterval [2]float64 `json:"recall_interval"`
	NDCGInterval   [2]float64 `json:"ndcg_interval"`
}

type contest struct {
	Queries      int
	Recall, NDCG struct {
		Difference float64
		Interval   [2]float64
		P          float64
	}
}

// evaluate runs vitrine eval over the dirs and flags of args.
func (in *installation) evaluate(args ...string) (set evaluated, table string) {
	in.t.Helper()
	path := filepath.Join(in.t.TempDir(), "eval.json")
	table = in.run("eval", append([]string{"--json", path}, args...)...)
	return readEvaluated(in.t, path), table
}

func readEvaluated(t testing.TB, path string) evaluated {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Sets []evaluated }
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Sets) != 1 {
		t.Fatalf("%d sets, want one", len(report.Sets))
	}
	return report.Sets[0]
}

// corner is the directory of the data, which -update makes anew.
func corner(t *testing.T) string {
	t.Helper()
	if *update {
		if err := os.MkdirAll(cornerDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range makeCorner() {
			if err := os.WriteFile(filepath.Join(cornerDir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir, err := filepath.Abs(cornerDir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// What a change does to ranking shows here, in figures and in orders.
func TestRankingOfTheCornerIsWhatItWas(t *testing.T) {
	in := newInstallation(t)
	set, _ := in.evaluate("--floor", "newest,popular-7d,ctr,own-history,random", corner(t))
	got, path := rankStats(&set), filepath.Join(cornerDir, "rank_stats.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("ranking has changed (-was +is); if that is meant, -update writes it down:\n%s", diff)
	}
}

// rankStats are the figures of a set and the orders of some of its queries.
func rankStats(s *evaluated) string {
	var b strings.Builder
	line := func(name string, n int, f *figures) {
		fmt.Fprintf(&b, "%-22s %4d queries  recall %.4f  ndcg %.4f\n", name, n, f.Recall, f.NDCG)
	}
	fmt.Fprintf(&b, "%s: %d records, %d refused\n", s.Name, s.Records, s.Refused)
	line("bare order", s.Queries, &s.figures)
	line("mixed page", s.Queries, &s.Mixed)
	for i := range s.Slices {
		line("  "+s.Slices[i].Name, s.Slices[i].Queries, &s.Slices[i].figures)
	}
	for i := range s.Floors {
		line("floor "+s.Floors[i].Name, s.Queries, &s.Floors[i].figures)
	}
	fmt.Fprintf(&b, "bare pages show %d products of %d experts, mixed ones %d of %d\n\n",
		s.Coverage.Bare.Products, s.Coverage.Bare.Experts, s.Coverage.Mixed.Products, s.Coverage.Mixed.Experts)
	for i := 0; i < s.Queries; i += 6 {
		fmt.Fprintf(&b, "%-11s recall %.4f  ndcg %.4f  %s\n", s.PerQuery.ID[i], s.PerQuery.Recall[i], s.PerQuery.NDCG[i], strings.Join(s.PerQuery.Top[i], " "))
	}
	return b.String()
}

func TestEvalComparesWithAnEarlierRunQueryByQuery(t *testing.T) {
	in := newInstallation(t)
	dir := corner(t)
	first := filepath.Join(t.TempDir(), "first.json")
	in.run("eval", "--json", first, dir)
	same, table := in.evaluate("--against", first, dir)
	a := same.Against
	if a == nil || a.Queries != same.Queries || a.NDCG.Difference != 0 || a.NDCG.P != 1 || a.Mixed.Recall.P != 1 {
		t.Errorf("against itself: %+v, want no difference in any query", a)
	}
	if !strings.Contains(table, first) {
		t.Errorf("the table does not tell of the comparison:\n%s", table)
	}

	worse := readEvaluated(t, first)
	for i := range worse.PerQuery.Recall {
		worse.PerQuery.Recall[i] = 0
	}
	b, err := json.Marshal(map[string]any{"sets": []any{map[string]any{"per_query": map[string]any{
		"id": worse.PerQuery.ID[1:], "recall": worse.PerQuery.Recall[1:], "ndcg": worse.PerQuery.NDCG[1:],
		"mixed_recall": worse.PerQuery.Recall[1:], "mixed_ndcg": worse.PerQuery.NDCG[1:],
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "worse.json")
	if err := os.WriteFile(other, b, 0o600); err != nil {
		t.Fatal(err)
	}
	better, _ := in.evaluate("--against", other, dir)
	if a := better.Against; a.Queries != better.Queries-1 || a.Recall.Difference <= 0 || a.Recall.P > 0.01 || a.NDCG.Difference != 0 {
		t.Errorf("against one that found nothing: %+v, want a better recall", a)
	}
}

func TestEvalAsksOnlyWhatItIsToldAndTellsWhatIsRefused(t *testing.T) {
	in := newInstallation(t)
	few, _ := in.evaluate("--only", "5", corner(t))
	all, _ := in.evaluate(corner(t))
	if few.Queries != 5 || !slices.Equal(few.PerQuery.ID, all.PerQuery.ID[:5]) || !slices.Equal(few.PerQuery.NDCG, all.PerQuery.NDCG[:5]) {
		t.Errorf("the first five alone: %v %v, want what they are among all: %v %v", few.PerQuery.ID, few.PerQuery.NDCG, all.PerQuery.ID[:5], all.PerQuery.NDCG[:5])
	}
	if few.Records >= all.Records {
		t.Errorf("%d records for five queries, %d for all: want no more than they need", few.Records, all.Records)
	}

	in.archive()
	in.write("archive/queries.jsonl", `{"id":"q1","reader":"r1","at":"2010-01-01T00:00:00Z","relevant":["old:i39"],"topic":"books"}
{"id":"q2","reader":"r1","at":"2010-01-01T00:00:00Z","relevant":["old:i39"],"topic":"nowhere"}
`)
	out, progress, err := in.try("eval", filepath.Join(in.dir, "archive"))
	if err != nil {
		t.Fatal(err, progress)
	}
	for _, want := range []string{"refused 1: partner-unknown", "refused 1: unsupported-channel", "refused 1: reason-too-short", "refused 1: unreadable"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if want := "picks.jsonl:41: unsupported-channel"; !strings.Contains(progress, want) {
		t.Errorf("no %q in\n%s", want, progress)
	}
}

// A later directory goes on where the first ends.
func TestEvalReadsSeveralDirectoriesAsOneTimeline(t *testing.T) {
	in := newInstallation(t)
	whole, _ := in.evaluate(corner(t))
	const cut = `2026-09-16`
	for name, text := range makeCorner() {
		var early, late strings.Builder
		for line := range strings.Lines(text) {
			if at := timeIn(line); at == "" || at < cut {
				early.WriteString(line)
			} else {
				late.WriteString(line)
			}
		}
		in.write("one/"+name, early.String())
		if late.Len() > 0 {
			in.write("two/"+name, late.String())
		}
	}
	both, _ := in.evaluate(filepath.Join(in.dir, "one"), filepath.Join(in.dir, "two"))
	if got, want := both.Name, "one+two"; got != want {
		t.Errorf("the set is named %q, want %q", got, want)
	}
	if diff := cmp.Diff(whole.PerQuery, both.PerQuery); diff != "" {
		t.Errorf("in two directories the figures are others:\n%s", diff)
	}
}

func TestEvalSaysWhatItLacks(t *testing.T) {
	in := newInstallation(t)
	in.write("empty/queries.jsonl", `{"id":"q1","reader":"r1","relevant":["a:b"]}`+"\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "name a directory"},
		{[]string{in.dir}, "queries.jsonl"},
		{[]string{filepath.Join(in.dir, "empty")}, "line 1: a query needs at"},
		{[]string{"--floor", "best", corner(t)}, `no floor "best"`},
		{[]string{"--against", filepath.Join(in.dir, "nothing.json"), corner(t), "--only", "1"}, "against"},
	} {
		if _, text, err := in.try("eval", c.args...); err == nil || !strings.Contains(text, c.want) {
			t.Errorf("%v: %v %q, want it to say %q", c.args, err, text, c.want)
		}
	}
}
