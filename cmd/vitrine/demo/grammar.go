package demo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The files named after topic roots read like this:
//
//	== home/tea                       the leaf that follows
//	makers 苔间 | Taijian; 一泡 | One Steep
//	-- gaiwan 39-360 x10 +home/desk   a kind: price in yuan, number, other leaves
//	title {m} {cap}盖碗 | {m} gaiwan, {cap}
//	w 给刚开始喝茶的人。                a line: small letters Chinese, capitals English
//	T Empties in nine seconds.
//	~ cap                             an axis; "~ book !" when it names the product
//	= 90ml | 90 ml | 0.9              a value, with its factor on the price
//	w 一个人的量。                      what holds for this value only
type grammar struct {
	shared lists
	kinds  []*kind
	topic  string
	makers []Label
}

func readKinds(name string, shared lists) ([]*kind, error) {
	g := &grammar{shared: shared}
	// Titles and lines name axes that come later in the file, so they are parsed
	// when the kind is complete.
	var pending []func() error
	err := eachLine(name, func(at, text string) error {
		mark, rest, _ := strings.Cut(text, " ")
		rest = strings.TrimSpace(rest)
		switch mark {
		case "==":
			g.topic, g.makers = rest, nil
			return nil
		case "makers":
			return g.readMakers(rest)
		case "--":
			return g.readKind(rest)
		}
		if len(g.kinds) == 0 {
			return fmt.Errorf("%q before the first kind", mark)
		}
		k := g.kinds[len(g.kinds)-1]
		switch mark {
		case "title":
			pending = append(pending, func() error { return g.finishTitle(k, at, rest) })
			return nil
		case "~":
			name, flag, _ := strings.Cut(rest, " ")
			k.axes = append(k.axes, axis{name: name, naming: flag == "!"})
			return nil
		case "=":
			return k.readValue(rest)
		}
		ln, err := k.addLine(at, mark)
		if err != nil {
			return err
		}
		pending = append(pending, func() error { return g.finishLine(k, ln, rest) })
		return nil
	})
	for _, finish := range pending {
		err = errors.Join(err, finish())
	}
	return g.kinds, err
}

func (g *grammar) readMakers(text string) error {
	for pair := range strings.SplitSeq(text, ";") {
		f, err := fields(pair, 2, 2)
		if err != nil {
			return err
		}
		g.makers = append(g.makers, Label{ZH: f[0], EN: f[1]})
	}
	return nil
}

func (g *grammar) readKind(text string) error {
	words := strings.Fields(text)
	if len(words) < 2 || len(g.makers) == 0 {
		return fmt.Errorf("a kind needs makers before it, a name and a price: %q", text)
	}
	k := &kind{id: words[0], topic: g.topic, count: 10, makers: g.makers}
	from, to, _ := strings.Cut(words[1], "-")
	var err1, err2, err3 error
	k.lo, err1 = strconv.Atoi(from)
	k.hi, err2 = strconv.Atoi(to)
	for _, w := range words[2:] {
		if leaf, ok := strings.CutPrefix(w, "+"); ok {
			k.also = append(k.also, leaf)
		} else {
			k.count, err3 = strconv.Atoi(strings.TrimPrefix(w, "x"))
		}
	}
	g.kinds = append(g.kinds, k)
	return errors.Join(err1, err2, err3)
}

func (k *kind) readValue(text string) error {
	f, err := fields(text, 2, 3)
	if err != nil {
		return err
	}
	if len(k.axes) == 0 {
		return fmt.Errorf("value %q outside an axis", text)
	}
	v := value{label: Label{ZH: f[0], EN: f[1]}, price: 1000}
	if len(f) == 3 {
		factor, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return fmt.Errorf("price factor of %q: %w", text, err)
		}
		v.price = int(factor*1000 + 0.5)
	}
	a := &k.axes[len(k.axes)-1]
	a.values = append(a.values, v)
	return nil
}

// addLine makes the line of a mark such as w or T, where it belongs: to the kind
// or to the value read last.
func (k *kind) addLine(at, mark string) (*line, error) {
	const marks = "wtbpWTBP"
	if len(mark) != 1 || strings.IndexByte(marks, mark[0]) < 0 {
		return nil, fmt.Errorf("no such mark %q", mark)
	}
	ln := &line{at: at, role: mark[0] | 0x20}
	if mark[0] < 'a' {
		ln.lang = en
	}
	if len(k.axes) == 0 {
		k.lines = append(k.lines, ln)
		return ln, nil
	}
	values := k.axes[len(k.axes)-1].values
	if len(values) == 0 {
		return nil, fmt.Errorf("a line before the first value of axis %q", k.axes[len(k.axes)-1].name)
	}
	last := &values[len(values)-1]
	last.lines = append(last.lines, ln)
	return ln, nil
}

func (g *grammar) finishTitle(k *kind, at, text string) error {
	f, err := fields(text, 2, 2)
	if err != nil {
		return fmt.Errorf("demo content %s: %w", at, err)
	}
	for _, l := range []language{zh, en} {
		if k.title[l], err = parsePhrase(f[l], l, g.shared, k.slots()); err != nil {
			return fmt.Errorf("demo content %s: %w", at, err)
		}
	}
	return nil
}

func (g *grammar) finishLine(k *kind, ln *line, text string) (err error) {
	if ln.text, err = parsePhrase(text, ln.lang, g.shared, k.slots()); err != nil {
		return fmt.Errorf("demo content %s: %w", ln.at, err)
	}
	ln.from = ln.text.lists()
	return nil
}

// slots are the names a phrase of this kind may use: m is the maker.
func (k *kind) slots() []string {
	names := append(make([]string, 0, len(k.axes)+1), "m")
	for _, a := range k.axes {
		names = append(names, a.name)
	}
	return names
}

// check finds what would only show as a poor world: a kind that has too little
// to say, a leaf that nobody writes about, a topic that does not exist.
func (lib *library) check() error {
	known := map[string]bool{}
	for _, t := range lib.topics {
		known[t.ID] = true
	}
	var errs []error
	for _, k := range lib.kinds {
		for _, topic := range append([]string{k.topic}, k.also...) {
			if !known[topic] {
				errs = append(errs, fmt.Errorf("kind %s: no topic %q", k.id, topic))
			}
		}
		if k.title[zh] == nil || k.lo <= 0 || k.hi <= k.lo || len(k.axes) == 0 {
			errs = append(errs, fmt.Errorf("kind %s lacks a title, a price or an axis", k.id))
		}
		said := map[string]int{}
		for _, ln := range k.lines {
			said[ln.lang.String()+string(ln.role)]++
		}
		for _, role := range []string{"w", "t", "b", "p"} {
			for _, l := range []language{zh, en} {
				if said[l.String()+role] == 0 {
					errs = append(errs, fmt.Errorf("kind %s has no %s line in %s", k.id, role, l))
				}
			}
		}
	}
	for _, v := range lib.voices {
		for _, topic := range v.topics {
			if !known[topic] {
				errs = append(errs, fmt.Errorf("expert %s: no topic %q", v.id, topic))
			}
		}
	}
	return errors.Join(errs...)
}
