package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"vitrine.dev/recommend"
)

// decode reads the JSON body into v, a pointer to a struct of plain values. Members that v has
// no field for, and values of another kind, are refused with a pointer to each:
// a misspelt field that were ignored would look like one that took effect.
func (c *call) decode(v any) error {
	return decodeStrict(c.body, v)
}

// decodePlain is decode for a type of which neither it nor its fields decode
// themselves: in one pass where the body fits.
func (c *call) decodePlain(v any) error { return decodeStrictly(c.body, v) }

func decodeStrictly(b []byte, v any) error {
	// It is as strict but for null, which may be a word in a string as well.
	if !bytes.Contains(b, []byte("null")) && jsonv2.Unmarshal(b, v, jsonv2.RejectUnknownMembers(true)) == nil {
		return nil
	}
	reflect.ValueOf(v).Elem().SetZero()
	return decodeStrict(b, v)
}

func decodeStrict(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return refuse(codeBadBody, "not JSON: "+jsonFault(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return refuse(codeBadBody, "something follows the JSON value")
	}
	if ps := fits(tree, reflect.TypeOf(v).Elem(), ""); len(ps) > 0 {
		return recommend.Refuse(ps...)
	}
	if err := json.Unmarshal(b, v); err != nil { // of a member that comes twice, tree holds the last
		return refuse(codeBadBody, "a member comes twice")
	}
	return nil
}

// jsonFault says where b stops being JSON, in words without internals.
func jsonFault(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return syntax.Error() + " at byte " + strconv.FormatInt(syntax.Offset, 10)
	case errors.Is(err, io.EOF):
		return "the body is empty"
	}
	return "it ends early"
}

// fits compares a JSON value with the type it is for.
func fits(v any, t reflect.Type, pointer string) []recommend.Problem {
	if v == nil {
		return []recommend.Problem{{Code: codeValidation, Pointer: pointer, Message: "null is no value here", Fix: "leave it out instead"}}
	}
	if t.Kind() == reflect.Pointer {
		return fits(v, t.Elem(), pointer)
	}
	switch t.Kind() {
	case reflect.Struct:
		return fitsStruct(v, t, pointer)
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			return kindProblem("object", pointer)
		}
		var ps []recommend.Problem
		for _, name := range slices.Sorted(maps.Keys(m)) {
			ps = append(ps, fits(m[name], t.Elem(), pointer+"/"+escape(name))...)
		}
		return ps
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return kindProblem("array", pointer)
		}
		var ps []recommend.Problem
		for i, x := range list {
			at := pointer + "/" + strconv.Itoa(i)
			ps = append(ps, fits(x, t.Elem(), at)...)
		}
		return ps
	default:
		return fitsScalar(v, t, pointer)
	}
}

func fitsStruct(v any, t reflect.Type, pointer string) []recommend.Problem {
	m, ok := v.(map[string]any)
	if !ok {
		return kindProblem("object", pointer)
	}
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" {
			fields[name] = f.Type
		}
	}
	var ps []recommend.Problem
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at := pointer + "/" + escape(name)
		ft, known := fields[name]
		if !known {
			ps = append(ps, recommend.Problem{
				Code: codeValidation, Pointer: at, Message: "unknown field", Fix: "known are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", "),
			})
			continue
		}
		ps = append(ps, fits(m[name], ft, at)...)
	}
	return ps
}

func fitsScalar(v any, t reflect.Type, pointer string) []recommend.Problem {
	n, isNumber := v.(json.Number)
	switch t.Kind() {
	case reflect.String:
		if _, ok := v.(string); !ok {
			return kindProblem("string", pointer)
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return kindProblem("boolean", pointer)
		}
	case reflect.Int, reflect.Int64:
		if _, err := strconv.ParseInt(n.String(), 10, 64); !isNumber || err != nil {
			return kindProblem("whole number", pointer)
		}
	case reflect.Float64:
		if f, err := n.Float64(); !isNumber || err != nil || math.IsInf(f, 0) {
			return kindProblem("number", pointer)
		}
	default:
	}
	return nil
}

func kindProblem(want, pointer string) []recommend.Problem {
	return []recommend.Problem{{Code: codeValidation, Pointer: pointer, Message: "not a JSON " + want, Fix: "see the schema in /openapi.yaml"}}
}

// escape writes a member's name as a segment of a JSON pointer.
func escape(name string) string {
	if name = shorten(name); !strings.ContainsAny(name, "~/") {
		return name // as nearly all: a Replacer costs more than the rest of a small body
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
