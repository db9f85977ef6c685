package recommend

import (
	"math"

	"vitrine.dev/ranking"
)

const (
	featureRate       = "rate"
	featureTopicRate  = "own_topic_rate"
	featureTopicDoubt = "own_topic_doubt"
	featureExpertRate = "own_expert_rate"
	featurePosition   = "position" // on the page; learned beside the others and never served
)

// rateFeatures are opens against those to be expected of what was shown, which
// counts what was passed over too: of all readers, and of this one in a topic
// and of an expert.
type rateFeatures struct{}

func (rateFeatures) features() []Feature {
	const unit = "ln(ratio)"
	return []Feature{
		{featureRate, "readers' opens of the product against those to be expected where and to whom it was shown, half-life 30 days, drawn to its topic's", unit, -6, 6},
		{featureTopicRate, "the reader's opens in its topics against those to be expected of what he was shown and of his interests, half-life 60 days", unit, -6, 6},
		{featureTopicDoubt, "how little is known of him in its topics yet", "ln(1+0.5/sqrt(opens+0.3))", 0, .7},
		{featureExpertRate, "the reader's opens of its expert's picks against those to be expected in its topics, half-life 60 days", unit, -6, 6},
	}
}

// What a reader is taken to be like before he was shown anything: he opens what
// fits no interest of his at .3 of the usual rate, and what fits one of weight 1
// about seven times as often. So much is worth one expected open in a topic, and
// two with an expert.
const (
	rateOfOthers     = .3
	rateOfInterest   = 2. // logit
	topicDraw        = 1.
	expertDraw       = 2.
	doubt            = .5  // standard deviations in favour of what is not known
	ownRateLife      = 60. // days
	earlyImpressions = 1.  // expected opens after which what was passed over is half as good to know as all
)

// A turnout is opens against those expected.
type turnout struct{ opens, expected float64 }

// answers are what a reader made of what he was shown, by topic and by expert.
type answers struct {
	topics, experts map[int32]turnout
	expected        float64 // in all
}

func (r *answers) add(l *look, topics, expert int32, t turnout) {
	sum := func(m map[int32]turnout, of int32) {
		m[of] = turnout{m[of].opens + t.opens, m[of].expected + t.expected}
	}
	sum(r.experts, expert)
	for _, topic := range l.topics.sets[topics].own {
		sum(r.topics, topic)
	}
	r.expected += t.expected
}

// known is how far what the reader passed over is known, from 0 to 1. Of one who
// was shown nothing only his acts tell.
func (r *answers) known() float64 {
	if r == nil {
		return 0
	}
	return r.expected / (r.expected + earlyImpressions)
}

// answers sums up what the reader made of what he was shown before the horizon:
// nil when that is nothing. An impression counts as the usual rate of opens
// times that of the product; where on the page it was is forgotten by then.
func (p *pool) answers() *answers {
	if p.taste.answers != nil || p.memory == nil || len(p.taste.traces) == 0 {
		return p.taste.answers
	}
	r := &answers{topics: make(map[int32]turnout), experts: make(map[int32]turnout)}
	p.memory.mu.RLock()
	defer p.memory.mu.RUnlock()
	usual := p.memory.rates.Usual(int64(p.horizon))
	for pick, trace := range p.taste.traces {
		n, ok := p.picks.rows[pick]
		if !ok || p.picks.row[n].product < 0 || !p.taste.seen(pick, p.horizon) {
			continue
		}
		row := &p.picks.row[n]
		faded := math.Exp2(-days(moment(trace.Seen)*1_000_000, p.horizon) / ownRateLife)
		r.add(p.look, row.topics, row.expert, turnout{expected: faded * usual.PerShown * math.Exp(p.rate(row.product, usual))})
	}
	if r.expected == 0 {
		return nil
	}
	had := make(map[int32]struct{})
	for _, a := range p.taste.past.acts {
		if _, twice := had[a.product]; twice || a.kind != ActOpen {
			continue
		}
		had[a.product] = struct{}{}
		faded := math.Exp2(-days(a.at, p.horizon) / ownRateLife)
		r.add(p.look, a.topics, a.expert, turnout{faded, faded * usual.PerShown})
	}
	p.taste.answers = r
	return r
}

// rate is that of a product. The memory is locked.
func (p *pool) rate(product int32, usual ranking.Usual) float64 {
	return p.memory.rates.Rate(p.memory.item(p.Shelf.products.ids[product]), p.memoryTopic(product), usual)
}

func (rateFeatures) fill(p *pool, t *ranking.Table) {
	if p.memory == nil {
		return
	}
	rate := t.Column(featureRate)
	stills := p.stills()
	for i, at := range p.at {
		rate[i] = stills[at].rate
	}
	own := p.answers()
	if own == nil {
		return
	}
	topic, unknown, expert := t.Column(featureTopicRate), t.Column(featureTopicDoubt), t.Column(featureExpertRate)
	bests := make(map[int32]ownRate) // by topic set
	for i := range p.found {
		row := &p.picks.row[p.found[i].row]
		best, known := bests[row.topics]
		if !known {
			best = own.best(p.topics.sets[row.topics].own, p.taste)
			bests[row.topics] = best
		}
		topic[i], unknown[i] = best.topic, best.unknown
		if x, known := own.experts[row.expert]; known { // others do as the topic does
			expert[i] = math.Log((x.opens + expertDraw*best.rate) / (x.expected + expertDraw) / best.rate)
		}
	}
}

// An ownRate is how often a reader opens what is in some topics: the best of them.
type ownRate struct{ rate, topic, unknown float64 }

func (r *answers) best(topics []int32, t *taste) ownRate {
	best := ownRate{rate: rateOfOthers}
	for k, n := range topics {
		x := r.inTopic(n, t)
		if rate := x.opens / x.expected; k == 0 || rate > best.rate {
			best = ownRate{rate, math.Log(rate / t.expects(n)), math.Log1p(doubt / math.Sqrt(x.opens))}
		}
	}
	return best
}

// inTopic is the reader's turnout in a topic, drawn to what is to be expected of
// his interests.
func (r *answers) inTopic(topic int32, t *taste) turnout {
	x := r.topics[topic]
	return turnout{x.opens + topicDraw*t.expects(topic), x.expected + topicDraw}
}

// expects is how often a reader is to be expected to open what is in a topic,
// by his interests alone, against what is usual.
func (t *taste) expects(topic int32) float64 {
	if t.match == nil {
		return rateOfOthers
	}
	return rateOfOthers * math.Exp(rateOfInterest*t.match[topic])
}
