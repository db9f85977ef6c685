package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

// shelved is what a shelf of some size costs.
type shelved struct {
	Picks   int     `json:"picks"`
	Held    int     `json:"held"`
	Load    float64 `json:"load_s"`            // from SQLite
	Written float64 `json:"write_s,omitempty"` // into it
	Peak    float64 `json:"-"`                 // memory of the process that loaded, in MiB
	Bytes   float64 `json:"bytes"`             // of heap for each pick, its share of products and experts in it
	Median  float64 `json:"p50_us"`            // of a window, in this process
	Mean    float64 `json:"mean_us"`           // of windows, one after the other
	Objects float64 `json:"mallocs"`           // for a window
	Cards   float64 `json:"cards"`             // of a window, at the mean
	Readers int     `json:"readers"`           // who asked
	Missing int     `json:"degraded"`          // windows that were
}

// shelfRow is shelves of growing size, each in a process of its own.
func shelfRow() Row {
	return Row{Name: "shelf", About: "shelves of growing size: time of a window, bytes of a pick, time to load from SQLite", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		sizes := []int{10_000, 100_000, 1_000_000}
		if b.Full {
			sizes = append(sizes, 3_000_000)
		}
		if b.Quick {
			sizes = []int{2_000, 20_000}
		}
		var results []Result
		var first float64
		for _, n := range sizes {
			s, err := b.shelve(ctx, n)
			if err != nil {
				return results, err
			}
			if first == 0 {
				first = s.Mean
			}
			r := Result{
				Name: "shelf/" + short(float64(n)), Value: s.Mean, Unit: "µs/window", Floor: first, Ratio: s.Mean / first, P50: s.Median / 1000,
				More: map[string]float64{
					"bytes/pick": s.Bytes, "load s": s.Load, "peak MiB": s.Peak, "put s": s.Written, "held": float64(s.Held), "allocations": s.Objects, "cards": s.Cards,
				},
				Notes: []string{"without HTTP, on one goroutine; the floor is the smallest shelf"},
				Aims:  []Aim{atMost("ratio", s.Mean/first, 1.5), atMost("bytes/pick", s.Bytes, 700)},
			}
			if n == 1_000_000 {
				r.Aims = append(r.Aims, atMost("load s", s.Load, 20))
			}
			if s.Held < n {
				r.Errors, r.Error = int64(n-s.Held), "picks are not on the shelf"
			}
			results = append(results, r)
		}
		return results, nil
	}}
}

// What a step of the largest shelf may take; it takes a fraction of both.
const (
	shelfWithin  = 20 * time.Minute
	shelfFixed   = 1 << 30 // bytes of memory
	shelfPerPick = 2 << 10
)

// shelve measures a shelf in a process that does nothing else.
func (b *Bench) shelve(ctx context.Context, n int) (*shelved, error) {
	dir, err := os.MkdirTemp(b.dir, "shelf-")
	if err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &shelved{Picks: n}
	for _, step := range []string{"put", "load"} {
		if err := b.shelfStep(ctx, step, dir, s); err != nil {
			return nil, fmt.Errorf("shelf %s: %w", step, err)
		}
	}
	return s, nil
}

// shelfStep has a process of its own do a step for s.Picks picks in dir, and
// adds what it tells to s.
func (b *Bench) shelfStep(ctx context.Context, step, dir string, s *shelved) error {
	ctx, cancel := context.WithTimeout(ctx, shelfWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.Exe, "bench", "shelf", step, dir, strconv.Itoa(s.Picks)) //nolint:gosec // ourselves
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMEMLIMIT=%d", shelfFixed+shelfPerPick*s.Picks))
	said := new(tail)
	cmd.Stderr = said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopWithin
	out, err := cmd.Output()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%w\n%s", err, said))
	}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.Peak = float64(u.Maxrss) / 1024 //nolint:mnd // KiB on Linux
	}
	return json.Unmarshal(out, s)
}

// shelfReaders is how many readers ask for windows of a shelf.
const shelfReaders = 200

