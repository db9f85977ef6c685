package analytics_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

func morning() time.Time { return time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC) }

const days = 3

// filed is what some picks are filed under; the shelf does not know the last.
func filed() map[string]recommend.Filed {
	return map[string]recommend.Filed{
		"p0": {Expert: "x0", Partner: "taobao", Topics: []string{"home/kitchen", "tea"}},
		"p1": {Expert: "x0", Partner: "tmall", Topics: []string{"home/kitchen", "home/garden"}},
		"p2": {Expert: "x1", Partner: "tmall", Topics: []string{"tea"}},
		"p3": {Expert: "x1", Partner: "taobao"},
	}
}

const picks = 5

type shelf map[string]recommend.Filed

func (s shelf) FiledUnder(ids []string, each func(i int, f recommend.Filed, ok bool)) {
	for i, id := range ids {
		f, ok := s[id]
		each(i, f, ok)
	}
}

// A deed is an event of a history.
type deed struct {
	reader, pick, kind, source, arm string
	at                              time.Time
	own                             bool // r0 published p0
	bot                             bool // of r0 and r1, now and then
}

// drawHistory draws what some readers did, in the order of the log.
func drawHistory(rnd *rand.Rand) ([]deed, []sale) {
	sales, all := drawSales(rnd, nil)
	kinds := []string{
		recommend.ActImpression, recommend.ActImpression, recommend.ActOpen, recommend.ActOpen, recommend.ActBookmark,
		recommend.ActShare,
	}
	for range 20 + rnd.IntN(60) {
		all = append(all, deed{
			reader: fmt.Sprint("r", rnd.IntN(14)), pick: fmt.Sprint("p", rnd.IntN(picks)), kind: kinds[rnd.IntN(len(kinds))],
			source: []string{"", "fresh"}[rnd.IntN(2)], arm: []string{"", "a:1"}[rnd.IntN(2)],
			at: drawTime(rnd),
		})
	}
	for i := range all {
		a := &all[i]
		sold := a.kind == recommend.ActPurchase || a.kind == recommend.ActSettle || a.kind == recommend.ActRefund
		a.own = a.reader == "r0" && a.pick == "p0" && !sold
		a.bot = (a.reader == "r0" || a.reader == "r1") && !sold && rnd.IntN(2) == 0
	}
	slices.SortStableFunc(all, func(a, b deed) int { // nearly as it was done
		return a.at.Add(time.Duration(len(a.pick+a.kind)%3) * time.Minute).Compare(b.at.Add(time.Duration(len(b.pick+b.kind)%3) * time.Minute))
	})
	return all, sales
}

// fold has all taken, some twice, and forgets a reader now and then.
func fold(t *testing.T, policy *recommend.Policy, rnd *rand.Rand, all []deed) (c *counts, forgotten string) {
	t.Helper()
	c = newCounts(policy)
	var offset int64
	take := func(kind, key, id string, v any, at time.Time) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + rnd.IntN(4)/3 {
			c.take(t, recommend.Event{
				ID: id, Source: "test", Type: kind, Topic: recommend.TopicActions, Key: key, Time: at, Appended: at, Offset: offset, Data: data, Trusted: true,
			})
			offset++
		}
	}
	for i, d := range all {
		a := recommend.Action{ID: fmt.Sprint("e", i), Reader: d.reader, Kind: d.kind, Pick: d.pick, Source: d.source, Arm: d.arm, At: d.at, Own: d.own, Bot: d.bot}
		if i%2 == 0 { // somebody says whose the pick is
			a.Expert = filed()[d.pick].Expert
		}
		take(recommend.TypeActed, d.reader, a.ID, a, d.at)
	}
	if rnd.IntN(3) == 0 {
		forgotten = fmt.Sprint("r", rnd.IntN(14))
		at := morning().AddDate(0, 0, days)
		take(recommend.TypeReaderErased, forgotten, "erase", recommend.ErasedReader{ID: forgotten, At: at}, at)
	}
	return c, forgotten
}

