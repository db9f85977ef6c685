package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// does folds an action of reader at at.
func (b *bench) does(reader string, at time.Time, a recommend.Action) error {
	a.ID, a.Reader = fmt.Sprint("a", events), reader
	if a.At.IsZero() {
		a.At = at
	}
	_, err := b.fold(ingest.Actions(), event(recommend.TypeActed, reader, at, a))
	return err
}

func (b *bench) mustDo(t testing.TB, reader string, at time.Time, as ...recommend.Action) {
	t.Helper()
	for _, a := range as {
		if err := b.does(reader, at, a); err != nil {
			t.Fatalf("%s: %v", a.Kind, err)
		}
	}
}

func (b *bench) pulse(t testing.TB, pick string) recommend.Pulse {
	t.Helper()
	return doc[recommend.Pulse](t, b, recommend.KindPulse, recommend.PulseID(pick, 0))
}

func (b *bench) reader(t testing.TB, id string) recommend.Reader {
	t.Helper()
	return doc[recommend.Reader](t, b, recommend.KindReader, id)
}

func on(kind, pick string) recommend.Action { return recommend.Action{Kind: kind, Pick: pick} }

func TestAHundredBookmarksAreOne(t *testing.T) {
	b := newBench()
	for range 100 {
		b.mustDo(t, "lin", noon, on(recommend.ActBookmark, "p1"))
	}
	r, p := b.reader(t, "lin"), b.pulse(t, "p1")
	if len(r.Bookmarks) != 1 || p.Readers[recommend.ActBookmark] != 1 || p.Decayed[recommend.ActBookmark][0] != 1 {
		t.Errorf("%d bookmarks, pulse %v %v; want one of each", len(r.Bookmarks), p.Readers, p.Decayed)
	}
	j := doc[recommend.Journey](t, b, recommend.KindJourney, recommend.JourneyID("lin", "p1"))
	if got := j.Steps[recommend.ActBookmark].N; got != 1 {
		t.Errorf("%d steps, want one", got)
	}
	b.mustDo(t, "lin", noon.Add(time.Hour), on(recommend.ActUnbookmark, "p1"), on(recommend.ActUnbookmark, "p1"))
	r, p = b.reader(t, "lin"), b.pulse(t, "p1")
	if len(r.Bookmarks) != 0 || len(p.Readers) != 0 || len(p.Decayed) != 0 {
		t.Errorf("taken back: %v, pulse %v %v; want nothing", r.Bookmarks, p.Readers, p.Decayed)
	}
}

func TestWhatIsTakenBackIsWhatWasCounted(t *testing.T) {
	b := newBench()
	b.mustDo(t, "lin", noon, on(recommend.ActBookmark, "p1"), on(recommend.ActCart, "p1"), on(recommend.ActHide, "p1"))
	b.mustDo(t, "mei", noon.Add(30*time.Minute), on(recommend.ActBookmark, "p1"), on(recommend.ActCart, "p1"), on(recommend.ActHide, "p1"))
	b.mustDo(t, "lin", noon.Add(time.Hour), on(recommend.ActUnbookmark, "p1"), on(recommend.ActUncart, "p1"), on(recommend.ActUnhide, "p1"))
	p := b.pulse(t, "p1")
	for _, kind := range []string{recommend.ActBookmark, recommend.ActCart, recommend.ActHide} {
		if n, d := p.Readers[kind], p.Decayed[kind][0]; n != 1 || d != 1 || !p.At.Equal(noon.Add(30*time.Minute)) {
			t.Errorf("%s: %d readers, %v as of %v; want mei alone, as of when she did it", kind, n, d, p.At)
		}
	}
}

