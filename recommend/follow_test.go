package recommend_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// changing is a store of which only Changes is asked.
type changing struct {
	recommend.Store

	mu    sync.Mutex
	epoch string
	docs  []recommend.Document
	away  bool
	asked int
}

func (c *changing) put(docs ...recommend.Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.docs = append(c.docs, docs...)
}

func (c *changing) Changes(_ context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.away {
		return nil, since, fmt.Errorf("changes: %w", recommend.ErrUnavailable)
	}
	from := 0
	if since != "" {
		var epoch string
		if _, err := fmt.Sscanf(string(since), "%1s%d", &epoch, &from); err != nil || epoch != c.epoch {
			return nil, since, fmt.Errorf("mark %q: %w", since, recommend.ErrInvalid)
		}
	}
	var out []recommend.Document
	for from < len(c.docs) && len(out) < limit {
		if c.docs[from].Kind == kind {
			out = append(out, c.docs[from])
		}
		from++
	}
	return out, recommend.Mark(c.epoch + strconv.Itoa(from)), nil
}

func document(kind recommend.Kind, id string) recommend.Document {
	return recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Body: json.RawMessage(`{}`)}
}

type gathered struct {
	mu  sync.Mutex
	ids []string
}

func (g *gathered) apply(_ context.Context, kind recommend.Kind, docs []recommend.Document) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range docs {
		g.ids = append(g.ids, string(kind)+"/"+d.ID)
	}
	return nil
}

func (g *gathered) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.ids)
}

func TestAFollowerReadsPagesInTheOrderOfKinds(t *testing.T) {
	c, g := &changing{epoch: "a"}, new(gathered)
	for i := range 7 {
		c.put(document(recommend.KindPick, strconv.Itoa(i)), document(recommend.KindRuling, strconv.Itoa(i)))
	}
	f := &recommend.Follower{Store: c, Kinds: []recommend.Kind{recommend.KindRuling, recommend.KindPick}, Apply: g.apply, Page: 3}
	if err := f.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(g.ids[0], g.ids[6], g.ids[7], g.ids[13], len(g.ids)), "ruling/0ruling/6pick/0pick/614"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.put(document(recommend.KindPick, "new"))
	if err := f.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := g.ids[len(g.ids)-1], "pick/new"; got != want || len(g.ids) != 15 {
		t.Errorf("after one change: %d documents, the last %s, want 15 and %s", len(g.ids), got, want)
	}
}

func TestAFollowerStartsAnewWhenTheStoreWasRebuilt(t *testing.T) {
	c, g := &changing{epoch: "a"}, new(gathered)
	c.put(document(recommend.KindPick, "1"))
	f := &recommend.Follower{Store: c, Kinds: []recommend.Kind{recommend.KindPick}, Apply: g.apply}
	if err := f.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.epoch = "b"
	c.put(document(recommend.KindPick, "2"))
	if err := f.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(g.ids), "[pick/1 pick/1 pick/2]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatCouldNotBeAppliedComesAgain(t *testing.T) {
	c, g := &changing{epoch: "a"}, new(gathered)
	c.put(document(recommend.KindPick, "1"))
	broken := errors.New("not now")
	fail := true
	f := &recommend.Follower{Store: c, Kinds: []recommend.Kind{recommend.KindPick}, Apply: func(ctx context.Context, k recommend.Kind, d []recommend.Document) error {
		if fail {
			return broken
		}
		return g.apply(ctx, k, d)
	}}
	if err := f.Sync(t.Context()); !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
	fail = false
	if err := f.Sync(t.Context()); err != nil || g.count() != 1 {
		t.Errorf("got %d documents and %v, want 1 and no error", g.count(), err)
	}
}

func TestAFollowerWaitsForAStoreThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, g := &changing{epoch: "a", away: true}, new(gathered)
		c.put(document(recommend.KindPick, "1"))
		wake := make(chan struct{})
		f := &recommend.Follower{Store: c, Kinds: []recommend.Kind{recommend.KindPick}, Apply: g.apply, Every: time.Second, Wake: wake, Logger: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		time.Sleep(3500 * time.Millisecond) // of the bubble's clock
		synctest.Wait()
		c.mu.Lock()
		if c.asked != 4 {
			t.Errorf("asked %d times in 3.5 s, want 4", c.asked)
		}
		c.away = false
		c.mu.Unlock()
		wake <- struct{}{}
		synctest.Wait()
		if got := g.count(); got != 1 {
			t.Errorf("%d documents after waking, want 1", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v, want nil", err)
		}
	})
}

