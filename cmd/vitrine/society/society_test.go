package society_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/cmd/vitrine/replay"
	"vitrine.dev/cmd/vitrine/society"
	"vitrine.dev/recommend"
)

// small is a society that lives within a second or two.
func small(seed uint64) society.Options {
	return society.Options{Seed: seed, Weeks: 2, Readers: 25, Experts: 12}
}

// A recorder notes what the service is told.
type recorder struct {
	*replay.Replay
	events []recommend.Event
	refuse string // an event type
}

func (r *recorder) Apply(ctx context.Context, e recommend.Event) error {
	if e.Type == r.refuse {
		return recommend.ErrInvalid
	}
	r.events = append(r.events, e)
	return r.Replay.Apply(ctx, e)
}

func service(policy *recommend.Policy) *recorder {
	return &recorder{Replay: replay.New(replay.Config{Policy: policy})}
}

func live(t *testing.T, o society.Options, s society.Service) *society.Report {
	t.Helper()
	r, err := society.Run(t.Context(), o, s)
	if err != nil {
		t.Fatalf("a society does not live: %v", err)
	}
	return r
}

func TestSociety(t *testing.T) {
	s := service(recommend.DefaultPolicy())
	r := live(t, small(1), s)
	t.Run("pages are between chance and the oracle", func(t *testing.T) { between(t, r) })
	t.Run("the accounts add up", func(t *testing.T) { accounts(t, r, kinds(t, s.events)) })
	t.Run("published picks are neither held nor deferred", func(t *testing.T) { published(t, s) })
	t.Run("the same seed is the same society", func(t *testing.T) {
		if diff := cmp.Diff(r, live(t, small(1), service(recommend.DefaultPolicy()))); diff != "" {
			t.Errorf("two runs with one seed differ (-one +two):\n%s", diff)
		}
	})
	t.Run("the world does not depend on the ranking", func(t *testing.T) {
		policy, err := recommend.ParsePolicy([]byte("version: other\nwindow: {candidates: 50}\n"))
		if err != nil {
			t.Fatal(err)
		}
		other := service(policy)
		weeks := live(t, small(1), other).Weeks
		if cmp.Equal(r.Weeks, weeks) {
			t.Fatal("the other policy ranks alike: the test would pass on anything")
		}
		for i, w := range weeks {
			if w.Twin != r.Weeks[i].Twin {
				t.Errorf("week %d: the readers' twins get %.4f clicks a page, %.4f under another ranking", w.Week, r.Weeks[i].Twin, w.Twin)
			}
		}
		if diff := cmp.Diff(untouched(s.events), untouched(other.events)); diff != "" {
			t.Errorf("experts and partners do otherwise under another ranking (-one +two):\n%s", diff)
		}
	})
}

func TestAnotherSeedIsAnotherSociety(t *testing.T) {
	o := society.Options{Weeks: 1, Readers: 5, Experts: 5}
	one := live(t, o, service(recommend.DefaultPolicy()))
	o.Seed = 1
	if cmp.Equal(one.Weeks, live(t, o, service(recommend.DefaultPolicy())).Weeks) {
		t.Error("two seeds are one society")
	}
}

func between(t *testing.T, r *society.Report) {
	if got, want := len(r.Weeks), 2; got != want {
		t.Fatalf("got %d weeks, want %d", got, want)
	}
	var served, random float64
	for _, w := range r.Weeks {
		served, random = served+w.Served, random+w.Random
		for name, v := range map[string]float64{
			"served": w.Served, "random": w.Random, "newest": w.Newest, "popular": w.Popular,
			"declared": w.Declared, "topics": w.KnowTopics, "topics and quality": w.Quality,
		} {
			if v <= 0 || v > w.Oracle {
				t.Errorf("week %d: %s gets %.3f clicks a page, want above 0 and at most the oracle's %.3f", w.Week, name, v, w.Oracle)
			}
		}
		if w.KnowTopics > w.Quality {
			t.Errorf("week %d: knowing topics gets %.3f clicks a page, quality as well %.3f; want more", w.Week, w.KnowTopics, w.Quality)
		}
	}
	if served <= random {
		t.Errorf("served pages get %.3f clicks over the weeks, random ones %.3f; want more", served, random)
	}
}

