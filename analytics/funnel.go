package analytics

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/stats"
)

// An Analyst answers. Its methods are safe for concurrent use.
type Analyst struct {
	Counts Engine
	Picks  Picks
	Now    func() time.Time

	atOnce int // see [Analyst.many]
}

// many is how much of what the engine tells, one by one, waits for what picks are
// filed under, so that neither memory nor windows feel it.
func (a *Analyst) many() int { return cmp.Or(a.atOnce, 20_000) }

// A Funnel is how many came how far.
type Funnel struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"` // not in it
	AsOf  time.Time `json:"as_of"`
	Unit  string    `json:"unit"`        // pair or reader
	Mode  string    `json:"mode"`        // ordered or any
	Model string    `json:"attribution"` // last, first or split
	Steps []Step    `json:"steps"`       // of all; empty where these are too few
	// Groups are those of a breakdown, those that most entered first.
	Groups  []Group `json:"groups,omitempty"`
	LeftOut LeftOut `json:"left_out"`
	// Complete says what the counts are of, and what is not in them.
	Complete string `json:"completeness"`
}

// A Step is what was counted of a step.
type Step struct {
	Step  string  `json:"step"`
	Count float64 `json:"count"` // whole, but for parts of orders by attribution=split
	Unit  string  `json:"unit"`  // what is counted: pair, reader or impression
	// RateFromFirst and RateFromPrevious are shares of the counts of other steps.
	RateFromFirst    float64 `json:"rate_from_first"`
	RateFromPrevious float64 `json:"rate_from_previous"`
	// Interval holds RateFromFirst with 95 % confidence, by the score interval of
	// Wilson; nil where the step is no part of the first.
	Interval *[2]float64 `json:"interval,omitempty"`
	// Median is the time in seconds from the entry that half of those who took
	// the step were no later than, within a sixteenth, where it was asked for and
	// five pairs took it.
	Median *float64 `json:"median_seconds,omitempty"`
	// Smoothed is RateFromFirst drawn towards that of all groups, as if ten pairs
	// more had come; of a group alone.
	Smoothed *float64 `json:"smoothed,omitempty"`
}

// A Group is one value of each dimension of the breakdown.
type Group struct {
	Key   map[string]string `json:"key"` // "" where there is none
	Steps []Step            `json:"steps"`
}

// LeftOut is what is in no figure.
type LeftOut struct {
	// Groups are those of fewer than five readers, who could be told.
	Groups int `json:"groups_of_few_readers"`
	// Unproven are pairs, or readers, that entered by a window which was not made for them.
	Unproven int64 `json:"unproven"`
	// Own are pairs, or readers, of an expert with a pick of his own.
	Own int64 `json:"own"`
	// Bots are other pairs, or readers, of which a robot did something.
	Bots int64 `json:"bots"`
}

const confidence = .95

// Funnel counts how many pairs, or readers, came how far.
func (a *Analyst) Funnel(ctx context.Context, r *Request) (*Funnel, error) {
	if r.AsOf.IsZero() {
		r.AsOf = a.Now()
	}
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	f := &Funnel{
		From: r.Edges[0], To: r.Edges[len(r.Edges)-1], AsOf: r.AsOf, Unit: r.unit(), Mode: r.mode(), Model: r.model(), Steps: []Step{}, Complete: complete,
	}
	if p.moved, err = a.move(ctx, p); err != nil {
		return nil, err
	}
	counted, err := a.find(ctx, p)
	if err != nil {
		return nil, err
	}
	whole := f.fill(p, counted)
	if whole == nil {
		return f, nil
	}
	late, err := a.lateness(ctx, p, f.Steps)
	if err != nil {
		return nil, err
	}
	if len(r.By) == 0 {
		return f, nil
	}
	groups := counted.groups(p)
	for _, g := range groups {
		if slices.Max(g.counts) == 0 { // nobody entered but by a window of somebody else
			continue
		}
		if g.few(r) {
			f.LeftOut.Groups++
			continue
		}
		key := make(map[string]string, len(r.By))
		for i, d := range r.By {
			key[d] = g.key[i]
		}
		steps := r.steps(g.counts, whole.counts)
		late.tell(g.slot, g.key, steps)
		f.Groups = append(f.Groups, Group{Key: key, Steps: steps})
	}
	return f, nil
}

// fill fills f with what is of all, and returns that; nil where it is of too
// few readers. Counted is what p asks for.
func (f *Funnel) fill(p *plan, counted *found) *group {
	g := counted.whole(p)
	if g == nil {
		f.Steps = p.steps(make([]float64, len(p.Steps)), nil)
		return nil
	}
	f.LeftOut.Unproven, f.LeftOut.Own, f.LeftOut.Bots = g.unproven, g.own, g.bots
	switch {
	case slices.Max(g.counts) == 0:
		f.Steps = p.steps(g.counts, nil)
		return nil
	case g.few(&p.Request):
		f.LeftOut.Groups++
		return nil
	}
	f.Steps = p.steps(g.counts, nil)
	return g
}

