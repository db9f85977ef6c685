package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// A Problem is the body of every answer of 400 and above: RFC 9457 problem
// details.
type Problem struct {
	// Type is an address of a page about this kind of problem; its last
	// segment is Code.
	Type     string              `json:"type"`
	Title    string              `json:"title"` // in the language of Accept-Language
	Status   int                 `json:"status"`
	Detail   string              `json:"detail,omitempty"`
	Instance string              `json:"instance,omitempty"` // path of the request
	Code     string              `json:"code"`
	TraceID  string              `json:"trace_id"`
	Errors   []recommend.Problem `json:"errors,omitempty"`

	// Extra are the members that go with Code, such as "existing_id".
	Extra map[string]any `json:"-"`
}

type problemFields Problem

// MarshalJSON writes the known members, then Extra by name.
func (p Problem) MarshalJSON() ([]byte, error) {
	b, err := marshal(problemFields(p))
	if err != nil || len(p.Extra) == 0 {
		return b, err
	}
	b = b[:len(b)-1]
	for _, name := range slices.Sorted(maps.Keys(p.Extra)) {
		value, err := marshal(p.Extra[name])
		if err != nil {
			return nil, err
		}
		b = append(b, ',')
		b = strconv.AppendQuote(b, name) // names are our own: plain ASCII
		b = append(append(b, ':'), value...)
	}
	return append(b, '}'), nil
}

// A refusal is an error that knows what the client is told.
type refusal struct {
	code   string
	status int    // 0: that of code
	detail string // "": the first error's message
	errors []recommend.Problem
	extra  map[string]any
	header http.Header
	cause  error // logged, never told
}

// Error is for the log.
func (r *refusal) Error() string {
	s := r.code
	if r.detail != "" {
		s += ": " + r.detail
	}
	if r.cause != nil {
		s += ": " + r.cause.Error()
	}
	return s
}

// Unwrap is the cause.
func (r *refusal) Unwrap() error { return r.cause }

func refuse(code, detail string) *refusal { return &refusal{code: code, detail: detail} }

// invalidQuery refuses a parameter of the address.
func invalidQuery(name, message, fix string) *refusal {
	return &refusal{
		code: codeValidation, status: http.StatusBadRequest, detail: name + ": " + message,
		errors: []recommend.Problem{{Code: codeValidation, Pointer: "/" + name, Message: message, Fix: fix}},
		extra:  map[string]any{"parameter": name},
	}
}

// notFound refuses the name of something that does not exist.
func notFound(what, id string) *refusal {
	return refuse(codeNotFound, "no "+what+" "+strconv.Quote(shorten(id)))
}

func (r *refusal) with(name string, value any) *refusal {
	if r.extra == nil {
		r.extra = make(map[string]any)
	}
	r.extra[name] = value
	return r
}

func (r *refusal) after(d time.Duration) *refusal {
	return r.head("Retry-After", strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10))
}

func (r *refusal) head(name, value string) *refusal {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Set(name, value)
	return r
}

// reserved are the members that details of a rule cannot take.
func reserved(name string) bool {
	return slices.Contains([]string{"type", "title", "status", "detail", "instance", "code", "trace_id", "errors"}, name)
}

// refuseAll makes a refusal of broken rules. What forbids weighs more than
// what is merely wrong, so a stranger is not taught to write better picks.
func (t problemTypes) refuseAll(problems []recommend.Problem) *refusal {
	main := problems[0]
	for _, p := range problems {
		if t.of(p.Code).status == http.StatusForbidden {
			main = p
			break
		}
	}
	r := &refusal{code: main.Code, detail: main.Message, errors: problems}
	if known := t.of(main.Code); known.slug != main.Code {
		r.code = codeValidation
	}
	for name, value := range main.Details {
		if name == "violated_policies" {
			name = "violated-policies" // as the draft on rate limit headers writes it
		}
		if !reserved(name) {
			r = r.with(name, value)
		}
	}
	return r
}

// marshal writes JSON without escaping what only matters inside HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// shorten clips foreign text that a message repeats.
func shorten(s string) string {
	const most = 80
	s = strings.ToValidUTF8(s, "")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
