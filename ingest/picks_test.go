package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// appended is e as it enters the log at a time of its own.
func appended(e recommend.Event, at time.Time) recommend.Event {
	e.Appended = at
	return e
}

func meiHasPublished(t *testing.T) *bench {
	t.Helper()
	b := newBench()
	b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
	b.mustFold(t, ingest.Picks(), published("p1", "mei", taobao(7), noon))
	return b
}

func TestDatesOfAProducersOwnDodgeNothing(t *testing.T) {
	t.Run("a day's picks at once", func(t *testing.T) {
		b := meiHasPublished(t)
		at := noon.Add(25 * time.Hour)
		for i := range 4 {
			stated := at.Add(time.Duration(i-4) * time.Hour)
			b.mustFold(t, ingest.Picks(), appended(published(fmt.Sprint("q", i), "mei", fmt.Sprintf("https://item.jd.com/%d.html", i+1), stated), at))
		}
		for i := range 4 {
			p := doc[recommend.Pick](t, b, recommend.KindPick, fmt.Sprint("q", i))
			if got, want := p.State == recommend.PickPublished, i == 0; got != want {
				t.Errorf("pick %d appended at the same moment is %s, want the first published and the rest deferred", i, p.State)
			}
		}
	})
	t.Run("a restoration after the time for it", func(t *testing.T) {
		b := meiHasPublished(t)
		b.mustFold(t, ingest.Picks(), event(recommend.TypePickWithdrawn, "mei", noon, recommend.PickMark{ID: "p1", Expert: "mei", At: noon}))
		e := event(recommend.TypePickRestored, "mei", noon, recommend.PickMark{ID: "p1", Expert: "mei", At: noon})
		if _, err := b.fold(ingest.Picks(), appended(e, noon.AddDate(0, 2, 0))); code(err) != "undo-expired" {
			t.Errorf("got %v, want undo-expired", err)
		}
	})
	t.Run("a withdrawal in the future", func(t *testing.T) {
		b := meiHasPublished(t)
		e := event(recommend.TypePickWithdrawn, "mei", noon, recommend.PickMark{ID: "p1", Expert: "mei", At: noon.AddDate(1, 0, 0)})
		if _, err := b.fold(ingest.Picks(), e); code(err) != "clock-skew" {
			t.Errorf("got %v, want clock-skew", err)
		}
	})
	t.Run("an edit slipped under an approval", func(t *testing.T) {
		b := meiHasPublished(t)
		reason := "After a month: the glaze has a hairline crack, it still pours clean and keeps warm."
		e := event(recommend.TypePickEdited, "mei", noon, recommend.EditedPick{ID: "p1", Expert: "mei", Reason: &reason, At: noon.AddDate(-1, 0, 0)})
		b.mustFold(t, ingest.Picks(), appended(e, noon.Add(time.Hour)))
		if got, want := doc[recommend.Pick](t, b, recommend.KindPick, "p1").EditedAt, noon.Add(time.Hour); !got.Equal(want) {
			t.Errorf("edited at %v, want %v, when it entered the log", got, want)
		}
	})
	t.Run("a year that cannot be written", func(t *testing.T) {
		b := meiHasPublished(t)
		e := published("p2", "mei", taobao(8), noon)
		e.Data = json.RawMessage(strings.Replace(string(e.Data), noon.Format(time.RFC3339), "9999-12-31T23:30:00-01:00", 1))
		e.Trusted = true
		if _, err := b.fold(ingest.Picks(), e); code(err) != "validation" {
			t.Errorf("got %v, want validation", err)
		}
	})
}

// Producers choose ids. Should two choose one at the same moment, in different
// partitions, the pick is of one of them, and the other cannot change it.
func TestNobodyChangesAnothersPick(t *testing.T) {
	b := meiHasPublished(t)
	ref := recommend.Ref{Kind: recommend.KindPick, ID: "p1"}
	d := b.docs[ref]
	d.Body = json.RawMessage(strings.Replace(string(d.Body), `"expert":"mei"`, `"expert":"ann"`, 1))
	b.docs[ref] = d
	reason := "Mei would say of it what Ann never said: that it is the best there is, by far."
	b.mustFold(t, ingest.Picks(), event(recommend.TypePickEdited, "mei", noon, recommend.EditedPick{ID: "p1", Expert: "mei", Reason: &reason, At: noon}))
	b.mustFold(t, ingest.Picks(), event(recommend.TypePickWithdrawn, "mei", noon, recommend.PickMark{ID: "p1", Expert: "mei", At: noon}))
	if got := b.docs[ref]; string(got.Body) != string(d.Body) {
		t.Errorf("Ann's pick became\n%s\nwant it left alone", got.Body)
	}
}

