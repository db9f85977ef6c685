package demo

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A writer writes reasons. It hands out lines evenly: what has been said least
// comes first, and nobody says the same line twice while there is another.
type writer struct {
	shared lists
	by     map[*voice]map[*line]bool
	pairs  map[[2]*line]bool // lines that stood in one reason, in this order
}

func newWriter(shared lists) *writer {
	return &writer{shared: shared, by: map[*voice]map[*line]bool{}, pairs: map[[2]*line]bool{}}
}

// shortest is the least a reason may have; the policy asks for 20 characters.
const shortest = 24

func (w *writer) write(p *post) {
	d := throw("reason", p.pick.ID)
	lang := one(d, p.voice.languages)
	order := one(d, p.voice.orders)
	opening, ending := d.chance(36), d.chance(28)
	if ob := p.opener(lang, 'b'); opening && ob != nil && d.chance(40) {
		// An opening such as "flaws first" needs a flaw to follow it.
		order = "b" + strings.Replace(order, "b", "", 1)
	}
	var parts []string
	if strings.Count(order, "t") == 1 && d.chance(45) {
		order = strings.Replace(order, "t", "tt", 1)
	}
	if opening {
		if r := p.opener(lang, order[0]); r != nil {
			r.used++
			parts = append(parts, r.text.fill(d, lang, w.shared, nil))
		}
	}
	var told []*line
	for _, role := range []byte(order) {
		told = w.tell(p, lang, role, told)
	}
	if utf8.RuneCountInString(w.join(p, lang, told)) < shortest {
		told = w.tell(p, lang, 't', told)
	}
	parts = append(parts, w.join(p, lang, told))
	if note := w.shared[lang][p.pick.Relationship]; note != nil {
		parts = append(parts, one(d, note))
	} else if r := leastUsed(p.voice.closers, lang, 0, p.good.kind.topic); ending && r != nil {
		r.used++
		parts = append(parts, r.text.fill(d, lang, w.shared, nil))
	}
	p.pick.Reason = strings.Join(parts, lang.glue())
}

// tell adds the line of that role which suits p best to told.
func (w *writer) tell(p *post, lang language, role byte, told []*line) []*line {
	mine := w.by[p.voice]
	if mine == nil {
		mine = map[*line]bool{}
		w.by[p.voice] = mine
	}
	var best *line
	cost := 0
	for i, ln := range p.good.lines {
		if ln.lang != lang || ln.role != role || slices.Contains(told, ln) || sharesList(told, ln) {
			continue
		}
		c := 12*ln.used + throw(p.pick.ID, ln.at).below(9)
		if i >= len(p.good.kind.lines) {
			c -= 20 // true of this very product, so worth more
		}
		if mine[ln] {
			c += 300
		}
		if p.good.said[ln] {
			c += 200
		}
		for _, t := range told {
			if w.pairs[[2]*line{t, ln}] || w.pairs[[2]*line{ln, t}] {
				c += 250
			}
		}
		if best == nil || c < cost {
			best, cost = ln, c
		}
	}
	if best == nil {
		return told
	}
	for _, t := range told {
		w.pairs[[2]*line{t, best}] = true
	}
	best.used++
	mine[best], p.good.said[best] = true, true
	return append(told, best)
}

// sharesList keeps two lines apart that would both speak of "two months" or of
// "my sister".
func sharesList(told []*line, ln *line) bool {
	for _, name := range ln.from {
		for _, t := range told {
			if slices.Contains(t.from, name) {
				return true
			}
		}
	}
	return false
}

// join words the lines; the same lines of a post always get the same words.
func (w *writer) join(p *post, lang language, told []*line) string {
	d := throw("words", p.pick.ID)
	parts := make([]string, len(told))
	for i, ln := range told {
		parts[i] = ln.text.fill(d, lang, w.shared, p.good.labels[lang])
		if i > 0 && told[i-1].role != ln.role {
			parts[i] = w.lead(d, p.voice, ln, parts[i])
		}
	}
	return strings.Join(parts, lang.glue())
}

// lead puts "mind you" and its like before a flaw or a piece of advice. Some
// voices do so often, some hardly, and each has two such habits.
func (w *writer) lead(d *dice, v *voice, ln *line, said string) string {
	list := w.shared[ln.lang][map[byte]string{'b': "but", 'p': "tip"}[ln.role]]
	if list == nil || !d.chance(throw("lead", v.id).between(10, 70)) {
		return said
	}
	habit := one(throw("habit", v.id, string(ln.role), strconv.Itoa(d.below(2))), list)
	if second, _ := utf8.DecodeRuneInString(said[1:]); said[0] <= 'Z' && unicode.IsLower(second) {
		said = strings.ToLower(said[:1]) + said[1:]
	}
	return habit + ln.lang.glue() + said
}

// tired is how often a voice says the same opening or ending before it is left
// out.
const tired = 3

// opener returns the opening used least among those that fit before role.
func (p *post) opener(l language, role byte) *remark {
	return leastUsed(p.voice.openers, l, role, p.good.kind.topic)
}

func leastUsed(remarks []remark, l language, role byte, topic string) *remark {
	var best *remark
	for i := range remarks {
		r := &remarks[i]
		fits := r.lang == l && (r.role == 0 || r.role == role) && (r.topic == "" || r.topic == topic)
		if !fits || r.used == tired {
			continue
		}
		if best == nil || r.used < best.used {
			best = r
		}
	}
	return best
}