func TestImpressionsAndOpensCountSoManyAnHour(t *testing.T) {
	b := newBench()
	for i := range 30 {
		at := noon.Add(time.Duration(i) * time.Second)
		place := i
		b.mustDo(t, "lin", at, recommend.Action{Kind: recommend.ActImpression, Pick: "p1", Source: "fresh", Position: &place}, on(recommend.ActOpen, "p1"))
	}
	b.mustDo(t, "lin", noon.Add(time.Hour), on(recommend.ActImpression, "p1"))
	p := b.pulse(t, "p1")
	want := map[string]int64{recommend.ActImpression: 11, recommend.ActOpen: 5}
	if diff := cmp.Diff(want, p.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	want = map[string]int64{recommend.ActImpression: 1, recommend.ActOpen: 1}
	if diff := cmp.Diff(want, p.Readers); diff != "" {
		t.Errorf("readers (-want +got):\n%s", diff)
	}
	x := doc[recommend.Exposure](t, b, recommend.KindExposure, recommend.ExposureID(noon, "p1", "fresh", "", 0))
	if diff := cmp.Diff(recommend.Exposure{Hour: noon, Pick: "p1", Source: "fresh", Shown: 10, Over: 20, Position: 45}, x); diff != "" {
		t.Errorf("exposure (-want +got):\n%s", diff)
	}
}

func TestImpressionsAloneMakeNoJourney(t *testing.T) {
	b := newBench()
	b.mustDo(t, "lin", noon, on(recommend.ActImpression, "p1"))
	id := recommend.Ref{Kind: recommend.KindJourney, ID: recommend.JourneyID("lin", "p1")}
	if d, ok := b.docs[id]; ok {
		t.Fatalf("a journey of an impression: %s", d.Body)
	}
	b.mustDo(t, "lin", noon.Add(time.Minute), recommend.Action{Kind: recommend.ActOpen, Pick: "p1", Source: "follow"})
	j := doc[recommend.Journey](t, b, id.Kind, id.ID)
	want := recommend.Journey{Reader: "lin", Pick: "p1", Source: "follow", Steps: map[string]recommend.Step{
		recommend.ActImpression: {First: noon, Last: noon, N: 1},
		recommend.ActOpen:       {First: noon.Add(time.Minute), Last: noon.Add(time.Minute), N: 1},
	}}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("journey (-want +got):\n%s", diff)
	}
}

func TestCartLinesMergeAndKeepTheirRevision(t *testing.T) {
	b := newBench()
	add := func(product, sku string, n int) recommend.Action {
		return recommend.Action{Kind: recommend.ActCart, Pick: "p-" + product[3:], Expert: "ann", Product: product, SKU: sku, Quantity: n, Price: &recommend.Money{Amount: 100, Currency: "CNY"}}
	}
	b.mustDo(t, "lin", noon, add("jd:1", "", 0), add("jd:1", "", 2), add("jd:1", "red", 1), add("jd:2", "", 98))
	if got := code(b.does("lin", noon, add("jd:2", "", 2))); got != "quantity-limit" {
		t.Errorf("100 pieces: %s, want quantity-limit", got)
	}
	c := b.reader(t, "lin").Cart
	var got []string
	for _, l := range c.Lines {
		got = append(got, fmt.Sprint(l.Product, l.SKU, " ", l.Quantity))
	}
	if want := "jd:1 3, jd:1red 1, jd:2 98"; strings.Join(got, ", ") != want || c.Revision != 4 {
		t.Errorf("cart %q at %d, want %q at 4", strings.Join(got, ", "), c.Revision, want)
	}
	stale := add("jd:1", "", 9)
	stale.Set, stale.Base = true, 3
	b.mustDo(t, "lin", noon, stale)
	r := b.reader(t, "lin")
	if r.Refused == nil || r.Refused.Problems[0].Code != "precondition-failed" || r.Cart.Line(c.Lines[0].ID).Quantity != 3 {
		t.Errorf("a change of an old revision: %+v", r.Refused)
	}
	gone := stale
	gone.Base, gone.Quantity = 4, 0
	b.mustDo(t, "lin", noon, gone)
	if r = b.reader(t, "lin"); len(r.Cart.Lines) != 2 || b.pulse(t, "p-1").Readers[recommend.ActCart] != 1 {
		t.Errorf("%d lines, want the pick's other line and jd:2", len(r.Cart.Lines))
	}
}