func TestEditsKeepUnknownFieldsAndMayRemoveImages(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
	e := published("p1", "mei", taobao(7), noon)
	e.Data = json.RawMessage(strings.Replace(string(e.Data), "{", `{"campaign":1,"images":["https://i.example/1"],`, 1))
	b.mustFold(t, ingest.Picks(), e)
	images, err := json.Marshal(recommend.EditedPick{ID: "p1", Expert: "mei", Images: []string{}, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	e = event(recommend.TypePickEdited, "mei", noon, nil)
	e.Data = json.RawMessage(strings.Replace(string(images), "{", `{"campaign":2,"tone":"dry",`, 1))
	b.mustFold(t, ingest.Picks(), e)
	e = event(recommend.TypePickWithdrawn, "mei", noon, nil)
	e.Data = json.RawMessage(`{"id":"p1","expert":"mei","at":"2026-11-23T12:00:00Z","why":"sold out"}`)
	b.mustFold(t, ingest.Picks(), e)
	p := doc[recommend.Pick](t, b, recommend.KindPick, "p1")
	if len(p.Images) != 0 {
		t.Errorf("images %v, want them removed", p.Images)
	}
	for name, want := range map[string]string{"campaign": "2", "tone": `"dry"`, "why": `"sold out"`} {
		if got := string(p.Extra[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestTimesAreKeptInUTC(t *testing.T) {
	b := newBench()
	e := event(recommend.TypeProductListed, "jd:1", noon, nil)
	e.Data = json.RawMessage(`{"key":"jd:1","title":"Kettle","updated_at":"2026-11-23T20:00:00+08:00"}`)
	b.mustFold(t, ingest.Catalog(), e)
	e = event(recommend.TypeRulingMade, "partner:jd", noon, nil)
	e.Data = json.RawMessage(`{"target":{"kind":"partner","id":"jd"},"action":"pause","rule":"other","text":"","by":"m","at":"2026-11-23T20:00:00+08:00"}`)
	b.mustFold(t, ingest.Rulings(), e)
	for _, ref := range []recommend.Ref{{Kind: recommend.KindProduct, ID: "jd:1"}, {Kind: recommend.KindRuling, ID: "partner:jd"}} {
		if body := string(b.docs[ref].Body); strings.Contains(body, "+08:00") || !strings.Contains(body, "2026-11-23T12:00:00Z") {
			t.Errorf("%s is %s, want UTC", ref, body)
		}
	}
}

// The freeze is folded first, for topics are read at their own pace; the pick
// was taken before it.
func TestAFreezeDoesNotReachBack(t *testing.T) {
	b := meiHasPublished(t)
	freeze := recommend.MadeRuling{Target: recommend.Target{Kind: recommend.TargetExpert, ID: "mei"}, Action: recommend.ActionFreeze, Rule: "spam", At: noon.Add(time.Hour)}
	b.mustFold(t, ingest.Rulings(), event(recommend.TypeRulingMade, "expert:mei", noon.Add(time.Hour), freeze))
	b.mustFold(t, ingest.Picks(), published("p2", "mei", "https://item.jd.com/2.html", noon.Add(30*time.Minute)))
	if _, err := b.fold(ingest.Picks(), published("p3", "mei", "https://item.jd.com/3.html", noon.Add(2*time.Hour))); code(err) != "publishing-frozen" {
		t.Errorf("after the freeze: %v, want publishing-frozen", err)
	}
}

func TestFactsFromTheFutureAreRefused(t *testing.T) {
	b := newBench()
	p := recommend.Product{Key: "jd:1", Title: "Kettle", UpdatedAt: noon.AddDate(10, 0, 0)}
	if _, err := b.fold(ingest.Catalog(), event(recommend.TypeProductListed, "jd:1", noon, p)); code(err) != "clock-skew" {
		t.Errorf("got %v, want clock-skew", err)
	}
	p.UpdatedAt = noon.Add(time.Hour)
	b.mustFold(t, ingest.Catalog(), event(recommend.TypeProductListed, "jd:1", noon, p))
}
