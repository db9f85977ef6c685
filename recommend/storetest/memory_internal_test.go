package storetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// memory keeps the contract in the simplest way there is, or breaks it in one
// way, so that the suite can be seen to pass and to fail.
type memory struct {
	recommend.Scan

	fault string

	mu   sync.Mutex
	name string
	seq  int
	rows map[recommend.Ref]memoryRow
}

type memoryRow struct {
	recommend.Document
	seq   int
	words map[string]bool
}

var _ recommend.Store = (*memory)(nil)

func newMemory(tb testing.TB, fault string) *memory {
	tb.Helper()
	m := &memory{fault: fault, name: tb.TempDir(), rows: make(map[recommend.Ref]memoryRow)}
	m.Scan = m.each
	return m
}

// has reports whether the store is broken in the way of fault, and is the list
// of ways.
func (m *memory) has(fault string) bool { return m.fault == fault }

func (m *memory) key(r recommend.Ref) recommend.Ref {
	switch {
	case m.has("kinds are mixed"):
		r.Kind = ""
	case m.has("ids are folded"):
		r.ID = strings.ToLower(r.ID)
	case m.has("ids are trimmed"):
		r.ID = strings.TrimSpace(r.ID)
	case m.has("ids are cut"):
		r.ID = r.ID[:min(len(r.ID), 100)]
	}
	return r
}

func (m *memory) Put(ctx context.Context, docs ...recommend.Document) error {
	if err := m.available(ctx); err != nil {
		return err
	}
	if m.has("long batches are cut") {
		docs = docs[:min(len(docs), 1000)]
	}
	if m.has("documents are sorted") {
		slices.SortFunc(docs, func(a, b recommend.Document) int { return a.Compare(b.Ref) })
	}
	var refused []recommend.PutItemError
	for _, d := range docs {
		if d.Version < 0 || !json.Valid(d.Body) || d.Body[0] == '[' {
			refused = append(refused, recommend.PutItemError{Ref: d.Ref, Reason: "not to be folded"})
			if m.has("a bad document stops the rest") {
				break
			}
			continue
		}
		m.putOne(d)
	}
	switch {
	case len(refused) == 0:
		return nil
	case m.has("refusals are silent"):
		return nil
	case m.has("refusals have no names"):
		return recommend.ErrInvalid
	}
	return &recommend.PutError{Items: refused}
}

func (m *memory) putOne(d recommend.Document) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.rows[m.key(d.Ref)]
	switch {
	case !ok, m.has("the last put wins"):
	case m.has("versions are compared as text") && strconv.FormatInt(d.Version, 10) > strconv.FormatInt(old.Version, 10):
	case m.has("versions are compared as floats") && float64(d.Version) <= float64(old.Version):
		return
	case d.Version < old.Version, d.Version == old.Version && !m.has("the same version is written"):
		return
	}
	if !ok && d.Version == 0 && m.has("version 0 is none") {
		return
	}
	m.seq++
	row := memoryRow{Document: d, seq: m.seq}
	if ok && m.has("a change stays where it was") {
		row.seq = old.seq
	}
	if m.has("a change is counted before it is written") {
		m.mu.Unlock()
		<-time.After(time.Millisecond) // others overtake
		m.mu.Lock()
	}
	row.Body = bytes.Clone(d.Body)
	if m.has("bodies are printed again") {
		var b bytes.Buffer
		if json.Compact(&b, d.Body) == nil {
			row.Body = b.Bytes()
		}
	}
	row.words = m.wordsOf(d)
	if ok && m.has("the index keeps old words") {
		for w := range old.words {
			row.words[w] = true
		}
	}
	m.rows[m.key(d.Ref)] = row
}

func (m *memory) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	if err := m.available(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.has("documents come in the order of their refs") {
		refs = slices.SortedFunc(slices.Values(refs), recommend.Ref.Compare)
	}
	var out []recommend.Document
	for _, r := range refs {
		row, ok := m.rows[m.key(r)]
		if !ok {
			if m.has("absence is an error") {
				return nil, recommend.ErrNotFound
			}
			continue
		}
		d := row.Document
		d.Ref = r
		if !m.has("the caller gets the store's own bytes") {
			d.Body = bytes.Clone(d.Body)
		}
		out = append(out, d)
	}
	return out, nil
}

func (m *memory) Changes(ctx context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	if err := m.available(ctx); err != nil {
		return nil, since, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	from, err := m.parse(since)
	if err != nil {
		return nil, since, err
	}
	var rows []memoryRow
	for _, row := range m.rows {
		if row.seq > from && (row.Kind == kind || m.has("changes are of all kinds")) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b memoryRow) int {
		if m.has("changes come newest first") {
			a, b = b, a
		}
		return cmp.Compare(a.seq, b.seq)
	})
	if !m.has("changes have no limit") {
		rows = rows[:min(len(rows), limit)]
	}
	next := since
	if m.has("no changes give another mark") {
		next = m.mark(m.seq + 1)
	}
	var out []recommend.Document
	for _, row := range rows {
		out = append(out, row.Document)
		next = m.mark(row.seq)
	}
	if len(rows) == limit && m.has("a page swallows the next change") {
		next = m.mark(rows[len(rows)-1].seq + 1)
	}
	return out, next, nil
}

func (m *memory) mark(seq int) recommend.Mark {
	return recommend.Mark(m.name + "#" + strconv.Itoa(seq))
}

func (m *memory) parse(since recommend.Mark) (int, error) {
	if since == "" {
		return 0, nil
	}
	name, number, _ := strings.Cut(string(since), "#")
	seq, err := strconv.Atoi(number)
	switch {
	case err != nil && m.has("an unknown mark is the beginning"):
		return 0, nil
	case name != m.name && !m.has("any store's mark will do"), err != nil:
		return 0, fmt.Errorf("mark %q: %w", since, recommend.ErrInvalid)
	}
	return seq, nil
}

func (m *memory) available(ctx context.Context) error {
	if err := ctx.Err(); err != nil && !m.has("contexts are ignored") {
		if m.has("errors have no kind") {
			return err
		}
		return errors.Join(recommend.ErrUnavailable, err)
	}
	return nil
}

func (m *memory) Check(ctx context.Context) error {
	if m.has("the check fails") {
		return recommend.ErrUnavailable
	}
	return m.available(ctx)
}

func (m *memory) Close() error {
	if m.has("closing fails") {
		return recommend.ErrUnavailable
	}
	return nil
}

// reopen makes of m what a restart would.
func (m *memory) reopen() *memory {
	again := &memory{fault: m.fault, name: m.name, seq: m.seq, rows: m.rows}
	again.Scan = again.each
	switch {
	case m.has("a restart loses documents"):
		again.rows = make(map[recommend.Ref]memoryRow)
	case m.has("a restart loses marks"):
		again.name += "again"
	case m.has("a restart counts from the beginning"):
		again.seq = 0
	}
	return again
}
