package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// acted is something done with p1.
func acted(id, reader, kind string, at time.Time) recommend.Event {
	e := event(recommend.TypeActed, reader, at, recommend.Action{ID: id, Reader: reader, Kind: kind, Pick: "p1", At: at})
	e.Topic, e.Trusted = recommend.TopicActions, true
	return e
}

func inTopic(topic string, e recommend.Event) recommend.Event {
	e.Topic = topic
	return e
}

// anArchive is a history with something of everything, repeats and refusals
// among it.
func anArchive(t *testing.T) []recommend.Event {
	es := []recommend.Event{
		inTopic(recommend.TopicRulings, verify("mei", "home")),
		inTopic(recommend.TopicRulings, verify("ann", "home", "books")),
		inTopic(recommend.TopicCatalog, event(recommend.TypeProductListed, "taobao:7", noon, recommend.Product{Key: "taobao:7", Title: "Kettle", UpdatedAt: noon})),
		inTopic(recommend.TopicPicks, published("p1", "mei", taobao(7), noon)),
		inTopic(recommend.TopicPicks, published("p2", "eve", taobao(8), noon)), // not verified
		inTopic(recommend.TopicActions, event(recommend.TypeReaderDeclared, "r1", noon, recommend.DeclaredReader{ID: "r1", Follows: []string{"mei"}})),
	}
	for i := range 40 {
		at := noon.Add(time.Duration(i) * time.Hour)
		reader := fmt.Sprint("r", i%3)
		es = append(es, acted(fmt.Sprint("i", i), reader, recommend.ActImpression, at), acted(fmt.Sprint("o", i), reader, recommend.ActOpen, at))
	}
	es = append(es, es[len(es)-1], acted("k1", "r1", recommend.ActBookmark, noon), acted("k2", "r1", "stare", noon))
	paid := inTopic(recommend.TopicOrders, reported(aReport(t, "paid", 10_000, noon.Add(48*time.Hour))))
	return append(es, paid, acted("k3", "r1", recommend.ActUnbookmark, noon.Add(50*time.Hour)))
}

// byBench folds as the plain reading of the rules does, with what orders cause.
func byBench(b *bench, e recommend.Event) (refused bool) {
	for _, f := range ingest.Folders() {
		if f.Topic != e.Topic {
			continue
		}
		out, err := b.fold(f, e)
		for topic, caused := range out.Appends {
			for _, c := range caused {
				c.Topic, c.Appended = topic, e.Time
				byBench(b, c)
			}
		}
		return err != nil
	}
	return true
}

func newReplay(b *bench, c ingest.ReplayConfig) *ingest.Replay {
	c.Clicks = b.clicks
	c.Scene = func() (*recommend.Policy, *link.Registry) { return b.policy, b.partners().Links() }
	return ingest.NewReplay(c)
}

func TestAReplayMakesTheDocumentsThatTheRulesMake(t *testing.T) {
	want := newOrderBench()
	start := len(want.docs)
	r := newReplay(want, ingest.ReplayConfig{})
	for _, e := range anArchive(t) {
		refused := byBench(want, e)
		if _, err := r.Fold(t.Context(), e); (err != nil) != refused || err != nil && !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("%s: replay says %v, refused by the rules: %t", e.ID, err, refused)
		}
	}
	if len(want.docs)-start < 10 {
		t.Fatalf("%d documents: the history is too poor to show anything", len(want.docs))
	}
	for ref, d := range want.docs {
		got, err := r.Get(t.Context(), ref)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %d documents, %v", ref, len(got), err)
		}
		if diff := cmp.Diff(string(d.Body), string(got[0].Body)); diff != "" {
			t.Errorf("%s:\n%s", ref, diff)
		}
	}
}

func TestAReplayReturnsWhatAShelfFollowsAsItIsInTheStore(t *testing.T) {
	r := newReplay(newOrderBench(), ingest.ReplayConfig{})
	last := make(map[recommend.Ref]recommend.Document)
	for _, e := range anArchive(t) {
		docs, _ := r.Fold(t.Context(), e)
		for _, d := range docs {
			if !slices.Contains(recommend.ShelfKinds(), d.Kind) {
				t.Errorf("%s is of no kind that a shelf follows", d.Ref)
			}
			if old, ok := last[d.Ref]; ok && old.Version >= d.Version {
				t.Errorf("%s: version %d after %d", d.Ref, d.Version, old.Version)
			}
			last[d.Ref] = d
		}
	}
	kinds := make(map[recommend.Kind]int)
	for ref, d := range last {
		kinds[ref.Kind]++
		got, err := r.Get(t.Context(), ref)
		if err != nil || len(got) != 1 || got[0].Version != d.Version || string(got[0].Body) != string(d.Body) {
			t.Errorf("%s: returned %d %s, stored %v, %v", ref, d.Version, d.Body, got, err)
		}
	}
	for _, k := range []recommend.Kind{recommend.KindRuling, recommend.KindExpert, recommend.KindProduct, recommend.KindPick, recommend.KindPulse} {
		if kinds[k] == 0 {
			t.Errorf("no %s was returned", k)
		}
	}
}

func TestAReplayTellsOfEventsBeforeAndAfter(t *testing.T) {
	var before, after []string
	r := newReplay(newOrderBench(), ingest.ReplayConfig{
		Before: func(_ context.Context, _ recommend.Event, decoded any) error {
			if a, ok := decoded.(*recommend.Action); ok {
				before = append(before, a.Kind)
			}
			return nil
		},
		After: func(_ recommend.Event, decoded any) {
			if a, ok := decoded.(*recommend.Action); ok {
				after = append(after, a.Kind)
			}
		},
	})
	for _, e := range anArchive(t) {
		_, _ = r.Fold(t.Context(), e)
	}
	// The repeated open is told of before alone; what is no action, never.
	if got, want := len(before), 40*2+4; got != want {
		t.Errorf("%d told before, want %d", got, want)
	}
	if got, want := len(after), 40*2+3; got != want {
		t.Errorf("%d told after, want %d", got, want)
	}
	if got, want := after[len(after)-2:], []string{recommend.ActPurchase, recommend.ActUnbookmark}; !slices.Equal(got, want) {
		t.Errorf("the last are %v, want %v: an order makes its purchase", got, want)
	}
}

func TestAReplayIsOnlyReadFrom(t *testing.T) {
	var s recommend.Store = newReplay(newBench(), ingest.ReplayConfig{})
	if err := s.Put(t.Context(), recommend.Document{}); err == nil {
		t.Error("it takes a document")
	}
	if _, _, err := s.Changes(t.Context(), recommend.KindPick, "", 1); err == nil {
		t.Error("it tells of changes")
	}
	if _, err := s.Search(t.Context(), recommend.Search{Text: "x", Limit: 1}); err == nil {
		t.Error("it searches")
	}
	if docs, err := s.Get(t.Context(), recommend.Ref{Kind: recommend.KindPick, ID: "p"}); err != nil || len(docs) != 0 {
		t.Errorf("it has %v, %v of nothing", docs, err)
	}
	if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
		t.Error(err)
	}
}
