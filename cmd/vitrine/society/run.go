package society

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// A society is one run.
type society struct {
	Options
	*world
	service Service
	readers []*reader
	tastes  *rand.Rand
	visits  *rand.Rand
	agenda  agenda
	deeds   int
	visited []int // by reader
	books   *books
}

// The days before the first reported week, in which experts fill the shelf: three
// lives of a pick, so that it is about as full at the start as at the end.
const prelude = 10 * 7

// Run lets a society live with service and reports it week by week. An event
// that the service refuses ends it with an error, and so does a page with what
// is not to be seen any more.
func Run(ctx context.Context, o Options, service Service) (*Report, error) {
	s := newSociety(o.defaults(), service)
	for d := -prelude; d < 7*s.Weeks; d++ {
		midnight := s.Start.Add(time.Duration(d) * day)
		s.plan(midnight, d)
		if err := s.until(ctx, midnight.Add(day)); err != nil {
			return nil, err
		}
		s.Progress(d + prelude + 1)
	}
	return s.books.report(s), nil
}

func newSociety(o Options, service Service) *society {
	s := &society{
		Options: o, service: service, world: newWorld(o.Seed, len(o.Topics)),
		tastes: stream(o.Seed, streamTastes), visits: stream(o.Seed, streamVisits), visited: make([]int, o.Readers), books: newBooks(o.Weeks),
	}
	born := o.Start.Add(-prelude * day)
	for i := range o.Experts {
		x := s.join(born.Add(time.Duration(i)*time.Second), true)
		s.at(x.since, func(ctx context.Context) error { return s.service.Apply(ctx, s.verified(x)) })
	}
	for i := range o.Readers {
		rd := newReader(s.tastes, i, len(o.Topics), o.Page)
		rd.meet(s.tastes, s.experts)
		s.readers = append(s.readers, rd)
		at := o.Start.Add(time.Duration(i) * time.Millisecond)
		s.at(at, func(ctx context.Context) error { return s.service.Apply(ctx, s.declared(rd, at)) })
	}
	return s
}

// plan puts a day on the agenda. What it draws does not depend on what the
// service does.
func (s *society) plan(midnight time.Time, d int) {
	watched := d >= 0
	if watched {
		newcomers := poisson(s.chance, joining*float64(s.Experts)/float64(7*s.Weeks))
		for range newcomers {
			x := s.join(moment(s.chance, midnight), false)
			s.at(x.since, func(ctx context.Context) error { return s.service.Apply(ctx, s.verified(x)) })
		}
		s.leave(newcomers)
	}
	for _, x := range s.experts {
		for range poisson(s.chance, x.rhythm) {
			at := moment(s.chance, midnight)
			if at.Before(x.since.Add(time.Hour)) || x.left {
				continue
			}
			s.at(at, func(ctx context.Context) error { return s.publish(ctx, x, at, watched) })
		}
	}
	if !watched {
		return
	}
	for _, rd := range s.readers {
		if d > 0 {
			rd.taste.drift(s.tastes)
		}
		for _, at := range rd.visitsOn(s.visits, midnight) {
			s.at(at.Add(time.Minute), func(ctx context.Context) error { return s.visit(ctx, rd, at.Add(time.Minute)) })
		}
	}
}

// tellEvery is how often a partner states a product's facts.
const tellEvery = 2 * day

func (s *society) publish(ctx context.Context, x *expert, at time.Time, watched bool) error {
	p := s.world.publish(x, at, watched)
	if p == nil {
		return nil
	}
	if p.product.told.IsZero() {
		if err := s.tell(ctx, p.product, at); err != nil {
			return err
		}
	}
	s.at(p.until, func(ctx context.Context) error { return s.end(ctx, p) })
	return s.service.Apply(ctx, s.published(p))
}

// tell states a product's facts, and does so again for as long as they matter.
func (s *society) tell(ctx context.Context, p *product, at time.Time) error {
	p.told = at
	next := at.Add(tellEvery)
	s.at(next, func(ctx context.Context) error {
		switch {
		case p.soldOut || p.told.After(at):
			return nil
		case !s.offers(p):
			p.told = time.Time{} // told again with its next pick
			return nil
		}
		return s.tell(ctx, p, next)
	})
	return s.service.Apply(ctx, s.listed(p, at))
}

