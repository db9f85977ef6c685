package society

import (
	"slices"
	"time"
)

// A debut is how a pick of a new expert finds its readers.
type debut struct {
	pick  *pick
	shows []show
	due   float64 // expected clicks of its first days on the pages of perfect knowledge
}

// A show is a card of it on a page.
type show struct {
	age    float64 // of the pick, in days
	clicks float64 // expected
}

// A pick has its final rate from settled to settledBy days after it was published.
const (
	settled   = 4.0
	settledBy = 7.0
)

// add counts a card of the pick on a page that was served.
func (d *debut) add(at time.Time, clicks float64) {
	if age := d.age(at); age < settledBy {
		d.shows = append(d.shows, show{age, clicks})
	}
}

// owe counts one on a page of perfect knowledge.
func (d *debut) owe(at time.Time, clicks float64) {
	if d.age(at) < settledBy {
		d.due += clicks
	}
}

func (d *debut) age(at time.Time) float64 { return float64(at.Sub(d.pick.published)) / float64(day) }

// half is the age in days at which the last day brought half of what a day
// brings when the pick has settled; ok is false for a pick that brings nothing
// any more by then.
func (d *debut) half(weight func(show) float64) (age float64, ok bool) {
	var final float64
	for _, s := range d.shows {
		if s.age >= settled {
			final += weight(s) / (settledBy - settled)
		}
	}
	if final == 0 {
		return 0, false
	}
	if age, ok = d.reach(final/2, weight); !ok {
		age = settledBy // rounding alone
	}
	return age, true
}

// reach is the age in days at which a day first brought as much as rate.
func (d *debut) reach(rate float64, weight func(show) float64) (age float64, ok bool) {
	var lastDay float64
	first := 0
	for _, s := range d.shows {
		lastDay += weight(s)
		for d.shows[first].age <= s.age-1 {
			lastDay -= weight(d.shows[first])
			first++
		}
		if lastDay >= rate {
			return s.age, true
		}
	}
	return 0, false
}

// Debuts tell how soon picks of new experts find their readers. Those are
// counted that stayed up for a week of the watched time.
type Debuts struct {
	Picks int `json:"picks"`
	// Unseen picks were on no page in their first week; faded ones on none of
	// its last three days.
	Unseen int `json:"unseen"`
	Faded  int `json:"faded"`
	// HalfShown is the median age in days at which a pick was shown half as
	// often a day as on the last three days of its week; HalfClicked the same in
	// expected clicks. Zero when there is no pick to tell by.
	HalfShown   float64 `json:"half_shown_days"`
	HalfClicked float64 `json:"half_clicked_days"`
	// Within is the share of picks, of those that have a final rate, which were
	// at half of it within two days.
	Within float64 `json:"within_two_days"`
	// Worthy picks would be on pages of perfect knowledge in their first week.
	// Found is the share of them that got, on some day of it, half of the clicks
	// a day that they would have there; HalfDue is the median age at which they
	// did, those that did not counted as a week.
	Worthy  int     `json:"worthy"`
	Found   float64 `json:"found"`
	HalfDue float64 `json:"half_due_days"`
}

// debutsOf are the debuts of picks published from a time up to another.
func (b *books) debutsOf(s *society, from, to time.Time) Debuts {
	var d Debuts
	var shown, clicked, due []float64
	end := s.Start.Add(time.Duration(s.Weeks) * 7 * day)
	for _, p := range s.picks {
		up := p.published.Add(settledBy * day)
		if !p.newcomer || p.published.Before(from) || !p.published.Before(to) || up.After(end) || p.until.Before(up) || p.ended(up) {
			continue
		}
		d.Picks++
		one := b.debut(p)
		if one.due > 0 {
			age, ok := one.reach(one.due/settledBy/2, expectedClicks)
			if !ok {
				age = settledBy
			} else {
				d.Found++
			}
			due = append(due, age)
		}
		if len(one.shows) == 0 {
			d.Unseen++
			continue
		}
		age, ok := one.half(func(show) float64 { return 1 })
		if !ok {
			d.Faded++
			continue
		}
		shown = append(shown, age)
		age, _ = one.half(expectedClicks)
		clicked = append(clicked, age)
		if age <= 2 {
			d.Within++
		}
	}
	if len(shown) > 0 {
		d.HalfShown, d.HalfClicked, d.Within = median(shown), median(clicked), d.Within/float64(len(shown))
	}
	if d.Worthy = len(due); d.Worthy > 0 {
		d.HalfDue, d.Found = median(due), d.Found/float64(d.Worthy)
	}
	return d
}

func expectedClicks(s show) float64 { return s.clicks }

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	n := len(xs)
	return (xs[(n-1)/2] + xs[n/2]) / 2
}
