package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A language of the content.
type language int

const (
	zh language = iota
	en
)

func (l language) String() string { return [...]string{zh: "zh", en: "en"}[l] }

// glue stands between two sentences.
func (l language) glue() string { return [...]string{zh: "", en: " "}[l] }

// lists are the shared alternatives, "dur" to "two months", "all winter", ….
type lists [2]map[string][]string

// A phrase is a text with holes. {a|b|c} is one of the three, {3-8} a whole
// number, {@dur} an entry of a shared list ({@Dur} with a capital), and {size}
// the label of a product's value on that axis.
type phrase []hole

type hole struct {
	text   string   // between holes
	oneOf  []string // alternatives
	lo, hi int      // a range, when hi is not 0
	list   string   // a shared list
	slot   string   // an axis of the product
}

// parsePhrase reads text; slots are the names that {…} may use besides lists.
func parsePhrase(text string, l language, shared lists, slots []string) (phrase, error) {
	var p phrase
	for text != "" {
		before, rest, open := strings.Cut(text, "{")
		if before != "" {
			p = append(p, hole{text: before})
		}
		if !open {
			break
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("no } after {%s", rest)
		}
		h, err := parseHole(inside, l, shared, slots)
		if err != nil {
			return nil, err
		}
		p = append(p, h)
		text = after
	}
	if len(p) == 0 {
		return nil, fmt.Errorf("empty %s text", l)
	}
	return p, nil
}

func parseHole(inside string, l language, shared lists, slots []string) (hole, error) {
	if name, ok := strings.CutPrefix(inside, "@"); ok {
		if len(shared[l][strings.ToLower(name)]) == 0 {
			return hole{}, fmt.Errorf("no %s list %q", l, name)
		}
		return hole{list: name}, nil
	}
	if strings.Contains(inside, "|") {
		return hole{oneOf: strings.Split(inside, "|")}, nil
	}
	if slices.Contains(slots, inside) {
		return hole{slot: inside}, nil
	}
	from, to, ok := strings.Cut(inside, "-")
	lo, err1 := strconv.Atoi(from)
	hi, err2 := strconv.Atoi(to)
	if !ok || err1 != nil || err2 != nil || hi <= lo {
		return hole{}, fmt.Errorf("{%s} is no choice, range, list or slot", inside)
	}
	return hole{lo: lo, hi: hi}, nil
}

// fill writes p, drawing from d; labels answer the slots.
func (p phrase) fill(d *dice, l language, shared lists, labels map[string]string) string {
	var b strings.Builder
	for _, h := range p {
		switch {
		case h.list != "":
			s := one(d, shared[l][strings.ToLower(h.list)])
			if h.list != strings.ToLower(h.list) {
				first, n := utf8.DecodeRuneInString(s)
				s = string(unicode.ToUpper(first)) + s[n:]
			}
			b.WriteString(s)
		case h.slot != "":
			b.WriteString(labels[h.slot])
		case h.oneOf != nil:
			b.WriteString(one(d, h.oneOf))
		case h.hi != 0:
			b.WriteString(strconv.Itoa(d.between(h.lo, h.hi)))
		default:
			b.WriteString(h.text)
		}
	}
	return b.String()
}

// lists names the shared lists that p draws from.
func (p phrase) lists() []string {
	var names []string
	for _, h := range p {
		if h.list != "" {
			names = append(names, strings.ToLower(h.list))
		}
	}
	return names
}
