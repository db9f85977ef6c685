package analytics

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vitrine.dev/recommend"
)

// Picks are what the shelf knows of picks; [recommend.Windows] are some.
type Picks interface {
	FiledUnder(ids []string, each func(i int, f recommend.Filed, ok bool))
}

// A group is what was counted of one slot and one value of each dimension of a
// breakdown.
type group struct {
	slot     int
	key      []string
	counts   []float64 // by step of the request
	unproven int64
	own      int64
	bots     int64
	many     bool                // of readers, see [recommend.JourneyGroup]
	some     map[string]struct{} // fewer, of parts that are not of many
}

// few reports whether so few readers entered that nothing is told of them. What
// was shown alone tells of nobody.
func (g *group) few(r *Request) bool {
	if len(r.Steps) == 1 && r.Steps[0] == StepImpression {
		return false
	}
	if r.Readers {
		return slices.Max(g.counts) < recommend.FewestReaders
	}
	return !g.many && len(g.some) < recommend.FewestReaders
}

// A tally adds the groups of the engine up to those that were asked for.
type tally struct {
	*plan
	groups     map[string]*group
	filedUnder map[string]recommend.Filed // by pick
	whole      bool                       // of everything, whatever the breakdown
}

// A journeyGroup is a [recommend.JourneyGroup] whose counts may be of parts.
type journeyGroup struct {
	slot     int
	key      []string
	counts   []float64
	unproven int64
	own      int64
	bots     int64
	many     bool
	some     []string
}

// journeys are the groups of pairs.
func (a *Analyst) journeys(ctx context.Context, p *plan) ([]journeyGroup, error) {
	switch {
	case len(p.Steps) == 1 && p.exposures != nil:
		return nil, nil
	case p.said:
		return a.journeysBySaid(ctx, p)
	}
	return a.ask(ctx, p, &p.journeys)
}

// ask asks for the groups of q, by the model of p.
func (a *Analyst) ask(ctx context.Context, p *plan, q *recommend.JourneyQuery) ([]journeyGroup, error) {
	asked := *q
	if p.moved != nil {
		asked.Except = p.moved.ids
	}
	groups := p.moved.groups(q)
	err := a.Counts.Journeys(ctx, &asked, func(g recommend.JourneyGroup) error {
		counts := make([]float64, len(g.Counts))
		for i, n := range g.Counts {
			counts[i] = float64(n)
		}
		groups = append(groups, journeyGroup{slot: g.Slot, key: g.Key, counts: counts, unproven: g.Unproven, own: g.Own, bots: g.Bots, many: g.Many, some: g.Some})
		return nil
	})
	return groups, err
}

// A found is what the engine counted for a plan.
type found struct {
	readers    *readerTally // of readers all there is
	journeys   []journeyGroup
	exposures  []recommend.ExposureGroup
	filedUnder map[string]recommend.Filed // by pick
}

// find asks for everything in p.
func (a *Analyst) find(ctx context.Context, p *plan) (f *found, err error) {
	f = new(found)
	if p.Readers {
		f.readers, err = a.readers(ctx, p)
		return f, err
	}
	if f.journeys, err = a.journeys(ctx, p); err != nil {
		return nil, err
	}
	if p.exposures != nil {
		err := a.Counts.Exposures(ctx, p.exposures, func(g recommend.ExposureGroup) error { f.exposures = append(f.exposures, g); return nil })
		if err != nil {
			return nil, err
		}
	}
	if p.filed {
		f.file(a.Picks)
	}
	return f, nil
}

// groups are those that p asks for.
func (f *found) groups(p *plan) []*group {
	if f.readers != nil {
		return f.readers.sorted()
	}
	t := &tally{plan: p, groups: make(map[string]*group), filedUnder: f.filedUnder}
	return t.sum(f)
}