func TestACartExpiresWithTheNextChange(t *testing.T) {
	b := newBench()
	guest := recommend.Action{Kind: recommend.ActCart, Pick: "p1", Guest: true}
	b.mustDo(t, "lin", noon, guest)
	rules, later := &b.policy.Reader, noon.AddDate(0, 0, 31)
	r := b.reader(t, "lin")
	if c := r.CartAt(later, rules); len(c.Lines) != 0 || c.Revision != 1 {
		t.Errorf("a guest's cart of a month ago: %+v", c)
	}
	guest.Pick = "p2"
	b.mustDo(t, "lin", later, guest)
	if c := b.reader(t, "lin").Cart; len(c.Lines) != 1 || c.Lines[0].Pick != "p2" || c.Revision != 2 {
		t.Errorf("cart %+v, want p2 alone", c)
	}
	if p := b.pulse(t, "p1"); len(p.Readers) != 0 {
		t.Errorf("p1 counts %v still", p.Readers)
	}
}

func TestAGuestsCartComesIntoTheReaders(t *testing.T) {
	b := newBench()
	b.mustDo(t, "guest", noon, recommend.Action{Kind: recommend.ActCart, Pick: "p1", Quantity: 60, Guest: true}, recommend.Action{Kind: recommend.ActCart, Pick: "p2", Guest: true})
	b.mustDo(t, "lin", noon, recommend.Action{Kind: recommend.ActCart, Pick: "p1", Quantity: 60})
	b.mustDo(t, "lin", noon, recommend.Action{Kind: recommend.ActMerge, Lines: b.reader(t, "guest").Cart.Lines})
	b.mustDo(t, "guest", noon, recommend.Action{Kind: recommend.ActMerge})
	lines := b.reader(t, "lin").Cart.Lines
	if len(lines) != 2 || lines[0].Quantity != 99 || lines[1].Pick != "p2" {
		t.Errorf("merged to %+v", lines)
	}
	if n := len(b.reader(t, "guest").Cart.Lines); n != 0 {
		t.Errorf("%d lines left with the guest", n)
	}
	if got := b.pulse(t, "p1").Readers[recommend.ActCart]; got != 1 {
		t.Errorf("p1 is in %d carts, want 1", got)
	}
}

