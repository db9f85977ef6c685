package recommend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Unknown fields of an event survive into its document: whoever adds an
// optional field finds it again after a rebuild by an older ingester. A name
// that the document has for itself does not: what a producer calls "state" in
// a publication is not the state of the pick.

var fieldNames sync.Map // reflect.Type -> names

// names are those of the fields of a struct in JSON, as they are and folded.
type names map[string]bool

// take reports whether encoding/json would decode the member name into a field.
func (n names) take(name string) bool { return n[name] || n[foldName(name)] }

// foldName makes equal what encoding/json takes for one name: it compares
// without regard to case, in all of Unicode.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, name)
}

// knownFields returns the JSON names of the fields of the struct type t.
func knownFields(t reflect.Type) names {
	if m, ok := fieldNames.Load(t); ok {
		return m.(names) //nolint:forcetypeassert // the only writer is below
	}
	m := make(names, 2*t.NumField())
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			m[name], m[foldName(name)] = true, true
		}
	}
	fieldNames.Store(t, m)
	return m
}

// asBefore has the new decoder read as encoding/json does.
var asBefore = jsonv1.DefaultOptionsV1() //nolint:gochecknoglobals // never changes

// UnmarshalZero is json.Unmarshal into what v points to, a zero value, in half
// the time where b fits; where it does not, encoding/json says why, in its own
// words. What decodes itself is asked directly: it would be read once more.
func UnmarshalZero(b []byte, v any) error {
	if u, ok := v.(json.Unmarshaler); ok {
		return u.UnmarshalJSON(b)
	}
	if jsonv2.Unmarshal(b, v, asBefore) == nil {
		return nil
	}
	reflect.ValueOf(v).Elem().SetZero()
	return json.Unmarshal(b, v)
}

// unmarshalExtra decodes the object b into the struct that v points to and
// returns the members that it has no field for, nil when there are none.
func unmarshalExtra(b []byte, v any) (map[string]json.RawMessage, error) {
	if err := UnmarshalZero(b, v); err != nil {
		return nil, err
	}
	known := knownFields(reflect.TypeOf(v).Elem())
	if known.takeAll(b) {
		return nil, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	for name := range all {
		if known.take(name) {
			delete(all, name)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	for name, raw := range all {
		var c bytes.Buffer
		if err := json.Compact(&c, raw); err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		all[name] = c.Bytes()
	}
	return all, nil
}

// maxExtra bounds the unknown fields that edits add to a document, in bytes.
const maxExtra = 64 << 10

// mergeExtra adds the unknown fields of a change to those of a document, the
// later value of a name winning. What would make them too large stays in the
// log alone.
func mergeExtra(old, change map[string]json.RawMessage) map[string]json.RawMessage {
	if len(change) == 0 {
		return old
	}
	merged := make(map[string]json.RawMessage, len(old)+len(change))
	maps.Copy(merged, old)
	maps.Copy(merged, change)
	size := 0
	for name, raw := range merged {
		size += len(name) + len(raw)
	}
	if size > maxExtra {
		return old
	}
	return merged
}

// marshalExtra encodes v, a struct, and appends extra in the order of names,
// so that one value always has one encoding. What v has a field for is left
// out of extra: a decoder would take the later of the two.
func marshalExtra(v any, extra map[string]json.RawMessage) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || len(extra) == 0 {
		return b, err
	}
	b = b[:len(b)-1]
	known := knownFields(reflect.TypeOf(v))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if known.take(name) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), extra[name]...)
	}
	return append(b, '}'), nil
}
