package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A query is one line of queries.jsonl: what a reader was shown to want after
// a time.
type query struct {
	ID       string    `json:"id"`
	Reader   string    `json:"reader"`
	At       time.Time `json:"at"`
	Relevant []string  `json:"relevant"` // product keys to be found
	// Topic restricts the window to a topic and what lies in it.
	Topic string `json:"topic"`
	// Candidates asks for an order of exactly these picks.
	Candidates []string `json:"candidates"`
	Limit      int      `json:"limit"` // k; 0 is 20
	// Fresh leaves out products that the reader has acted on.
	Fresh bool `json:"fresh"`
}

const defaultQueryLimit = 20

// readQueries reads the queries of all dirs, by time; those of one time stay in
// their order.
func readQueries(dirs []string) ([]*query, error) {
	var all []*query
	for _, dir := range dirs {
		for _, ext := range []string{".jsonl", ".jsonl.gz"} {
			path := filepath.Join(dir, "queries"+ext)
			if _, err := os.Stat(path); err != nil { //nolint:gosec // the operator names the directory
				continue
			}
			qs, err := readQueryFile(path)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			all = append(all, qs...)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("none of %v holds queries.jsonl: there is nothing to measure", dirs)
	}
	slices.SortStableFunc(all, func(a, b *query) int { return a.At.Compare(b.At) })
	return all, nil
}

func readQueryFile(path string) (qs []*query, err error) {
	r, closer, err := openLines(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closer()) }()
	lines := &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
	for n := 1; ; n++ {
		text, err := lines.next()
		if errors.Is(err, io.EOF) {
			return qs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		q := new(query)
		if err := json.Unmarshal(text, q); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if err := q.finish(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		qs = append(qs, q)
	}
}

// finish fills in what the line leaves to defaults and refuses what cannot be
// measured.
func (q *query) finish() error {
	switch {
	case q.At.IsZero():
		return errors.New("a query needs at")
	case len(q.Relevant) == 0:
		return errors.New("a query needs relevant products")
	case q.Limit < 0:
		return fmt.Errorf("limit %d", q.Limit)
	case q.Limit == 0:
		q.Limit = defaultQueryLimit
	}
	q.At = q.At.UTC()
	slices.Sort(q.Relevant)
	q.Relevant = slices.Compact(q.Relevant)
	return nil
}
