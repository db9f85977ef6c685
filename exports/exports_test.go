package exports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"vitrine.dev/analytics"
	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A world has a desk in a directory, on a clock.
type world struct {
	t      *testing.T
	dir    string
	mu     sync.Mutex
	at     time.Time
	orders []recommend.Order
	docs   map[recommend.Kind][]recommend.Document
	counts counts
	change func(*exports.Config)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, dir: filepath.Join(t.TempDir(), "exports"), at: noon}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// open is a process that begins.
func (w *world) open() *exports.Desk {
	w.t.Helper()
	cfg := exports.Config{Dir: w.dir, Now: w.now, Analyst: &w.counts, Documents: w}
	if w.change != nil {
		w.change(&cfg)
	}
	d, err := exports.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// Each tells of every document, and of each twice.
func (w *world) Each(_ context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	docs := w.docs[kind]
	for i := range w.orders {
		if kind == recommend.KindOrder {
			b, err := json.Marshal(w.orders[i])
			if err != nil {
				return err
			}
			docs = append(docs, recommend.Document{Ref: recommend.Ref{Kind: kind, ID: w.orders[i].ID}, Body: b})
		}
	}
	for _, d := range slices.Concat(docs, docs) {
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}

// files are the names in the directory, sorted.
func (w *world) files() []string {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func group(key string, count int64) analytics.Group {
	smoothed := .25
	return analytics.Group{Key: map[string]string{"source": key}, Steps: []analytics.Step{
		{Step: "open", Count: float64(count), Unit: "pair", RateFromFirst: 1, RateFromPrevious: 1, Interval: &[2]float64{.5, 1}, Smoothed: &smoothed},
		{Step: "cart", Count: float64(count / 3), Unit: "pair", RateFromFirst: float64(count/3) / float64(max(count, 1)), RateFromPrevious: .1},
	}}
}

func ask(dataset, format string) exports.Ask {
	return exports.Ask{Dataset: dataset, Format: format, Lang: "en", Asked: json.RawMessage(`{"dataset":"` + dataset + `"}`), Request: analytics.Request{
		Steps: []string{"open", "cart"}, By: []string{"source"}, Window: time.Hour, Edges: []time.Time{noon.Add(-48 * time.Hour), noon}, AsOf: noon,
	}}
}

// accept puts a job into the queue.
func accept(t *testing.T, d *exports.Desk, id string, a exports.Ask) {
	t.Helper()
	if _, err := d.Accept(id, "ana", a); err != nil {
		t.Fatal(err)
	}
}

// worked is a job after the desk had time.
func worked(t *testing.T, d *exports.Desk, id string) *exports.Job {
	t.Helper()
	if err := d.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	j, err := d.Get(id, "ana")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// result is what a job made.
func result(t *testing.T, d *exports.Desk, id string) []byte {
	t.Helper()
	j, f, err := d.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != j.Bytes {
		t.Errorf("the job says %d bytes, there are %d", j.Bytes, len(b))
	}
	return b
}

// lines are the header and the rows of NDJSON.
func lines(t *testing.T, b []byte) (header map[string]any, rows []map[string]any) {
	t.Helper()
	for i, line := range bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n")) {
		var v map[string]any
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("line %d: %v\n%s", i, err, line)
		}
		if i == 0 {
			header = v
			continue
		}
		rows = append(rows, v)
	}
	return header, rows
}

func TestAJobIsWorkedOnAndItsResultIsWhatWasCounted(t *testing.T) {
	w := newWorld(t)
	w.counts.groups = []analytics.Group{group("search", 40), group("", 12)}
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.NDJSON))
	if j, err := d.Get("a", "ana"); err != nil || j.State != exports.Queued {
		t.Errorf("before its turn it is %+v, %v; want it queued", j, err)
	}
	if _, _, err := d.Open("a"); !errors.Is(err, recommend.ErrConflict) {
		t.Errorf("opening what is not done: %v, want a conflict", err)
	}
	j := worked(t, d, "a")
	if j.State != exports.Done || j.Rows != 5 || !j.Expires.Equal(noon.Add(24*time.Hour)) {
		t.Fatalf("%+v, want it done with 5 rows, kept for a day", j)
	}
	header, rows := lines(t, result(t, d, "a"))
	if header["schema"] != "vitrine.export.funnel/1" || header["as_of"] != "2026-11-23T12:00:00Z" || header["completeness"] != "all of it" || header["request"] == nil {
		t.Errorf("header %v", header)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r["schema"], r["of"], r["source"], r["step"], r["count"], r["rate_from_first"], r["interval_low"], r["smoothed"]))
	}
	want := []string{
		fmt.Sprint("vitrine.export.funnel/1", "all", nil, "open", "9", "1", nil, nil),
		fmt.Sprint("vitrine.export.funnel/1", "group", "search", "open", "40", "1", "0.5", "0.25"),
		fmt.Sprint("vitrine.export.funnel/1", "group", "search", "cart", "13", "0.325", nil, nil),
		fmt.Sprint("vitrine.export.funnel/1", "group", "", "open", "12", "1", "0.5", "0.25"),
		fmt.Sprint("vitrine.export.funnel/1", "group", "", "cart", "4", "0.3333333333333333", nil, nil),
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if _, err := d.Get("a", "bob"); !errors.Is(err, recommend.ErrNotFound) {
		t.Errorf("somebody else's: %v, want not found", err)
	}
}

