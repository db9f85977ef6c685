package ingest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/ingest"
	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// A counter is a pupil that counts what it is shown: all actions in the state
// of home, and those of a product in its row.
type counter struct {
	all   int
	items map[string]int
	dirty map[string]bool
	begun float64 // the weight that somebody took back to
	fail  func(*recommend.Action) error

	prepare func([]*recommend.Action) error
}

func (c *counter) SetRows(id string, rows map[string][]byte) error {
	var l ranking.Lists
	if err := l.SetRow(0, rows[recommend.FamilyLists]); err != nil {
		return err
	}
	for n := range 10_000 {
		if slices.Equal(shownRow(n), rows[recommend.FamilyLists]) {
			c.items[id] = n
			return nil
		}
	}
	return errors.New("no row of ours")
}

func (c *counter) ForgetRows()                                      { clear(c.items) }
func (c *counter) SetModel(recommend.Surface, int64, ranking.Model) {}

func (c *counter) Resume(_ recommend.Surface, state json.RawMessage) error {
	return json.Unmarshal(state, &c.all)
}

func (c *counter) Restart(_ recommend.Surface, weights []recommend.ModelWeight) error {
	c.begun = weights[0].Value
	return nil
}

func (c *counter) Prepare(_ context.Context, actions []*recommend.Action) error {
	if c.prepare != nil {
		return c.prepare(actions)
	}
	return nil
}

func (c *counter) Observe(_ context.Context, a *recommend.Action) error {
	if c.fail != nil {
		if err := c.fail(a); err != nil {
			return err
		}
	}
	c.all++
	id := recommend.ProductRows(a.Product)
	c.items[id]++
	c.dirty[id] = true
	return nil
}

func (c *counter) Changes() (rows []recommend.LearnedRow, surfaces map[string]recommend.LearnedWeights) {
	for id := range c.dirty {
		rows = append(rows, recommend.LearnedRow{Family: recommend.FamilyLists, Of: id, Row: shownRow(c.items[id])})
	}
	slices.SortFunc(rows, func(a, b recommend.LearnedRow) int { return cmp.Compare(a.Of, b.Of) })
	if len(c.dirty) > 0 {
		surfaces = map[string]recommend.LearnedWeights{"home": {
			Weights: []recommend.ModelWeight{{Name: "interest", Value: c.begun + float64(c.all)}}, State: json.RawMessage(strconv.Itoa(c.all)), Lists: int64(c.all),
		}}
	}
	clear(c.dirty)
	return rows, surfaces
}

// shownRow is a row of Lists in which a time stands for a count.
func shownRow(n int) []byte {
	var l ranking.Lists
	l.Shown(0, int64(n))
	return l.Row(0)
}

// A modelStore can be followed, once from the beginning.
type modelStore struct{ *memStore }

