package analytics

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// An Engine counts, and has the documents of orders. Both engines are one.
type Engine interface {
	recommend.Aggregates
	Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error)
}

// Models are those of attribution. By the last click, the first, or all equally,
// orders are of the picks that a reader clicked for the same product.
func Models() []string {
	return []string{string(recommend.ModelLast), string(recommend.ModelFirst), string(recommend.ModelSplit)}
}

// journeys are by the last click as they are folded. By another model some pairs
// took the steps of orders that others took, or took them in part: the engine
// leaves those out, and they are counted here by the lines of their orders.
type moved struct {
	ids   []string // of the journeys
	pairs []movedPair
}

// A movedPair is a pair by a model of attribution. Of a step that it took, what
// is counted is the largest part that a line credits it with.
type movedPair struct {
	journey recommend.Journey
	part    map[string]float64 // by kind; 1 where there is none
}

// stepsOfOrders are the kinds that orders make.
func stepsOfOrders() []string {
	return []string{recommend.ActPurchase, recommend.ActSettle, recommend.ActRefund}
}

// move finds what is otherwise by the model of r than by the last click; nil
// where that is nothing. It goes twice through all orders.
func (a *Analyst) move(ctx context.Context, p *plan) (*moved, error) {
	model := recommend.Model(p.Model)
	if p.Model == "" || model == recommend.ModelLast || !slices.ContainsFunc(p.journeys.Steps, func(kind string) bool { return slices.Contains(stepsOfOrders(), kind) }) {
		return nil, nil
	}
	pairs := make(map[string]*movedPair)
	err := a.lines(ctx, func(l *recommend.OrderLine) error {
		shares := l.SharesBy(model)
		if !countedLine(l) || len(shares) == 1 && shares[0].Pick == l.Click.Pick {
			return nil
		}
		pairs[recommend.JourneyID(l.Click.Reader, l.Click.Pick)] = new(movedPair)
		for _, s := range shares {
			pairs[recommend.JourneyID(l.Click.Reader, s.Pick)] = new(movedPair)
		}
		if len(pairs) > recommend.MostExcept {
			return recommend.Refuse(problem("attribution", fmt.Sprintf("more than %d pairs took part in orders of several experts", recommend.MostExcept), "ask for attribution=last, or for metrics/money, which has every model"))
		}
		return nil
	})
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	err = a.lines(ctx, func(l *recommend.OrderLine) error {
		if !countedLine(l) {
			return nil
		}
		for _, s := range l.SharesBy(model) {
			if pair := pairs[recommend.JourneyID(l.Click.Reader, s.Pick)]; pair != nil {
				pair.take(l, 1/float64(s.Parts))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.load(ctx, pairs)
}

// lines calls each with every line of every order.
func (a *Analyst) lines(ctx context.Context, each func(*recommend.OrderLine) error) error {
	return a.Counts.Each(ctx, recommend.KindOrder, func(d recommend.Document) error {
		var o recommend.Order
		if err := json.Unmarshal(d.Body, &o); err != nil {
			return fmt.Errorf("%w: %v: %w", recommend.ErrUnavailable, d.Ref, err)
		}
		for i := range o.Lines {
			if err := each(&o.Lines[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// countedLine reports whether steps of a reader were made of l.
func countedLine(l *recommend.OrderLine) bool {
	return l.Purchased && l.Click != nil && l.Click.Reader != ""
}

// take adds the steps that were made of l.
func (p *movedPair) take(l *recommend.OrderLine, part float64) {
	for kind, at := range map[string]time.Time{
		recommend.ActPurchase: l.FirstAt, recommend.ActSettle: told(l.SettleTold, l.SettleAt), recommend.ActRefund: told(l.SentBack, l.SentBackAt),
	} {
		if at.IsZero() {
			continue
		}
		if p.part == nil {
			p.part = make(map[string]float64)
		}
		p.journey.Step(kind, at)
		p.part[kind] = max(p.part[kind], part)
	}
}

func told(was bool, at time.Time) time.Time {
	if !was {
		return time.Time{}
	}
	return at
}

// load puts the other steps of pairs, which are by the ids of their journeys,
// beside those of orders. Of readers who were forgotten nothing is left.
func (a *Analyst) load(ctx context.Context, pairs map[string]*movedPair) (*moved, error) {
	m := new(moved)
	refs := make([]recommend.Ref, 0, len(pairs))
	for id := range pairs {
		refs = append(refs, recommend.Ref{Kind: recommend.KindJourney, ID: id})
	}
	const atOnce = 500
	for some := range slices.Chunk(refs, atOnce) {
		docs, err := a.Counts.Get(ctx, some...)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			var j recommend.Journey
			if err := json.Unmarshal(d.Body, &j); err != nil {
				return nil, fmt.Errorf("%w: %v: %w", recommend.ErrUnavailable, d.Ref, err)
			}
			pair := pairs[d.ID]
			byOrders := pair.journey.Steps
			pair.journey = j
			if pair.journey.Steps == nil {
				pair.journey.Steps = make(map[string]recommend.Step)
			}
			for _, kind := range stepsOfOrders() {
				delete(pair.journey.Steps, kind)
				if step, ok := byOrders[kind]; ok {
					pair.journey.Steps[kind] = step
				}
			}
			m.ids, m.pairs = append(m.ids, d.ID), append(m.pairs, *pair)
		}
	}
	return m, nil
}

// groups are those that pairs which moved are counted in.
func (m *moved) groups(q *recommend.JourneyQuery) []journeyGroup {
	if m == nil {
		return nil
	}
	var out []journeyGroup
	sums := recommend.NewJourneySums(q)
	for i := range m.pairs {
		pair := &m.pairs[i]
		slot, key, took, ok := sums.Place(&pair.journey)
		if !ok {
			continue
		}
		g := journeyGroup{slot: slot, key: key, counts: make([]float64, len(q.Steps))}
		switch {
		case pair.journey.Own:
			g.own = 1
		case pair.journey.Bot:
			g.bots = 1
		case pair.journey.Unproven:
			g.unproven = 1
		default:
			g.some = []string{pair.journey.Reader}
			for k, kind := range q.Steps {
				if took>>k&1 == 1 {
					g.counts[k] = pair.partOf(kind)
				}
			}
		}
		out = append(out, g)
	}
	return out
}

func (p *movedPair) partOf(kind string) float64 {
	if part, ok := p.part[kind]; ok {
		return part
	}
	return 1
}
