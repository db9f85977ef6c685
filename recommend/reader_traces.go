package recommend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Traces are by pick. A reader has one of every pick that he saw of late, so
// they are written as one text: "p1,1,tmkg00,2 p2,b,0,0,tmkg01", the pick and
// then the numbers to base 36, without the zeros at the end.
type Traces map[string]Trace

// traceBase is that of the numbers of a trace.
const traceBase = 36

// numbers are those that t is written as.
func (t Trace) numbers() [7]int64 {
	n := [7]int64{int64(t.Did), t.Seen, int64(t.Shown), t.Acted, int64(t.Opened), t.Carted, 0}
	if t.Journey {
		n[6] = 1
	}
	return n
}

// MarshalJSON writes ts in the order of picks.
func (ts Traces) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+40*len(ts))
	b = append(b, '"')
	for i, pick := range slices.Sorted(maps.Keys(ts)) {
		if strings.ContainsAny(pick, " ,\"\\") {
			return nil, fmt.Errorf("trace of %q, which is no id", clip(pick))
		}
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, pick...)
		all := ts[pick].numbers()
		n := len(all)
		for n > 0 && all[n-1] == 0 {
			n--
		}
		for _, v := range all[:n] {
			b = strconv.AppendInt(append(b, ','), v, traceBase)
		}
	}
	return append(b, '"'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (ts *Traces) UnmarshalJSON(b []byte) error {
	var err error
	*ts, err = scanTraces(b, func(Trace) bool { return true })
	return err
}

// pageTraces are those of [Traces] that pages look at: of picks that were shown
// and led to nothing, and of picks that were bought. There are few of them
// among the many of a long life.
type pageTraces Traces

// UnmarshalJSON reads what Traces.MarshalJSON writes.
func (ts *pageTraces) UnmarshalJSON(b []byte) error {
	bought := countedBit(ActPurchase)
	all, err := scanTraces(b, func(t Trace) bool { return t.Acted == 0 || t.Did&bought != 0 })
	*ts = pageTraces(all)
	return err
}

// scanTraces reads the traces that keep wants out of a JSON string.
func scanTraces(b []byte, keep func(Trace) bool) (Traces, error) {
	text, err := plainText(b)
	if err != nil {
		return nil, err
	}
	ts := make(Traces)
	for len(text) > 0 {
		one := text
		if i := bytes.IndexByte(text, ' '); i >= 0 {
			one, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		pick, rest, _ := bytes.Cut(one, []byte{','})
		t, ok := parseTrace(rest)
		if !ok {
			return nil, fmt.Errorf("trace of %q: %q is no trace", clip(string(pick)), clip(string(rest)))
		}
		if len(pick) > 0 && keep(t) {
			ts[string(pick)] = t
		}
	}
	return ts, nil
}

// plainText is what a JSON string says. One without escapes is not copied.
func plainText(b []byte) ([]byte, error) {
	if n := len(b); n >= 2 && b[0] == '"' && b[n-1] == '"' && bytes.IndexByte(b, '\\') < 0 {
		return b[1 : n-1], nil
	}
	var text string
	err := json.Unmarshal(b, &text)
	return []byte(text), err
}

// parseTrace reads the numbers of a trace.
func parseTrace(b []byte) (Trace, bool) {
	var all [7]int64
	for i := 0; i < len(all) && len(b) > 0; i++ {
		v, n := parseNumber(b)
		if n == 0 || n < len(b) && b[n] != ',' {
			return Trace{}, false
		}
		all[i], b = v, b[min(n+1, len(b)):]
	}
	return Trace{
		Did: uint16(all[0]), Seen: all[1], Shown: int(all[2]), Acted: all[3], Opened: int(all[4]), Carted: all[5], Journey: all[6] == 1, //nolint:gosec // as it was written
	}, true
}

// parseNumber reads a number to the base of traces and says how many bytes it
// takes, 0 when there is none. It is what [strconv.ParseInt] does, several
// times as fast: most of what a page reads of a reader are such numbers.
func parseNumber(b []byte) (v int64, n int) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		n = 1
	}
	start := n
	for ; n < len(b); n++ { // below 0, where there is one number more
		digit := int64(b[n]) - '0'
		if b[n] >= 'a' && b[n] <= 'z' {
			digit = int64(b[n]) - 'a' + 10
		} else if digit < 0 || digit > 9 {
			break
		}
		if v < (math.MinInt64+digit)/traceBase {
			return 0, 0
		}
		v = v*traceBase - digit
	}
	switch {
	case n == start, !negative && v == math.MinInt64:
		return 0, 0
	case negative:
		return v, n
	}
	return -v, n
}
