package elastic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"vitrine.dev/recommend"
)

// maxID is the longest id in bytes that Elasticsearch takes.
const maxID = 512

// An envelope is a document as Elasticsearch stores it:
//
//	{"ref":"pick/p1","expert":"e1","reason":"…","topics":["tea"],"body":{…}}
//
// The body lies inside instead of being the document, so that nothing in it
// can clash with the mapping: at the top, Elasticsearch refuses a field named
// "_id" or "", and an object where text is declared. What is searched is
// repeated beside it, if it has the right type. Elasticsearch returns the bytes
// of body as they came, as long as nothing filters or reformats its answer.
//
// A body that does not fit on a line of a bulk request, or that Elasticsearch's
// parser does not like though it is JSON, goes as a string in "raw".
type envelope struct {
	Body json.RawMessage `json:"body"`
	Raw  *string         `json:"raw"`
}

// body returns the document's bytes, which the caller owns.
func (e *envelope) body() json.RawMessage {
	if e.Raw != nil {
		return json.RawMessage(*e.Raw)
	}
	return e.Body
}

// A line is a document on its way into a bulk request.
type line struct {
	doc    recommend.Document
	head   []byte // envelope up to the body
	action []byte
	raw    bool
}

// An action is the first line of a document in a bulk request.
type action struct {
	Index target `json:"index"`
}

type target struct {
	Index       string `json:"_index"`
	ID          string `json:"_id"`
	Version     int64  `json:"version"`
	VersionType string `json:"version_type"`
}

// newLine prepares doc for writing to alias. An error says why Elasticsearch
// can never take it.
func newLine(alias string, doc recommend.Document) (*line, error) {
	if err := admissible(doc); err != nil {
		return nil, err
	}
	head, err := envelopeHead(doc)
	if err != nil {
		return nil, err
	}
	action, err := json.Marshal(action{Index: target{
		Index: alias, ID: doc.ID, Version: doc.Version, VersionType: "external",
	}})
	if err != nil {
		return nil, fmt.Errorf("encode action: %w", err)
	}
	last := len(doc.Body) - 1
	return &line{
		doc: doc, head: head, action: action,
		// White space around the object would be lost as well as a new line.
		raw: doc.Body[0] != '{' || doc.Body[last] != '}' || bytes.IndexByte(doc.Body, '\n') >= 0,
	}, nil
}

func admissible(doc recommend.Document) error {
	switch {
	case doc.ID == "":
		return errors.New("id is empty")
	case len(doc.ID) > maxID:
		return fmt.Errorf("id has %d bytes, at most %d are possible", len(doc.ID), maxID)
	case !utf8.ValidString(doc.ID):
		return errors.New("id is not UTF-8")
	case doc.Version < 0:
		return fmt.Errorf("version %d is negative", doc.Version)
	case !utf8.Valid(doc.Body):
		return errors.New("body is not UTF-8")
	case !json.Valid(doc.Body):
		return errors.New("body is not JSON")
	case bytes.TrimLeft(doc.Body, " \t\r\n")[0] != '{':
		return errors.New("body is not a JSON object")
	}
	return nil
}

// envelopeHead returns the start of doc's envelope: what is searched, by name.
func envelopeHead(doc recommend.Document) ([]byte, error) {
	fields := copied(doc.Kind)
	switch {
	case len(counted(doc.Kind)) > 0:
		return countedHead(doc)
	case len(fields) == 0:
		return []byte("{"), nil
	}
	ref, err := json.Marshal(doc.String())
	if err != nil {
		return nil, fmt.Errorf("encode ref: %w", err)
	}
	head := append([]byte(`{"ref":`), ref...)
	head = append(head, ',')
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc.Body, &members); err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if v := members[name]; fits(v, fields[name]) {
			head = strconv.AppendQuote(head, name)
			head = append(head, ':')
			head = append(head, bytes.ReplaceAll(v, []byte("\n"), nil)...) // between the strings of a list
			head = append(head, ',')
		}
	}
	return head, nil
}

// fits reports whether v can be indexed as t: a string, or of keywords a list
// of strings.
func fits(v json.RawMessage, t string) bool {
	if len(v) == 0 {
		return false
	}
	if v[0] == '"' {
		return true
	}
	var list []string
	return t == typeKeyword && v[0] == '[' && json.Unmarshal(v, &list) == nil
}

// appendTo adds l to a bulk request.
func (l *line) appendTo(b []byte) ([]byte, error) {
	b = append(b, l.action...)
	b = append(b, '\n')
	b = append(b, l.head...)
	if !l.raw {
		b = append(b, `"body":`...)
		b = append(b, l.doc.Body...)
	} else {
		raw, err := json.Marshal(string(l.doc.Body))
		if err != nil {
			return nil, fmt.Errorf("encode body: %w", err)
		}
		b = append(b, `"raw":`...)
		b = append(b, raw...)
	}
	return append(b, '}', '\n'), nil
}

// size is how much appendTo adds, but for the escapes of a raw body.
func (l *line) size() int {
	const frame = 12
	return len(l.action) + len(l.head) + len(l.doc.Body) + frame
}