func TestASeriesTellsOfFewReadersOnlyThatTheyAreFew(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	a := ask(exports.DatasetSeries, exports.NDJSON)
	a.Request.By = nil
	a.Request.Edges = []time.Time{noon.Add(-3 * time.Hour), noon.Add(-2 * time.Hour), noon.Add(-time.Hour), noon}
	accept(t, d, "a", a)
	worked(t, d, "a")
	_, rows := lines(t, result(t, d, "a"))
	if len(rows) != 4 || rows[2]["few_readers"] != true || rows[2]["count"] != nil || rows[3]["count"] != json.Number("2") {
		t.Errorf("%v, want all, and three intervals, the second without figures", rows)
	}
}

func TestARepeatIsOneJob(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	w.advance(time.Minute)
	j, err := w.open().Accept("a", "ana", ask(exports.DatasetFunnel, exports.CSV)) // on another process
	if err != nil || !j.Created.Equal(noon) {
		t.Errorf("%+v, %v; want the job of before", j, err)
	}
	if jobs, err := d.List("ana"); err != nil || len(jobs) != 1 {
		t.Errorf("%d jobs, %v; want one", len(jobs), err)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	w := newWorld(t)
	w.change = func(c *exports.Config) { c.Queue, c.Kept = 2, 3 }
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	accept(t, d, "b", ask(exports.DatasetFunnel, exports.CSV))
	if _, err := d.Accept("c", "bob", ask(exports.DatasetFunnel, exports.CSV)); !errors.Is(err, exports.ErrFull) {
		t.Errorf("a third that waits: %v, want it refused", err)
	}
	worked(t, d, "a")
	accept(t, d, "c", ask(exports.DatasetFunnel, exports.CSV))
	worked(t, d, "c")
	if _, err := d.Accept("d", "ana", ask(exports.DatasetFunnel, exports.CSV)); !errors.Is(err, exports.ErrCrowded) {
		t.Errorf("a fourth that is kept: %v, want it refused", err)
	}
	if err := d.Delete("a", "ana"); err != nil {
		t.Fatal(err)
	}
	accept(t, d, "d", ask(exports.DatasetFunnel, exports.CSV))
}

func TestWhatAStoppedProcessLeftIsDoneByTheNext(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	accept(t, d, "b", ask(exports.DatasetFunnel, exports.CSV))
	ctx, stop := context.WithCancel(t.Context())
	w.counts.before = func(ctx context.Context) error { stop(); return ctx.Err() }
	if err := d.Work(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stop while it works: %v", err)
	}
	if j, err := d.Get("a", "ana"); err != nil || j.State != exports.Queued || j.Attempts != 0 {
		t.Fatalf("%+v, %v; want it in the queue again, as if not begun", j, err)
	}
	w.counts.before = nil
	next := w.open()
	for _, id := range []string{"a", "b"} {
		if j := worked(t, next, id); j.State != exports.Done {
			t.Errorf("%s is %s after a restart, want it done", id, j.State)
		}
	}
}

func TestACrashInTheMiddleLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	accept(t, d, "b", ask(exports.DatasetFunnel, exports.CSV))
	// As a process leaves it that was killed while it wrote a, and just after it
	// had named the result of b.
	for name, text := range map[string]string{"a.part": "schema,as_of,fr", "b.data": "of another time", "zz.data": "of nobody", "zz.part": "of nobody"} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"a", "b"} {
		edit(t, w, id, func(j *exports.Job) { j.State, j.Attempts = exports.Running, 1 })
	}
	next := w.open()
	whole := ""
	for _, id := range []string{"a", "b"} {
		if j := worked(t, next, id); j.State != exports.Done || j.Attempts != 2 {
			t.Fatalf("%+v, want it done at the second start", j)
		}
		got := string(result(t, next, id))
		if whole == "" {
			whole = got
		}
		if got != whole || !strings.HasPrefix(got, "schema,as_of,from,to,of,source,step,") {
			t.Errorf("%s has\n%s", id, got)
		}
	}
	if got, want := w.files(), []string{"a.data", "a.json", "b.data", "b.json"}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
}

