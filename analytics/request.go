package analytics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// StepImpression is the step that only the first can be: cards that were seen.
const StepImpression = recommend.ActImpression

// kinds are the actions behind the steps whose names differ from them: analysts
// speak of orders, readers' journeys of purchases.
var kinds = map[string]string{"clickout": recommend.ActCheckout, "order": recommend.ActPurchase, "settled": recommend.ActSettle, "refunded": recommend.ActRefund}

// Steps are the names of steps, in the order in which they are usually taken.
func Steps() []string {
	return []string{
		StepImpression, recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, "clickout", "order", "settled", "refunded",
		recommend.ActHide, recommend.ActReport, recommend.ActShare,
	}
}

// What an answer can be broken down by, and filtered by. What a pick is filed
// under is that of now.
const (
	ByPick    = string(recommend.ByPick)
	ByExpert  = string(recommend.ByExpert)
	BySource  = string(recommend.BySource)
	ByArm     = string(recommend.ByArm)
	ByTopic   = "topic"   // every topic of the pick: one in two counts in both
	ByRoot    = "root"    // the top-level topics of those
	ByPartner = "partner" // where the product is sold
)

// Dimensions are all of them.
func Dimensions() []string {
	return []string{ByTopic, ByRoot, ByExpert, ByPartner, ByPick, BySource, ByArm}
}

// mostBreakdown bounds the dimensions of a breakdown.
const mostBreakdown = 2

// A Request says what is counted. Its zero values are no defaults.
type Request struct {
	Steps   []string // of [Steps]
	Ordered bool     // see [recommend.JourneyQuery], as for Window
	Readers bool     // readers are counted, each once in a group for a step that one of his pairs took
	Window  time.Duration
	Edges   []time.Time // of one slot, or of those of a series
	AsOf    time.Time   // zero: now
	By      []string    // of [Dimensions]
	Model   string      // of [Models]; empty is by the last click
	Times   bool        // medians are told as well: one pass more, by pairs even where readers are counted
	Where   map[string][]string
}

// A plan is how the engine is asked.
type plan struct {
	Request
	journeys  recommend.JourneyQuery
	exposures *recommend.ExposureQuery // nil: impressions are no step
	engine    []recommend.Dimension    // of the groups of the engine
	moved     *moved                   // by another model than the last click
	filed     bool                     // groups are told apart by what their picks are filed under
	said      bool                     // by the expert that was said with what was done, see journeysBySaid
}

// plan refuses what cannot be answered, by the names of the API.
func (r *Request) plan() (*plan, error) { return r.planned(true) }

// planned is the plan of r. It counts by the expert that was said, where that can
// be, as far as may says.
func (r *Request) planned(may bool) (*plan, error) {
	p := &plan{Request: *r}
	var ps []recommend.Problem
	steps := r.Steps
	if at := slices.Index(steps, StepImpression); at >= 0 {
		switch {
		case at > 0:
			ps = append(ps, problem("steps", "impression comes after another step", "name it first: what was shown is counted by the hour, and not by reader"))
		case r.Readers:
			ps = append(ps, problem("unit", "impressions are not counted by reader", "ask for unit=pair, or leave the step impression out"))
		}
		p.exposures, steps = new(recommend.ExposureQuery), slices.Delete(slices.Clone(steps), at, at+1)
	}
	q := &p.journeys
	for _, step := range steps {
		kind, ok := kindOf(step)
		if !ok {
			ps = append(ps, problem("steps", fmt.Sprintf("%.80q is no step", step), "use some of "+strings.Join(Steps(), ", ")))
			continue
		}
		q.Steps = append(q.Steps, kind)
	}
	if len(r.Steps) == 1 && p.exposures != nil {
		q.Steps = []string{recommend.ActOpen} // nothing is asked of it
	}
	switch {
	case r.Model != "" && !slices.Contains(Models(), r.Model):
		ps = append(ps, r.badModel())
	case r.Readers && r.model() != string(recommend.ModelLast):
		ps = append(ps, problem("unit", "readers are counted by the last click", "ask for unit=pair, or for attribution=last"))
	}
	p.said = may && p.bySaid()
	ps = append(ps, r.timeProblems()...)
	ps = append(ps, p.dimensions()...)
	if len(ps) > 0 {
		return nil, recommend.Refuse(ps...)
	}
	q.Ordered, q.Window, q.Edges, q.AsOf, q.By = r.Ordered, r.Window, r.Edges, r.AsOf, p.engine
	q.Where = p.engineWhere(recommend.ByPick, recommend.ByExpert, recommend.BySource, recommend.ByArm)
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if p.exposures == nil {
		return p, nil
	}
	*p.exposures = recommend.ExposureQuery{Edges: r.Edges, By: p.engine, Where: p.engineWhere(recommend.ByPick, recommend.BySource, recommend.ByArm)}
	return p, p.exposures.Validate()
}

// dimensions decides by what the engine tells apart; by what their picks are filed
// under pairs are told apart here.
func (p *plan) dimensions() []recommend.Problem {
	var ps []recommend.Problem
	if len(p.By) > mostBreakdown {
		ps = append(ps, problem("breakdown", fmt.Sprintf("%d dimensions", len(p.By)), fmt.Sprintf("name %d at most", mostBreakdown)))
	}
	asked := slices.Clone(p.By)
	for d := range p.Where {
		asked = append(asked, d)
	}
	slices.Sort(asked[len(p.By):])
	for i, d := range asked {
		field := "breakdown"
		if i >= len(p.By) {
			field = d
		}
		switch {
		case !slices.Contains(Dimensions(), d):
			ps = append(ps, problem(field, fmt.Sprintf("%.80q is not known", d), "use one of "+strings.Join(Dimensions(), ", ")))
		case i < len(p.By) && slices.Contains(asked[:i], d):
			ps = append(ps, problem(field, fmt.Sprintf("%q twice", d), "name each once"))
		case p.isFiled(d):
			p.filed = true
		case i < len(p.By) && d != ByPick:
			p.engine = append(p.engine, recommend.Dimension(d))
		}
	}
	if p.filed || slices.Contains(p.By, ByPick) {
		p.engine = append([]recommend.Dimension{recommend.ByPick}, p.engine...)
	}
	return ps
}

// isFiled reports whether d is a matter of what the pick is filed under. An
// expert's picks stay his; so pairs are told apart by expert even where nobody
// said whose the pick was, as archives do not.
func (p *plan) isFiled(d string) bool {
	return d == ByTopic || d == ByRoot || d == ByPartner || d == ByExpert && !p.said
}

// engineWhere is what of Where the engine can see to.
func (p *plan) engineWhere(known ...recommend.Dimension) map[recommend.Dimension][]string {
	where := make(map[recommend.Dimension][]string)
	for d, values := range p.Where {
		if !p.isFiled(d) && slices.Contains(known, recommend.Dimension(d)) {
			where[recommend.Dimension(d)] = values
		}
	}
	return where
}

// kindOf is the kind of action that is a step.
func kindOf(step string) (kind string, ok bool) {
	if kind, ok = kinds[step]; ok {
		return kind, true
	}
	return step, slices.Contains(recommend.JourneySteps(), step)
}

func (r *Request) badModel() recommend.Problem {
	return problem("attribution", fmt.Sprintf("%.80q is no model", r.Model), "use one of "+strings.Join(Models(), ", "))
}

func problem(field, message, fix string) recommend.Problem {
	return recommend.Problem{Code: "validation", Pointer: "/" + field, Message: message, Fix: fix}
}
