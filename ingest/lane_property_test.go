package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// errCrash ends a lane at once, as a kill does.
var errCrash = errors.New("crash")

// A world is what lanes share: a store, a log and the dead letters.
type world struct {
	folder ingest.Folder
	store  *memStore
	log    map[string]bool // ids of events appended
	most   int             // bytes of the data of an event that the log takes
	dead   map[string]string
	equip  func(*ingest.Lane) // nil leaves lanes as they are
	// Of what a lane streams: the size of batches, 0 for the usual, and whether
	// each is written before the next is decided.
	size   int
	before bool
}

func newWorld() *world {
	return &world{folder: testFolder(recommend.TopicPicks), store: newMemStore(), log: map[string]bool{}, most: 100, dead: map[string]string{}}
}

// A hand is one lane's hold on the world. Step is called before every call and
// decides about it.
type hand struct {
	*world
	step func() fate
}

// A fate is what becomes of a call.
type fate int

const (
	succeeds fate = iota
	fails         // without effect, worth a retry
	lies          // with effect, but the answer is an error
	crashesBefore
	crashesAfter
)

func (h hand) call(effect func() error) error {
	switch h.step() {
	case fails:
		return fmt.Errorf("away: %w", recommend.ErrUnavailable)
	case lies:
		return errors.Join(fmt.Errorf("away: %w", recommend.ErrUnavailable), effect())
	case crashesBefore:
		return errCrash
	case crashesAfter:
		return errors.Join(errCrash, effect())
	case succeeds:
	}
	return effect()
}

// A handStore is the store as one lane sees it.
type handStore struct {
	recommend.Store
	h hand
}

func (s handStore) Put(ctx context.Context, docs ...recommend.Document) error {
	var refused *recommend.PutError
	err := s.h.call(func() error {
		err := s.h.store.Put(ctx, docs...)
		if errors.As(err, &refused) {
			return nil
		}
		return err
	})
	if err == nil && refused != nil {
		return refused
	}
	return err
}

func (s handStore) Get(ctx context.Context, refs ...recommend.Ref) (docs []recommend.Document, err error) {
	err = s.h.call(func() error {
		docs, err = s.h.store.Get(ctx, refs...)
		return err
	})
	return docs, err
}

func (h hand) Append(_ context.Context, topic string, events ...recommend.Event) ([]recommend.Position, error) {
	return nil, h.call(func() error {
		for _, e := range events {
			if len(e.Data) > h.most {
				return recommend.Refuse(recommend.Problem{Code: "too-large"})
			}
			h.log[topic+" "+e.ID] = true
		}
		return nil
	})
}

func (h hand) Bury(_ context.Context, letters ...ingest.DeadLetter) error {
	return h.call(func() error {
		for _, d := range letters {
			h.dead[d.ID()] = d.Reason
		}
		return nil
	})
}

// lane returns a lane whose calls end as step says. Waiting for the rulings
// topic makes its one document appear.
func (w *world) lane(step func() fate) *ingest.Lane {
	crashed := false
	h := hand{w, func() fate {
		f := step()
		crashed = crashed || f == crashesBefore || f == crashesAfter
		return f
	}}
	l := ingest.NewLane(w.folder, handStore{h: h}, h, h)
	l.Stream(w.size, w.before)
	if w.equip != nil {
		w.equip(l)
	}
	l.Hooks(
		func(string) error {
			return w.store.Put(context.Background(), recommend.Document{
				Ref: recommend.Ref{Kind: recommend.KindRuling, ID: "heard"}, Version: 1, Body: []byte(`{}`),
			})
		},
		func(int) error {
			if crashed {
				return errCrash
			}
			return nil
		},
	)
	return l
}

// outcome is what a world ends with.
type outcome struct {
	Docs map[recommend.Ref]string
	Log  map[string]bool
	Dead map[string]string
}

func (w *world) outcome() outcome {
	o := outcome{Docs: map[recommend.Ref]string{}, Log: w.log, Dead: w.dead}
	for r, d := range w.store.docs {
		if r.Kind != recommend.KindRuling {
			o.Docs[r] = fmt.Sprintf("%d %s", d.Version, d.Body)
		}
	}
	return o
}

