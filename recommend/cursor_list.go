package recommend

import (
	"time"

	"vitrine.dev/ranking"
)

// A pager cuts a page out of a list. A list by age goes on after the last pick
// shown; any other list, whose order may change between pages, goes on with
// what was not shown yet, and ends after as many cards as a window.
type pager struct {
	*look
	*cursor
	lang   string
	source string
	items  []Item
	more   bool
}

// byAge takes picks of w that keep lets through, newest first.
func (p *pager) byAge(next func() (int32, bool), keep func(int32) bool) {
	for n, ok := next(); ok; n, ok = next() {
		if !keep(n) {
			continue
		}
		if len(p.items) >= p.limit {
			p.more = true
			return
		}
		p.show(n)
		p.afterSince, p.afterID = p.picks.row[n].since, p.picks.ids[n]
	}
}

// older reports whether row n comes after what was shown last, in a list by
// age; everything does at the start.
func (p *pager) older(n int32) bool {
	since := p.picks.row[n].since
	return p.afterID == "" || since < p.afterSince || since == p.afterSince && p.picks.ids[n] < p.afterID
}

// ranked takes rows in the order given. What is shown once is known by key.
func (p *pager) ranked(rows []int32, key func(n int32) uint64) {
	length := p.look.scene.Policy.Window.Length
	for _, n := range rows {
		hash := key(n)
		if p.served.has(hash) {
			continue
		}
		if len(p.items) >= p.limit || p.position >= length {
			p.more = p.position < length
			return
		}
		p.show(n)
		p.served.add(servedCard{what: short(hash)})
	}
}

func (p *pager) show(n int32) {
	item := p.card(n, p.lang)
	item.Position, item.Source = p.position, p.source
	p.items = append(p.items, item)
	p.position++
}

// pickKey and productKey are what lists of picks and of products know a card by.
func (l *look) pickKey(n int32) uint64    { return ranking.Hash(l.picks.ids[n]) }
func (l *look) productKey(n int32) uint64 { return l.products.rec[l.picks.row[n].product].hash }

// listCursor is where a list goes on, or its start.
func (w *Windows) listCursor(text string, limit int, now time.Time, purpose string, bound ...string) (*cursor, error) {
	rules := &w.world.Scene().Policy.Window
	n, err := pageLimit(limit, rules)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return &cursor{limit: n}, nil
	}
	c, err := w.signer.open(text, now, rules.CursorFor.D(), purpose, bound...)
	if err != nil {
		return nil, err
	}
	if limit != 0 {
		c.limit = n
	}
	return c, nil
}

// next is the cursor of the page after p, "" at the end.
func (p *pager) next(s signer, now time.Time, purpose string, bound ...string) string {
	if !p.more || len(p.items) == 0 {
		return ""
	}
	p.issued = now
	return s.seal(p.cursor, purpose, bound...)
}
