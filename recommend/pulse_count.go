package recommend

import (
	"math"
	"slices"
	"time"
)

// Add counts c.
func (p *Pulse) Add(c Count) {
	if p.Pick == "" {
		p.Pick, p.At = c.Pick, c.At
	}
	if c.At.After(p.At) {
		p.decay(c.At)
	}
	if c.Events != 0 {
		if p.Events == nil {
			p.Events = make(map[string]int64)
		}
		p.Events[c.Kind] += c.Events
	}
	if c.Readers == 0 {
		return
	}
	if p.Readers == nil {
		p.Readers, p.Decayed = make(map[string]int64), make(map[string][]float64)
	}
	p.Readers[c.Kind] += c.Readers
	if c.Kind == ActOpen && c.Readers > 0 {
		p.opened(c.At)
	}
	if p.Readers[c.Kind] <= 0 { // what rounding has left of those taken back goes with the last
		delete(p.Readers, c.Kind)
		delete(p.Decayed, c.Kind)
		return
	}
	lives := PulseHalfLives()
	sums := p.Decayed[c.Kind]
	if len(sums) != len(lives) {
		sums = append(sums, make([]float64, len(lives))...)[:len(lives)]
	}
	for i, life := range lives {
		sums[i] = max(0, millionth(sums[i]+float64(c.Readers)*halved(p.At.Sub(c.At), life)))
	}
	p.Decayed[c.Kind] = sums
}

// opened notes when a reader first opened the pick.
func (p *Pulse) opened(at time.Time) {
	const kept = 3
	i := 0
	for i < len(p.Last) && !at.After(p.Last[i]) {
		i++
	}
	p.Last = slices.Insert(p.Last, i, at)
	p.Last = p.Last[:min(len(p.Last), kept)]
}

// decay brings the sums to a later time.
func (p *Pulse) decay(to time.Time) {
	passed := to.Sub(p.At)
	p.At = to
	for _, sums := range p.Decayed {
		for i, life := range PulseHalfLives() {
			if i < len(sums) {
				sums[i] = millionth(sums[i] * halved(passed, life))
			}
		}
	}
}

func halved(passed, life time.Duration) float64 {
	return math.Exp2(-float64(passed) / float64(life))
}

func millionth(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// Step adds a step to j.
func (j *Journey) Step(kind string, at time.Time) {
	if j.Steps == nil {
		j.Steps = make(map[string]Step)
	}
	s, again := j.Steps[kind]
	if !again || at.Before(s.First) {
		s.First = at
	}
	if at.After(s.Last) {
		s.Last = at
	}
	s.N++
	j.Steps[kind] = s
}