// edit changes a job on disk.
func edit(t *testing.T, w *world, id string, f func(*exports.Job)) {
	t.Helper()
	path := filepath.Join(w.dir, id+".json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var j exports.Job
	if err := json.Unmarshal(b, &j); err != nil {
		t.Fatal(err)
	}
	f(&j)
	if b, err = json.Marshal(j); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAJobThatEndsItsProcessIsGivenUp(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	edit(t, w, "a", func(j *exports.Job) { j.State, j.Attempts = exports.Running, 3 })
	if j := worked(t, w.open(), "a"); j.State != exports.Failed || j.Why.Code != "gave-up" || w.counts.asked != 0 {
		t.Errorf("%+v, want it given up", j)
	}
}

func TestWhyThereIsNoResultIsTold(t *testing.T) {
	refused := recommend.Refuse(recommend.Problem{Code: "validation", Pointer: "/from", Message: "not a full hour", Fix: "let it be one"})
	for name, c := range map[string]struct {
		dataset string
		change  func(*world, *exports.Config)
		code    string
	}{
		"refused":   {exports.DatasetFunnel, func(w *world, _ *exports.Config) { w.counts.err = refused }, "validation"},
		"too large": {exports.DatasetFunnel, func(_ *world, c *exports.Config) { c.Bytes = 80 }, "too-large"},
		"no room":   {exports.DatasetFunnel, func(_ *world, c *exports.Config) { c.Total = 80 }, "no-room"},
		"a bug":     {exports.DatasetFunnel, func(w *world, _ *exports.Config) { w.counts.before = func(context.Context) error { panic("oh") } }, "internal"},
		"too long": {exports.DatasetFunnel, func(w *world, c *exports.Config) {
			c.Longest = time.Nanosecond
			w.counts.before = func(ctx context.Context) error {
				<-ctx.Done()
				return fmt.Errorf("count: %w", recommend.ErrUnavailable)
			}
		}, "timeout"},
		"no such": {"readers", func(*world, *exports.Config) {}, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.change = func(cfg *exports.Config) { c.change(w, cfg) }
			d := w.open()
			accept(t, d, "a", ask(c.dataset, exports.CSV))
			j := worked(t, d, "a")
			if j.State != exports.Failed || j.Why == nil || j.Why.Code != c.code || j.Why.Fix == "" || strings.Contains(j.Why.Message, "oh") {
				t.Fatalf("%+v, want it failed with %s and what to do", j.Why, c.code)
			}
			if got, want := w.files(), []string{"a.json"}; !slices.Equal(got, want) {
				t.Errorf("files %v, want %v", got, want)
			}
		})
	}
}

func TestAStoreThatIsAwayIsTriedAgainALittleLater(t *testing.T) {
	w := newWorld(t)
	w.counts.err = fmt.Errorf("count: %w", recommend.ErrUnavailable)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	if j := worked(t, d, "a"); j.State != exports.Queued || w.counts.asked != 1 {
		t.Fatalf("%+v after %d tries, want it to wait after one", j, w.counts.asked)
	}
	w.advance(time.Minute)
	w.counts.err = nil
	if j := worked(t, d, "a"); j.State != exports.Done {
		t.Errorf("%+v, want it done", j)
	}
	w.counts.err = recommend.ErrUnavailable
	accept(t, d, "b", ask(exports.DatasetFunnel, exports.CSV))
	for range 3 {
		worked(t, d, "b")
		w.advance(time.Minute)
	}
	if j := worked(t, d, "b"); j.State != exports.Failed || j.Why.Code != "retry-later" {
		t.Errorf("%+v, want it failed for good", j)
	}
}

func TestWhatIsDeletedOrExpiredIsGone(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	accept(t, d, "b", ask(exports.DatasetFunnel, exports.CSV))
	worked(t, d, "b")
	if err := d.Delete("a", "bob"); !errors.Is(err, recommend.ErrNotFound) {
		t.Errorf("somebody else deletes it: %v", err)
	}
	if err := d.Delete("a", "ana"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Open("a"); !errors.Is(err, recommend.ErrNotFound) {
		t.Errorf("opening what was deleted: %v", err)
	}
	w.advance(24 * time.Hour)
	if jobs, err := d.List("ana"); err != nil || len(jobs) > 0 {
		t.Errorf("after a day there are %d, %v; want none", len(jobs), err)
	}
	if _, _, err := d.Open("b"); !errors.Is(err, recommend.ErrNotFound) {
		t.Errorf("opening what has expired: %v", err)
	}
	if err := d.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.files(); len(got) > 0 {
		t.Errorf("files %v, want none", got)
	}
}

func TestDeletingWhatRunsEndsIt(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetFunnel, exports.CSV))
	w.counts.before = func(ctx context.Context) error {
		if err := d.Delete("a", "ana"); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if err := d.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.files(); len(got) > 0 {
		t.Errorf("files %v, want none", got)
	}
}

func TestOneProcessOfThoseThatShareADirectoryWrites(t *testing.T) {
	w := newWorld(t)
	working, release := make(chan struct{}), make(chan struct{})
	w.counts.before = func(context.Context) error { close(working); <-release; return nil }
	w.change = func(c *exports.Config) { c.Every = time.Millisecond }
	first, second := w.open(), w.open()
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = first.Run(ctx) })
	accept(t, first, "a", ask(exports.DatasetFunnel, exports.CSV))
	<-working
	wg.Go(func() { _ = second.Run(ctx) })
	j, err := second.Get("a", "ana")
	if err != nil || j.State != exports.Running {
		t.Errorf("the other process sees %+v, %v; want it running", j, err)
	}
	close(release)
	for {
		if j, err = second.Get("a", "ana"); err != nil || j.Over() {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("it is never done")
		}
	}
	if err != nil || j.State != exports.Done || j.Attempts != 1 {
		t.Errorf("%+v, %v; want it done at once", j, err)
	}
	stop()
	wg.Wait()
}

func TestNamesThatLeadElsewhereAreNone(t *testing.T) {
	d := newWorld(t).open()
	for _, id := range []string{"", "..", "../a", "a/b", "a.json", "A", "lock\x00", strings.Repeat("a", 65)} {
		if _, err := d.Accept(id, "ana", ask(exports.DatasetFunnel, exports.CSV)); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("%q was taken: %v", id, err)
		}
		if _, err := d.Get(id, "ana"); !errors.Is(err, recommend.ErrNotFound) {
			t.Errorf("%q is there: %v", id, err)
		}
	}
}