// TestAThousandHistoriesAreCountedAsByHand holds funnels, in every way that they
// can be asked for, against a count of the events themselves.
func TestAThousandHistoriesAreCountedAsByHand(t *testing.T) {
	histories := 1_000
	if testing.Short() {
		histories = 150
	}
	policy := recommend.DefaultPolicy()
	for seed := range histories {
		rnd := rand.New(rand.NewPCG(uint64(seed), 3))
		all, sales := drawHistory(rnd)
		c, forgotten := fold(t, policy, rnd, all)
		c.sell(t, sales)
		a := &analytics.Analyst{Counts: c, Picks: shelf(filed()), Now: func() time.Time { return morning().AddDate(0, 0, days+1) }}
		a.AtOnce(1 + rnd.IntN(20))
		for range 3 {
			r := drawRequest(rnd)
			f, err := a.Funnel(t.Context(), r)
			if err != nil {
				t.Fatalf("seed %d: %+v: %v", seed, r, err)
			}
			if own, bots := apartByHand(all, sales, forgotten, r); f.LeftOut.Own != own || f.LeftOut.Bots != bots {
				t.Fatalf("seed %d: %+v leaves out %d of experts with their own and %d of robots, want %d and %d", seed, *r, f.LeftOut.Own, f.LeftOut.Bots, own, bots)
			}
			late := latenessByHand(all, sales, forgotten, r)
			punctual := func(of string, steps []analytics.Step) {
				for i, s := range steps {
					if got := late[of][i]; s.Median != nil != (r.Times && len(got) >= recommend.FewestReaders) || s.Median != nil && !splits(got, *s.Median) {
						t.Fatalf("seed %d: %+v: the median of %s %s is %v, of %v", seed, *r, of, s.Step, s.Median, got)
					}
				}
			}
			punctual("whole", f.Steps)
			whole, groups := byHand(all, sales, forgotten, r)
			if d := gocmp.Diff(whole, told(f.Steps), nearly); d != "" {
				t.Fatalf("seed %d: %+v counts other than by hand (-want +got):\n%s", seed, *r, d)
			}
			got := make(map[string][]float64)
			for _, g := range f.Groups {
				var key []string
				for _, d := range r.By {
					key = append(key, g.Key[d])
				}
				got[strings.Join(key, "|")] = told(g.Steps)
				punctual("by "+strings.Join(key, "|"), g.Steps)
			}
			if len(whole) == 0 {
				groups = map[string][]float64{}
			}
			if d := gocmp.Diff(groups, got, nearly); d != "" {
				t.Fatalf("seed %d: the groups of %+v are other than by hand (-want +got):\n%s", seed, *r, d)
			}
		}
	}
}

// TestASeriesIsAFunnelOfEachDay holds the slots of a series against a funnel of
// each, which the thousand histories hold against a count by hand.
func TestASeriesIsAFunnelOfEachDay(t *testing.T) {
	policy := recommend.DefaultPolicy()
	told, late := 0, 0
	for seed := range 100 {
		rnd := rand.New(rand.NewPCG(uint64(seed), 4))
		all, sales := drawHistory(rnd)
		c, _ := fold(t, policy, rnd, all)
		c.sell(t, sales)
		a := &analytics.Analyst{Counts: c, Picks: shelf(filed()), Now: func() time.Time { return morning().AddDate(0, 0, days+1) }}
		r := drawRequest(rnd)
		r.By, r.Edges = nil, nil
		for day := range days + 1 {
			r.Edges = append(r.Edges, morning().AddDate(0, 0, day))
		}
		series, err := a.Series(t.Context(), r)
		if err != nil {
			t.Fatalf("seed %d: %+v: %v", seed, *r, err)
		}
		for i := range series.Items {
			item := &series.Items[i]
			day := *r
			day.Edges = []time.Time{item.From, item.To}
			f, err := a.Funnel(t.Context(), &day)
			if err != nil {
				t.Fatalf("seed %d: %+v: %v", seed, day, err)
			}
			if few := len(f.Steps) == 0; item.Few != few {
				t.Fatalf("seed %d: day %d of %+v is of few readers: %t, want %t", seed, i, *r, item.Few, few)
			}
			if d := gocmp.Diff(f.Steps, item.Steps, nearly, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("seed %d: day %d of %+v (-funnel +series):\n%s", seed, i, *r, d)
			}
			for _, s := range item.Steps {
				told++
				if s.Median != nil {
					late++
				}
			}
		}
	}
	if told == 0 || late == 0 {
		t.Errorf("%d steps and %d medians were compared, want some", told, late)
	}
}

// nearly is equal but for the order in which thirds are added up.
var nearly = cmpopts.EquateApprox(0, 1e-9)

func told(steps []analytics.Step) []float64 {
	n := []float64{}
	for _, s := range steps {
		n = append(n, s.Count)
	}
	return n
}