// MeasureShelf writes the documents of a world of so many picks into a store in
// dir ("put"), or loads a shelf from it and asks for windows ("load"), and
// writes what that took to out.
func MeasureShelf(ctx context.Context, args []string, out io.Writer) error {
	const step, dir, picks, all = 0, 1, 2, 3
	if len(args) != all {
		return errors.New("bench shelf: give put or load, a directory and a number of picks")
	}
	n, err := strconv.Atoi(args[picks])
	if err != nil {
		return fmt.Errorf("bench shelf: %w", err)
	}
	store, err := sqlite.Open(filepath.Join(args[dir], "shelf.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	measure := loadShelf
	if args[step] == "put" {
		measure = putShelf
	}
	err = measure(ctx, store, n, out)
	return errors.Join(err, store.Close())
}

// putShelf writes the documents that folds would make, without history.
func putShelf(ctx context.Context, store recommend.Store, n int, out io.Writer) error {
	begun := time.Now()
	w := NewWorld(Size{Seed: 1, Picks: n, Readers: shelfReaders})
	for _, k := range []struct {
		kind recommend.Kind
		n    int
		make func(int) (string, any)
	}{
		{recommend.KindExpert, w.experts, w.expertDocument},
		{recommend.KindProduct, len(w.products), w.productDocument},
		{recommend.KindPick, n, w.pickDocument},
		{recommend.KindReader, shelfReaders, w.readerDocument},
	} {
		const atOnce = 2000
		docs := make([]recommend.Document, 0, atOnce)
		for i := range k.n {
			id, v := k.make(i)
			body, err := json.Marshal(v)
			if err != nil {
				return err
			}
			docs = append(docs, recommend.Document{Ref: recommend.Ref{Kind: k.kind, ID: id}, Version: 1, Body: body})
			if len(docs) < atOnce && i < k.n-1 {
				continue
			}
			if err := store.Put(ctx, docs...); err != nil {
				return err
			}
			docs = docs[:0]
		}
	}
	return json.NewEncoder(out).Encode(map[string]float64{"write_s": time.Since(begun).Seconds()})
}

func (w *World) expertDocument(i int) (string, any) {
	v, _ := w.expert(i).(recommend.VerifiedExpert)
	x := recommend.Expert{ID: v.ID, Name: v.Name, Bio: v.Bio, Verified: true, Standing: recommend.StandingActive, Since: Noon().AddDate(-2, 0, 0), Trust: float64(20 + w.dice.IntN(80))}
	for _, t := range v.Topics {
		x.Topics = append(x.Topics, recommend.Approval{Topic: t, Since: x.Since})
	}
	return x.ID, &x
}

func (w *World) productDocument(i int) (string, any) {
	p, _ := w.product(i).(recommend.Product)
	return p.Key, &p
}

func (w *World) pickDocument(i int) (string, any) {
	v, _ := w.pick(i).(recommend.PublishedPick)
	p := recommend.Pick{
		ID: v.ID, Expert: v.Expert, Product: "jd:" + productItem(w.picks[i].product), State: recommend.PickPublished, PublishedAt: v.PublishedAt, Revision: 1,
		PickContent: v.PickContent, Event: "pick:" + v.ID,
	}
	return p.ID, &p
}

func (w *World) readerDocument(i int) (string, any) {
	v, _ := w.reader(i).(recommend.DeclaredReader)
	r := recommend.Reader{ID: v.ID}
	for topic, weight := range v.Interests {
		r.Interests = append(r.Interests, recommend.Interest{Topic: topic, Weight: weight})
	}
	for _, x := range v.Follows {
		r.Follows = append(r.Follows, recommend.Since{ID: x, At: Noon().AddDate(0, -1, 0)})
	}
	return r.ID, &r
}

// loadShelf fills a shelf from the store and asks for windows, one after the
// other.
func loadShelf(ctx context.Context, store recommend.Store, n int, out io.Writer) error {
	policy, err := recommend.ParsePolicy(Policy())
	if err != nil {
		return err
	}
	logger := slog.New(slog.DiscardHandler)
	now := Noon
	world := recommend.NewWorld(policy, logger)
	shelf := recommend.NewShelf(recommend.ShelfConfig{Scene: world.Scene, Now: now, Logger: logger, Store: store, Budget: n + n/10})
	memory := recommend.NewMemory(policy)
	empty := heapInUse()
	begun := time.Now()
	f := &recommend.Follower{Store: store, Kinds: recommend.ShelfKinds(), Logger: logger, Apply: shelf.Apply}
	if err := shelf.Load(ctx, f.Sync); err != nil {
		return err
	}
	s := shelved{Picks: n, Load: time.Since(begun).Seconds(), Held: shelf.Len(), Readers: shelfReaders}
	s.Bytes = (heapInUse() - empty) / float64(n)
	windows := recommend.NewWindows(recommend.WindowsConfig{Shelf: shelf, Memory: memory, World: world, Store: store, SecretKey: make([]byte, 32), Now: now, Logger: logger}) //nolint:mnd // a key of the bench's own
	if err := s.ask(ctx, windows); err != nil {
		return err
	}
	runtime.KeepAlive(f)
	return json.NewEncoder(out).Encode(s)
}

// ask asks for windows of readers drawn by lot, for some seconds.
func (s *shelved) ask(ctx context.Context, windows *recommend.Windows) error {
	const warm, most, enough = 50, 2000, 4 * time.Second
	dice := rand.New(rand.NewPCG(1, 4)) //nolint:gosec // dice, no secret
	h, cards := newHistogram(), 0
	var before, after runtime.MemStats
	var begun time.Time
	count := 0
	for i := range warm + most {
		if i == warm {
			runtime.ReadMemStats(&before)
			begun = time.Now()
		}
		from := time.Now()
		page, err := windows.Window(ctx, recommend.WindowRequest{Reader: ReaderID(dice.IntN(shelfReaders)), Limit: 20})
		if err != nil {
			return err
		}
		if i < warm {
			continue
		}
		_ = h.RecordValue(int64(time.Since(from)))
		count++
		cards += len(page.Items)
		if page.Degraded {
			s.Missing++
		}
		if time.Since(begun) > enough {
			break
		}
	}
	took := time.Since(begun)
	runtime.ReadMemStats(&after)
	s.Median = float64(h.ValueAtQuantile(50)) / float64(time.Microsecond)
	s.Mean = took.Seconds() * 1e6 / float64(count)
	s.Objects = float64(after.Mallocs-before.Mallocs) / float64(count)
	s.Cards = float64(cards) / float64(count)
	return nil
}

// heapInUse is what is reachable, in bytes.
func heapInUse() float64 {
	runtime.GC()
	runtime.GC() // what finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
