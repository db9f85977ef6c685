package ranking

import (
	"encoding/json"
	"errors"
	"fmt"
)

// An Examination learns how likely a card is looked at, by its position on the
// page. It is the position-based click model: a card is chosen from a list with
// a chance proportional to how likely its position is looked at, times how much
// its product is wanted. What is wanted is known from elsewhere, as clicks per
// expected click; then the clicks at a position, against those that the
// products there lead one to expect, tell of the position.
//
// The two are learned in turns, each given what is known of the other, which is
// regression EM (Wang, Golbandi, Bendersky, Metzler and Najork, "Position bias
// estimation for unbiased learning to rank in personal search", 2018) in its
// online form, with the step of a choice among the cards of one list (Hunter,
// "MM algorithms for generalized Bradley-Terry models", 2004) in place of one
// of independent clicks: how busy a reader is falls out. It needs no
// randomised pages, as interventions do (Joachims, Swaminathan and Schnabel,
// "Unbiased learning-to-rank with biased feedback", 2017), but products have to
// move between positions: from pages that never change nobody can tell what is
// looked at from what is wanted.
//
// How much a product is wanted should be known as well as can be: what is drawn
// towards a mean for want of clicks leaves the rest to the position, and where a
// good ranker puts such products on top, the lower positions seem darker than
// they are.
//
// The zero Examination is ready and takes all positions for alike. It is not
// safe for concurrent use.
type Examination struct {
	spots  []spot    // by position
	chance []float64 // of each, relative to the first
}

// A spot is what was seen of a position.
type spot struct {
	Clicks   float64 `json:"clicks"`   // on it, the older ones counting less
	Expected float64 `json:"expected"` // if it were looked at for sure, likewise
}

const (
	spotsMost     = 60     // positions kept apart; those behind are as the last
	spotMemory    = 20_000 // clicks after which an old one counts 1/e
	spotEvidence  = 20     // clicks with which a position is as the one before
	leastExamined = .05    // of the first
	mostClicks    = 1e6    // more than any list has
	mostSpot      = 1e12   // more than any state has
)

// Learn takes in the answer to one list: the position of each card from 0,
// negative if unknown, its clicks, and how much its product is wanted relative
// to the others, such as its clicks per expected click, or exp of its score
// without what the score has of positions; nil is all alike. Lists
// without a click, or with a card whose position is unknown, tell nothing.
func (e *Examination) Learn(positions []int, clicks, wanted []float64) {
	all, total := 0.0, 0.0
	for i, p := range positions {
		if p < 0 || !(clicks[i] >= 0) {
			return
		}
		all += clicks[i]
		total += e.Chance(p) * want(wanted, i)
	}
	if all <= 0 || all > mostClicks || total <= 0 || !finite(total) {
		return
	}
	keep := max(1-all/spotMemory, 0)
	for k := range e.spots {
		e.spots[k].Clicks *= keep
		e.spots[k].Expected *= keep
	}
	for i, p := range positions {
		s := e.spot(p)
		s.Clicks += clicks[i]
		s.Expected += all * (want(wanted, i) / total)
	}
	e.estimate()
}

// want is wanted[i], or 1 where that says nothing.
func want(wanted []float64, i int) float64 {
	if wanted == nil {
		return 1
	}
	if w := wanted[i]; w > 0 && finite(w) {
		return w
	}
	return 1
}

// spot is that of a position.
func (e *Examination) spot(position int) *spot {
	position = min(position, spotsMost-1)
	for len(e.spots) <= position {
		e.spots = append(e.spots, spot{})
	}
	return &e.spots[position]
}

// estimate works out the chances. Each starts from the one before.
func (e *Examination) estimate() {
	e.chance = e.chance[:0]
	first, before := 1.0, 1.0
	for k, s := range e.spots {
		c := (s.Clicks + spotEvidence*before) / (s.Expected + spotEvidence)
		if k == 0 {
			first = c
		}
		before = c
		e.chance = append(e.chance, min(max(c/first, leastExamined), 1))
	}
}

// Chance is how likely a position is looked at, between 0.05 and 1, relative to
// the first. A position behind all that are known is as the last of those, a
// negative one as the first.
func (e *Examination) Chance(position int) float64 {
	if len(e.chance) == 0 {
		return 1
	}
	return e.chance[min(max(position, 0), len(e.chance)-1)]
}

// Expected shares the clicks of a list out among its cards as their positions
// alone would have it; it adds up to clicks. A card whose position is unknown,
// negative, counts as the mean of the others, so the shares are equal where
// none is known. The caller owns the result.
func (e *Examination) Expected(positions []int, clicks int) []float64 {
	shares := make([]float64, len(positions))
	sum, known := 0.0, 0.0
	for i, p := range positions {
		if p >= 0 {
			shares[i] = e.Chance(p)
			sum += shares[i]
			known++
		}
	}
	mean := 1.0
	if known > 0 {
		mean = sum / known
	}
	sum += mean * (float64(len(positions)) - known)
	for i, p := range positions {
		if p < 0 {
			shares[i] = mean
		}
		shares[i] *= float64(clicks) / sum
	}
	return shares
}

// MarshalJSON writes the whole state.
func (e *Examination) MarshalJSON() ([]byte, error) {
	spots := e.spots
	if spots == nil {
		spots = []spot{}
	}
	return json.Marshal(spots)
}

// UnmarshalJSON goes on where the Examination stopped that wrote the state.
// After an error nothing has changed.
func (e *Examination) UnmarshalJSON(data []byte) error {
	var spots []spot
	if err := json.Unmarshal(data, &spots); err != nil {
		return fmt.Errorf("state of an examination: %w", err)
	}
	if len(spots) > spotsMost {
		return fmt.Errorf("state of an examination: %d positions, at most %d", len(spots), spotsMost)
	}
	for _, s := range spots {
		if min(s.Clicks, s.Expected) < 0 || max(s.Clicks, s.Expected) > mostSpot {
			return errors.New("state of an examination: clicks out of range")
		}
	}
	e.spots = spots
	e.estimate()
	return nil
}