func drawRequest(rnd *rand.Rand) *analytics.Request {
	steps := []string{recommend.ActOpen, recommend.ActBookmark, recommend.ActShare, "order", "settled", "refunded"}
	rnd.Shuffle(len(steps), func(i, k int) { steps[i], steps[k] = steps[k], steps[i] })
	r := &analytics.Request{
		Steps: steps[:1+rnd.IntN(4)], Ordered: rnd.IntN(2) == 0, Readers: rnd.IntN(3) == 0, Where: make(map[string][]string),
		Window: time.Duration(1+rnd.IntN(60)) * time.Hour, Edges: []time.Time{morning(), morning().AddDate(0, 0, 1+rnd.IntN(days))},
	}
	by := analytics.Dimensions()
	if !r.Readers && rnd.IntN(2) == 0 {
		r.Steps = append([]string{analytics.StepImpression}, r.Steps...)
	}
	rnd.Shuffle(len(by), func(i, k int) { by[i], by[k] = by[k], by[i] })
	r.By = by[:rnd.IntN(3)]
	switch d := by[len(by)-1]; {
	case rnd.IntN(2) == 0:
	case d == analytics.ByPick:
		r.Where[d] = []string{"p0", "p3"}
	case d == analytics.BySource:
		r.Where[d] = []string{"fresh"}
	case d == analytics.ByTopic:
		r.Where[d] = []string{"tea", "home/garden"}
	case d == analytics.ByPartner:
		r.Where[d] = []string{"tmall", ""}
	case d == analytics.ByExpert:
		r.Where[d] = [][]string{{"x0"}, {"x1", ""}, {""}}[rnd.IntN(3)]
	}
	if !r.Readers {
		r.Model = []string{"", "last", "first", "split"}[rnd.IntN(4)]
	}
	r.Times = rnd.IntN(2) == 0 && (r.Model == "" || r.Model == "last")
	if rnd.IntN(4) == 0 {
		r.AsOf = morning().Add(time.Duration(rnd.IntN(days*24)) * time.Hour)
	}
	return r
}

// A pair is what is known of one by the events.
type pair struct {
	reader, pick, source, arm string
	first, last               map[string]time.Time
	part                      map[string]float64 // of steps that are counted in part
	own, bot                  bool
}

// pairsByHand are the pairs that acted, by a model of attribution, and what was seen.
func pairsByHand(all []deed, sales []sale, forgotten, model string) (pairs map[string]*pair, seen []deed) {
	pairs = make(map[string]*pair)
	kept := make(map[string]bool)
	for _, d := range all {
		key := d.reader + "|" + d.pick
		if d.kind == recommend.ActImpression {
			if !d.own && !d.bot {
				seen = append(seen, d)
			}
			continue
		}
		if d.reader == forgotten {
			continue
		}
		if d.kind == recommend.ActBookmark && kept[key] { // it is one already
			continue
		}
		kept[key] = kept[key] || d.kind == recommend.ActBookmark
		p := pairs[key]
		if p == nil {
			p = &pair{reader: d.reader, pick: d.pick, source: d.source, arm: d.arm, first: make(map[string]time.Time), last: make(map[string]time.Time)}
			pairs[key] = p
		}
		p.own, p.bot = p.own || d.own, p.bot || d.bot
		if at, ok := p.first[d.kind]; !ok || d.at.Before(at) {
			p.first[d.kind] = d.at
		}
		if d.at.After(p.last[d.kind]) {
			p.last[d.kind] = d.at
		}
	}
	if model != "" {
		byModel(pairs, sales, model)
	}
	return pairs, seen
}

