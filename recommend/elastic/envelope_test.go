package elastic

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"

	"vitrine.dev/recommend"
)

// FuzzLine: what goes into a bulk request are two lines of JSON, whatever the
// document; and its body comes out of the second byte for byte.
func FuzzLine(f *testing.F) {
	for _, body := range []string{
		`{}`, ` {} `, "{\n}", "{\"a\":1}\r", `{"reason":"x","topics":["a",` + "\n" + `"b"],"published_at":"2026-11-23T08:00:00Z"}`,
		`{"reason":{"a":1},"topics":"tea","expert":null}`, `{"a":"\ud800"}`, `{"body":{},"raw":"x","ref":"y"}`, `{"REASON":"x"}`, `[]`, `null`, ``,
	} {
		for _, kind := range []recommend.Kind{recommend.KindPick, recommend.KindProduct, recommend.KindReader} {
			f.Add(string(kind), "id", int64(7), []byte(body), false)
			f.Add(string(kind), "\"\n<é>\u2028", int64(0), []byte(body), true)
		}
	}
	f.Fuzz(func(t *testing.T, kind, id string, version int64, body []byte, raw bool) {
		doc := recommend.Document{Ref: recommend.Ref{Kind: recommend.Kind(kind), ID: id}, Version: version, Body: body}
		l, err := newLine("alias", doc)
		if err != nil {
			return
		}
		l.raw = l.raw || raw
		b, err := l.appendTo(nil)
		if err != nil {
			t.Fatalf("appendTo: %v, want nil", err)
		}
		lines := bytes.SplitAfter(b, []byte("\n"))
		if len(lines) != 3 || len(lines[2]) != 0 {
			t.Fatalf("got %d lines, want 2: %q", len(lines)-1, b)
		}
		var action struct {
			Index struct {
				ID      string `json:"_id"`
				Version int64  `json:"version"`
			} `json:"index"`
		}
		if err := json.Unmarshal(lines[0], &action); err != nil || action.Index.ID != id || action.Index.Version != version {
			t.Errorf("action: %+v, %v, want id %q and version %d", action, err, id, version)
		}
		var e envelope
		if err := json.Unmarshal(lines[1], &e); err != nil || !utf8.Valid(lines[1]) {
			t.Fatalf("envelope: %v, want JSON: %q", err, lines[1])
		}
		if got := e.body(); !bytes.Equal(got, body) {
			t.Errorf("body: got %q, want %q", got, body)
		}
	})
}

// FuzzMark: a mark leads back to where it came from; another is refused as
// invalid.
func FuzzMark(f *testing.F) {
	for _, m := range []string{"", "A.-1", "A.3,B.5", "A.4,B.5", "A.3", "A.3,A.3", "A.-2,B.0", "A.+1,B.1", ",", "A.99999999999999999999,B.1"} {
		f.Add(m)
	}
	shards := []position{{history: "A", seq: 3}, {history: "B", seq: 5}}
	f.Fuzz(func(t *testing.T, m string) {
		at, err := decodeMark(recommend.Mark(m), shards)
		if err != nil {
			if !errors.Is(err, recommend.ErrInvalid) {
				t.Errorf("decodeMark of %q: %v, want an error that wraps ErrInvalid", m, err)
			}
			return
		}
		for i, p := range at {
			if p.history != shards[i].history || p.seq < -1 || p.seq > shards[i].seq {
				t.Errorf("decodeMark of %q: %+v lies outside %+v", m, p, shards[i])
			}
		}
		again, err := decodeMark(encodeMark(at), shards)
		if err != nil || !reflect.DeepEqual(again, at) {
			t.Errorf("decodeMark of %q: %+v; encoded and decoded again %+v, %v", m, at, again, err)
		}
	})
}