// whole is everything that p asks for as one group, nil where there is nothing.
func (f *found) whole(p *plan) *group {
	if f.readers != nil {
		return f.readers.everything
	}
	t := &tally{plan: p, groups: make(map[string]*group), filedUnder: f.filedUnder, whole: true}
	if all := t.sum(f); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (t *tally) sum(f *found) []*group {
	first := len(t.Steps) - len(t.journeys.Steps) // of the steps that pairs take
	for i := range f.journeys {
		g := &f.journeys[i]
		t.each(g.slot, g.key, func(sum *group) {
			sum.unproven, sum.own, sum.bots = sum.unproven+g.unproven, sum.own+g.own, sum.bots+g.bots
			for k, n := range g.counts {
				if first+k < len(sum.counts) {
					sum.counts[first+k] += n
				}
			}
			sum.many = sum.many || g.many
			for _, reader := range g.some {
				if len(sum.some) < recommend.FewestReaders {
					sum.some[reader] = struct{}{}
				}
			}
		})
	}
	for i := range f.exposures {
		g := &f.exposures[i]
		t.each(g.Slot, g.Key, func(sum *group) { sum.counts[0] += float64(g.Shown) })
	}
	return t.sorted()
}

func (t *tally) sorted() []*group {
	return slices.SortedFunc(maps.Values(t.groups), (*group).compare)
}

// compare orders groups by slot, then the largest first, then by key.
func (g *group) compare(o *group) int {
	switch {
	case g.slot != o.slot:
		return g.slot - o.slot
	case g.counts[0] > o.counts[0]:
		return -1
	case g.counts[0] < o.counts[0]:
		return 1
	}
	return slices.Compare(g.key, o.key)
}

// file looks up what all picks are filed under.
func (f *found) file(picks Picks) {
	f.filedUnder = filedUnder(picks,
		picksOf(f.journeys, func(g *journeyGroup) []string { return g.key }),
		picksOf(f.exposures, func(g *recommend.ExposureGroup) []string { return g.Key }))
}

// picksOf are the picks of what was counted, each the first of a key.
func picksOf[T any](counted []T, key func(*T) []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range counted {
			if !yield(key(&counted[i])[0]) {
				return
			}
		}
	}
}

// filedUnder is what picks are filed under; nothing where they are not known.
func filedUnder(picks Picks, of ...iter.Seq[string]) map[string]recommend.Filed {
	under := make(map[string]recommend.Filed)
	for _, ids := range of {
		for id := range ids {
			under[id] = recommend.Filed{}
		}
	}
	const atOnce = 1_000 // windows do not wait longer
	for some := range slices.Chunk(slices.Collect(maps.Keys(under)), atOnce) {
		picks.FiledUnder(some, func(i int, of recommend.Filed, ok bool) {
			if ok {
				under[some[i]] = of
			}
		})
	}
	return under
}

// keysOf are the keys of the groups asked for that a group of the engine is in,
// whatever its slot; false where a filter leaves it out.
func (t *tally) keysOf(of []string) (keys [][]string, ok bool) {
	value := func(d string) []string {
		if t.isFiled(d) {
			f := t.filedUnder[of[0]]
			return valuesOf(&f, d)
		}
		return of[slices.Index(t.engine, recommend.Dimension(d)):][:1]
	}
	for d, wanted := range t.Where {
		if t.isFiled(d) && !slices.ContainsFunc(value(d), func(v string) bool { return slices.Contains(wanted, v) }) {
			return nil, false
		}
	}
	return t.keys(value), true
}

func groupName(slot int, key []string) string {
	return strconv.Itoa(slot) + "\x00" + strings.Join(key, "\x00")
}

// each calls add with every group asked for that a group of the engine is in.
func (t *tally) each(slot int, of []string, add func(*group)) {
	keys, ok := t.keysOf(of)
	if !ok {
		return
	}
	if t.whole {
		slot, keys = 0, [][]string{nil}
	}
	for _, key := range keys {
		add(t.group(slot, key))
	}
}

// group is one of the groups asked for.
func (t *tally) group(slot int, key []string) *group {
	name := groupName(slot, key)
	g := t.groups[name]
	if g == nil {
		g = t.newGroup(slot, key)
		t.groups[name] = g
	}
	return g
}

func (t *tally) newGroup(slot int, key []string) *group {
	return &group{slot: slot, key: key, counts: make([]float64, len(t.Steps)), some: make(map[string]struct{})}
}

// keys are those of the groups that something with these values is in.
func (r *Request) keys(values func(d string) []string) [][]string {
	keys := [][]string{nil}
	for _, d := range r.By {
		keys = longer(keys, values(d))
	}
	return keys
}

// longer are keys with each of values added.
func longer(keys [][]string, values []string) [][]string {
	out := make([][]string, 0, len(keys)*len(values))
	for _, key := range keys {
		for _, v := range values {
			out = append(out, append(slices.Clone(key), v))
		}
	}
	return out
}

// valuesOf are the values of a dimension of a pick, "" where it has none.
func valuesOf(f *recommend.Filed, d string) []string {
	var values []string
	switch d {
	case ByTopic:
		values = f.Topics
	case ByRoot:
		values = f.Roots()
	case ByPartner:
		values = []string{f.Partner}
	case ByExpert:
		values = []string{f.Expert}
	}
	if len(values) == 0 {
		return []string{""}
	}
	return values
}