// messages draws the content of a partition: events of two keys, some of them
// repeats or garbage. In half of the cases no decision depends on another
// event, and some events have one of the notes impossible: what they make can
// be refused only after later events of the key have been decided. Where those
// would have been decided otherwise without it, the end is not exact.
func messages(t *rapid.T, impossible ...string) []kafka.Message {
	n := rapid.IntRange(1, 30).Draw(t, "events")
	out := make([]kafka.Message, n)
	notes := []string{"", "", "", "", "", "tell", "panic"}
	apart := rapid.Bool().Draw(t, "apart")
	if apart {
		notes = append(notes, impossible...)
	}
	for i := range out {
		d := told{N: rapid.IntRange(-1, 3).Draw(t, "n"), Note: rapid.SampledFrom(notes).Draw(t, "note")}
		d.Wait = rapid.SampledFrom([]string{"", "", "", "", "heard", "unheard"}).Draw(t, "wait")
		id := i
		if !apart {
			id = rapid.IntRange(0, 2*n).Draw(t, "id")
		}
		m, err := ingest.Codec{}.Encode(testEvent(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), id, d))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.IntRange(0, 9).Draw(t, "garbage") == 0 {
			m.Value = []byte("not json")
		}
		m.Topic, m.Offset = recommend.TopicPicks, int64(i)
		out[i] = m
	}
	return out
}

// foldOnce is what everything has to end like: each event alone, in order,
// once, on engines that work.
func foldOnce(t *rapid.T, w *world, ms []kafka.Message) outcome {
	for i := range ms {
		l := w.lane(func() fate { return succeeds })
		if n, err := l.Fold(t.Context(), ms[i:i+1]); err != nil || n != 1 {
			t.Fatalf("reference: folded %d, %v", n, err)
		}
	}
	return w.outcome()
}

// TestAnyHistoryEndsLikeFoldingOnce runs two ingesters on one partition, one
// step of either at a time, in any order. Any call may fail, take effect and
// fail, or end its ingester before or after the effect; a new one starts
// where something was committed. An ingester never learns that it has been
// replaced, and its commits count like the other's.
//
// A leaf that is impossible is left to the next test. Once a later event has
// moved the leaf on, nothing shows that the earlier one could not be applied,
// and an ingester that comes to it late applies it to the state after all. Its
// dead letter is there by then, so it is told and nothing is lost.
func TestAnyHistoryEndsLikeFoldingOnce(t *testing.T) {
	for i := range 10 {
		t.Run(strconv.Itoa(i), func(t *testing.T) { rapid.Check(t, anyHistory) })
	}
}

func anyHistory(t *rapid.T) {
	ms := messages(t, "poison state")
	want := foldOnce(t, newWorld(), ms)
	w := newWorld()
	foldTwice(t, w, ms)
	if diff := cmp.Diff(want, w.outcome()); diff != "" {
		t.Fatalf("the end differs (-want +got):\n%s", diff)
	}
}

// foldTwice lets two ingesters that fail and crash at ms, then one that does not.
func foldTwice(t *rapid.T, w *world, ms []kafka.Message) {
	w.size, w.before = rapid.IntRange(1, 4).Draw(t, "size of batches"), rapid.Bool().Draw(t, "written before")
	var committed int64
	fates := []fate{succeeds, succeeds, succeeds, succeeds, succeeds, succeeds, fails, lies, crashesBefore, crashesAfter}
	ingester := func(yield func(struct{}) bool) {
		for {
			l := w.lane(func() fate {
				if !yield(struct{}{}) {
					return crashesBefore
				}
				return rapid.SampledFrom(fates).Draw(t, "fate")
			})
			for at := committed; at < int64(len(ms)); {
				size := rapid.IntRange(1, 12).Draw(t, "batch")
				n, err := l.Fold(t.Context(), ms[at:min(at+int64(size), int64(len(ms)))])
				at += int64(n)
				committed = at
				if err != nil {
					break
				}
			}
			if !yield(struct{}{}) {
				return
			}
		}
	}
	one, stopOne := iter.Pull(iter.Seq[struct{}](ingester))
	defer stopOne()
	two, stopTwo := iter.Pull(iter.Seq[struct{}](ingester))
	defer stopTwo()
	steps := []func() (struct{}, bool){one, two}
	for range rapid.IntRange(0, 80).Draw(t, "steps") {
		steps[rapid.IntRange(0, 1).Draw(t, "who")]()
	}
	last := w.lane(func() fate { return succeeds })
	if n, err := last.Fold(t.Context(), ms[committed:]); err != nil || n != len(ms)-int(committed) {
		t.Fatalf("the last ingester folded %d of %d: %v", n, len(ms)-int(committed), err)
	}
}

func TestOneBatchEndsLikeFoldingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := messages(t, "fail-leaf", "poison leaf")
		w := newWorld()
		w.size, w.before = rapid.IntRange(1, 30).Draw(t, "size of batches"), rapid.Bool().Draw(t, "written before")
		l := w.lane(func() fate { return succeeds })
		if n, err := l.Fold(t.Context(), ms); err != nil || n != len(ms) {
			t.Fatalf("folded %d of %d: %v", n, len(ms), err)
		}
		if diff := cmp.Diff(foldOnce(t, newWorld(), ms), w.outcome()); diff != "" {
			t.Fatalf("the end differs (-want +got):\n%s", diff)
		}
	})
}
