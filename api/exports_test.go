package api_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/analytics"
	"vitrine.dev/api"
	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

type exportAnswer struct {
	ID, State, Dataset, Format string
	Rows, Bytes                int64
	AsOf                       time.Time `json:"as_of"`
	About                      *exports.About
	Download                   *struct {
		URL    string
		SHA256 string
		Type   string `json:"content_type"`
	}
	Error *exports.Failure
}

// openExporting opens a process that counts and exports, with its desk.
func openExporting(t *testing.T, change ...func(*exports.Config)) (*site, *exports.Desk) {
	t.Helper()
	return openExportingAnd(t, func(*api.Config) {}, change...)
}

// openExportingAnd opens one that does something else too.
func openExportingAnd(t *testing.T, and func(*api.Config), change ...func(*exports.Config)) (*site, *exports.Desk) {
	t.Helper()
	w := newWorld(t)
	var desk *exports.Desk
	s := w.open(t, func(c *api.Config) {
		analyst := &analytics.Analyst{Counts: w.engine, Picks: c.Windows.(analytics.Picks), Now: w.clock.now}
		cfg := exports.Config{Dir: filepath.Join(t.TempDir(), "exports"), Analyst: analyst, Documents: w.engine, Now: w.clock.now}
		for _, f := range change {
			f(&cfg)
		}
		var err error
		if desk, err = exports.New(cfg); err != nil {
			t.Fatal(err)
		}
		c.Analyst, c.Exports = analyst, desk
		and(c)
	})
	return s, desk
}

// visited has readers open, and some keep, what is there.
func (s *site) visited(picks []string, readers int) {
	s.t.Helper()
	for i := range readers {
		reader := s.token(s.t, fmt.Sprint("r", i), api.ScopeWindowRead)
		w := into[recommend.Window](s.do("GET", "/v1/window", nil, reader).is(200))
		acts := []object{{"kind": "impression", "pick": picks[0], "window": w.ID}}
		for k, pick := range picks {
			if i%(k+1) == 0 {
				acts = append(acts, object{"kind": "open", "pick": pick, "window": w.ID})
			}
		}
		s.do("POST", "/v1/actions", object{"actions": acts}, reader).is(202)
		if i%2 == 0 {
			s.do("PUT", "/v1/bookmarks/"+picks[0], nil, reader).is(201)
		}
	}
}

// exported asks, lets the desk work, and returns the export that is done.
func (s *site) exported(desk *exports.Desk, who header, body object) exportAnswer {
	s.t.Helper()
	r := s.do("POST", "/v1/exports", body, who).is(202)
	if err := desk.Work(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	x := into[exportAnswer](s.do("GET", r.header.Get("Location"), nil, who).is(200))
	if x.State != "done" || x.Download == nil {
		s.t.Fatalf("%+v, want it done: %+v", x, x.Error)
	}
	return x
}

// ndjson are the header and the rows of a file.
func ndjson(t *testing.T, b []byte) (head object, rows []object) {
	t.Helper()
	for line := range bytes.Lines(b) {
		var v object
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v\n%s", err, line)
		}
		if head == nil {
			head = v
			continue
		}
		rows = append(rows, v)
	}
	return head, rows
}

// stepOf is what the API says of a step, as a row has it.
func stepOf(s *analytics.Step) string {
	low, high, smoothed, median := any(nil), any(nil), any(nil), any(nil)
	if s.Interval != nil {
		low, high = s.Interval[0], s.Interval[1]
	}
	if s.Smoothed != nil {
		smoothed = *s.Smoothed
	}
	if s.Median != nil {
		median = *s.Median
	}
	return fmt.Sprint(s.Step, s.Count, s.Unit, s.RateFromFirst, s.RateFromPrevious, low, high, smoothed, median)
}

func rowOf(r object) string {
	return fmt.Sprint(r["step"], r["count"], r["unit"], r["rate_from_first"], r["rate_from_previous"], r["interval_low"], r["interval_high"], r["smoothed"], r["median_seconds"])
}

