package recommend

import (
	"context"
	"math"
	"slices"

	"vitrine.dev/ranking"
)

// Bounds of what a learner waits for.
const (
	mostLists     = 20_000 // open at once; the oldest go
	mostListCards = 400
)

type listKey struct{ reader, window string }

// A batch is impressions of one page that came one after another.
type batch struct {
	listKey
	at    moment
	picks []string
	cards []shownCard
}

type shownCard struct {
	pick        string
	item, topic int32 // in the memory
	position    int   // -1 when it is not known
}

// A shownList is a window that a reader saw, with the features of its cards
// when he saw them.
type shownList struct {
	surface Surface
	since   moment // it was first seen
	picks   []string
	items   []int32 // in the memory
	topics  []int32
	cards   []shownCard
	values  [][]float64 // by feature, then card
	opened  []int32     // what the reader opened before, in the memory
	answers map[string]struct{}
}

func (s *shownList) has(pick string) bool { return slices.Contains(s.picks, pick) }

// placed reports whether the position of every card is known.
func (s *shownList) placed() bool {
	return !slices.ContainsFunc(s.cards, func(c shownCard) bool { return c.position < 0 })
}

// impression collects cards shown; their features are computed once for all
// that come together.
func (l *Learner) impression(ctx context.Context, a *Action) error {
	key := listKey{a.Reader, a.Window}
	if l.shown.listKey != key {
		if err := l.flush(ctx); err != nil {
			return err
		}
		l.shown = batch{listKey: key}
	}
	card := shownCard{position: -1}
	if a.Position != nil {
		card.position = *a.Position
	}
	l.shown.at = max(l.shown.at, momentOf(a.At))
	l.shown.picks, l.shown.cards = append(l.shown.picks, a.Pick), append(l.shown.cards, card)
	return nil
}

// flush makes the collected impressions part of their list.
func (l *Learner) flush(ctx context.Context) error {
	b := l.shown
	if len(b.picks) == 0 {
		return nil
	}
	l.shown = batch{}
	r, err := l.reader(ctx, b.reader)
	if err != nil || r == nil {
		return err
	}
	list := l.lists[b.listKey]
	if list == nil {
		list = &shownList{surface: l.windows.surfaceOf(b.window, b.reader), since: b.at, answers: make(map[string]struct{})}
		l.keep(b.listKey, list)
	}
	rows, t, opened := l.features(b.reader, r, b.at, list.surface, b.picks)
	if list.values == nil {
		list.opened = opened
	}
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	at := 0
	for i, id := range b.picks {
		if at >= len(rows) || rows[at] != id {
			continue // not on the shelf
		}
		row := at
		at++
		card := b.cards[i]
		card.pick = id
		card.item, card.topic = l.number(id)
		l.memory.lists.Shown(card.item, int64(b.at))
		if !list.has(id) && len(list.picks) < mostListCards {
			list.add(card, t, row)
			l.memory.rates.Shown(card.item, card.topic, l.looks(list.surface, card.position, t, row), int64(b.at))
		}
	}
	return nil
}

// looks is how likely a card in a position is looked at, in looks at the first,
// times how much oftener the reader opens what is like it, as [ranking.Rates.Shown] asks.
// Of an unknown position it is as of the first. The memory is locked.
func (l *Learner) looks(s Surface, position int, t *ranking.Table, row int) float64 {
	bias := l.memory.weights[s].Softmax().Live(featurePosition)
	likes := rateOfInterest*t.Column(featureInterest)[row] + t.Column(featureTopicRate)[row] + t.Column(featureExpertRate)[row]
	return math.Exp(bias*math.Log1p(float64(max(position, 0))) + likes)
}

// add makes row of t the next card.
func (s *shownList) add(card shownCard, t *ranking.Table, row int) {
	s.picks, s.items, s.topics, s.cards = append(s.picks, card.pick), append(s.items, card.item), append(s.topics, card.topic), append(s.cards, card)
	names := featureNames()
	if s.values == nil {
		s.values = make([][]float64, len(names))
	}
	for k, name := range names {
		s.values[k] = append(s.values[k], t.Column(name)[row])
	}
}

// number gives the product of a pick, and its topic, numbers in the memory,
// which the caller has locked.
func (l *Learner) number(pick string) (item, topic int32) {
	item, topic = -1, -1
	l.windows.shelf.mu.RLock()
	defer l.windows.shelf.mu.RUnlock()
	shelf := l.windows.shelf
	n, ok := shelf.picks.rows[pick]
	if !ok {
		return item, topic
	}
	row := &shelf.picks.row[n]
	item, _ = l.memory.products.number(shelf.products.ids[row.product])
	if own := shelf.topics.sets[row.topics].own; len(own) > 0 {
		topic, _ = l.memory.topics.number(shelf.topics.ids[own[0]])
	}
	return item, topic
}

func (l *Learner) keep(key listKey, list *shownList) {
	l.lists[key] = list
	l.order = append(l.order, key)
	if len(l.order) > mostLists {
		delete(l.lists, l.order[0])
		l.order = l.order[1:]
	}
}

// answer learns from a choice in a list: each pick of it once. What was chosen is
// weighed against what was shown beside it, so with what chance each came onto
// the list makes no difference; where on the page it was does, and is learned.
func (l *Learner) answer(list *shownList, a *Action) {
	if _, twice := list.answers[a.Pick]; twice {
		return
	}
	list.answers[a.Pick] = struct{}{}
	n := len(list.picks)
	target, expected := make([]float64, n), make([]float64, n)
	for i, id := range list.picks {
		if id == a.Pick {
			target[i] = 1
		}
		expected[i] = 1 / float64(n)
	}
	at := int64(momentOf(a.At))
	// Not the window's id, which holds chance: a run can be repeated.
	key := ranking.Jitter(ranking.Hash(a.Reader), uint64(list.since)) //nolint:gosec // any bits do
	l.learn(list.surface, ranking.Example{
		Key: key, Features: list.table(), Target: target,
	})
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	if a.Kind == ActOpen {
		card := &list.cards[slices.Index(list.picks, a.Pick)]
		l.memory.rates.Opened(card.item, card.topic, at)
	}
	l.memory.lists.Answered(list.items, list.topics, target, expected, at)
	l.memory.pairs.Answered(list.opened, list.items, target, expected, at)
}

// table is the features of the cards, with their positions if all are known.
func (s *shownList) table() *ranking.Table {
	names := featureNames()
	placed := s.placed()
	if placed {
		names = append(slices.Clone(names), featurePosition)
	}
	t := ranking.NewTable(len(s.picks), names...)
	for k, values := range s.values {
		copy(t.Column(names[k]), values)
	}
	if placed {
		for i, at := 0, t.Column(featurePosition); i < len(at); i++ {
			at[i] = math.Log1p(float64(s.cards[i].position))
		}
	}
	return t
}
