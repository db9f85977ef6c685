package society

import (
	"container/heap"
	"context"
	"time"
)

// An agenda holds what is to happen, the earliest first and what was planned
// earlier first of what happens at once.
type agenda struct {
	items []happening
	count int
}

type happening struct {
	at   time.Time
	n    int
	then func(context.Context) error
}

func (a *agenda) Len() int      { return len(a.items) }
func (a *agenda) Swap(i, j int) { a.items[i], a.items[j] = a.items[j], a.items[i] }
func (a *agenda) Less(i, j int) bool {
	if c := a.items[i].at.Compare(a.items[j].at); c != 0 {
		return c < 0
	}
	return a.items[i].n < a.items[j].n
}

// Push is heap's.
func (a *agenda) Push(x any) { a.items = append(a.items, x.(happening)) }

// Pop is heap's.
func (a *agenda) Pop() any {
	last := len(a.items) - 1
	x := a.items[last]
	a.items = a.items[:last]
	return x
}

func (s *society) at(t time.Time, then func(context.Context) error) {
	s.agenda.count++
	heap.Push(&s.agenda, happening{t, s.agenda.count, then})
}

// until lets everything happen that is planned before t.
func (s *society) until(ctx context.Context, t time.Time) error {
	for len(s.agenda.items) > 0 && s.agenda.items[0].at.Before(t) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := heap.Pop(&s.agenda).(happening).then(ctx); err != nil {
			return err
		}
	}
	return nil
}
