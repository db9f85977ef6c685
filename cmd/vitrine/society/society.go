// Package society simulates readers, experts and partner shops who live with
// Vitrine for some weeks, to see what no replay of an archive shows: how its
// windows learn, explore and share attention when what readers do depends on
// what they were shown.
//
// Everything the society does reaches the service as the events that real ones
// make, and every page comes from [recommend.Windows] at a simulated time. What
// readers like is known here alone, so each page can be held against what was
// possible (regret: Lai and Robbins, 1985; for rankings Radlinski, Kleinberg and
// Joachims, 2008). Every reader has a twin with the same taste, visits and luck
// who lives with an oracle from the start; the regret is what the twin's page
// gets in expected clicks beyond the reader's. That is policy regret (Arora,
// Dekel and Tewari, 2012). The best page that was possible at a moment is
// reported too, but tells less: what earlier pages failed to show is still
// there to be shown, so the worse they were the better is the best one now.
// Readers click by a position-based model (Craswell, Zoeter, Taylor and Ramsey,
// 2008; Chuklin, Markov and de Rijke, Click Models for Web Search, 2015,
// chapter 3): whether a card is looked at depends on its position, whether it
// is then opened on reader and product.
//
// A society is the same for the same [Options] on machines of one kind, whatever
// the service shows: chance is drawn apart for the world, for visits and for
// each card, so two rankings are compared on the same luck. It is no data of
// real people, and says nothing of how large an effect would be on them.
package society

import (
	"context"
	"time"

	"vitrine.dev/recommend"
)

// Options say how large a society is and for how long it is watched.
type Options struct {
	Weeks   int       // that are reported; 6 when 0
	Readers int       // 400 when 0
	Experts int       // at the start, half as many join later; 60 when 0
	Page    int       // cards on a page; 12 when 0
	Seed    uint64    // another seed is another society
	Start   time.Time // of the first week, in UTC; a Monday of 2026 when zero
	// SpareSeen and SpareBought are how long the service spares a reader what was
	// shown and led to nothing, and what he bought; 0 is not at all. The oracle
	// and the baselines keep to them too.
	SpareSeen, SpareBought time.Duration
	// Topics are the ids of the leaf topics, those of the default policy when nil.
	Topics []string
	// Progress is told how many days are over, of Days; nil when nobody wants to
	// know.
	Progress func(day int)
}

// Days is how many days Run lives through, with those in which experts fill the
// shelf before the first week.
func (o Options) Days() int { return prelude + 7*o.defaults().Weeks }

// A Service is what the society lives with: folds, shelf, windows and what
// learns, on a clock that it sets.
type Service interface {
	// At sets the clock; it is never set back.
	At(t time.Time)
	// Apply appends an event at the clock's time and folds it. An event that a
	// fold refuses is an error.
	Apply(ctx context.Context, e recommend.Event) error
	// Windows answer readers with everything applied so far.
	Windows() *recommend.Windows
}

const day = 24 * time.Hour

func (o Options) defaults() Options {
	set := func(v *int, or int) {
		if *v <= 0 {
			*v = or
		}
	}
	set(&o.Weeks, 6)
	set(&o.Readers, 400)
	set(&o.Experts, 60)
	set(&o.Page, 12)
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	}
	if o.Topics == nil {
		o.Topics = leaves(recommend.DefaultPolicy())
	}
	if o.Progress == nil {
		o.Progress = func(int) {}
	}
	return o
}

// leaves are the topics of a policy that lie in another one.
func leaves(p *recommend.Policy) []string {
	var ids []string
	for _, t := range p.Topics {
		if recommend.ParentTopic(t.ID) != "" {
			ids = append(ids, t.ID)
		}
	}
	return ids
}
