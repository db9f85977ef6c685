package recommend

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"vitrine.dev/ranking"
)

// A Learner learns from what readers do, one action after another in the order
// of the log. It looks at readers and picks as they were before: features come
// from the time when a card was shown, or from the start of the day for what
// was chosen outside of a window. It is not safe for concurrent use; its Memory is.
type Learner struct {
	windows *Windows
	memory  *Memory
	logger  *slog.Logger

	shown   batch // impressions of one page, on their way into its list
	lists   map[listKey]*shownList
	order   []listKey // of lists, oldest first
	already map[exampleKey]struct{}
	day     moment // of already

	prepared map[string]*taughtReader // by name; of the actions that come next

	baskets    baskets
	fitting    atomic.Bool
	background func(func(context.Context))
}

// A LearnerConfig says what a learner needs.
type LearnerConfig struct {
	// Windows are asked for candidates and features; they share Memory.
	Windows *Windows
	Memory  *Memory
	Logger  *slog.Logger
	// Background runs what takes seconds; nil, it is done at once, as a replay
	// needs it.
	Background func(func(context.Context))
}

// NewLearner returns a learner that has seen nothing yet.
func NewLearner(c LearnerConfig) *Learner {
	return &Learner{windows: c.Windows, memory: c.Memory, logger: c.Logger, background: c.Background, lists: make(map[listKey]*shownList)}
}

// Observe takes the next action of the log, whose Reader is a pseudonym. What
// it refers to may be unknown; then there is nothing to learn, as there is not of
// what robots do. An error is one of the store.
func (l *Learner) Observe(ctx context.Context, a *Action) error {
	if a.Bot {
		return nil
	}
	if a.Kind == ActImpression && a.Window != "" {
		return l.impression(ctx, a)
	}
	if err := l.flush(ctx); err != nil {
		return err
	}
	if historyWeight(a.Kind) == 0 || a.Pick == "" {
		return nil
	}
	r, err := l.reader(ctx, a.Reader)
	if err != nil || r == nil {
		return err
	}
	list := l.lists[listKey{a.Reader, a.Window}]
	if list != nil && list.has(a.Pick) {
		l.answer(list, a)
	}
	l.chosen(a, r, list == nil)
	l.fitIfDue(ctx)
	return nil
}

// chosen learns from what a reader did with a pick, in a window or outside.
func (l *Learner) chosen(a *Action, r *Reader, outside bool) {
	horizon := momentOf(a.At)
	horizon -= horizon % dayLong
	// The document may hold the act already, by the second.
	before := min(momentOf(a.At.Truncate(time.Second)), momentOf(l.windows.now())) - 1
	l.windows.shelf.read(l.windows.world.Scene(), horizon.time(), func(look *look) {
		acts := look.pastActs(r, max(horizon, before))
		if outside {
			l.organic(a, r, acts, look)
		}
		l.used(a, upTo(before, acts), before, look)
	})
}

// used notes what goes together with what the reader did before.
func (l *Learner) used(a *Action, acts []pastAct, at moment, look *look) {
	n, ok := look.picks.rows[a.Pick]
	if !ok {
		return
	}
	product := look.picks.row[n].product
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	item, _ := l.memory.products.number(look.products.ids[product])
	if slices.ContainsFunc(acts, func(p pastAct) bool { return p.product == product }) {
		return
	}
	if a.Kind == ActOpen {
		l.memory.pairs.Opened(item)
	}
	if w := actWeight(a.Kind); w > 0 {
		l.memory.together.Add(l.memory.acts(look.Shelf, acts), item, w, int64(at))
		l.baskets.add(a.Reader, ranking.Act{Item: item, Weight: w, At: int64(at)})
	}
}

// learn takes an example in, and tells of weights that were taken back.
func (l *Learner) learn(s Surface, e ranking.Example) {
	if v := l.memory.learn(s, e); v.Change == ranking.Back {
		l.logger.Warn("weights did worse than older ones and were taken back", "surface", s.String(), "loss", v.Current, "loss_of_older", v.Rival, "lists", v.Version)
	}
}

// A thinning leaves out ever more of the examples of a surface, by chance that
// is the same everywhere: what readers want changes slowly, and the first
// examples teach most.
type thinning struct{ half int64 }

// takes reports whether to learn from an example after so many.
func (t thinning) takes(learned int64, key uint64) bool {
	return key%uint64(1+learned/t.half) == 0 //nolint:gosec // not negative
}

// features are those of some picks for a reader at a time, one row for each
// that is on the shelf.
func (l *Learner) features(name string, r *Reader, at moment, on Surface, picks []string) (rows []string, t *ranking.Table, opened []int32) {
	l.windows.shelf.read(l.windows.world.Scene(), at.time(), func(look *look) {
		a := l.ask(look, look.tasteAt(at, name, r), at)
		a.on = on
		c := &candidates{}
		for _, id := range picks {
			if n, ok := look.picks.rows[id]; ok && look.picks.row[n].product >= 0 {
				c.found = append(c.found, candidate{row: n, next: -1, first: true})
				rows = append(rows, id)
			}
		}
		p := a.pool(c)
		t = p.table()
		l.memory.mu.RLock()
		opened = p.openedItems()
		l.memory.mu.RUnlock()
		p.done()
		a.taste.leave()
	})
	return rows, t, opened
}

func (l *Learner) ask(look *look, t *taste, at moment) *ask {
	return &ask{look: look, taste: t, horizon: at, served: new(served), memory: l.memory}
}