func TestActionsAreRefused(t *testing.T) {
	b := newBench()
	b.policy = recommend.DefaultPolicy()
	b.policy.Reader.Bookmarks, b.policy.Reader.CartLines = 2, 2
	for i := range 2 {
		b.mustDo(t, "lin", noon, on(recommend.ActBookmark, fmt.Sprint("p", i)), on(recommend.ActCart, fmt.Sprint("p", i)))
	}
	for name, c := range map[string]struct {
		a    recommend.Action
		want string
	}{
		"a bookmark too many":      {on(recommend.ActBookmark, "p9"), "too-many"},
		"a bookmark that is there": {on(recommend.ActBookmark, "p1"), "<nil>"},
		"a line too many":          {on(recommend.ActCart, "p9"), "too-many"},
		"more of a line":           {on(recommend.ActCart, "p1"), "<nil>"},
		"a negative quantity":      {recommend.Action{Kind: recommend.ActCart, Pick: "p1", Quantity: -1}, "quantity-limit"},
		"a huge quantity":          {recommend.Action{Kind: recommend.ActCart, Pick: "p1", Quantity: 1 << 40}, "quantity-limit"},
		"tomorrow":                 {recommend.Action{Kind: recommend.ActOpen, Pick: "p1", At: noon.Add(25 * time.Hour)}, "clock-skew"},
		"the day before":           {recommend.Action{Kind: recommend.ActOpen, Pick: "p1", At: noon.Add(-25 * time.Hour)}, "clock-skew"},
		"a purchase":               {on(recommend.ActPurchase, "p1"), "purchase-unproven"},
		"a refund":                 {on(recommend.ActRefund, "p1"), "purchase-unproven"},
		"another's click":          {recommend.Action{Kind: recommend.ActComplain, Click: &recommend.Click{ID: "c9"}, Category: "damaged"}, "not-yours"},
		"a category of nobody's":   {recommend.Action{Kind: recommend.ActReport, Pick: "p1", Category: "ugly"}, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := code(b.does("lin", noon, c.a)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// A request that another one outran waits to be told so; a dead letter would
// reach nobody.
func TestWhatTheAPICouldNotForeseeIsToldIt(t *testing.T) {
	b := newBench()
	b.policy = recommend.DefaultPolicy()
	b.policy.Reader.Bookmarks, b.policy.Reader.CartLines = 1, 1
	b.mustDo(t, "lin", noon, on(recommend.ActBookmark, "p1"), recommend.Action{Kind: recommend.ActCart, Pick: "p1", Quantity: 99})
	asked := func(a recommend.Action) recommend.Event {
		a.ID, a.Reader, a.At = "a", "lin", noon
		e := event(recommend.TypeActed, "lin", noon, a)
		e.Source = recommend.SourceAPI
		return e
	}
	for name, c := range map[string]struct {
		a      recommend.Action
		reason string // "" when nobody could be waiting for it
	}{
		"a bookmark too many": {on(recommend.ActBookmark, "p9"), "too-many"},
		"a line too many":     {on(recommend.ActCart, "p9"), "too-many"},
		"a piece too many":    {on(recommend.ActCart, "p1"), "quantity-limit"},
		"a purchase":          {on(recommend.ActPurchase, "p1"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := asked(c.a)
			before := b.reader(t, "lin")
			out, err := b.fold(ingest.Actions(), e)
			after := b.reader(t, "lin")
			if c.reason == "" {
				if err == nil || !cmp.Equal(before, after) {
					t.Errorf("%v, document %+v; want a dead letter alone", err, after)
				}
				return
			}
			if err != nil || !out.Changed || len(out.Leaves) > 0 {
				t.Fatalf("%+v, %v; want the document alone changed", out, err)
			}
			if after.Refused == nil || after.Refused.Event != e.ID || after.Refused.Problems[0].Code != c.reason {
				t.Errorf("told %+v, want %s of %s", after.Refused, c.reason, e.ID)
			}
			after.Refused = before.Refused
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the rest (-before +after):\n%s", diff)
			}
		})
	}
	late := asked(on(recommend.ActBookmark, "p2"))
	b.mustFold(t, ingest.Actions(), late)
	b.mustDo(t, "lin", noon, on(recommend.ActUnbookmark, "p1"))
	b.mustFold(t, ingest.Actions(), late)
	if r := b.reader(t, "lin"); !r.Bookmarked("p2") || r.Refused != nil {
		t.Errorf("asked again with room: %v, %+v; want it kept", r.Bookmarks, r.Refused)
	}
}

func TestWithoutPersonalisationNothingIsLearned(t *testing.T) {
	b := newBench()
	b.mustDo(t, "lin", noon, on(recommend.ActBookmark, "p1"), recommend.Action{Kind: recommend.ActImpersonal})
	for _, kind := range []string{recommend.ActImpression, recommend.ActOpen, recommend.ActShare, recommend.ActBookmark, recommend.ActCart, recommend.ActCheckout, recommend.ActHide} {
		b.mustDo(t, "lin", noon, on(kind, "p2"))
	}
	r := b.reader(t, "lin")
	if !r.Impersonal || len(r.Bookmarks) != 2 || len(r.Cart.Lines) != 1 || len(r.Feedback) != 1 {
		t.Errorf("what he asked for is not kept: %+v", r)
	}
	if _, ok := r.Traces["p2"]; ok {
		t.Error("p2 is traced")
	}
	for ref := range b.docs {
		if ref.Kind != recommend.KindReader && ref.ID != recommend.PulseID("p1", 0) && ref.ID != recommend.JourneyID("lin", "p1") {
			t.Errorf("document %s", ref)
		}
	}
	b.mustDo(t, "lin", noon, on(recommend.ActUnbookmark, "p1"))
	if p := b.pulse(t, "p1"); len(p.Readers) != 0 {
		t.Errorf("p1 counts %v still", p.Readers)
	}
}

func TestErasingLeavesNothing(t *testing.T) {
	b := newBench()
	b.mustDo(t, "lin", noon, on(recommend.ActBookmark, "p1"), on(recommend.ActCart, "p2"), on(recommend.ActOpen, "p3"), on(recommend.ActHide, "p4"),
		recommend.Action{Kind: recommend.ActReport, Pick: "p5", Category: "fraud", Text: "he is my neighbour"})
	erased := event(recommend.TypeReaderErased, "lin", noon, recommend.ErasedReader{ID: "lin", At: noon})
	b.mustFold(t, ingest.Actions(), erased)
	b.mustDo(t, "lin", noon, on(recommend.ActBookmark, "p6"), on(recommend.ActReport, "p5"))
	b.mustFold(t, ingest.Actions(), event(recommend.TypeReaderDeclared, "lin", noon, recommend.DeclaredReader{ID: "lin", Follows: []string{"ann"}}))
	b.mustFold(t, ingest.Actions(), erased)
	for ref, d := range b.docs {
		switch ref.Kind {
		case recommend.KindReader:
			if want := `{"id":"lin","erased":"2026-11-23T12:00:00Z"}`; string(d.Body) != want {
				t.Errorf("%s: %s, want %s", ref, d.Body, want)
			}
		case recommend.KindJourney, recommend.KindReport:
			if string(d.Body) != `{"erased":true}` {
				t.Errorf("%s: %s", ref, d.Body)
			}
		default:
			if strings.Contains(string(d.Body), "lin") {
				t.Errorf("%s: %s", ref, d.Body)
			}
		}
	}
}

func TestAWindowOfAnothersIsMarked(t *testing.T) {
	b := newBench()
	b.proves = func(window, reader string) bool { return window == "w-"+reader }
	see := func(window string) recommend.Action {
		return recommend.Action{Kind: recommend.ActImpression, Pick: "p1", Window: window, Source: "fresh"}
	}
	b.mustDo(t, "lin", noon, see("w-lin"), see("w-mei"), see("w-mei"))
	own := doc[recommend.Exposure](t, b, recommend.KindExposure, recommend.ExposureID(noon, "p1", "fresh", "", 0))
	others := doc[recommend.Exposure](t, b, recommend.KindExposure, recommend.ExposureID(noon, "p1", "", "", 0))
	if own.Shown != 1 || own.Unproven != 0 || others.Shown != 2 || others.Unproven != 2 {
		t.Errorf("own window %+v, another's %+v", own, others)
	}
}

func TestReadersAreSmallDocuments(t *testing.T) {
	b := newBench()
	for i := range 2000 {
		b.mustDo(t, "lin", noon.Add(time.Duration(i)*time.Second), on(recommend.ActImpression, fmt.Sprint("pick-", i)))
	}
	r := b.reader(t, "lin")
	if n := len(r.Traces); n > 1000 || n < 900 {
		t.Errorf("%d traces, want the last thousand or a little less", n)
	}
	if _, ok := r.Traces["pick-1999"]; !ok {
		t.Error("the last pick seen is forgotten")
	}
	r.Seen = nil
	body, err := json.Marshal(r)
	if err != nil || len(body) > 50_000 {
		t.Errorf("%d bytes of traces, %v", len(body), err)
	}
}
