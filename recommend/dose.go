package recommend

import (
	"slices"
	"time"
)

// DoseRules bound how many picks readers are given among other things: by
// insertions, and if Windows says so by windows too.
type DoseRules struct {
	Limited bool     `json:"limited" yaml:"limited"`               // the rules hold
	Organic int      `json:"organic" yaml:"organic"`               // items that are no picks, for each pick among them
	PerDay  int      `json:"per_day" yaml:"per_day"`               // in any 24 hours, of one reader
	Spacing Duration `json:"expert_spacing" yaml:"expert_spacing"` // between two picks of one expert, for one reader
	Windows bool     `json:"windows" yaml:"windows"`               // also cards of windows count, and are bounded
}

// mostDose bounds what a policy may allow a day: readers' documents hold it.
const mostDose = 500

// doseFor is what PerDay is counted over.
const doseFor = 24 * time.Hour

// A Dose is what a reader was given of late. It is written by the fold of
// actions alone, in the order of the log: whatever asks for more, by whatever
// process, is decided by all that was given before.
type Dose struct {
	// PerDay is the reader's own bound, under that of the policy; nil is none.
	PerDay *int `json:"per_day,omitempty"`
	// Given are the picks of the 24 hours up to the last, by the time of the log,
	// oldest first.
	Given []Given `json:"given,omitempty"`
}

// A Given is a pick that a reader was given. It counts whether he looked or not.
type Given struct {
	Event  string    `json:"event"` // the [ActServed] that asked
	Pick   string    `json:"pick"`
	Expert string    `json:"expert"`
	At     time.Time `json:"at"`
}

// A ServedPick is a pick that is to be put before a reader.
type ServedPick struct {
	Pick   string `json:"pick"`
	Expert string `json:"expert"`
}

// limit is how many picks a day may have.
func (d *Dose) limit(r *DoseRules) int {
	if d.PerDay != nil {
		return min(max(*d.PerDay, 0), r.PerDay)
	}
	return r.PerDay
}

// Room is how many more picks may be given at now.
func (d *Dose) Room(r *DoseRules, now time.Time) int {
	n := 0
	for i := range d.Given {
		if now.Sub(d.Given[i].At) < doseFor {
			n++
		}
	}
	return max(d.limit(r)-n, 0)
}

// Next is when the next pick may be given, as far as the day is concerned; ok
// is false when the reader wants none.
func (d *Dose) Next(r *DoseRules, now time.Time) (at time.Time, ok bool) {
	most := d.limit(r)
	if most == 0 {
		return time.Time{}, false
	}
	if n := len(d.Given); n >= most {
		if free := d.Given[n-most].At.Add(doseFor); free.After(now) {
			return free, true
		}
	}
	return now, true
}

// Rests is until when no pick of expert may be given; zero when one may. Without
// a spacing none rests, however far now is behind what was given last.
func (d *Dose) Rests(r *DoseRules, expert string, now time.Time) time.Time {
	if r.Spacing <= 0 {
		return time.Time{}
	}
	for _, g := range slices.Backward(d.Given) {
		if g.Expert == expert {
			if until := g.At.Add(r.Spacing.D()); until.After(now) {
				return until
			}
			break
		}
	}
	return time.Time{}
}

// give grants as many of picks as the rules allow at at, in their order. Time
// does not run backwards: what comes with an earlier one counts from the last.
func (d *Dose) give(r *DoseRules, event string, picks []ServedPick, at time.Time) {
	if n := len(d.Given); n > 0 && at.Before(d.Given[n-1].At) {
		at = d.Given[n-1].At
	}
	given := false
	for _, p := range picks {
		if d.Room(r, at) == 0 {
			break
		}
		if d.Rests(r, p.Expert, at).IsZero() {
			d.Given = append(d.Given, Given{Event: event, Pick: p.Pick, Expert: p.Expert, At: at})
			given = true
		}
	}
	if given { // else at may be ahead of what is given next
		d.Given = slices.DeleteFunc(d.Given, func(g Given) bool { return at.Sub(g.At) >= doseFor })
	}
}

// granted are the picks that an event was given.
func (d *Dose) granted(event string) map[string]struct{} {
	picks := make(map[string]struct{})
	for _, g := range d.Given {
		if g.Event == event {
			picks[g.Pick] = struct{}{}
		}
	}
	return picks
}

// dose takes what was served, or the bound that the reader sets.
func (d *deed) dose() {
	switch d.a.Kind {
	case ActDose:
		d.Dose.PerDay = d.a.Dose
	case ActServed:
		if rules := d.acting.Dose; rules != nil && rules.Limited {
			d.Dose.give(rules, d.acting.Event, d.a.Served, d.acting.when(d.acting.Appended))
		}
	}
}
