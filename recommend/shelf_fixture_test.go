package recommend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// A shopFloor is a store, a world and windows over one shelf, with a clock
// that stands still until a test moves it.
type shopFloor struct {
	*recommend.Windows
	store    *memoryStore
	world    *recommend.World
	shelf    *recommend.Shelf
	follower *recommend.Follower
	memory   *recommend.Memory
	learner  *recommend.Learner
	clock    *clock
	log      *bytes.Buffer
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// opening is when the clocks of tests start.
func opening() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 123_456_000, time.UTC) }

func testPolicy(tb testing.TB, overlay string) *recommend.Policy {
	tb.Helper()
	p, err := recommend.ParsePolicy([]byte("version: test\ntopics:\n  - {id: home, labels: {zh: 家居, en: Home}}\n  - {id: home/kitchen, labels: {zh: 厨房, en: Kitchen}}\n  - {id: garden, labels: {zh: 园艺, en: Garden}}\n" + overlay))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// newShopFloor opens a shop floor under the default policy, topics aside.
func newShopFloor(tb testing.TB, options ...func(*recommend.ShelfConfig)) *shopFloor {
	tb.Helper()
	return secondFloor(tb, newMemoryStore(), &clock{at: opening()}, options...)
}

// secondFloor is another process over the same store.
func secondFloor(tb testing.TB, store *memoryStore, clock *clock, options ...func(*recommend.ShelfConfig)) *shopFloor {
	tb.Helper()
	f := &shopFloor{store: store, clock: clock, log: new(bytes.Buffer)}
	logger := slog.New(slog.NewTextHandler(f.log, nil))
	f.world = recommend.NewWorld(testPolicy(tb, ""), logger)
	config := recommend.ShelfConfig{Scene: f.world.Scene, Now: clock.now, Logger: logger}
	for _, o := range options {
		o(&config)
	}
	f.shelf = recommend.NewShelf(config)
	f.follower = &recommend.Follower{
		Store: store, Kinds: recommend.ShelfKinds(), Page: 100, Logger: logger,
		Apply: func(ctx context.Context, kind recommend.Kind, docs []recommend.Document) error {
			if kind == recommend.KindRuling {
				if err := f.world.Apply(ctx, docs); err != nil {
					return err
				}
			}
			return f.shelf.Apply(ctx, kind, docs)
		},
	}
	f.memory = recommend.NewMemory(f.world.Scene().Policy)
	f.Windows = recommend.NewWindows(recommend.WindowsConfig{
		Memory: f.memory, Shelf: f.shelf, World: f.world, Store: store, SecretKey: []byte("a key that processes share"), Now: clock.now, Logger: logger,
	})
	f.learner = recommend.NewLearner(recommend.LearnerConfig{Windows: f.Windows, Memory: f.memory, Logger: logger})
	return f
}

// with is other windows over the same shelf, memory and clock.
func (f *shopFloor) with(tb testing.TB, options ...func(*recommend.WindowsConfig)) *shopFloor {
	tb.Helper()
	g := *f
	config := recommend.WindowsConfig{
		Memory: f.memory, Shelf: f.shelf, World: f.world, Store: f.store, SecretKey: []byte("a key that processes share"), Now: f.clock.now,
		Logger: slog.New(slog.NewTextHandler(f.log, nil)),
	}
	for _, o := range options {
		o(&config)
	}
	g.Windows = recommend.NewWindows(config)
	tb.Cleanup(g.Windows.Close)
	return &g
}

// put writes v as the next version of a document and lets the shelf follow.
func (f *shopFloor) put(tb testing.TB, kind recommend.Kind, id string, v any) {
	tb.Helper()
	f.store.put(tb, kind, id, v)
	f.sync(tb)
}

func (f *shopFloor) sync(tb testing.TB) {
	tb.Helper()
	if err := f.follower.Sync(tb.Context()); err != nil {
		tb.Fatalf("Sync: %v", err)
	}
}

// window asks for a page and fails the test if there is none.
func (f *shopFloor) window(tb testing.TB, r recommend.WindowRequest) *recommend.Window {
	tb.Helper()
	w, err := f.Window(tb.Context(), r)
	if err != nil {
		tb.Fatalf("Window(%+v): %v", r, err)
	}
	return w
}

// pages asks for a window page by page and returns all its picks.
func (f *shopFloor) pages(tb testing.TB, r recommend.WindowRequest) []string {
	tb.Helper()
	var ids []string
	for {
		w := f.window(tb, r)
		ids = append(ids, picksOf(w.Items)...)
		if w.NextCursor == "" {
			return ids
		}
		r = recommend.WindowRequest{Reader: r.Reader, Topics: r.Topics, Lang: r.Lang, Cursor: w.NextCursor}
	}
}

func (f *shopFloor) rule(tb testing.TB, target, action string) {
	tb.Helper()
	t, ok := recommend.ParseTarget(target)
	if !ok {
		tb.Fatalf("%q is no target", target)
	}
	f.put(tb, recommend.KindRuling, target, recommend.Ruling{Target: t, Action: action, Rule: "counterfeit", At: f.clock.now()})
}

func picksOf(items []recommend.Item) []string {
	ids := []string{}
	for _, i := range items {
		ids = append(ids, i.Pick)
	}
	return ids
}

// expert is a verified expert on home and garden.
func expert(id string, change ...func(*recommend.Expert)) *recommend.Expert {
	e := &recommend.Expert{
		ID: id, Name: "Name of " + id, Verified: true, Standing: recommend.StandingActive, Trust: 50, Since: opening().AddDate(-1, 0, 0),
		Topics: []recommend.Approval{{Topic: "home"}, {Topic: "garden"}},
	}
	for _, c := range change {
		c(e)
	}
	return e
}

// pick is a live pick of item on JD, an hour old.
func pick(id, expert, item string, change ...func(*recommend.Pick)) *recommend.Pick {
	p := &recommend.Pick{
		ID: id, Expert: expert, Product: "jd:" + item, State: recommend.PickPublished, PublishedAt: opening().Add(-time.Hour), Revision: 1,
		PickContent: recommend.PickContent{
			Link: "https://item.jd.com/" + item + ".html", Reason: "I have had " + item + " for years and would buy it again", Topics: []string{"home/kitchen"},
		},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func aged(age time.Duration) func(*recommend.Pick) {
	return func(p *recommend.Pick) { p.PublishedAt = opening().Add(-age) }
}

func on(topics ...string) func(*recommend.Pick) {
	return func(p *recommend.Pick) { p.Topics = topics }
}

// product is in stock at JD for 10 yuan, as of an hour ago.
func product(item string, change ...func(*recommend.Product)) *recommend.Product {
	stock := int64(10)
	p := &recommend.Product{
		Key: "jd:" + item, Title: "Title of " + item, Price: &recommend.Money{Amount: 1000, Currency: "CNY"}, Stock: &stock, UpdatedAt: opening().Add(-time.Hour),
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func stocked(n int64) func(*recommend.Product) {
	return func(p *recommend.Product) { p.Stock = &n }
}

// stockShelf puts n picks by as many experts of as many products, p0 newest.
func (f *shopFloor) stockShelf(tb testing.TB, n int) {
	tb.Helper()
	for i := range n {
		s := strconv.Itoa(i)
		f.store.put(tb, recommend.KindExpert, "e"+s, expert("e"+s))
		f.store.put(tb, recommend.KindProduct, "jd:i"+s, product("i"+s))
		f.store.put(tb, recommend.KindPick, "p"+s, pick("p"+s, "e"+s, "i"+s, aged(time.Duration(i+1)*time.Minute)))
	}
	f.sync(tb)
}

// A memoryStore is a Store in maps that can be made to fail.
type memoryStore struct {
	mu      sync.Mutex
	docs    map[recommend.Ref]recommend.Document
	changes map[recommend.Kind][]recommend.Ref // oldest put first
	fail    error
	hang    bool // Get waits for its context
}

func newMemoryStore() *memoryStore {
	return &memoryStore{docs: make(map[recommend.Ref]recommend.Document), changes: make(map[recommend.Kind][]recommend.Ref)}
}

func (m *memoryStore) put(tb testing.TB, kind recommend.Kind, id string, v any) {
	tb.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	ref := recommend.Ref{Kind: kind, ID: id}
	m.docs[ref] = recommend.Document{Ref: ref, Version: m.docs[ref].Version + 1, Body: body}
	m.changes[kind] = append(m.changes[kind], ref)
}

// document is what the store has.
func (m *memoryStore) document(kind recommend.Kind, id string) recommend.Document {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.docs[recommend.Ref{Kind: kind, ID: id}]
}

func (m *memoryStore) failing(err error, hang bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail, m.hang = err, hang
}

func (m *memoryStore) Put(context.Context, ...recommend.Document) error {
	return fmt.Errorf("a read-only store: %w", recommend.ErrUnavailable)
}

func (m *memoryStore) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hang {
		<-ctx.Done()
		return nil, fmt.Errorf("%w: %w", recommend.ErrUnavailable, ctx.Err())
	}
	if m.fail != nil {
		return nil, m.fail
	}
	var out []recommend.Document
	for _, r := range refs {
		if d, ok := m.docs[r]; ok {
			d.Body = bytes.Clone(d.Body)
			out = append(out, d)
		}
	}
	return out, nil
}

func (m *memoryStore) Changes(_ context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	from, _ := strconv.Atoi(string(since))
	all := m.changes[kind]
	end := min(from+limit, len(all))
	var out []recommend.Document
	for _, r := range all[from:end] {
		out = append(out, m.docs[r])
	}
	return out, recommend.Mark(strconv.Itoa(end)), nil
}

// Search finds documents in which all words occur, one point for each time.
func (m *memoryStore) Search(_ context.Context, q recommend.Search) ([]recommend.Hit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	var hits []recommend.Hit
	for ref, d := range m.docs {
		var text struct{ Reason, Title string }
		if ref.Kind != recommend.KindPick && ref.Kind != recommend.KindProduct || json.Unmarshal(d.Body, &text) != nil {
			continue
		}
		score := 1.0
		for w := range strings.FieldsSeq(strings.ToLower(q.Text)) {
			score *= float64(strings.Count(strings.ToLower(text.Reason+text.Title), w))
		}
		if score > 0 {
			hits = append(hits, recommend.Hit{Ref: ref, Score: score})
		}
	}
	slices.SortFunc(hits, func(a, b recommend.Hit) int {
		if a.Score != b.Score {
			return int(b.Score - a.Score)
		}
		return a.Compare(b.Ref)
	})
	return hits[:min(q.Limit, len(hits))], nil
}

func (*memoryStore) Check(context.Context) error { return nil }
func (*memoryStore) Close() error                { return nil }
