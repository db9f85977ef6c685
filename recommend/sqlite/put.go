package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"vitrine.dev/recommend"
)

// maxBody is what a row may hold with room to spare; SQLite ends at 1 GB.
const maxBody = 256 << 20

// An entry is a document ready to be written.
type entry struct {
	recommend.Document
	indexed    bool
	searchable bool
	words      string // what search finds it by
	wordsHash  int64  // over 0; tells words from others
}

// Put is described at [recommend.Store]. Documents that can never be taken are
// those whose kind or id is empty or no text, with a negative version, and with a
// body that is no JSON object or is over 256 MiB. The others of one Put are written in
// one transaction. A Put that had to wait while the file was replaced is an
// error that wraps [recommend.ErrConflict] too: its documents were made from
// what was there before.
func (s *Store) Put(ctx context.Context, docs ...recommend.Document) error {
	if err := ctx.Err(); err != nil {
		return unavailable("put", err)
	}
	entries := make([]entry, 0, len(docs))
	var refused []recommend.PutItemError
	for _, d := range docs {
		e, err := prepare(d)
		if err != nil {
			refused = append(refused, recommend.PutItemError{Ref: d.Ref, Reason: err.Error()})
			continue
		}
		entries = append(entries, e)
	}
	if len(entries) > 0 {
		if err := s.write(ctx, entries); err != nil {
			return unavailable(fmt.Sprintf("put %d documents, %s first", len(entries), entries[0].Ref), err)
		}
	}
	if len(refused) > 0 {
		return &recommend.PutError{Items: refused}
	}
	return nil
}

func (s *Store) write(ctx context.Context, entries []entry) error {
	began := s.changes.Load()
	s.writing.RLock()
	defer s.writing.RUnlock()
	if s.changes.Load() != began {
		return fmt.Errorf("the file was replaced: %w", recommend.ErrConflict)
	}
	return s.writer.put(ctx, entries)
}

// storable reports whether SQLite keeps s as text, whole: it ends at a zero.
func storable(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// prepare checks d and finds its words.
func prepare(d recommend.Document) (entry, error) {
	e := entry{Document: d, indexed: d.Kind.Indexed()}
	switch {
	case d.Kind == "" || !storable(string(d.Kind)):
		return e, errors.New("kind is empty or no text")
	case d.ID == "" || !storable(d.ID):
		return e, errors.New("id is empty or no text")
	case d.Version < 0:
		return e, fmt.Errorf("version %d is negative", d.Version)
	case len(d.Body) > maxBody:
		return e, fmt.Errorf("body of %d bytes is over %d", len(d.Body), maxBody)
	}
	field := ""
	switch d.Kind { //nolint:exhaustive // the others are not searched
	case recommend.KindPick:
		field = "reason"
	case recommend.KindProduct:
		field = "title"
	}
	if field == "" {
		return e, object(d.Body)
	}
	value, err := member(d.Body, field)
	if err != nil {
		return e, err
	}
	e.searchable = true
	var text string
	if json.Unmarshal(value, &text) == nil { // absent or no string: nothing to find
		e.words = indexWords(text)
	}
	e.wordsHash = hash(e.words)
	return e, nil
}

// lenient has jsontext take for JSON what encoding/json does.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) //nolint:gochecknoglobals // never changes

// member is the value of the last member of body called name, nil when there is
// none. It is an error that body is no JSON object.
func member(body []byte, name string) ([]byte, error) {
	if value, ok := memberOf(body, name); ok {
		return value, nil
	}
	var all map[string]json.RawMessage // which says what is wrong
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("body is not a JSON object: %w", err)
	}
	if all == nil {
		return nil, errors.New("body is null, not a JSON object")
	}
	return all[name], nil
}

// memberOf is member in one pass that copies nothing else; not ok when it cannot
// tell.
func memberOf(body []byte, name string) (value []byte, ok bool) {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), lenient)
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, false
	}
	for d.PeekKind() == '"' {
		t, err := d.ReadToken()
		if err != nil {
			return nil, false
		}
		if t.String() != name {
			if d.SkipValue() != nil {
				return nil, false
			}
			continue
		}
		v, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		value = bytes.Clone(v)
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '}' {
		return nil, false
	}
	_, err := d.ReadToken()
	return value, errors.Is(err, io.EOF)
}

// object reports as an error that body is no JSON object.
func object(body json.RawMessage) error {
	const short = 512 // bytes, below which encoding/json is faster
	if valid := len(body) > short && jsontext.Value(body).IsValid(lenient); !valid && !json.Valid(body) {
		return errors.New("body is not JSON")
	}
	if bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return errors.New("body is not a JSON object")
	}
	return nil
}

// hash returns a number over 0 that tells words from others.
func hash(words string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(words)) // never fails
	return int64(h.Sum64()>>2) + 1
}
