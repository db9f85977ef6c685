package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"vitrine.dev/cmd/vitrine/replay"
	"vitrine.dev/recommend"
)

var start = time.Date(2010, 2, 1, 8, 0, 0, 0, time.UTC)

func event(t *testing.T, topic, typ, key string, at time.Time, data any) recommend.Event {
	t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return recommend.Event{ID: typ + key + at.String(), Source: "/test", Topic: topic, Type: typ, Key: key, Time: at, Data: b, Trusted: true}
}

func pick(t *testing.T, id, link string, at time.Time) recommend.Event {
	t.Helper()
	return event(t, recommend.TopicPicks, recommend.TypePickPublished, "mei", at, recommend.PublishedPick{
		ID: id, Expert: "mei", PublishedAt: at,
		PickContent: recommend.PickContent{Link: link, Reason: "In use every day since the spring, and no complaint.", Topics: []string{"home"}},
	})
}

func act(t *testing.T, kind, pick string, at time.Time) recommend.Event {
	t.Helper()
	return event(t, recommend.TopicActions, recommend.TypeActed, "r1", at, recommend.Action{ID: kind + pick, Reader: "r1", Kind: kind, Pick: pick, At: at})
}

func apply(t *testing.T, r *replay.Replay, events ...recommend.Event) {
	t.Helper()
	for _, e := range events {
		if err := r.Apply(t.Context(), e); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
	}
}

// opened is a replay in which a shop and an expert are known.
func opened(t *testing.T, c replay.Config) *replay.Replay {
	t.Helper()
	c.Policy = recommend.ArchivePolicy()
	r := replay.New(c)
	apply(t, r,
		event(t, recommend.TopicRulings, recommend.TypePartnerRegistered, "partner:old", start,
			recommend.Partner{ID: "old", Name: "Old Shop", Links: []string{"https://old.example/p/{item}"}, State: recommend.PartnerActive}),
		event(t, recommend.TopicRulings, recommend.TypeExpertVerified, "expert:mei", start,
			recommend.VerifiedExpert{ID: "mei", Name: "Mei", Topics: []string{"home"}, Verified: true}),
	)
	return r
}

func window(t *testing.T, r *replay.Replay) (picks []string) {
	t.Helper()
	w, err := r.Windows().Window(t.Context(), recommend.WindowRequest{Reader: "r1", Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	if w.Degraded {
		t.Errorf("the window lacks %v", w.Missing)
	}
	for i := range w.Items {
		picks = append(picks, w.Items[i].Pick)
	}
	slices.Sort(picks)
	return picks
}

func TestWindowsHoldWhatHasHappenedByTheClock(t *testing.T) {
	r := opened(t, replay.Config{})
	apply(t, r, pick(t, "p1", "https://old.example/p/1", start.Add(time.Hour)))
	if got, want := window(t, r), []string{"p1"}; !slices.Equal(got, want) {
		t.Errorf("window %v, want %v", got, want)
	}
	apply(t, r, pick(t, "p2", "https://old.example/p/2", start.Add(2*time.Hour)))
	if got, want := window(t, r), []string{"p1", "p2"}; !slices.Equal(got, want) {
		t.Errorf("window %v, want %v", got, want)
	}
	if got, want := r.Now(), start.Add(2*time.Hour); !got.Equal(want) {
		t.Errorf("the clock stands at %s, want %s", got, want)
	}
	r.At(start)
	if got, want := r.Now(), start.Add(2*time.Hour); !got.Equal(want) {
		t.Errorf("the clock went back to %s", got)
	}
}

func TestARefusedEventChangesNothingAndTheReplayGoesOn(t *testing.T) {
	r := opened(t, replay.Config{})
	err := r.Apply(t.Context(), pick(t, "p1", "https://elsewhere.example/p/1", start.Add(time.Hour)))
	if refusal, ok := errors.AsType[*recommend.Refusal](err); !ok || refusal.Code() != "unsupported-channel" || !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("got %v, want it refused as unsupported-channel", err)
	}
	apply(t, r, pick(t, "p1", "https://old.example/p/1", start.Add(time.Hour)))
	if got, want := window(t, r), []string{"p1"}; !slices.Equal(got, want) {
		t.Errorf("window %v, want %v", got, want)
	}
}

// Whoever learns from an action sees the world as it was before.
func TestActionsAreObservedBeforeTheyAreFolded(t *testing.T) {
	var r *replay.Replay
	var seen []string
	pulse := recommend.Ref{Kind: recommend.KindPulse, ID: recommend.PulseID("p1", 0)}
	pulses := func(ctx context.Context) int {
		docs, err := r.Store().Get(ctx, pulse)
		if err != nil {
			t.Error(err)
		}
		return len(docs)
	}
	var folded []string
	r = opened(t, replay.Config{
		Observe: func(ctx context.Context, a *recommend.Action) error {
			if n := pulses(ctx); n != len(seen) {
				t.Errorf("%s: %d pulses, want %d: what it counts comes after it is observed", a.Kind, n, len(seen))
			}
			seen = append(seen, a.Kind)
			if !r.Now().Equal(a.At) {
				t.Errorf("%s: the clock stands at %s, want %s", a.Kind, r.Now(), a.At)
			}
			return nil
		},
		Folded: func(_ recommend.Event, data any) {
			if a, ok := data.(*recommend.Action); ok {
				folded = append(folded, a.Kind)
			}
		},
	})
	apply(t, r, pick(t, "p1", "https://old.example/p/1", start.Add(time.Hour)))
	open := act(t, recommend.ActOpen, "p1", start.Add(2*time.Hour))
	apply(t, r, open)
	if n := pulses(t.Context()); n != 1 {
		t.Errorf("%d pulses after the open, want 1", n)
	}
	apply(t, r, open) // again
	if want := []string{recommend.ActOpen, recommend.ActOpen}; !slices.Equal(seen, want) {
		t.Errorf("observed %v, want %v", seen, want)
	}
	if want := []string{recommend.ActOpen}; !slices.Equal(folded, want) {
		t.Errorf("folded %v, want %v: the repeat is none", folded, want)
	}
}

func TestAnObserverThatFailsEndsTheApply(t *testing.T) {
	broken := errors.New("broken")
	r := opened(t, replay.Config{Observe: func(context.Context, *recommend.Action) error { return broken }})
	apply(t, r, pick(t, "p1", "https://old.example/p/1", start.Add(time.Hour)))
	if err := r.Apply(t.Context(), act(t, recommend.ActOpen, "p1", start.Add(2*time.Hour))); !errors.Is(err, broken) {
		t.Errorf("got %v, want what the observer said", err)
	}
	if docs, _ := r.Store().Get(t.Context(), recommend.Ref{Kind: recommend.KindPulse, ID: recommend.PulseID("p1", 0)}); len(docs) != 0 {
		t.Error("the action was folded all the same")
	}
}