func TestExportedFiguresAreThoseOfTheAPI(t *testing.T) {
	s, desk := openExporting(t)
	picks := s.stock(6)
	s.visited(picks, 20)
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	t.Run("every group of a funnel", func(t *testing.T) {
		s := s.in(t)
		x := s.exported(desk, ana, object{"dataset": "funnel", "format": "ndjson", "steps": []string{"open", "bookmark"}, "window": "1d", "breakdown": []string{"expert", "pick"}, "times": true})
		asOf := x.AsOf.Format(time.RFC3339Nano)
		s.clock.advance(time.Minute)
		s.do("POST", "/v1/actions", object{"actions": []object{{"kind": "open", "pick": picks[5]}}}, s.token(t, "late", api.ScopeWindowRead)).is(202)
		f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open,bookmark&window=1d&breakdown=expert,pick&limit=1000&times=true&as_of="+asOf, nil, ana).is(200))
		want := make([]string, 0)
		if f.Steps[0].Median == nil || f.Groups[0].Steps[0].Median == nil || f.Groups[0].Key["expert"] == "" {
			t.Errorf("no median of all, or of the group %v", f.Groups[0].Key)
		}
		for i := range f.Steps {
			want = append(want, "all "+stepOf(&f.Steps[i]))
		}
		for _, g := range f.Groups {
			for i := range g.Steps {
				want = append(want, g.Key["expert"]+" "+g.Key["pick"]+" "+stepOf(&g.Steps[i]))
			}
		}
		head, rows := ndjson(t, s.do("GET", x.Download.URL, nil).is(200).body)
		var got []string
		for _, r := range rows {
			if r["of"] == "all" {
				got = append(got, "all "+rowOf(r))
				continue
			}
			got = append(got, fmt.Sprint(r["expert"], " ", r["pick"], " ", rowOf(r)))
		}
		if d := gocmp.Diff(want, got); d != "" || len(f.Groups) < 3 {
			t.Errorf("of %d groups (-API +export):\n%s", len(f.Groups), d)
		}
		if head["completeness"] != f.Complete || head["schema"] != "vitrine.export.funnel/1" || head["as_of"] != asOf || int64(len(rows)) != x.Rows {
			t.Errorf("header %v of %d rows", head, len(rows))
		}
		if left := head["left_out"].(object)["groups_of_few_readers"]; left != float64(f.LeftOut.Groups) || f.LeftOut.Groups == 0 {
			t.Errorf("%v groups left out, the API leaves out %d", left, f.LeftOut.Groups)
		}
	})
	t.Run("every interval of a series", func(t *testing.T) {
		s := s.in(t)
		from := s.clock.now().AddDate(0, 0, -3).Format(time.DateOnly)
		x := s.exported(desk, ana, object{"dataset": "series", "format": "ndjson", "steps": []string{"open", "bookmark"}, "window": "1d", "from": from, "tz": "Asia/Shanghai", "interval": "hour", "times": true})
		a := into[analytics.Series](s.do("GET", "/v1/metrics/series?steps=open,bookmark&window=1d&tz=Asia/Shanghai&interval=hour&times=true&from="+from+"&as_of="+x.AsOf.Format(time.RFC3339Nano), nil, ana).is(200))
		var want, got []string
		for _, slot := range a.Items {
			if slot.Few {
				want = append(want, fmt.Sprint(slot.From.Format(time.RFC3339), true))
			}
			for i := range slot.Steps {
				want = append(want, fmt.Sprint(slot.From.Format(time.RFC3339), false, stepOf(&slot.Steps[i])))
			}
		}
		_, rows := ndjson(t, s.do("GET", x.Download.URL, nil).is(200).body)
		for _, r := range rows {
			switch {
			case r["of"] == "all":
			case r["few_readers"] == true:
				got = append(got, fmt.Sprint(r["from"], true))
			default:
				got = append(got, fmt.Sprint(r["from"], false, rowOf(r)))
			}
		}
		if d := gocmp.Diff(want, got); d != "" || len(want) < 100 {
			t.Errorf("%d rows (-API +export):\n%s", len(want), d)
		}
	})
	t.Run("every cohort of readers", func(t *testing.T) {
		s := s.in(t)
		x := s.exported(desk, ana, object{"dataset": "retention", "format": "ndjson", "interval": "day", "from": s.clock.now().AddDate(0, 0, -5).Format(time.DateOnly)})
		a := into[analytics.Retention](s.do("GET", "/v1/metrics/retention?interval=day&from="+s.clock.now().AddDate(0, 0, -5).Format(time.DateOnly)+"&as_of="+x.AsOf.Format(time.RFC3339Nano), nil, ana).is(200))
		var want, got []string
		for _, c := range a.Cohorts {
			for _, b := range c.Back {
				want = append(want, fmt.Sprint(c.From.Format(time.RFC3339), " ", c.Readers, " ", b.From.Format(time.RFC3339), " ", b.Readers, " ", b.Rate))
			}
		}
		_, rows := ndjson(t, s.do("GET", x.Download.URL, nil).is(200).body)
		for _, r := range rows {
			if r["from"] != nil {
				got = append(got, fmt.Sprint(r["cohort_from"], " ", r["cohort_readers"], " ", r["from"], " ", r["readers"], " ", r["rate"]))
			}
		}
		if d := gocmp.Diff(want, got); d != "" || len(want) == 0 {
			t.Errorf("%d (-API +export):\n%s", len(want), d)
		}
	})
	t.Run("a top in its order", func(t *testing.T) {
		s := s.in(t)
		x := s.exported(desk, ana, object{"dataset": "top", "format": "csv", "steps": []string{"open", "bookmark"}, "window": "1d", "by": "pick"})
		f := into[funnelAnswer](s.do("GET", "/v1/metrics/top?by=pick&steps=open,bookmark&window=1d&as_of="+x.AsOf.Format(time.RFC3339Nano), nil, ana).is(200))
		var want, got []string
		for _, g := range f.Groups {
			want = append(want, g.Key["pick"]+" "+fmt.Sprint(g.Steps[1].Count))
		}
		table, err := csv.NewReader(bytes.NewReader(s.do("GET", x.Download.URL, nil).is(200).body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := func(name string) int { return slices.Index(table[0], name) }
		for _, r := range table[1:] {
			if r[column("of")] == "group" && r[column("step")] == "bookmark" {
				got = append(got, r[column("pick")]+" "+r[column("count")])
			}
		}
		if d := gocmp.Diff(want, got); d != "" || len(want) < 2 {
			t.Errorf("(-API +export):\n%s", d)
		}
	})
}

func TestAnExportIsRefusedWhereItCouldNotBeAnswered(t *testing.T) {
	s, _ := openExporting(t)
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	good := func(more object) object {
		o := object{"dataset": "funnel", "format": "csv", "steps": []string{"open"}, "window": "1d"}
		for k, v := range more {
			if o[k] = v; v == nil {
				delete(o, k)
			}
		}
		return o
	}
	for field, body := range map[string]object{
		"dataset":     good(object{"dataset": "readers"}),
		"format":      good(object{"format": "parquet"}),
		"steps":       good(object{"steps": []string{"follow"}}),
		"window":      good(object{"window": nil}),
		"from":        good(object{"from": "yesterday"}),
		"tz":          good(object{"tz": "Mars/Olympus"}),
		"unit":        good(object{"unit": "reader", "steps": []string{"impression"}}),
		"breakdown":   good(object{"breakdown": []string{"colour"}}),
		"interval":    good(object{"interval": "day"}),
		"by":          good(object{"dataset": "top", "steps": []string{"open", "cart"}}),
		"as_of":       {"dataset": "orders", "format": "csv", "as_of": "now"},
		"attribution": {"dataset": "orders", "format": "csv", "attribution": "best"},
		"step":        {"dataset": "retention", "format": "csv", "step": "impression"},
		"mode":        {"dataset": "money", "format": "csv", "mode": "any"},
		"source":      {"dataset": "orders", "format": "csv", "source": []string{"search"}},
		"limit":       good(object{"limit": 10}),
	} {
		r := s.do("POST", "/v1/exports", body, ana)
		r.problem(422, "validation")
		p := into[struct{ Errors []recommend.Problem }](r)
		if len(p.Errors) == 0 || p.Errors[0].Pointer != "/"+field || p.Errors[0].Fix == "" {
			t.Errorf("%v: %+v, want one about %s that says what to do", body, p.Errors, field)
		}
	}
	s.do("POST", "/v1/exports", good(nil), s.token(t, "r", api.ScopeWindowRead)).problem(403, "insufficient-scope")
	s.do("POST", "/v1/exports", good(nil)).problem(401, "unauthorized")
	if x := into[struct{ Items []exportAnswer }](s.do("GET", "/v1/exports", nil, ana).is(200)); len(x.Items) > 0 {
		t.Errorf("%+v, want no export", x.Items)
	}
}

func TestAnExportIsItsOwners(t *testing.T) {
	s, desk := openExporting(t, func(c *exports.Config) { c.Queue = 2 })
	ana, bob := s.token(t, "ana", api.ScopeMetricsRead), s.token(t, "bob", api.ScopeMetricsRead)
	body := object{"dataset": "funnel", "format": "csv", "steps": []string{"open"}, "window": "1d"}
	first := s.do("POST", "/v1/exports", body, ana, key("one")).is(202)
	again := s.do("POST", "/v1/exports", body, ana, key("one")).is(202)
	if into[exportAnswer](first).ID != into[exportAnswer](again).ID || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%s, then %s; want one export", first.body, again.body)
	}
	at := first.header.Get("Location")
	s.do("GET", at, nil, bob).problem(404, "not-found")
	s.do("DELETE", at, nil, bob).problem(404, "not-found")
	s.do("GET", "/v1/exports/none", nil, ana).problem(404, "not-found")
	s.do("GET", "/v1/exports/..%2f..%2fkeys", nil, ana).problem(404, "not-found")
	s.do("POST", "/v1/exports", body, bob, key("one")).is(202) // his own
	full := s.do("POST", "/v1/exports", body, bob)
	full.problem(429, "quota-exceeded")
	if full.header.Get("Retry-After") == "" {
		t.Error("a full queue does not say when to come again")
	}
	if x := into[struct{ Items []exportAnswer }](s.do("GET", "/v1/exports", nil, bob).is(200)); len(x.Items) != 1 || x.Items[0].State != "queued" {
		t.Errorf("%+v, want bob's own alone", x.Items)
	}
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	x := into[exportAnswer](s.do("GET", at, nil, ana).is(200))
	s.do("GET", x.Download.URL, nil).is(200)
	s.do("DELETE", at, nil, ana).is(204)
	s.do("GET", at, nil, ana).problem(404, "not-found")
	s.do("GET", x.Download.URL, nil).problem(404, "not-found")
}

func TestAFailedExportSaysWhatToDo(t *testing.T) {
	s, desk := openExporting(t, func(c *exports.Config) { c.Bytes = 100 })
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	at := s.do("POST", "/v1/exports", object{"dataset": "orders", "format": "csv"}, ana).is(202).header.Get("Location")
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x := into[exportAnswer](s.do("GET", at, nil, ana).is(200)); x.State != "failed" || x.Error == nil || x.Error.Code != "too-large" || x.Error.Fix == "" || x.Download != nil {
		t.Errorf("%+v, want it failed, with what to do", x)
	}
}

func TestADownloadThatBrokeOffIsGoneOnWith(t *testing.T) {
	s, desk := openExporting(t)
	picks := s.stock(3)
	s.visited(picks, 12)
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	x := s.exported(desk, ana, object{"dataset": "funnel", "format": "csv", "steps": []string{"open", "bookmark"}, "window": "1d", "breakdown": []string{"pick"}})
	whole := s.do("GET", x.Download.URL, nil).is(200)
	tag := whole.header.Get("ETag")
	if int64(len(whole.body)) != x.Bytes || tag != strconv.Quote(x.Download.SHA256) || whole.header.Get("Content-Type") != x.Download.Type {
		t.Fatalf("%d bytes %s %s, want those of %+v", len(whole.body), tag, whole.header.Get("Content-Type"), x)
	}
	if d := whole.header.Get("Content-Disposition"); !strings.Contains(d, ".csv") || whole.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("disposition %q, cache %q", d, whole.header.Get("Cache-Control"))
	}
	var pieces []byte
	const piece = 100
	for len(pieces) < len(whole.body) {
		r := s.do("GET", x.Download.URL, nil, header{"Range", fmt.Sprintf("bytes=%d-%d", len(pieces), len(pieces)+piece-1)}, header{"If-Range", tag}).is(206)
		pieces = append(pieces, r.body...)
	}
	if !bytes.Equal(pieces, whole.body) {
		t.Error("the ranges are another file than the whole")
	}
	s.do("GET", x.Download.URL, nil, header{"Range", "bytes=100-"}, header{"If-Range", `"another"`}).is(200)
	s.do("GET", x.Download.URL, nil, header{"If-None-Match", tag}).is(304)
	s.do("GET", x.Download.URL, nil, header{"If-Match", `"another"`}).problem(412, "precondition-failed")
	beyond := s.do("GET", x.Download.URL, nil, header{"Range", "bytes=1000000-"})
	beyond.problem(416, "range-not-satisfiable")
	if got, want := beyond.header.Get("Content-Range"), fmt.Sprint("bytes */", x.Bytes); got != want {
		t.Errorf("Content-Range %q, want %q", got, want)
	}
	head := s.do("HEAD", x.Download.URL, nil).is(200)
	if len(head.body) > 0 || head.header.Get("Content-Length") != strconv.Itoa(len(whole.body)) {
		t.Errorf("HEAD has %d bytes and says %s", len(head.body), head.header.Get("Content-Length"))
	}
}