func (r *Request) unit() string {
	if r.Readers {
		return "reader"
	}
	return "pair"
}

func (r *Request) model() string {
	if r.Model == "" {
		return string(recommend.ModelLast)
	}
	return r.Model
}

func (r *Request) mode() string {
	if r.Ordered {
		return "ordered"
	}
	return "any"
}

// steps are counts with their rates, beside those of all.
func (r *Request) steps(counts, all []float64) []Step {
	steps := make([]Step, len(counts))
	for i, n := range counts {
		s := Step{Step: r.Steps[i], Count: n, Unit: r.unit(), RateFromFirst: rate(n, counts[0]), RateFromPrevious: rate(n, counts[max(i-1, 0)])}
		if s.Step == StepImpression {
			s.Unit = StepImpression
		}
		if n <= counts[0] && counts[0] > 0 {
			in := stats.Wilson(stats.Share{K: n, N: counts[0]}, confidence)
			s.Interval = &[2]float64{in.Low, in.High}
		}
		if all != nil {
			smoothed := stats.Smoothed(stats.Share{K: n, N: counts[0]}, stats.Share{K: all[i], N: all[0]}, stats.DefaultWeight)
			s.Smoothed = &smoothed
		}
		steps[i] = s
	}
	return steps
}

func rate(n, of float64) float64 {
	if of == 0 {
		return 0
	}
	return n / of
}

const complete = "Pairs of a reader and a pick, each once for a step, whatever was repeated or delivered twice, as far as folded by now; " +
	"who entered before from or at to is in none. Impressions are cards reported as seen, by the hour and within the caps of the policy, not by reader. " +
	"Readers with personalisation off, those who were erased, windows that were not made for their reader, experts with their own picks, and robots that say they are some are left out; groups of fewer than five readers are not told of."

// A Series is what entered in each interval, and came how far.
type Series struct {
	Funnel
	Items []Slot `json:"items"`
}

// A Slot is an interval of a series. Few says that its readers are too few to
// be told of.
type Slot struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Steps []Step    `json:"steps"`
	Few   bool      `json:"few_readers,omitempty"`
}

// Series is a funnel for each interval between the edges of r, without a
// breakdown.
func (a *Analyst) Series(ctx context.Context, r *Request) (*Series, error) {
	if len(r.By) > 0 {
		return nil, recommend.Refuse(problem("breakdown", "a series is of one thing", "filter instead, such as topic=…"))
	}
	if r.AsOf.IsZero() {
		r.AsOf = a.Now()
	}
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	s := &Series{Funnel: Funnel{
		From: r.Edges[0], To: r.Edges[len(r.Edges)-1], AsOf: r.AsOf, Unit: r.unit(), Mode: r.mode(), Model: r.model(), Steps: []Step{}, Complete: complete,
	}}
	if p.moved, err = a.move(ctx, p); err != nil {
		return nil, err
	}
	counted, err := a.find(ctx, p)
	if err != nil {
		return nil, err
	}
	var late *lateness
	if s.fill(p, counted) != nil {
		if late, err = a.lateness(ctx, p, s.Steps); err != nil {
			return nil, err
		}
	}
	for i := range len(r.Edges) - 1 {
		s.Items = append(s.Items, Slot{From: r.Edges[i], To: r.Edges[i+1], Steps: r.steps(make([]float64, len(r.Steps)), nil)})
	}
	for _, g := range counted.groups(p) {
		if item := &s.Items[g.slot]; slices.Max(g.counts) > 0 && g.few(r) {
			item.Few, item.Steps = true, []Step{}
		} else {
			item.Steps = r.steps(g.counts, nil)
			late.tell(g.slot, nil, item.Steps)
		}
	}
	return s, nil
}

// Top is [Analyst.Funnel] with the groups in the order of what their last step's
// rate from the first is at least, by its interval: so that nobody leads by luck.
func (a *Analyst) Top(ctx context.Context, r *Request) (*Funnel, error) {
	if len(r.By) != 1 || len(r.Steps) < 2 {
		return nil, recommend.Refuse(problem("by", "a rate of what is not said", "name one dimension and two steps at least"))
	}
	f, err := a.Funnel(ctx, r)
	if err != nil {
		return nil, err
	}
	least := func(g *Group) float64 {
		if in := g.Steps[len(g.Steps)-1].Interval; in != nil {
			return in[0]
		}
		return 0
	}
	slices.SortStableFunc(f.Groups, func(x, y Group) int { return cmp.Compare(least(&y), least(&x)) })
	return f, nil
}
