package recommend_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/stats"
)

// A visit is a way to a checkout, as a simulation knows it.
type visit struct {
	at              time.Time
	reader, network string
	farmed          bool
}

// simulated is a week of one pick: who is honest comes by the hour of the day,
// from networks of which few have many readers, as those of mobile carriers do.
type simulated struct {
	rng    *rand.Rand
	zipf   *rand.Zipf
	begin  time.Time
	visits []visit
	count  int
}

const simulatedDays = 7

func (s *simulated) add(at time.Time, reader, network string, farmed bool) {
	s.visits = append(s.visits, visit{at, reader, network, farmed})
}

// somebody is a new reader.
func (s *simulated) somebody() string {
	s.count++
	return fmt.Sprint("r", s.count)
}

// network is one of 5,000 for an honest reader: the largest has a tenth of them
// all, by Zipf's law.
func (s *simulated) network() string {
	return fmt.Sprint("n", s.zipf.Uint64())
}

// honest adds clicks of honest readers in d from at on; one in ten clicks twice.
func (s *simulated) honest(at time.Time, d time.Duration, n int) {
	for range n {
		t, reader, network := at.Add(time.Duration(s.rng.Int64N(int64(d)))), s.somebody(), s.network()
		s.add(t, reader, network, false)
		if s.rng.IntN(10) == 0 {
			s.add(t.Add(20*time.Second), reader, network, false)
		}
	}
}

// poisson draws a number by Knuth's method, or by the normal law when it is large.
func (s *simulated) poisson(mean float64) int {
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*s.rng.NormFloat64())))
	}
	n, p, limit := 0, s.rng.Float64(), math.Exp(-mean)
	for ; p > limit; n++ {
		p *= s.rng.Float64()
	}
	return n
}

// everyday is the traffic of a pick with so many clicks a day.
func (s *simulated) everyday(aDay float64) {
	for h := range simulatedDays * 24 {
		share := 1 + 0.8*math.Sin(2*math.Pi*float64(h%24-9)/24) // most in the afternoon
		s.honest(s.begin.Add(time.Duration(h)*time.Hour), time.Hour, s.poisson(aDay/24*share))
	}
}

// sometime is a time on one of the last four days.
func (s *simulated) sometime() time.Time {
	return s.begin.Add(3*24*time.Hour + time.Duration(s.rng.Int64N(int64(90*time.Hour))))
}

// judged counts, of buckets that are farmed to a half or more, those that are
// found, and of all that are found those that are farmed so. What a farm does
// below the least number of clicks is nothing that a rule could find.
type judged struct{ found, right, farmed, missed int }

func (s *simulated) judge(t *testing.T, rules recommend.EarningRules) (j judged) {
	t.Helper()
	slices.SortFunc(s.visits, func(a, b visit) int { return a.at.Compare(b.at) })
	width := rules.Burst.Bucket.D()
	clicked, near := map[string]bool{}, map[string]bool{}
	all, bad := map[time.Time]int{}, map[time.Time]int{}
	var w recommend.Watch
	for _, v := range s.visits {
		bucket := v.at.Truncate(width)
		again, next := fmt.Sprint(bucket.Unix(), v.reader), fmt.Sprint(bucket.Unix(), v.network)
		w.Count(&recommend.ClickCounted{Pick: "p", Expert: "e", At: v.at, Again: clicked[again], Near: near[next]}, rules)
		clicked[again], near[next] = true, true
		all[bucket]++
		if v.farmed {
			bad[bucket]++
		}
	}
	for _, sig := range w.Signals { // as they were judged in the end
		for _, b := range sig.Evidence.Buckets {
			j.found++
			if 2*bad[b.At] >= all[b.At] {
				j.right++
			}
		}
	}
	for at, n := range bad {
		if n >= rules.Burst.Clicks && 2*n >= all[at] {
			j.farmed++
			if !slices.ContainsFunc(w.Signals, func(sig recommend.Signal) bool {
				return slices.ContainsFunc(sig.Evidence.Buckets, func(b recommend.Bucket) bool { return b.At.Equal(at) })
			}) {
				j.missed++
			}
		}
	}
	return j
}

// simulate makes a week of 160 picks: 60 everyday ones, 40 that go viral, 20
// that an office of one network passes around, and 40 that a farm clicks on.
func simulate(seed uint64, each func(kind string, s *simulated)) {
	begin := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for i := range 160 {
		s := &simulated{rng: rand.New(rand.NewPCG(seed, uint64(i))), begin: begin}
		s.zipf = rand.NewZipf(s.rng, 1.1, 4, 4999)
		s.everyday(math.Exp(1 + 1.2*s.rng.NormFloat64() + 2))
		kind := "everyday"
		switch {
		case i >= 120:
			kind = "farm"
			s.farm()
		case i >= 100:
			kind = "office"
			n := 10 + s.rng.IntN(25) // colleagues, within half an hour
			at := s.sometime()
			for range n {
				s.add(at.Add(time.Duration(s.rng.Int64N(int64(30*time.Minute)))), s.somebody(), "office", false)
			}
		case i >= 60:
			kind = "viral"
			at, n := s.sometime(), 200+s.rng.IntN(3000)
			for m := range 12 { // it fades by the half hour
				s.honest(at.Add(time.Duration(m)*10*time.Minute), 10*time.Minute, n/(4+2*m))
			}
		}
		each(kind, s)
	}
}