func TestALinkIsGoodAsItIsAndForADay(t *testing.T) {
	var log lockedBuffer
	w := newWorld(t)
	var desk *exports.Desk
	s := w.open(t, func(c *api.Config) {
		var err error
		desk, err = exports.New(exports.Config{Dir: t.TempDir(), Documents: w.engine, Now: w.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		c.Exports, c.Logger = desk, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	x := s.exported(desk, ana, object{"dataset": "orders", "format": "ndjson"})
	other := s.exported(desk, ana, object{"dataset": "orders", "format": "csv"})
	path, query, _ := strings.Cut(x.Download.URL, "?")
	_, otherQuery, _ := strings.Cut(other.Download.URL, "?")
	s.do("GET", x.Download.URL, nil).is(200)
	for name, url := range map[string]string{
		"changed": path + "?" + query[:len(query)-2] + "xx", "of another export": path + "?" + otherQuery, "none": path + "?expires=9999999999&signature=x",
		"longer": path + "?expires=9" + strings.TrimPrefix(query, "expires="),
	} {
		if r := s.do("GET", url, nil); r.status != 403 {
			t.Errorf("a link that is %s: %d", name, r.status)
		} else {
			r.problem(403, "link-invalid")
		}
	}
	s.clock.advance(24*time.Hour - time.Second)
	s.do("GET", x.Download.URL, nil).is(200)
	s.clock.advance(time.Second)
	s.do("GET", x.Download.URL, nil).problem(403, "link-expired")
	_, signature, _ := strings.Cut(x.Download.URL, "signature=")
	if text := log.String(); strings.Contains(text, signature) || !strings.Contains(text, x.ID) {
		t.Errorf("the log has the signature, or nothing of it:\n%s", text)
	}
}

func TestWithoutADirectoryNothingIsExported(t *testing.T) {
	s := openCounting(t)
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	for _, r := range []*reply{
		s.do("POST", "/v1/exports", object{"dataset": "orders", "format": "csv"}, ana), s.do("GET", "/v1/exports", nil, ana), s.do("GET", "/v1/exports/x", nil, ana),
		s.do("DELETE", "/v1/exports/x", nil, ana), s.do("GET", "/v1/exports/x/data?expires=1&signature=x", nil),
	} {
		r.problem(http.StatusServiceUnavailable, "exports-off")
		if p := into[struct{ Errors []recommend.Problem }](r); len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Fix, "--exports") {
			t.Errorf("%+v, want what to do", p.Errors)
		}
	}
}

func TestExportedOrdersAreTheLedgersLines(t *testing.T) {
	var desk *exports.Desk
	s, p, pick, mei := selling(t, func(c *api.Config) {
		e := c.Store.(*engine)
		c.Analyst = &analytics.Analyst{Counts: e, Picks: c.Windows.(analytics.Picks), Now: e.now}
		var err error
		if desk, err = exports.New(exports.Config{Dir: t.TempDir(), Analyst: c.Analyst, Documents: e, Now: e.now}); err != nil {
			t.Fatal(err)
		}
		c.Exports = desk
	})
	token := s.goTo(p, s.token(t, "ann", api.ScopeWindowRead), pick)
	s.clock.advance(time.Minute)
	s.push(s.reported("o1", token, "paid", 20000), s.reported("o2", "", "paid", 500))
	s.push(s.reported("o1", token, "refunded", 5000, "refund", "r1"))
	ana := s.token(t, "ana", api.ScopeMetricsRead)
	x := s.exported(desk, ana, object{"dataset": "orders", "format": "ndjson", "from": s.clock.now().Format(time.DateOnly)})
	file := s.do("GET", x.Download.URL, nil).is(200).body
	head, rows := ndjson(t, file)
	slices.SortFunc(rows, func(a, b object) int { return strings.Compare(a["order"].(string), b["order"].(string)) })
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r["order"], r["partner"], r["pick"], r["expert"], r["product"], r["model"], r["state"], r["unattributed"], r["currency"], r["paid"], r["refunded"], r["net"], r["earned"]))
		if r["disclosure_label"] == "" || r["relationship"] != "commission" || r["schema"] != "vitrine.export.orders/1" {
			t.Errorf("%v, want the disclosure and the schema", r)
		}
	}
	want := []string{
		fmt.Sprint("o1", "taobao", pick, "mei", "taobao:1", "last", "pending", nil, "CNY", 20000., 5000., 15000., 1200.),
		fmt.Sprint("o2", "taobao", nil, nil, nil, nil, nil, "no-token", "CNY", 500., 0., 500., 0.),
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if l := s.earned(mei, ""); l.Items[0].Amount != 1200 || l.Items[0].Base != 15000 {
		t.Errorf("the expert's own ledger has %+v", l.Items[0])
	}
	if strings.Contains(string(file), "ann") || strings.Contains(string(file), token) || head["disclosure"] == nil {
		t.Errorf("the file tells who bought, or discloses nothing:\n%s", file)
	}
	before := s.exported(desk, ana, object{"dataset": "orders", "format": "ndjson", "to": s.clock.now().AddDate(0, 0, -1).Format(time.DateOnly)})
	others := s.exported(desk, ana, object{"dataset": "orders", "format": "ndjson", "expert": []string{"bob"}})
	if before.Rows != 0 || others.Rows != 0 {
		t.Errorf("%d rows of the day before, %d of another expert; want none", before.Rows, others.Rows)
	}

	t.Run("and add up to the API's money", func(t *testing.T) {
		s := s.in(t)
		for i := range 6 {
			order := fmt.Sprint("m", i)
			token := s.goTo(p, s.token(t, fmt.Sprint("buyer", i), api.ScopeWindowRead), pick)
			s.clock.advance(time.Minute)
			s.push(s.reported(order, token, "paid", int64(1001+i)))
			s.push(s.reported(order, token, "refunded", int64(100*i), "refund", "r1"))
		}
		s.push(s.reported("m5", "", "closed", 1006))
		x := s.exported(desk, ana, object{"dataset": "orders", "format": "ndjson", "attribution": "split"})
		asOf := x.AsOf.Format(time.RFC3339Nano)
		s.clock.advance(time.Minute)
		s.push(s.reported("m0", "", "refunded", 1, "refund", "late"))
		money := into[analytics.Money](s.do("GET", "/v1/metrics/money?attribution=split&as_of="+asOf, nil, ana).is(200))
		sum := make(map[string]int64)
		_, rows := ndjson(t, s.do("GET", x.Download.URL, nil).is(200).body)
		for _, r := range rows {
			for _, name := range []string{"paid", "refunded", "canceled", "net", "earned"} {
				if r["expert"] != nil {
					sum[name] += int64(r[name].(float64))
				}
			}
		}
		if len(money.Totals) != 1 {
			t.Fatalf("money is %+v", money)
		}
		m := money.Totals[0]
		x = s.exported(desk, ana, object{"dataset": "money", "format": "ndjson", "attribution": "split", "breakdown": []string{"expert"}, "as_of": asOf})
		_, sums := ndjson(t, s.do("GET", x.Download.URL, nil).is(200).body)
		if len(sums) < 2 || sums[0]["net"] != float64(m.Net) || sums[0]["of"] != "all" || sums[1]["expert"] != "mei" || sums[1]["earned"] != float64(m.Earned) {
			t.Errorf("exported money is %v, want %+v of all and of mei", sums, m)
		}
		want := map[string]int64{"paid": m.Gross, "refunded": m.Refunded, "canceled": m.Canceled, "net": m.Net, "earned": m.Earned}
		if d := gocmp.Diff(want, sum); d != "" || m.Canceled == 0 {
			t.Errorf("(-API +export):\n%s", d)
		}
	})
}