func TestAWorldTakesPolicyAndRulings(t *testing.T) {
	w := recommend.NewWorld(defaultPolicy(), slog.New(slog.DiscardHandler))
	if got := w.Scene().Partners.State("tea"); got != recommend.PartnerRemoved {
		t.Errorf("a partner nobody knows is %s", got)
	}
	version := int64(0)
	rule := func(r recommend.Ruling) {
		t.Helper()
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		doc := recommend.Document{Ref: recommend.Ref{Kind: recommend.KindRuling, ID: r.Target.String()}, Version: version, Body: body}
		version++
		if err := w.Apply(t.Context(), []recommend.Document{doc}); err != nil {
			t.Fatal(err)
		}
	}
	tea := recommend.Ruling{Target: recommend.Target{Kind: recommend.TargetPartner, ID: "tea"}, Partner: &recommend.Partner{ID: "tea", Name: "Tea", Links: []string{"https://tea.example/{item}"}, State: recommend.PartnerActive}}
	rule(tea)
	before := w.Scene()
	if got := before.Partners.State("tea"); got != recommend.PartnerActive {
		t.Errorf("registered: %s, want active", got)
	}
	tea.Action = recommend.ActionPause
	rule(tea)
	if got := w.Scene().Partners.State("tea"); got != recommend.PartnerPaused {
		t.Errorf("paused: %s, want paused", got)
	}
	if got := before.Partners.State("tea"); got != recommend.PartnerActive {
		t.Errorf("a scene taken before changed to %s", got)
	}
	w.SetPolicy(t.Context(), recommend.ArchivePolicy())
	if got := w.Scene(); got.Partners.State("tea") != recommend.PartnerPaused || got.Policy.Facts.StaleIsHidden {
		t.Errorf("under another policy tea is %s, want still paused", got.Partners.State("tea"))
	}
	version = 0
	tea.Action = ""
	rule(tea)
	if got := w.Scene().Partners.State("tea"); got != recommend.PartnerPaused {
		t.Errorf("an older ruling that came again made it %s, want still paused", got)
	}
	unreadable := recommend.Document{Ref: recommend.Ref{Kind: recommend.KindRuling, ID: "partner:x"}, Version: 9, Body: json.RawMessage(`[]`)}
	tea.Action = recommend.ActionRemove
	body, err := json.Marshal(tea)
	if err != nil {
		t.Fatal(err)
	}
	removal := recommend.Document{Ref: recommend.Ref{Kind: recommend.KindRuling, ID: "partner:tea"}, Version: 10, Body: body}
	if err := w.Apply(t.Context(), []recommend.Document{unreadable, removal}); err != nil {
		t.Errorf("a ruling that cannot be read: %v, want it left out", err)
	}
	if got := w.Scene().Partners.State("tea"); got != recommend.PartnerRemoved {
		t.Errorf("the ruling behind it made the partner %s, want removed", got)
	}
}

func TestWhatIsSeldomLookedAtIsLookedAtInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &changing{epoch: "a"}
		seen := make(map[recommend.Kind]time.Time)
		start := time.Now()
		f := recommend.Follower{
			Store: store, Kinds: []recommend.Kind{recommend.KindPick, recommend.KindPulse}, Every: 100 * time.Millisecond,
			Seldom: map[recommend.Kind]time.Duration{recommend.KindPulse: time.Second}, Logger: slog.New(slog.DiscardHandler),
			Apply: func(_ context.Context, kind recommend.Kind, _ []recommend.Document) error {
				seen[kind] = time.Now()
				return nil
			},
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		synctest.Wait() // it has looked once
		store.put(document(recommend.KindPick, "p"), document(recommend.KindPulse, "p@0"))
		time.Sleep(3 * time.Second)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v, want nil", err)
		}
		if got, want := seen[recommend.KindPick].Sub(start), 100*time.Millisecond; got != want {
			t.Errorf("the pick was seen after %v, want %v", got, want)
		}
		if got, want := seen[recommend.KindPulse].Sub(start), time.Second; got != want {
			t.Errorf("the pulse was seen after %v, want %v", got, want)
		}
	})
}

// TestTheNextPageIsReadWhileOneIsApplied: of a page that could not be applied
// and the one read ahead nothing is lost.
func TestTheNextPageIsReadWhileOneIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, got := &changing{epoch: "a"}, new(gathered)
		for i := range 5 {
			store.put(document(recommend.KindPick, strconv.Itoa(i)))
		}
		full := errors.New("no room")
		fails := true
		f := &recommend.Follower{Store: store, Kinds: []recommend.Kind{recommend.KindPick}, Page: 2, Apply: func(ctx context.Context, kind recommend.Kind, docs []recommend.Document) error {
			synctest.Wait()
			if pages := store.asked; pages < 2 {
				t.Errorf("%d pages have been read when nothing runs but Apply, want the next one too", pages)
			}
			if fails {
				return full
			}
			return got.apply(ctx, kind, docs)
		}}
		if err := f.Sync(t.Context()); !errors.Is(err, full) {
			t.Errorf("Sync: got %v, want what Apply said", err)
		}
		fails = false
		if err := f.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"pick/0", "pick/1", "pick/2", "pick/3", "pick/4"}, got.ids); diff != "" {
			t.Errorf("applied (-want +got):\n%s", diff)
		}
	})
}
