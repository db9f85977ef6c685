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
	"unicode/utf8"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// maxLine is the longest line of an import file: what an event may have, less
// room for its key and headers.
const maxLine = ingest.MaxEvent - 10_000

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

	at    int // index of the open file in files
	line  int
	lines *lineReader // of the open file; nil when none is
	close func() error
	next  *record
}

// openStreams finds the import files of dirs, kind by kind.
func openStreams(dirs []string) (streams []*stream, files []string, err error) {
	kinds := recordKinds()
	for i := range kinds {
		s := &stream{kind: &kinds[i], base: len(files)}
		for _, dir := range dirs {
			if info, err := os.Stat(dir); err != nil { //nolint:gosec // the operator names the directory
				return nil, nil, err
			} else if !info.IsDir() {
				return nil, nil, fmt.Errorf("%s is not a directory", dir)
			}
			for _, ext := range []string{".jsonl", ".jsonl.gz"} {
				path := filepath.Join(dir, kinds[i].file+ext)
				if _, err := os.Stat(path); err == nil { //nolint:gosec // as above
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
		if s.lines == nil {
			if s.at == len(s.files) {
				return nil
			}
			r, closer, err := openLines(s.files[s.at])
			if err != nil {
				return err
			}
			s.lines, s.close, s.line = &lineReader{r: bufio.NewReaderSize(r, 64<<10)}, closer, 0
		}
		text, err := s.lines.next()
		s.line++
		switch {
		case errors.Is(err, io.EOF):
			err = s.leave()
		case errors.Is(err, errLongLine):
			s.next, err = s.refused(err), nil
		case err != nil: // the rest of the file is lost, not that of the others
			s.next, err = s.refused(fmt.Errorf("the file is damaged from here on: %w", err)), s.leave()
		default:
			if s.line == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors mark UTF-8
			}
			if text = bytes.TrimSpace(text); len(text) > 0 {
				s.next = s.read(text)
			}
		}
		if s.next != nil || err != nil {
			return err
		}
	}
}

// leave closes the open file and goes to the next.
func (s *stream) leave() error {
	err := s.close()
	s.lines = nil
	s.at++
	return err
}

func (s *stream) refused(err error) *record {
	return &record{kind: s.kind, file: s.base + s.at, line: s.line, err: err}
}

// A lineReader reads lines of any length and keeps those that are not too long.
type lineReader struct {
	r   *bufio.Reader
	buf []byte
}

var errLongLine = fmt.Errorf("longer than the %d bytes that a record may have", maxLine)

// next returns a line, good until the next call. After errLongLine the lines
// that follow can be read.
func (l *lineReader) next() ([]byte, error) {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if long = long || len(l.buf)+len(part) > maxLine; long {
			l.buf = l.buf[:0]
		} else {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (long || len(l.buf) > 0): // a last line may lack its end
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLongLine
		}
		return l.buf, nil
	}
}

func (s *stream) read(text []byte) *record {
	r := s.refused(nil)
	if !utf8.Valid(text) {
		r.err = errors.New("not UTF-8")
		return r
	}
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
	if err != nil { // damaged from its first byte on: told when it is read
		return damaged{err}, f.Close, nil //nolint:nilerr // the reader tells it
	}
	return z, f.Close, nil
}

// damaged is a file that cannot be read at all.
type damaged struct{ err error }

func (d damaged) Read([]byte) (int, error) {
	if errors.Is(d.err, io.EOF) { // of an empty file, which is no gzip
		return 0, io.ErrUnexpectedEOF
	}
	return 0, d.err
}

// countLines counts the lines of files, for the progress bar; of a damaged one
// those that can be read.
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
			if err != nil {
				break
			}
		}
		if err := closer(); err != nil {
			return 0, err
		}
	}
	return n, nil
}
