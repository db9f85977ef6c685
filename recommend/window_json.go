package recommend

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendJSON appends the JSON of w to b: byte for byte what encoding/json makes
// of it without escaping HTML. It fails where encoding/json does. What cards share
// with those of other readers (from Expert to Link, and the times) is not encoded
// again: it must be as it was made.
func (w *Window) AppendJSON(b []byte) ([]byte, error) {
	var err error
	b = appendString(append(b, `{"window_id":`...), w.ID)
	if w.Items == nil {
		b = append(b, `,"items":null`...)
	} else {
		b = append(b, `,"items":[`...)
		for i := range w.Items {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = w.Items[i].appendJSON(b, w.faceOf(i)); err != nil {
				return nil, err
			}
		}
		b = append(b, ']')
	}
	if w.NextCursor != "" {
		b = appendString(append(b, `,"next_cursor":`...), w.NextCursor)
	}
	b = appendString(append(b, `,"policy_version":`...), w.PolicyVersion)
	if w.Arm != "" {
		b = appendString(append(b, `,"arm":`...), w.Arm)
	}
	b = strconv.AppendBool(append(b, `,"degraded":`...), w.Degraded)
	if len(w.Missing) == 0 && w.Reason == "" && w.NextAllowedAt.IsZero() && w.LeftOut == nil {
		return append(b, '}'), nil
	}
	rest, err := fieldsJSON(struct {
		Missing       []string  `json:"missing,omitempty"`
		Reason        string    `json:"reason,omitempty"`
		NextAllowedAt time.Time `json:"next_allowed_at,omitzero"`
		LeftOut       []LeftOut `json:"left_out,omitzero"`
	}{w.Missing, w.Reason, w.NextAllowedAt, w.LeftOut})
	if err != nil {
		return nil, err
	}
	return append(append(append(b, ','), rest...), '}'), nil
}

// faceOf is the face of item i, nil when there is none with JSON.
func (w *Window) faceOf(i int) *face {
	if i >= len(w.faces) {
		return nil
	}
	if f := w.faces[i]; f.before != nil && f.item.Pick == w.Items[i].Pick {
		return f
	}
	return nil
}

func (i *Item) appendJSON(b []byte, f *face) ([]byte, error) {
	if f == nil || len(i.Factors) > 0 || !isNumber(i.Score) || !isNumber(i.Propensity) {
		whole, err := plainJSON(i)
		return append(b, whole...), err
	}
	b = appendString(append(b, `{"pick":`...), i.Pick)
	b = strconv.AppendInt(append(b, `,"position":`...), int64(i.Position), 10)
	b = appendNumber(append(b, `,"score":`...), i.Score)
	if i.Propensity != 0 {
		b = appendNumber(append(b, `,"propensity":`...), i.Propensity)
	}
	b = appendString(append(b, `,"source":`...), i.Source)
	b = appendStrings(append(b, `,"reasons":`...), i.Reasons)
	b = append(append(b, ','), f.before...)
	if len(i.AlsoBy) > 0 {
		b = append(b, `,"also_recommended_by":[`...)
		for k := range i.AlsoBy {
			if k > 0 {
				b = append(b, ',')
			}
			a := &i.AlsoBy[k]
			if !isNumber(a.Expert.Trust) {
				_, err := plainJSON(a)
				return nil, err
			}
			b = appendString(append(b, `{"pick":`...), a.Pick)
			b = appendString(append(b, `,"expert":{"id":`...), a.Expert.ID)
			b = appendString(append(b, `,"name":`...), a.Expert.Name)
			b = appendNumber(append(b, `,"trust":`...), a.Expert.Trust)
			b = append(b, "}}"...)
		}
		b = append(b, ']')
	}
	b = append(append(b, ','), f.after...)
	b = strconv.AppendBool(append(b, `,"bookmarked":`...), i.Bookmarked)
	b = strconv.AppendBool(append(b, `,"in_cart":`...), i.InCart)
	return append(b, '}'), nil
}

func isNumber(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// appendNumber appends f, which is finite, as encoding/json does: as ES6 does.
func appendNumber(b []byte, f float64) []byte {
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	b = strconv.AppendFloat(b, f, form, -1, 64)
	if n := len(b); form == 'e' && n >= 4 && b[n-4] == 'e' && (b[n-3] == '-' || b[n-3] == '+') && b[n-2] == '0' { // e-09 to e-9
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

func appendStrings(b []byte, all []string) []byte {
	if all == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, s := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString appends s in quotes. What needs more than that is left to
// encoding/json.
func appendString(b []byte, s string) []byte {
	if !plain(s) {
		quoted, _ := plainJSON(s) // of a string there is always one
		return append(b, quoted...)
	}
	return append(append(append(b, '"'), s...), '"')
}

// plain reports whether s stands in JSON as it is.
func plain(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if ascii {
		return true
	}
	for _, r := range s {
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}

// fieldsJSON is the JSON of v, an object, without its braces.
func fieldsJSON(v any) ([]byte, error) {
	b, err := plainJSON(v)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(b[1 : len(b)-1]), nil
}

// plainJSON is the JSON of v as answers have it, which are no HTML.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
