package recommend

import (
	"math"
	"strconv"
	"strings"
)

// What readers' doings say of a pick, of each reader one at most of every
// kind: a reader who does all of it brings one.
func engagementWeights() map[string]float64 {
	return map[string]float64{
		ActOpen: 0.2, ActBookmark: 0.3, ActCart: 0.1, ActCheckout: 0.2, ActPurchase: 0.2,
		ActHide: -0.3, ActReport: -0.6, ActRefund: -0.2,
	}
}

const (
	engagementLife = 2     // of [PulseHalfLives]: seven days
	engagementFree = 1.0   // that moves nothing: all that one reader can bring
	engagementHalf = 5.0   // beyond it, that make half of the feature
	mostStrays     = 4_096 // pulses kept of picks that have not come yet
)

// A shelvedPulse is what the pulses of a pick come to.
type shelvedPulse struct {
	parts []pulsePart // by partition; one of them lies here, for there is seldom another
	only  [1]pulsePart
	sum   float64 // of parts, as of at
	at    moment
}

// A pulsePart is the pulse of a pick in one partition.
type pulsePart struct {
	version   int64
	at        moment
	sum       float32
	partition int32
	opened    float32                  // readers, of all time
	shown     float32                  // the same of those who saw it
	opens     [len(eventLives)]float32 // readers, decayed
	last      [3]moment                // opens, newest first
}

// partOf reads a pulse.
func partOf(p *Pulse, version int64, partition int32) pulsePart {
	part := pulsePart{version: version, at: momentOf(p.At), sum: p.weigh(), partition: partition, opened: float32(p.Readers[ActOpen]), shown: float32(p.Readers[ActImpression]), last: [3]moment{never, never, never}}
	const shortest = 1 // of [PulseHalfLives], where those of the features begin
	for i, v := range p.Decayed[ActOpen] {
		if k := i - shortest; k >= 0 && k < len(part.opens) {
			part.opens[k] = float32(v)
		}
	}
	for i, at := range p.Last[:min(len(p.Last), len(part.last))] {
		part.last[i] = momentOf(at)
	}
	return part
}

// weigh is what p says of its pick as of p.At.
func (p *Pulse) weigh() float32 {
	sum, weights := 0.0, engagementWeights()
	for _, kind := range Counted() { // in one order, for sums depend on it
		if lives := p.Decayed[kind]; len(lives) > engagementLife {
			sum += weights[kind] * lives[engagementLife]
		}
	}
	return float32(sum)
}

// pulsePartition is that of the id of a pulse.
func pulsePartition(id string) (int32, bool) {
	at := strings.LastIndexByte(id, '@')
	n, err := strconv.ParseInt(id[at+1:], 10, 32)
	return int32(n), at >= 0 && err == nil
}

// putPulse takes a part of the pulse of pick, which may not be here yet.
func (s *Shelf) putPulse(pick string, part pulsePart) {
	n, here := s.picks.rows[pick]
	var p *shelvedPulse
	if here {
		p = s.picks.pulse[n]
	} else {
		p = s.strays[pick]
	}
	if p == nil {
		p = new(shelvedPulse)
		p.parts = p.only[:0]
	}
	if !p.put(part) {
		return
	}
	switch {
	case here:
		s.picks.pulse[n] = p
	case len(s.strays) >= mostStrays:
		clear(s.strays)
		fallthrough
	default:
		s.strays[pick] = p
	}
}

// put replaces the part of a partition by a newer one.
func (p *shelvedPulse) put(part pulsePart) bool {
	at := 0
	for at < len(p.parts) && p.parts[at].partition < part.partition {
		at++
	}
	switch {
	case at == len(p.parts) || p.parts[at].partition != part.partition:
		p.parts = append(p.parts, pulsePart{})
		copy(p.parts[at+1:], p.parts[at:])
	case p.parts[at].version >= part.version:
		return false
	}
	p.parts[at] = part
	p.at = part.at
	for _, o := range p.parts {
		p.at = max(p.at, o.at)
	}
	p.sum = 0
	for _, o := range p.parts {
		p.sum += float64(o.sum) * weeksHalved(o.at, p.at)
	}
	return true
}

// adopt hands what came before the pick of row n on to it.
func (s *Shelf) adopt(n int32, pick string) {
	if p := s.strays[pick]; p != nil {
		s.picks.pulse[n] = p
		delete(s.strays, pick)
	}
}

// engagement is what readers do with the pick of row n, from 0 to 1.
func (l *look) engagement(n int32, at moment) float64 {
	p := l.picks.pulse[n]
	if p == nil {
		return 0
	}
	beyond := max(0, p.sum*weeksHalved(p.at, at)-engagementFree)
	return beyond / (beyond + engagementHalf)
}

// weeksHalved is what is left at to of what was one at from.
func weeksHalved(from, to moment) float64 {
	life := PulseHalfLives()[engagementLife]
	return math.Exp2(-float64(max(age(from, to), 0)) / float64(life))
}
