package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"vitrine.dev/recommend"
)

// maxLine is the longest line of an import file.
const maxLine = 1 << 20

// A record is one line of an import file as an event, or why it is none.
type record struct {
	kind  *recordKind
	event recommend.Event
	file  int // index into the importer's files
	line  int
	err   error
}

// A stream reads the records of the files of one kind, one file after another.
type stream struct {
	kind  *recordKind
	files []string
	base  int // index of files[0] among all files

	at      int // index of the open file in files
	line    int
	scanner *bufio.Scanner
	close   func() error
	next    *record
}

// openStreams finds the import files of dirs, kind by kind.
func openStreams(dirs []string) (streams []*stream, files []string, err error) {
	kinds := recordKinds()
	for i := range kinds {
		s := &stream{kind: &kinds[i], base: len(files)}
		for _, dir := range dirs {
			if info, err := os.Stat(dir); err != nil {
				return nil, nil, err
			} else if !info.IsDir() {
				return nil, nil, fmt.Errorf("%s is not a directory", dir)
			}
			for _, ext := range []string{".jsonl", ".jsonl.gz"} {
				path := filepath.Join(dir, kinds[i].file+ext)
				if _, err := os.Stat(path); err == nil {
					s.files = append(s.files, path)
				}
			}
		}
		files = append(files, s.files...)
		if len(s.files) > 0 {
			streams = append(streams, s)
		}
	}
	if len(streams) == 0 {
		return nil, nil, fmt.Errorf("none of %v holds an import file such as picks.jsonl", dirs)
	}
	return streams, files, nil
}

// mergeNext returns the earliest record of all streams, nil at the end. At
// equal times the kind that comes first goes first.
func mergeNext(streams []*stream) (*record, error) {
	var first *stream
	for _, s := range streams {
		if s.next == nil {
			if err := s.advance(); err != nil {
				return nil, err
			}
		}
		if s.next != nil && (first == nil || s.next.event.Time.Before(first.next.event.Time)) {
			first = s
		}
	}
	if first == nil {
		return nil, nil
	}
	r := first.next
	first.next = nil
	return r, nil
}

// advance fills s.next; it stays nil at the end of the last file.
func (s *stream) advance() error {
	for {
		if s.scanner == nil {
			if s.at == len(s.files) {
				return nil
			}
			r, closer, err := openLines(s.files[s.at])
			if err != nil {
				return err
			}
			s.scanner, s.close, s.line = bufio.NewScanner(r), closer, 0
			s.scanner.Buffer(make([]byte, 64<<10), maxLine)
		}
		for s.scanner.Scan() {
			s.line++
			if text := bytes.TrimSpace(s.scanner.Bytes()); len(text) > 0 {
				s.next = s.read(text)
				return nil
			}
		}
		if err := errors.Join(s.scanner.Err(), s.close()); err != nil {
			return fmt.Errorf("%s line %d: %w", s.files[s.at], s.line+1, err)
		}
		s.scanner = nil
		s.at++
	}
}

func (s *stream) read(text []byte) *record {
	r := &record{kind: s.kind, file: s.base + s.at, line: s.line}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		r.err = fmt.Errorf("not JSON: %w", err)
		return r
	}
	head, err := s.kind.parse(compact.Bytes())
	if err != nil {
		r.err = err
		return r
	}
	r.event = recommend.Event{
		ID: head.id, Source: importSource, Type: s.kind.typ, Key: head.key, Time: head.at.UTC(), Data: compact.Bytes(), Topic: s.kind.topic,
	}
	return r
}

// openLines opens a file, through gzip when its name says so.
func openLines(path string) (io.Reader, func() error, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the directory
	if err != nil {
		return nil, nil, err
	}
	if filepath.Ext(path) != ".gz" {
		return f, f.Close, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return z, func() error { return errors.Join(z.Close(), f.Close()) }, nil
}

// countLines counts the lines of files, for the progress bar.
func countLines(files []string) (int64, error) {
	var n int64
	buf := make([]byte, 256<<10)
	for _, path := range files {
		r, closer, err := openLines(path)
		if err != nil {
			return 0, err
		}
		for {
			k, err := r.Read(buf)
			n += int64(bytes.Count(buf[:k], []byte{'\n'}))
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return 0, errors.Join(fmt.Errorf("%s: %w", path, err), closer())
			}
		}
		if err := closer(); err != nil {
			return 0, err
		}
	}
	return n, nil
}
