package exports

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
)

// A row has a value for every column: a string, an int64, a float64, a bool,
// a time.Time, or nil where there is none.
type row []any

// A sink writes rows in one format.
type sink interface {
	begin(j *Job, a *About) error
	write(r row) error
	end() error
}

func newSink(format string, w io.Writer) sink {
	if format == CSV {
		c := csv.NewWriter(w)
		c.UseCRLF = true // RFC 4180
		return &csvSink{w: c}
	}
	return &lineSink{w: bufio.NewWriter(w)}
}

// A header is the first line of NDJSON.
type header struct {
	ID      string          `json:"export"`
	Dataset string          `json:"dataset"`
	Request json.RawMessage `json:"request"`
	*About
}

type lineSink struct {
	w     *bufio.Writer
	names [][]byte // of columns, as JSON
	buf   bytes.Buffer
}

func (s *lineSink) begin(j *Job, a *About) error {
	for _, name := range a.Columns {
		b, err := json.Marshal(name)
		if err != nil {
			return err
		}
		s.names = append(s.names, append(b, ':'))
	}
	if err := s.value(header{ID: j.ID, Dataset: j.Dataset, Request: j.Asked, About: a}); err != nil {
		return err
	}
	s.buf.WriteByte('\n')
	return s.flush()
}

func (s *lineSink) write(r row) error {
	for i, v := range r {
		s.buf.WriteByte("{,"[min(i, 1)])
		s.buf.Write(s.names[i])
		if err := s.value(v); err != nil {
			return err
		}
	}
	s.buf.WriteString("}\n")
	return s.flush()
}

// value writes v without escaping what only matters inside HTML.
func (s *lineSink) value(v any) error {
	enc := json.NewEncoder(&s.buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	s.buf.Truncate(max(0, s.buf.Len()-1)) // the line's end
	return err
}

func (s *lineSink) flush() error {
	_, err := s.w.Write(s.buf.Bytes())
	s.buf.Reset()
	return err
}

func (s *lineSink) end() error { return s.w.Flush() }

type csvSink struct{ w *csv.Writer }

func (s *csvSink) begin(_ *Job, a *About) error { return s.w.Write(a.Columns) }

func (s *csvSink) write(r row) error {
	cells := make([]string, len(r))
	for i, v := range r {
		var err error
		if cells[i], err = cell(v); err != nil {
			return err
		}
	}
	return s.w.Write(cells)
}

func (s *csvSink) end() error {
	s.w.Flush()
	return s.w.Error()
}

// cell is a value as NDJSON has it, without quotes; nothing where there is
// none. Text that a spreadsheet would take for a formula has an apostrophe
// before it (OWASP, CSV injection).
func cell(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		if strings.IndexAny(v, "=+-@\t\r\n＝＋－＠") == 0 {
			v = "'" + v
		}
		return v, nil
	}
	b, err := json.Marshal(v)
	return strings.Trim(string(b), `"`), err
}
