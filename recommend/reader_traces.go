package recommend

import (
	"encoding/json"
	"fmt"
	"maps"
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
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	*ts = make(Traces, strings.Count(text, " ")+1)
	for one := range strings.SplitSeq(text, " ") {
		pick, rest, _ := strings.Cut(one, ",")
		var all [7]int64
		for i := 0; i < len(all) && rest != ""; i++ {
			var number string
			number, rest, _ = strings.Cut(rest, ",")
			v, err := strconv.ParseInt(number, traceBase, 64)
			if err != nil {
				return fmt.Errorf("trace of %q: %w", clip(pick), err)
			}
			all[i] = v
		}
		if pick != "" {
			(*ts)[pick] = Trace{
				Did: uint16(all[0]), Seen: all[1], Shown: int(all[2]), Acted: all[3], Opened: int(all[4]), Carted: all[5], Journey: all[6] == 1, //nolint:gosec // as it was written
			}
		}
	}
	return nil
}