// farm clicks for 10 minutes to 3 hours, from 1 to 4 networks with new readers
// each time, or with 1 to 5 readers from networks of everywhere.
func (s *simulated) farm() {
	at, minutes := s.sometime(), 10+s.rng.IntN(170)
	perMinute := 3 + s.rng.IntN(15)
	networks, readers := 1+s.rng.IntN(4), 1+s.rng.IntN(5)
	fresh := s.rng.IntN(2) == 0
	for i := range minutes * perMinute {
		reader, network := s.somebody(), fmt.Sprint("farm", i%networks)
		if !fresh {
			reader, network = fmt.Sprint("bot", i%readers), s.network()
		}
		s.add(at.Add(time.Duration(i)*time.Minute/time.Duration(perMinute)), reader, network, true)
	}
}

// TestBurstsOnSimulatedTraffic reports how often the rule is right, and how that
// depends on its bounds.
func TestBurstsOnSimulatedTraffic(t *testing.T) {
	run := func(rules recommend.EarningRules, seed uint64) (all judged, wrong map[string]int) {
		wrong = map[string]int{}
		simulate(seed, func(kind string, s *simulated) {
			j := s.judge(t, rules)
			all.found, all.right, all.farmed, all.missed = all.found+j.found, all.right+j.right, all.farmed+j.farmed, all.missed+j.missed
			wrong[kind] += j.found - j.right
		})
		return all, wrong
	}
	rules := recommend.DefaultPolicy().Earnings
	tell := func(r recommend.BurstRules, all judged, wrong map[string]int) (precision, recall float64) {
		p, q := stats.Share{K: float64(all.right), N: float64(all.found)}, stats.Share{K: float64(all.farmed - all.missed), N: float64(all.farmed)}
		pi, qi := stats.Wilson(p, 0.95), stats.Wilson(q, 0.95)
		t.Logf("clicks %d times %g share %g: precision %.3f [%.3f, %.3f] of %g, recall %.3f [%.3f, %.3f] of %g buckets; wrong %v",
			r.Clicks, r.Times, r.Share, p.Rate(), pi.Low, pi.High, p.N, q.Rate(), qi.Low, qi.High, q.N, wrong)
		return p.Rate(), q.Rate()
	}
	all, wrong := run(rules, 1)
	precision, recall := tell(rules.Burst, all, wrong)
	if precision < 0.95 || recall < 0.95 {
		t.Errorf("precision %.3f and recall %.3f, want 0.95 each", precision, recall)
	}
	if n := wrong["viral"] + wrong["everyday"]; n > 0 {
		t.Errorf("%d buckets of viral and everyday picks are taken for bursts", n)
	}
	if !testing.Verbose() {
		return
	}
	for _, r := range []recommend.BurstRules{
		{Clicks: 10, Times: 5, Share: 0.2},
		{Clicks: 40, Times: 5, Share: 0.2},
		{Clicks: 20, Times: 1, Share: 0.2},
		{Clicks: 20, Times: 20, Share: 0.2},
		{Clicks: 20, Times: 5, Share: 0.05},
		{Clicks: 20, Times: 5, Share: 0.5},
		{Clicks: 20, Times: 5, Share: 0.8},
	} {
		other := rules
		r.Bucket, other.Burst = rules.Burst.Bucket, r
		other.Burst.Bucket = rules.Burst.Bucket
		all, wrong := run(other, 1)
		tell(other.Burst, all, wrong)
	}
}

func TestAPickThatIsAlwaysBoughtFromOneNetworkIsNoBurst(t *testing.T) {
	rules := recommend.DefaultPolicy().Earnings
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	count := func(days int, now int) int {
		var w recommend.Watch
		for b := days * 144; b > 0; b-- {
			for i := range 8 {
				w.Count(&recommend.ClickCounted{Pick: "p", Expert: "e", At: at.Add(-time.Duration(b) * 10 * time.Minute), Near: i > 0}, rules)
			}
		}
		for range now {
			w.Count(&recommend.ClickCounted{Pick: "p", Expert: "e", At: at, Near: true}, rules)
		}
		return len(w.Signals)
	}
	if n := count(3, 39); n != 0 {
		t.Errorf("less than five times of what is usual makes %d signals", n)
	}
	if n := count(3, 40); n != 1 {
		t.Errorf("five times of what is usual makes %d signals, want one", n)
	}
}

func TestAFarmDoesNotGetItsPickUsedToMore(t *testing.T) {
	rules := recommend.DefaultPolicy().Earnings
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var w recommend.Watch
	for b, n := range []int{19, 90, 400} { // less than five times more each time
		for range n {
			w.Count(&recommend.ClickCounted{Pick: "p", Expert: "e", At: at.Add(time.Duration(b) * 10 * time.Minute), Near: true}, rules)
		}
	}
	if len(w.Signals) != 1 || len(w.Signals[0].Evidence.Buckets) != 2 {
		t.Errorf("got %+v, want one signal with both buckets", w.Signals)
	}
}