func (s modelStore) Changes(_ context.Context, kind recommend.Kind, since recommend.Mark, _ int) (docs []recommend.Document, next recommend.Mark, err error) {
	if since != "" {
		return nil, since, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, d := range s.docs {
		if r.Kind == kind {
			docs = append(docs, d)
		}
	}
	return docs, "read", nil
}

// A school is a log with folds of models and trainers of it.
type school struct {
	t       testing.TB
	cluster ingest.Cluster
	log     *ingest.Publisher
	store   modelStore
	reg     *prometheus.Registry
	metrics *ingest.LearningMetrics
	pupils  atomic.Int64
	ahead   atomic.Int64 // of the clock of trainers, nanoseconds
}

func newSchool(t testing.TB, partitions int) *school {
	s := &school{t: t, cluster: newCluster(t, partitions), store: modelStore{newMemStore()}, reg: prometheus.NewRegistry()}
	s.log = newPublisher(t, s.cluster)
	var err error
	if s.metrics, err = ingest.NewLearningMetrics(s.reg); err != nil {
		t.Fatal(err)
	}
	c := newConsumer(t, s.cluster, s.store, s.log)
	c.Folders = []ingest.Folder{ingest.Models()}
	start(t, c)
	return s
}

// train runs a trainer until stop is called or the test ends.
func (s *school) train(pupil func() ingest.Pupil) (stop func()) {
	n, err := ingest.Partitions(s.t.Context(), s.cluster, recommend.TopicModels)
	if err != nil {
		s.t.Fatal(err)
	}
	trainer := &ingest.Trainer{
		Cluster: s.cluster, Codec: ingest.Codec{SealKey: []byte("key")}, Store: s.store, Log: s.log, New: pupil, Metrics: s.metrics,
		Now:     func() time.Time { return time.Now().Add(time.Hour + time.Duration(s.ahead.Load())) }, // nothing is too young to be learned from
		Backoff: func(int) time.Duration { return 5 * time.Millisecond },
		Pace: func() recommend.LearningRules {
			return recommend.LearningRules{Publish: recommend.Duration(20 * time.Millisecond), Share: 1}
		},
	}
	if testing.Verbose() {
		trainer.Logger = slog.New(slog.NewTextHandler(s.t.Output(), nil))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for p := range n {
		wg.Go(func() { trainer.Run(ctx, ingest.Duty{Topic: recommend.TopicModels, Partition: p, Partitions: n}) })
	}
	stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
	s.t.Cleanup(stop)
	return stop
}

func (s *school) counter() ingest.Pupil {
	s.pupils.Add(1)
	return &counter{items: make(map[string]int), dirty: make(map[string]bool)}
}

// act appends n actions of many readers on five products.
func (s *school) act(from, n int) {
	s.t.Helper()
	events := make([]recommend.Event, n)
	for i := range events {
		reader := fmt.Sprint("r", (from+i)%17)
		a := recommend.Action{ID: fmt.Sprint("a", from+i), Reader: reader, Kind: recommend.ActOpen, Pick: "p1", Product: fmt.Sprint("jd:", (from+i)%5), At: noon}
		events[i] = event(recommend.TypeActed, reader, noon, a)
		events[i].ID = a.ID
	}
	appendAll(s.t, s.log, recommend.TopicActions, events...)
}

func (s *school) model() *recommend.LearnedModel {
	m := new(recommend.LearnedModel)
	if body := s.store.body(recommend.Ref{Kind: recommend.KindModel, ID: recommend.ModelKey}); body != "" {
		if err := json.Unmarshal([]byte(body), m); err != nil {
			s.t.Fatal(err)
		}
	}
	return m
}

// learned is how many actions are counted in what is published.
func (s *school) learned() int {
	m := s.model()
	if m.Surfaces["home"] == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m.Surfaces["home"].State))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// counts is how many actions the rows count.
func (s *school) counts() (n int) {
	m := s.model()
	for i := range 5 {
		var rows recommend.ModelRows
		if err := json.Unmarshal([]byte(s.store.body(recommend.Ref{Kind: recommend.KindModel, ID: recommend.ProductRows(fmt.Sprint("jd:", i))})), &rows); err != nil {
			s.t.Fatal(err)
		}
		for k := range 10_000 {
			if slices.Equal(shownRow(k), rows.Settled(m)[recommend.FamilyLists]) {
				n += k
			}
		}
	}
	return n
}

func (s *school) await(n int) {
	s.t.Helper()
	await(s.t, fmt.Sprintf("%d actions to be learned from", n), func() bool { return s.learned() >= n })
	if got, rows := s.learned(), s.counts(); got != n || rows != n {
		s.t.Fatalf("learned from %d actions and %d in rows, want %d", got, rows, n)
	}
}

func TestTheTrainerPublishesWhatItLearns(t *testing.T) {
	s := newSchool(t, 3)
	s.act(0, 300)
	s.train(s.counter)
	s.await(300)
	s.act(300, 20)
	s.act(300, 20) // an action twice is one
	s.await(320)
	garble(t, s.cluster, recommend.TopicActions, "r1", "not json")
	s.act(320, 1)
	s.await(321)
	if m := s.model(); m.Offsets[0]+m.Offsets[1]+m.Offsets[2] < 321 {
		t.Errorf("offsets %v, want those after all actions", m.Offsets)
	}
	await(t, "the lag to be gone", func() bool { return gather(t, s.reg)["vitrine_learning_lag_seconds{}"] == 0 })
	await(t, "the figure of lists learned from", func() bool { return gather(t, s.reg)["vitrine_learning_lists{surface=home}"] == 321 })
}

// TestATrainerThatDiesIsGoneOnFrom stops trainers at any moment: what is
// published counts every action once.
func TestATrainerThatDiesIsGoneOnFrom(t *testing.T) {
	s := newSchool(t, 3)
	for i := range 8 {
		s.act(100*i, 100)
		var seen atomic.Int64
		reached := make(chan struct{})
		stop := s.train(func() ingest.Pupil {
			c := s.counter().(*counter)
			c.fail = func(*recommend.Action) error {
				if seen.Add(1) == int64(40+13*i) {
					close(reached)
				}
				return nil
			}
			return c
		})
		<-reached
		stop()
		if got, want := s.learned(), 100*(i+1); got > want {
			t.Fatalf("learned from %d actions, there are %d", got, want)
		}
	}
	s.train(s.counter)
	s.await(800)
}

// TestTwoTrainersCountOnce lets two learn at once, as can be for moments when
// one was given up for dead.
func TestTwoTrainersCountOnce(t *testing.T) {
	s := newSchool(t, 1)
	stop := s.train(s.counter)
	s.train(s.counter)
	for i := range 10 {
		s.act(50*i, 50)
		await(t, "some to be learned from", func() bool { return s.learned() >= 50*i })
	}
	s.await(500)
	stop()
	s.act(500, 50)
	s.await(550)
}

func TestAnActionThatCannotBeLearnedFromYetIsWaitedFor(t *testing.T) {
	s := newSchool(t, 1)
	var asked atomic.Int64
	s.train(func() ingest.Pupil {
		c := s.counter().(*counter)
		c.fail = func(a *recommend.Action) error {
			if a.ID == "a7" && asked.Add(1) < 4 {
				return fmt.Errorf("no store: %w", recommend.ErrUnavailable)
			}
			if a.ID == "a9" && asked.Add(1) == 5 {
				panic("a pupil's mistake")
			}
			return nil
		}
		return c
	})
	s.act(0, 20)
	s.await(20)
	if n := s.pupils.Load(); n != 2 {
		t.Errorf("%d pupils, want another after the panic", n)
	}
}

func TestATrainerFollowsWhatPeopleTakeBack(t *testing.T) {
	s := newSchool(t, 1)
	s.train(s.counter)
	s.act(0, 10)
	s.await(10)
	version := s.model().Surface(recommend.SurfaceHome).Latest
	s.act(10, 10)
	s.await(20)
	appendAll(t, s.log, recommend.TopicModels, ruledModel(recommend.RuledModel{Surface: "home", Action: "rollback", Version: version}))
	await(t, "the rollback", func() bool { return s.model().Surface(recommend.SurfaceHome).Back == 1 })
	if v := s.model().Surface(recommend.SurfaceHome).Serving(); v.Again != version || v.Weights[0].Value != 10 {
		t.Errorf("serving %+v, want version %d again", v, version)
	}
	s.act(20, 5)
	s.await(25)
	m := s.model().Surface(recommend.SurfaceHome)
	if v := m.Serving(); v.Again != version {
		t.Errorf("serving %+v, want what was taken back to until it is unpinned", v)
	}
	if v := m.Version(m.Latest); v.Weights[0].Value != 35 {
		t.Errorf("learned %g, want 35: 10 that was taken back to, and 25 actions", v.Weights[0].Value)
	}
}

func TestALargePublicationComesInParts(t *testing.T) {
	l := recommend.Learned{By: "t1", Sequence: 1, MadeAt: noon, Offsets: []int64{3}, Surfaces: weighted(1)}
	for i := range 20_000 {
		l.Rows = append(l.Rows, rowOf(fmt.Sprint("jd:", i), 1))
	}
	events, err := ingest.Publication(l)
	if err != nil {
		t.Fatal(err)
	}
	b, rows := newBench(), 0
	for i, e := range events {
		if len(e.Data) > ingest.MaxEvent {
			t.Errorf("part %d has %d bytes", i, len(e.Data))
		}
		rows += len(b.mustFold(t, ingest.Models(), e).Leaves)
	}
	if m := model(b); len(events) < 2 || rows != 20_000 || m.Sequence != 1 || m.Staged != nil {
		t.Errorf("%d parts with %d rows, sequence %d, want some with 20000 and 1", len(events), rows, m.Sequence)
	}
}
