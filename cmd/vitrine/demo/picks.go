package demo

import (
	"slices"
	"strings"
	"time"
)

// A post is a pick being written.
type post struct {
	voice *voice
	good  *good
	pick  Pick
}

// publish lets every expert pick. It returns the picks by time.
func publish(lib *library, shelf []*good, now time.Time) []Pick {
	posts := make([]*post, 0, 32*len(lib.voices))
	for _, v := range lib.voices {
		chosen := choose(v, shelf)
		mine := make([]*post, 0, len(chosen))
		for _, g := range chosen {
			mine = append(mine, &post{voice: v, good: g})
		}
		date(mine, now)
		disclose(mine)
		posts = append(posts, mine...)
	}
	// Lines are handed out evenly, so the order of writing matters; it must not
	// be that of the experts, or the last ones would get the leftovers.
	order := slices.Clone(posts)
	slices.SortFunc(order, func(a, b *post) int { return strings.Compare(a.pick.ID, b.pick.ID) })
	w := newWriter(lib.shared)
	for _, p := range order {
		p.relate()
		w.write(p)
	}
	picks := make([]Pick, 0, len(posts))
	for _, p := range posts {
		picks = append(picks, p.pick)
	}
	slices.SortFunc(picks, func(a, b Pick) int {
		if c := a.PublishedAt.Compare(b.PublishedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return picks
}

// choose draws the products that v picks: its topics in turn, what is liked
// more often, what nobody has picked yet rather than not, and titles that v can
// read.
func choose(v *voice, shelf []*good) []*good {
	d := throw("choose", v.id)
	quota := 9 + 5*len(v.topics) + d.below(5)
	open := map[string][]*good{}
	for _, g := range shelf {
		open[g.kind.topic] = append(open[g.kind.topic], g)
	}
	var chosen []*good
	for n := range quota {
		topic := v.topics[n%len(v.topics)]
		weights := make([]int, len(open[topic]))
		for i, g := range open[topic] {
			weights[i] = g.appeal(v)
		}
		if i := d.weighted(weights); i >= 0 {
			g := open[topic][i]
			open[topic] = slices.Delete(open[topic], i, i+1)
			g.picked++
			chosen = append(chosen, g)
		}
	}
	return chosen
}

func (g *good) appeal(v *voice) int {
	appeal := 4 * g.liked
	if g.picked == 0 {
		appeal += 24
	}
	reads := slices.ContainsFunc(v.languages, func(l language) bool { return g.written[l] })
	if !reads {
		return max(appeal/4, 1)
	}
	return appeal
}

// date gives one expert's posts their ids and times, and puts them in order.
// Times are drawn as days before the day of now in Shanghai, later ones more
// often, at hours when people are awake, and never two within half an hour or
// three on one day.
func date(posts []*post, now time.Time) {
	const day = 24 * time.Hour
	shanghai := time.FixedZone("CST", 8*3600)
	local := now.In(shanghai)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, shanghai)
	hours := []int{1, 0, 0, 0, 0, 0, 2, 5, 6, 5, 5, 6, 8, 6, 4, 4, 5, 6, 7, 9, 12, 13, 10, 5}
	var taken []time.Time
	for _, p := range posts {
		p.pick.ID = "p" + token(11, p.voice.id, p.good.product.Key)
		d := throw("date", p.pick.ID)
		for {
			u := d.below(1000)
			back := u * u / 1000 * 58 / 1000
			at := midnight.Add(-time.Duration(back) * day).
				Add(time.Duration(d.weighted(hours)) * time.Hour).
				Add(time.Duration(d.below(3600)) * time.Second)
			if at.After(now.Add(-5 * time.Minute)) {
				at = at.Add(-day)
			}
			if crowded(taken, at) {
				continue
			}
			taken = append(taken, at)
			p.pick.PublishedAt = at.UTC()
			break
		}
	}
	slices.SortFunc(posts, func(a, b *post) int { return a.pick.PublishedAt.Compare(b.pick.PublishedAt) })
}

func crowded(taken []time.Time, at time.Time) bool {
	near := 0
	for _, t := range taken {
		gap := t.Sub(at).Abs()
		if gap < 30*time.Minute {
			return true
		}
		if gap < 24*time.Hour {
			near++
		}
	}
	return near >= 2
}

// disclose makes a few of one expert's posts, which are in order of time, gifts
// or paid ones: at most one in eight, and none before the sixth.
func disclose(posts []*post) {
	special := 0
	for i, p := range posts {
		d := throw("relationship", p.pick.ID)
		if i < 5 || (special+1)*8 > i+1 || !d.chance(20) {
			continue
		}
		special++
		p.pick.Relationship = "gift"
		if d.chance(30) {
			p.pick.Relationship = "paid"
		}
	}
}

// relate fills in everything but the reason.
func (p *post) relate() {
	d := throw("relate", p.pick.ID)
	prod := p.good.product
	p.pick.Expert = p.voice.id
	p.pick.Link = prod.URL
	p.pick.Topics = []string{p.good.kind.topic}
	for _, also := range p.good.kind.also {
		if slices.Contains(p.voice.topics, also) {
			p.pick.Topics = append(p.pick.Topics, also)
		}
	}
	if prod.Stock > 0 && d.chance(30) {
		p.pick.Inventory = d.between(1, min(prod.Stock, 200))
	}
	if p.pick.Relationship == "" {
		p.pick.Relationship = "none"
		if prod.CommissionBP > 0 {
			p.pick.Relationship = "commission"
		}
	}
}