func accounts(t *testing.T, r *society.Report, told map[string]int) {
	var impressions, clicks int
	for _, w := range r.Weeks {
		impressions, clicks = impressions+w.Impressions, clicks+w.Clicks
		if got := w.Regret + w.Served - w.Twin; got > 1e-9 || got < -1e-9 {
			t.Errorf("week %d: regret %.4f is not the twin's %.4f less served %.4f", w.Week, w.Regret, w.Twin, w.Served)
		}
		if w.Impressions > w.Pages*r.Page || w.Impressions < w.Pages*r.Page/2 { // so few experts cannot fill every page anew
			t.Errorf("week %d: %d impressions on %d pages of %d cards", w.Week, w.Impressions, w.Pages, r.Page)
		}
		if got, want := float64(w.Clicks), w.Served*float64(w.Pages); got < want/2 || got > want*2 {
			t.Errorf("week %d: %.0f clicks where %.0f were expected", w.Week, got, want)
		}
		for name, v := range map[string]float64{
			"click rate": w.ClickRate, "coverage": w.Coverage, "gini": w.Gini, "new": w.New, "new due": w.NewDue, "small": w.Small, "small due": w.SmallDue,
			"top ten": w.TopTen, "top ten due": w.TopTenDue, "discovered": w.Discovered, "repeats of a day": w.RepeatsDay, "repeats of a week": w.RepeatsWeek,
		} {
			if v < 0 || v > 1+1e-9 {
				t.Errorf("week %d: %s is %.3f, want a share", w.Week, name, v)
			}
		}
	}
	// Readers act for a while after a page, so the last acts of the last day are not told any more.
	if got := told[recommend.ActImpression]; got != impressions {
		t.Errorf("the service was told of %d impressions, the books have %d", got, impressions)
	}
	if got := told[recommend.ActOpen]; got > clicks || got < clicks-5 {
		t.Errorf("the service was told of %d opens, the books have %d", got, clicks)
	}
	for _, want := range []string{
		recommend.TypeExpertVerified, recommend.TypeProductListed, recommend.TypePickPublished, recommend.TypePickWithdrawn, recommend.TypeReaderDeclared,
		recommend.ActBookmark, recommend.ActCart, recommend.ActCheckout, recommend.ActPurchase,
	} {
		if told[want] == 0 {
			t.Errorf("nothing of kind %s happened", want)
		}
	}
}

// kinds counts events by type, and actions by kind.
func kinds(t *testing.T, events []recommend.Event) map[string]int {
	t.Helper()
	n := make(map[string]int)
	for _, e := range events {
		n[e.Type]++
		if e.Type != recommend.TypeActed {
			continue
		}
		var a recommend.Action
		if err := a.UnmarshalJSON(e.Data); err != nil {
			t.Fatal(err)
		}
		n[a.Kind]++
		if a.Window == "" || a.Position == nil || a.Source == "" {
			t.Fatalf("%s does not say where it was done: %+v", a.Kind, a)
		}
	}
	return n
}

func published(t *testing.T, s *recorder) {
	n := 0
	for _, e := range s.events {
		if e.Type != recommend.TypePickPublished {
			continue
		}
		n++
		id := strings.TrimPrefix(e.ID, "published:")
		docs, err := s.Store().Get(t.Context(), recommend.Ref{Kind: recommend.KindPick, ID: id})
		if err != nil || len(docs) != 1 {
			t.Fatalf("pick %s: %d documents, %v", id, len(docs), err)
		}
		var p recommend.Pick
		if err := p.UnmarshalJSON(docs[0].Body); err != nil {
			t.Fatal(err)
		}
		if p.State != recommend.PickPublished && p.State != recommend.PickWithdrawn {
			t.Errorf("pick %s is %s: %v", id, p.State, p.Problems)
		}
	}
	if n == 0 {
		t.Error("nothing was published")
	}
}

// untouched are the ids of events that readers have no part in.
func untouched(events []recommend.Event) []string {
	var ids []string
	for _, e := range events {
		if e.Topic != recommend.TopicActions || e.Type == recommend.TypeReaderDeclared {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

func TestARefusedEventEndsTheRun(t *testing.T) {
	for _, typ := range []string{recommend.TypePickPublished, recommend.TypeActed} {
		s := service(recommend.DefaultPolicy())
		s.refuse = typ
		if _, err := society.Run(t.Context(), society.Options{Weeks: 1, Readers: 3, Experts: 3}, s); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("with %s refused Run returns %v, want an error that wraps ErrInvalid", typ, err)
		}
	}
}
