package society

import (
	"time"
)

// A Report tells how a society fared.
type Report struct {
	Seed    uint64 `json:"seed"`
	Readers int    `json:"readers"`
	Experts int    `json:"experts"` // at the end
	Picks   int    `json:"picks"`   // ever published
	Page    int    `json:"page"`    // cards
	Weeks   []Week `json:"weeks"`
	// Debuts of all weeks.
	Debuts Debuts `json:"debuts"`
	Goals  Goals  `json:"goals"`
}

// A Week is what one week's pages came to. Clicks in expectation are those of a
// page under the click model, on average over the week's pages.
type Week struct {
	Week        int     `json:"week"` // from 1
	Pages       int     `json:"pages"`
	Impressions int     `json:"impressions"`
	Clicks      int     `json:"clicks"`
	ClickRate   float64 `json:"click_rate"` // clicks by impressions

	Served  float64 `json:"expected_clicks"`
	Twin    float64 `json:"twin"`        // of the same readers, had they lived with the oracle from the start
	Oracle  float64 `json:"oracle"`      // of the best pages at the same moments, after all that the reader was shown
	Free    float64 `json:"oracle_free"` // of the oracle, could it show again what the reader is spared
	Random  float64 `json:"random"`
	Newest  float64 `json:"newest"`
	Popular float64 `json:"popular"`
	// What pages would get that know a part of what the oracle knows, and what
	// the reader has seen: his declared interests; his true mixture over topics;
	// and the quality of picks as well.
	Declared   float64 `json:"knows_declared"`
	KnowTopics float64 `json:"knows_topics"`
	Quality    float64 `json:"knows_topics_and_quality"`

	Regret      float64 `json:"regret"`       // twin less served
	RegretError float64 `json:"regret_error"` // its standard error
	RegretShare float64 `json:"regret_share"` // of the twin

	Live     int     `json:"live"`     // picks that could be seen at some time of the week
	Coverage float64 `json:"coverage"` // share of them that were shown
	Gini     float64 `json:"gini"`     // of impressions over them; 0 is even

	// Shares of the cards shown, and of those of perfect knowledge.
	New       float64 `json:"new_experts"`
	NewDue    float64 `json:"new_experts_due"`
	Small     float64 `json:"small_experts"` // less known than half of the experts, or as little
	SmallDue  float64 `json:"small_experts_due"`
	TopTen    float64 `json:"top_ten"`     // the ten best-known experts
	TopTenDue float64 `json:"top_ten_due"` // their share of clicks under perfect knowledge

	Topics     float64 `json:"topics"` // different ones on a page
	TopicsDue  float64 `json:"topics_due"`
	Discovered float64 `json:"discovered"` // share of cards of topics that the reader, who declared some, did not
	DiscDue    float64 `json:"discovered_due"`

	RepeatsDay  float64 `json:"repeats_day"`  // share of cards whose product the reader was shown within a day
	RepeatsWeek float64 `json:"repeats_week"` // the same within a week
	PerExpert   float64 `json:"per_expert"`   // cards on a page of the expert who has most
	MostPerDay  int     `json:"most_per_day"` // cards of one expert that one reader was shown on a day

	Debuts Debuts `json:"debuts"` // of picks published in the week
}

// Goals say whether a society fared as it should.
type Goals struct {
	// RegretFalls: the regret of every week is below that of the week before.
	RegretFalls bool `json:"regret_falls"`
	// DebutInTwoDays: the median pick of a new expert gets half of its final
	// clicks within two days.
	DebutInTwoDays bool `json:"debut_in_two_days"`
	// TopTenBelowTwice: in no week the ten best-known experts have twice as
	// large a share of impressions as of clicks under perfect knowledge.
	TopTenBelowTwice bool `json:"top_ten_below_twice"`
}

func (b *books) report(s *society) *Report {
	r := &Report{Seed: s.Seed, Readers: len(s.readers), Experts: len(s.experts), Picks: len(s.picks), Page: s.Page}
	for i, t := range b.weeks {
		from := s.Start.Add(time.Duration(i) * 7 * day)
		w := t.week(s, from)
		w.Week, w.Debuts = i+1, b.debutsOf(s, from, from.Add(7*day))
		for d, n := range b.doses {
			if d.day/7 == i {
				w.MostPerDay = max(w.MostPerDay, n)
			}
		}
		r.Weeks = append(r.Weeks, w)
	}
	r.Debuts = b.debutsOf(s, s.Start, s.Start.Add(time.Duration(s.Weeks)*7*day))
	r.Goals = r.goals()
	return r
}

func (r *Report) goals() Goals {
	g := Goals{RegretFalls: true, TopTenBelowTwice: true, DebutInTwoDays: r.Debuts.HalfClicked > 0 && r.Debuts.HalfClicked <= 2}
	for i, w := range r.Weeks {
		if i > 0 && w.Regret >= r.Weeks[i-1].Regret {
			g.RegretFalls = false
		}
		if w.TopTen >= 2*w.TopTenDue {
			g.TopTenBelowTwice = false
		}
	}
	return g
}
