package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// A scripted is a lane on a world whose calls succeed, with a count of them.
type scripted struct {
	*world
	*ingest.Lane
	calls map[string]int
	waits int
}

func newScripted(catchUp func(*world) error) *scripted {
	s := &scripted{world: newWorld(), calls: map[string]int{}}
	h := hand{s.world, func() fate { return succeeds }}
	s.Lane = ingest.NewLane(testFolder(recommend.TopicPicks), countingStore{s.store, s.calls}, h, h)
	s.Hooks(func(string) error {
		s.waits++
		return catchUp(s.world)
	}, func(int) error { return errors.New("asked to wait") })
	return s
}

// countingStore counts calls by what they are for.
type countingStore struct {
	recommend.Store
	calls map[string]int
}

func (s countingStore) Put(ctx context.Context, docs ...recommend.Document) error {
	s.calls["put"]++
	return s.Store.Put(ctx, docs...)
}

func (s countingStore) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	s.calls["get"]++
	return s.Store.Get(ctx, refs...)
}

func never(*world) error { return nil }

func record(t testing.TB, offset int, e recommend.Event) kafka.Message {
	t.Helper()
	m := encode(t, ingest.Codec{}, e)
	m.Topic, m.Offset = recommend.TopicPicks, int64(offset)
	return m
}

func records(t testing.TB, from int, events ...recommend.Event) []kafka.Message {
	t.Helper()
	out := make([]kafka.Message, len(events))
	for i, e := range events {
		out[i] = record(t, from+i, e)
	}
	return out
}

func (s *scripted) fold(t testing.TB, ms []kafka.Message) {
	t.Helper()
	if n, err := s.Fold(t.Context(), ms); err != nil || n != len(ms) {
		t.Fatalf("folded %d of %d: %v", n, len(ms), err)
	}
}

func TestBatchCostsFourCalls(t *testing.T) {
	s := newScripted(never)
	var first, second []recommend.Event
	for i := range 100 {
		first = append(first, testEvent(fmt.Sprint("k", i%10), i, told{N: i % 3}))
		second = append(second, testEvent(fmt.Sprint("k", i%10), 100+i, told{N: i % 3}))
	}
	s.fold(t, records(t, 0, first...))
	if diff := cmp.Diff(map[string]int{"get": 2, "put": 2}, s.calls); diff != "" {
		t.Errorf("calls of the first batch differ (-want +got):\n%s", diff)
	}
	s.fold(t, records(t, 100, second...))
	if diff := cmp.Diff(map[string]int{"get": 2, "put": 4}, s.calls); diff != "" {
		t.Errorf("states and leaves are known now; calls differ (-want +got):\n%s", diff)
	}
	if got := numbers(t, s.store, "k3"); len(got) != 20 {
		t.Errorf("k3 has %d numbers, want 20", len(got))
	}
}

func TestManyEarlyEventsWaitOnce(t *testing.T) {
	s := newScripted(never)
	var events []recommend.Event
	for i := range 1000 {
		events = append(events, testEvent(fmt.Sprint("k", i%7), i, told{N: 1, Wait: "unheard"}))
	}
	s.fold(t, records(t, 0, events...))
	if s.waits != 1 {
		t.Errorf("waited %d times, want once", s.waits)
	}
	if len(s.dead) != 1000 || s.dead["vitrine.picks/0/999"] != "unheard" {
		t.Errorf("%d dead letters, the last because of %q; want 1000, unheard", len(s.dead), s.dead["vitrine.picks/0/999"])
	}
	s.fold(t, records(t, 1000, testEvent("k1", 1000, told{N: 1, Wait: "unheard"})))
	if s.waits != 2 {
		t.Errorf("waited %d times, want again for an event taken up later", s.waits)
	}
}

func TestEarlyEventIsAppliedOnceTheOtherTopicCaughtUp(t *testing.T) {
	s := newScripted(func(w *world) error {
		return w.store.Put(context.Background(), recommend.Document{Ref: recommend.Ref{Kind: recommend.KindRuling, ID: "r"}, Body: []byte("{}")})
	})
	s.fold(t, records(t, 0, testEvent("k", 0, told{N: 1}), testEvent("k", 1, told{N: 2, Wait: "r"}), testEvent("k", 2, told{N: 3})))
	if diff := cmp.Diff([]int{1, 2, 3}, numbers(t, s.store, "k")); diff != "" {
		t.Errorf("numbers differ (-want +got):\n%s", diff)
	}
	if len(s.dead) != 0 {
		t.Errorf("dead letters: %v", s.dead)
	}
}

func TestWhatComesBeforeAnEarlyEventIsDurableBeforeTheWait(t *testing.T) {
	var before []int
	var s *scripted
	s = newScripted(func(*world) error {
		before = numbers(t, s.store, "k")
		return errors.New("told to stop")
	})
	n, err := s.Fold(t.Context(), records(t, 0, testEvent("k", 0, told{N: 1}), testEvent("k", 1, told{N: 2, Wait: "r"})))
	if n != 1 || err == nil {
		t.Errorf("folded %d, %v; want one and an error", n, err)
	}
	if diff := cmp.Diff([]int{1}, before); diff != "" {
		t.Errorf("numbers stored before the wait differ (-want +got):\n%s", diff)
	}
}

func TestImpossibleEventsCostNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		note   string
		reason string
	}{
		"a panic":                     {"panic", ingest.ReasonPanic},
		"a leaf that cannot be made":  {"fail-leaf", ingest.ReasonFailed},
		"a leaf the store refuses":    {"poison leaf", ingest.ReasonRefused},
		"a state the store refuses":   {"poison state", ingest.ReasonRefused},
		"an event elsewhere too long": {"tell " + strings.Repeat("x", 100), ingest.ReasonUnappended},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScripted(never)
			var events []recommend.Event
			for i := range 20 {
				d := told{N: i}
				if i == 7 {
					d.Note = c.note
				}
				events = append(events, testEvent("k"+strconv.Itoa(i%2), i, d))
			}
			s.fold(t, records(t, 0, events...))
			if diff := cmp.Diff(map[string]string{"vitrine.picks/0/7": c.reason}, s.dead); diff != "" {
				t.Errorf("dead letters differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]int{1, 3, 5, 9, 11, 13, 15, 17, 19}, numbers(t, s.store, "k1")); diff != "" {
				t.Errorf("numbers of its key differ (-want +got):\n%s", diff)
			}
			if got := numbers(t, s.store, "k0"); len(got) != 10 {
				t.Errorf("the other key has %v", got)
			}
		})
	}
}

func TestUnreadableStateKillsItsOwnEventsOnly(t *testing.T) {
	s := newScripted(never)
	err := s.store.Put(t.Context(), recommend.Document{Ref: recommend.Ref{Kind: kindState, ID: "a"}, Version: -1, Body: []byte(`{"Numbers":"?"}`)})
	if err != nil {
		t.Fatal(err)
	}
	s.fold(t, records(t, 0, testEvent("a", 0, told{N: 1}), testEvent("b", 1, told{N: 1}), testEvent("a", 2, told{N: 2})))
	want := map[string]string{"vitrine.picks/0/0": ingest.ReasonState, "vitrine.picks/0/2": ingest.ReasonState}
	if diff := cmp.Diff(want, s.dead); diff != "" {
		t.Errorf("dead letters differ (-want +got):\n%s", diff)
	}
	if got := numbers(t, s.store, "b"); !slices.Equal(got, []int{1}) {
		t.Errorf("b has %v, want [1]", got)
	}
}

func TestDeadLetterKeepsTheMessageAndCountsAttempts(t *testing.T) {
	w := newWorld()
	var letters []ingest.DeadLetter
	grave := burier(func(d []ingest.DeadLetter) { letters = append(letters, d...) })
	l := ingest.NewLane(testFolder(recommend.TopicPicks), w.store, hand{w, func() fate { return succeeds }}, grave)
	m := record(t, 3, testEvent("k", 0, told{N: -1}))
	m.Partition = 2
	m.Headers = append(m.Headers, kafka.Header{Key: "vitrine_attempts", Value: []byte("2")})
	if _, err := l.Fold(t.Context(), []kafka.Message{m}); err != nil {
		t.Fatal(err)
	}
	if len(letters) != 1 {
		t.Fatalf("%d letters, want 1", len(letters))
	}
	got := letters[0]
	want := ingest.DeadLetter{
		Topic: recommend.TopicPicks, Partition: 2, Offset: 3, Reason: "negative", Detail: "negative: ",
		Attempts: 3, At: got.At, Key: m.Key, Value: m.Value, Headers: m.Headers,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letters differ (-want +got):\n%s", diff)
	}
}

type burier func([]ingest.DeadLetter)

func (b burier) Bury(_ context.Context, letters ...ingest.DeadLetter) error {
	b(letters)
	return nil
}

func TestLaneForgetsStatesItHasNotUsedForLong(t *testing.T) {
	s := newScripted(never)
	const keys = 25_000 // more than a lane keeps
	for from := 0; from < keys; from += 500 {
		var events []recommend.Event
		for i := range 500 {
			events = append(events, testEvent(fmt.Sprint("k", from+i), from+i, told{N: 1}))
		}
		s.fold(t, records(t, from, events...))
	}
	if n := s.CachedStates(); n != 20_000 {
		t.Errorf("%d states kept, want 20,000", n)
	}
	s.fold(t, records(t, keys, testEvent("k0", keys, told{N: 2})))
	if diff := cmp.Diff([]int{1, 2}, numbers(t, s.store, "k0")); diff != "" {
		t.Errorf("a forgotten state is read again; numbers differ (-want +got):\n%s", diff)
	}
}

func TestPanicIsLoggedWithItsPlaceAndWithoutValues(t *testing.T) {
	s := newScripted(never)
	var out syncBuffer
	s.LogTo(slog.New(slog.NewTextHandler(&out, nil)))
	s.fold(t, records(t, 0, testEvent("k", 0, told{N: 1, Note: "panic"})))
	for _, want := range []string{"level=ERROR", "offset=0", "panic of string", "testFolder"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "half done") {
		t.Errorf("the log has what the fold panicked with:\n%s", out.String())
	}
}
