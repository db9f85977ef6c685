package society

import (
	"math"
	"slices"
	"time"
)

// week turns sums into rates.
func (t *tally) week(s *society, from time.Time) Week {
	n, cards := float64(max(t.visits, 1)), float64(max(t.impressions, 1))
	w := Week{
		Pages: t.visits, Impressions: t.impressions, Clicks: t.clicks, ClickRate: float64(t.clicks) / cards,
		Served: t.served / n, Twin: t.twin / n, Oracle: t.oracle / n, Free: t.free / n, Regret: t.regret / n,
		Random: t.rivals.random / n, Newest: t.rivals.newest / n, Popular: t.rivals.popular / n,
		Declared: t.rivals.declared / n, KnowTopics: t.rivals.topics / n, Quality: t.rivals.quality / n,
		New: t.given.newcomers / cards, NewDue: t.due.newcomers / max(t.due.cards, 1),
		Topics: float64(t.given.topics) / n, TopicsDue: float64(t.due.topics) / n,
		Discovered: t.given.discovered / max(t.given.outOf, 1), DiscDue: t.due.discovered / max(t.due.outOf, 1),
		RepeatsDay: float64(t.repeatsDay) / cards, RepeatsWeek: float64(t.repeatsWeek) / cards, PerExpert: float64(t.mostOfExpert) / n,
	}
	w.RegretError = math.Sqrt(max(t.regretSquared/n-w.Regret*w.Regret, 0) / n)
	if w.Twin > 0 {
		w.RegretShare = w.Regret / w.Twin
	}
	t.spread(&w, s, from)
	t.bySize(&w, s, from.Add(7*day))
	return w
}

// spread tells how impressions fall on the picks that could have had them.
func (t *tally) spread(w *Week, s *society, from time.Time) {
	var counts []float64
	for _, p := range s.picks {
		if p.published.Before(from.Add(7*day)) && !p.ended(from) {
			counts = append(counts, float64(t.shown[p.n]))
		}
	}
	w.Live = len(counts)
	if w.Live > 0 {
		w.Coverage = float64(len(t.shown)) / float64(w.Live)
	}
	w.Gini = gini(counts)
}

// gini is how unevenly xs are spread: 0 when all are equal, near 1 when one
// has everything.
func gini(xs []float64) float64 {
	slices.Sort(xs)
	var sum, ranked float64
	for i, x := range xs {
		sum += x
		ranked += float64(i+1) * x
	}
	if sum == 0 {
		return 0
	}
	n := float64(len(xs))
	return 2*ranked/(n*sum) - (n+1)/n
}

// bySize tells what small and well-known experts got, of those who had joined
// by the end of the week.
func (t *tally) bySize(w *Week, s *society, end time.Time) {
	var joined []*expert
	var fames []float64
	for _, x := range s.experts {
		if x.since.Before(end) {
			joined, fames = append(joined, x), append(fames, x.fame)
		}
	}
	top, middle := biggest(joined, 10), median(fames)
	for _, x := range joined { // in order: sums of floats depend on it
		given, due := t.given.byExpert[x.n]/max(t.given.cards, 1), t.due.byExpert[x.n]/max(t.due.cards, 1)
		if x.fame <= middle {
			w.Small, w.SmallDue = w.Small+given, w.SmallDue+due
		}
		if top[x.n] {
			w.TopTen += given
			w.TopTenDue += t.due.clicksOf[x.n] / max(t.due.clicks, 1e-9)
		}
	}
}
