package link

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A rule says where the item stands in one kind of address of one host. Rules
// of one host never fit the same address: that is checked when they are added,
// so reading does not depend on their order.
type rule struct {
	prefix, suffix string // of the path; all of it is in prefix unless inPath
	inPath         bool
	items          []string // lower-case parameter names that carry the item, none if inPath
	skus           []string // lower-case parameter names that carry the variant
	fixed          []pair   // lower-case names of parameters that must have a value, sorted
}

func (t *template) rule() rule {
	u := rule{prefix: t.prefix, suffix: t.suffix, inPath: t.inPath}
	for _, p := range t.query {
		key := strings.ToLower(p.key)
		switch p.value {
		case itemMark:
			u.items = append(u.items, key)
		case skuMark:
			u.skus = append(u.skus, key)
		default:
			u.fixed = append(u.fixed, pair{key, p.value})
		}
	}
	slices.SortFunc(u.fixed, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	return u
}

// admit adds u to the rules of one host. A rule for the same page under another
// parameter name is merged, so that a link that uses both names is noticed.
func admit(rules []rule, u rule) ([]rule, error) {
	for i := range rules {
		have := &rules[i]
		if !have.samePage(u) {
			if have.meets(u) {
				return rules, fmt.Errorf("fits addresses that the link with path %s%s fits too; give them paths or fixed parameters that differ", have.prefix, have.suffix)
			}
			continue
		}
		items, skus := union(have.items, u.items), union(have.skus, u.skus)
		if len(items) == len(have.items) && len(skus) == len(have.skus) {
			return rules, errors.New("says nothing that an earlier link does not say; remove it")
		}
		if k := slices.IndexFunc(items, func(key string) bool { return slices.Contains(skus, key) }); k >= 0 {
			return rules, fmt.Errorf("makes the parameter %q both item and variant; rename one", items[k])
		}
		have.items, have.skus = items, skus
		return rules, nil
	}
	return append(rules, u), nil
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (u *rule) samePage(v rule) bool {
	return u.inPath == v.inPath && u.prefix == v.prefix && u.suffix == v.suffix && slices.Equal(u.fixed, v.fixed)
}

// meets reports whether some address fits u and v.
func (u *rule) meets(v rule) bool {
	for _, a := range u.fixed {
		for _, b := range v.fixed {
			if a.key == b.key && a.value != b.value {
				return false
			}
		}
	}
	switch {
	case u.inPath && v.inPath:
		return prefixesMeet(u.prefix, v.prefix) && suffixesMeet(u.suffix, v.suffix)
	case u.inPath:
		item, fit := u.cut(v.prefix)
		return fit && validItem(item)
	case v.inPath:
		item, fit := v.cut(u.prefix)
		return fit && validItem(item)
	}
	return u.prefix == v.prefix
}

// prefixesMeet reports whether one path can begin with both: one is the other
// plus characters that an item may have.
func prefixesMeet(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	more, found := strings.CutPrefix(a, b)
	return found && isIDText(more)
}

func suffixesMeet(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	more, found := strings.CutSuffix(a, b)
	return found && isIDText(more)
}

// cut returns the item in a path of u's form. What it returns is not checked
// beyond being in one segment.
func (u *rule) cut(path string) (item string, fit bool) {
	if !u.inPath {
		return "", path == u.prefix
	}
	if len(path) <= len(u.prefix)+len(u.suffix) || !strings.HasPrefix(path, u.prefix) || !strings.HasSuffix(path, u.suffix) {
		return "", false
	}
	item = path[len(u.prefix) : len(path)-len(u.suffix)]
	return item, strings.IndexByte(item, '/') < 0
}