func (s *society) end(ctx context.Context, p *pick) error {
	if p.gone {
		return nil
	}
	if s.world.end(p) {
		p.product.told = p.until
		return s.service.Apply(ctx, s.listed(p.product, p.until))
	}
	return s.service.Apply(ctx, s.withdrawn(p))
}

// visit serves a reader a page, measures it, and lets him act on it.
func (s *society) visit(ctx context.Context, rd *reader, at time.Time) error {
	s.service.At(at)
	n := rd.n<<20 + s.visited[rd.n]
	s.visited[rd.n]++
	w, err := s.service.Windows().Window(ctx, recommend.WindowRequest{Reader: rd.id, Limit: s.Page, Seed: ranking.Jitter(s.Seed, uint64(n)), Lang: "en"}) //nolint:gosec // a count
	if err != nil {
		return fmt.Errorf("window of %s at %s: %w", rd.id, at.Format(time.RFC3339), err)
	}
	shown := make([]choice, len(w.Items))
	for k := range w.Items {
		p := s.byID[w.Items[k].Pick]
		if p == nil || p.gone {
			return fmt.Errorf("window of %s at %s shows %s, which is gone", rd.id, at.Format(time.RFC3339), w.Items[k].Pick)
		}
		shown[k] = choice{p, rd.attraction(p, at)}
	}
	served := s.books.measure(s, rd, shown, at)
	respond := func(who *reader, p *pick, k int) deed {
		return who.respond(p, k, at, func(decision int) float64 { return luck(s.Seed, n, p.product.n, decision) })
	}
	for k := range shown {
		p := shown[k].pick
		item := &w.Items[k]
		s.act(rd, respond(rd, p, k), showing{w.ID, w.Arm, item.Source, k, item.Propensity, p}, at)
	}
	twin := rd.twin
	twin.taste = rd.taste
	choices, _ := s.choices(twin, at)
	page := best(choices, s.Page)
	s.books.compare(served, twin.expected(page), at, s.Start)
	for k, c := range page {
		twin.remember(c.pick, respond(twin, c.pick, k), at)
	}
	return nil
}

// act lets a reader do something with a card and puts the telling of it on the
// agenda: he needs time for it.
func (s *society) act(rd *reader, d deed, c showing, at time.Time) {
	rd.remember(c.pick, d, at)
	tell := func(did bool, kind string, after time.Duration) {
		if did {
			s.at(at.Add(after), func(ctx context.Context) error { return s.service.Apply(ctx, s.acted(rd, kind, c, at.Add(after))) })
		}
	}
	tell(true, recommend.ActImpression, time.Duration(c.position)*10*time.Millisecond)
	reached := time.Duration(c.position+1) * 4 * time.Second
	tell(d.hidden, recommend.ActHide, reached)
	if !d.opened {
		return
	}
	c.pick.product.fame.add(at)
	s.books.click(at, s.Start)
	tell(true, recommend.ActOpen, reached)
	tell(d.bookmarked, recommend.ActBookmark, reached+20*time.Second)
	tell(d.carted, recommend.ActCart, reached+40*time.Second)
	tell(d.bought, recommend.ActCheckout, reached+2*time.Minute)
	tell(d.bought, recommend.ActPurchase, reached+10*time.Minute)
	tell(d.refunded, recommend.ActRefund, reached+4*day)
	tell(d.followed, recommend.ActFollow, reached+30*time.Second)
}

// remember lets a reader know what he did with p.
func (rd *reader) remember(p *pick, d deed, at time.Time) {
	m := rd.memoryOf(p.product, at)
	m.shown = at
	if d.examined {
		m.tired++
	}
	if d.opened {
		m.opened, m.tired = at, 0
	}
	if d.followed {
		rd.follows[p.expert.n] = true
	}
	if d.bookmarked || d.carted {
		m.kept = at
	}
	if d.bought {
		m.bought = at
	}
}
