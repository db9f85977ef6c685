package analytics

import (
	"context"
	"maps"
	"slices"

	"vitrine.dev/recommend"
)

// bySaid reports whether pairs are told apart by expert alone of what needs the
// shelf, and no impressions, which have none. Then few groups need it: those of
// which nobody said whose the pick was.
func (p *plan) bySaid() bool {
	asks := func(d string) bool {
		_, filtered := p.Where[d]
		return filtered || slices.Contains(p.By, d)
	}
	return asks(ByExpert) && !p.Readers && p.exposures == nil && !asks(ByTopic) && !asks(ByRoot) && !asks(ByPartner) && !slices.Contains(p.By, ByPick)
}

// journeysBySaid are the groups of pairs by the expert that was said with what
// was done, and those of which nobody said one by whose their picks are.
func (a *Analyst) journeysBySaid(ctx context.Context, p *plan) (groups []journeyGroup, err error) {
	at := slices.Index(p.engine, recommend.ByExpert)
	wanted, filtered := p.Where[ByExpert]
	said, unsaid := p.journeys, p.journeys
	said.Where, unsaid.Where = maps.Clone(p.journeys.Where), maps.Clone(p.journeys.Where)
	if filtered {
		said.Where[recommend.ByExpert] = slices.DeleteFunc(slices.Clone(wanted), func(expert string) bool { return expert == "" })
	}
	if !filtered || len(said.Where[recommend.ByExpert]) > 0 {
		if groups, err = a.ask(ctx, p, &said); err != nil {
			return nil, err
		}
	}
	if at >= 0 {
		groups = slices.DeleteFunc(groups, func(g journeyGroup) bool { return g.key[at] == "" })
	}
	unsaid.Where[recommend.ByExpert] = []string{""}
	unsaid.By = append([]recommend.Dimension{recommend.ByPick}, slices.DeleteFunc(slices.Clone(unsaid.By), func(d recommend.Dimension) bool { return d == recommend.ByExpert })...)
	rest, err := a.ask(ctx, p, &unsaid)
	if err != nil {
		return nil, err
	}
	under := filedUnder(a.Picks, picksOf(rest, func(g *journeyGroup) []string { return g.key }))
	for i := range rest {
		g := rest[i]
		expert := under[g.key[0]].Expert
		if filtered && !slices.Contains(wanted, expert) {
			continue
		}
		if g.key = g.key[1:]; at >= 0 {
			g.key = slices.Insert(g.key, at, expert)
		}
		groups = append(groups, g)
	}
	return groups, nil
}
