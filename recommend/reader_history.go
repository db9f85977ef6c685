package recommend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// mostHistory is how many acts a reader's document remembers, the latest.
const mostHistory = 300

// An Act is one thing a reader did with a pick, as his history has it.
type Act struct {
	Pick string
	Kind string // one of [Remembered]
	At   int64  // seconds since 1970
}

// Remembered are the kinds of action that a history has, in the order of their
// codes: all by which a reader shows that he cares about a pick.
func Remembered() []string {
	return []string{ActOpen, ActBookmark, ActCart, ActCheckout, ActPurchase, ActShare, ActRefund}
}

// A History is what a reader did of late, the latest last. It is written as one
// text: "p1,a,tmkg00 p2,b,tmkg01", the pick, the code of the kind and the second
// to base 36.
type History []Act

// remember adds an act where its time belongs. The oldest of too many goes.
func (h *History) remember(a Act) {
	at := len(*h)
	for at > 0 && (*h)[at-1].At > a.At {
		at--
	}
	*h = slices.Insert(*h, at, a)
	if n := len(*h) - mostHistory; n > 0 {
		*h = slices.Delete(*h, 0, n)
	}
}

// MarshalJSON writes h as text.
func (h History) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+24*len(h))
	b = append(b, '"')
	for i, a := range h {
		code := slices.Index(Remembered(), a.Kind)
		if code < 0 || strings.ContainsAny(a.Pick, " ,\"\\") {
			return nil, fmt.Errorf("act %q of %q cannot be written", clip(a.Kind), clip(a.Pick))
		}
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(append(b, a.Pick...), ',', 'a'+byte(code), ',') //nolint:gosec // kinds are few
		b = strconv.AppendInt(b, a.At, traceBase)
	}
	return append(b, '"'), nil
}

// UnmarshalJSON reads what MarshalJSON writes. Acts of kinds that this version
// does not know are left out.
func (h *History) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	*h = nil
	if text == "" {
		return nil
	}
	kinds := Remembered()
	*h = make(History, 0, strings.Count(text, " ")+1)
	for one := range strings.SplitSeq(text, " ") {
		pick, rest, _ := strings.Cut(one, ",")
		code, second, ok := strings.Cut(rest, ",")
		at, err := strconv.ParseInt(second, traceBase, 64)
		if !ok || err != nil || len(code) != 1 || pick == "" {
			return fmt.Errorf("%q is no act", clip(one))
		}
		if k := int(code[0]) - 'a'; k >= 0 && k < len(kinds) {
			*h = append(*h, Act{Pick: pick, Kind: kinds[k], At: at})
		}
	}
	return nil
}
