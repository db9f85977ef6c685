package recommend

import (
	"cmp"
	"slices"
	"time"
)

// PathTo is how a reader who goes to the checkout of a pick at now came there.
func (r *Reader) PathTo(pick string, rules *ReaderRules, now time.Time) Path {
	switch {
	case !now.After(r.Cart.Expires(rules)) && slices.ContainsFunc(r.Cart.Lines, func(l CartLine) bool { return l.Pick == pick }):
		return PathCart
	case slices.ContainsFunc(r.Bookmarks, func(b Bookmark) bool { return b.Pick == pick }):
		return PathBookmark
	}
	return PathDirect
}

// Touches are r's clicks on the product of k by other experts' picks before k:
// of each expert the last, oldest first, at most [MaxTouches], the latest. Those
// of the expert self, who the reader is, are left out: nobody earns by buying.
func (r *Reader) Touches(k *Click, within time.Duration, self string) []Touch {
	var touches []Touch
	for _, c := range r.Clicks {
		if c.ID == k.ID || c.Product != k.Product || c.Expert == k.Expert || c.Expert == self || c.At.After(k.At) || k.At.Sub(c.At) > within {
			continue
		}
		touches = slices.DeleteFunc(touches, func(t Touch) bool { return t.Expert == c.Expert && !t.At.After(c.At) })
		if !slices.ContainsFunc(touches, func(t Touch) bool { return t.Expert == c.Expert }) {
			touches = append(touches, Touch{Click: c.ID, Pick: c.Pick, Expert: c.Expert, At: c.At, Path: c.Path})
		}
	}
	slices.SortFunc(touches, func(a, b Touch) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Click, b.Click)) })
	return touches[max(0, len(touches)-MaxTouches):]
}