// byHand counts events: of all, and by key.
func byHand(all []deed, sales []sale, forgotten string, r *analytics.Request) (whole []float64, groups map[string][]float64) {
	pairs, seen := pairsByHand(all, sales, forgotten, r.Model)
	type sum struct {
		counts  []float64
		readers map[string]bool
		took    map[string]bool // reader and step
	}
	sums := make(map[string]*sum)
	in := func(pick, source, arm string, add func(*sum)) {
		for _, name := range namesByHand(r, pick, source, arm) {
			if sums[name] == nil {
				sums[name] = &sum{counts: make([]float64, len(r.Steps)), readers: make(map[string]bool), took: make(map[string]bool)}
			}
			add(sums[name])
		}
	}
	for _, p := range pairs {
		took := wayByHand(p, r)
		if p.own || p.bot || !slices.Contains(took, true) {
			continue
		}
		in(p.pick, p.source, p.arm, func(s *sum) {
			s.readers[p.reader] = true
			for i, yes := range took {
				part, parted := p.part[kindOf(r.Steps[i])]
				if !parted {
					part = 1
				}
				who := fmt.Sprint(p.reader, "|", i)
				if yes && (!r.Readers || !s.took[who]) {
					s.counts[i] += part
					s.took[who] = true
				}
			}
		})
	}
	if r.Steps[0] == analytics.StepImpression {
		for _, d := range seen {
			if !d.at.Before(r.Edges[0]) && d.at.Before(r.Edges[1]) {
				in(d.pick, d.source, d.arm, func(s *sum) { s.counts[0]++ })
			}
		}
	}
	groups = make(map[string][]float64)
	for name, s := range sums {
		if len(s.readers) < recommend.FewestReaders || r.Readers && slices.Max(s.counts) < recommend.FewestReaders {
			continue
		}
		if key, ok := strings.CutPrefix(name, "by "); ok && len(r.By) > 0 {
			groups[key] = s.counts
		}
	}
	whole = []float64{}
	switch s := sums["whole"]; {
	case s == nil:
		whole = make([]float64, len(r.Steps))
	case len(s.readers) >= recommend.FewestReaders && (!r.Readers || slices.Max(s.counts) >= recommend.FewestReaders):
		whole = s.counts
	}
	if sums["whole"] == nil {
		groups = map[string][]float64{}
	}
	return whole, maps.Collect(maps.All(groups))
}

// byModel has pairs take the steps of orders that they are credited with.
func byModel(pairs map[string]*pair, sales []sale, model string) {
	for _, p := range pairs {
		for _, kind := range []string{recommend.ActPurchase, recommend.ActSettle, recommend.ActRefund} {
			delete(p.first, kind)
			delete(p.last, kind)
		}
		p.part = make(map[string]float64)
	}
	for i := range sales {
		picks := sales[i].shares(model)
		for _, pick := range picks {
			p := pairs[sales[i].reader+"|"+pick]
			if p == nil { // forgotten, or without any event
				continue
			}
			for kind, at := range sales[i].times() {
				if first, ok := p.first[kind]; !ok || at.Before(first) {
					p.first[kind] = at
				}
				if at.After(p.last[kind]) {
					p.last[kind] = at
				}
				p.part[kind] = max(p.part[kind], 1/float64(len(picks)))
			}
		}
	}
}

func kindOf(step string) string {
	if kind, ok := map[string]string{"order": recommend.ActPurchase, "settled": recommend.ActSettle, "refunded": recommend.ActRefund}[step]; ok {
		return kind
	}
	return step
}

func wayByHand(p *pair, r *analytics.Request) []bool {
	took := make([]bool, len(r.Steps))
	of := func(m map[string]time.Time, i int) (time.Time, bool) {
		at, ok := m[kindOf(r.Steps[i])]
		return at, ok && (r.AsOf.IsZero() || !at.After(r.AsOf))
	}
	var entered, before time.Time
	begun := false
	for i := range r.Steps {
		if r.Steps[i] == analytics.StepImpression {
			continue
		}
		at, ok := of(p.first, i)
		if !r.Ordered {
			if ok && (!begun || at.Before(entered)) {
				entered, begun = at, true
			}
			continue
		}
		if ok && begun && at.Before(before) {
			if at, ok = of(p.last, i); at.Before(before) {
				ok = false
			}
		}
		if !begun {
			entered, begun = at, true
		}
		if !ok || at.After(entered.Add(r.Window)) {
			break
		}
		before, took[i] = at, true
	}
	if !r.Ordered {
		for i := range r.Steps {
			at, ok := of(p.first, i)
			took[i] = r.Steps[i] != analytics.StepImpression && ok && !at.After(entered.Add(r.Window))
		}
	}
	if entered.Before(r.Edges[0]) || !entered.Before(r.Edges[1]) {
		return make([]bool, len(r.Steps))
	}
	return took
}

func valuesByHand(d, pick, source, arm string) []string {
	f := filed()[pick]
	var values []string
	switch d {
	case analytics.ByPick:
		return []string{pick}
	case analytics.BySource:
		return []string{source}
	case analytics.ByArm:
		return []string{arm}
	case analytics.ByExpert:
		return []string{f.Expert}
	case analytics.ByPartner:
		return []string{f.Partner}
	case analytics.ByTopic:
		values = f.Topics
	case analytics.ByRoot:
		for _, t := range f.Topics {
			root, _, _ := strings.Cut(t, "/")
			if !slices.Contains(values, root) {
				values = append(values, root)
			}
		}
	}
	if len(values) == 0 {
		return []string{""}
	}
	return values
}
