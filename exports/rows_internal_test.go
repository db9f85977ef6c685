package exports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// formulas are beginnings that a spreadsheet takes for one.
const formulas = "=+-@\t\r\n＝＋－＠"

func TestBothFormatsHaveTheSameRows(t *testing.T) {
	columns := []string{"schema", "key", "count", "rate", "few", "at", "label"}
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"=1+1", "+1", "-2", "@SUM(A1)", `=HYPERLINK("http://x.test","y")`, "\t=1", "a,b", `"`, "line\nline", "a\r\nb", "'", "", " ", "茶", "＝1", "\x00", "<b>&", "\u2028",
	}))
	some := func(rt *rapid.T, v any) any {
		if rapid.Bool().Draw(rt, "none") {
			return nil
		}
		return v
	}
	rapid.Check(t, func(rt *rapid.T) {
		var rows []row
		for range rapid.IntRange(0, 6).Draw(rt, "rows") {
			rows = append(rows, row{
				"vitrine.export.x/1", text.Draw(rt, "key"), rapid.Int64().Draw(rt, "count"), some(rt, rapid.Float64Range(-1e18, 1e18).Draw(rt, "rate")),
				rapid.Bool().Draw(rt, "few"), time.Unix(rapid.Int64Range(0, 1<<32).Draw(rt, "at"), 0).UTC(), some(rt, text.Draw(rt, "label")),
			})
		}
		lines := bytes.Split(bytes.TrimSuffix(written(rt, NDJSON, columns, rows), []byte("\n")), []byte("\n"))
		table, err := csv.NewReader(bytes.NewReader(written(rt, CSV, columns, rows))).ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		if len(lines) != len(rows)+1 || len(table) != len(rows)+1 {
			rt.Fatalf("%d lines of NDJSON and %d of CSV, want a header and %d each", len(lines), len(table), len(rows))
		}
		for i := range rows {
			var values map[string]any
			dec := json.NewDecoder(bytes.NewReader(lines[i+1]))
			dec.UseNumber()
			if err := dec.Decode(&values); err != nil {
				rt.Fatalf("%v\n%s", err, lines[i+1])
			}
			for k, name := range table[0] {
				want := ""
				if v := values[name]; v != nil {
					want = fmt.Sprint(v)
				}
				if _, isText := rows[i][k].(string); isText && strings.IndexAny(want, formulas) == 0 {
					want = "'" + want // so that it is none
				}
				if want = strings.ReplaceAll(want, "\r", ""); table[i+1][k] != want { // CSV has its own ends of lines
					rt.Fatalf("row %d, %s: CSV has %q, want %q as NDJSON has it", i, name, table[i+1][k], want)
				}
			}
		}
	})
}

func written(t *rapid.T, format string, columns []string, rows []row) []byte {
	var b bytes.Buffer
	s := newSink(format, &b)
	err := s.begin(new(Job), &About{Columns: columns})
	for i := 0; err == nil && i < len(rows); i++ {
		err = s.write(rows[i])
	}
	if err == nil {
		err = s.end()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCSVHasTheEndsOfLinesOfRFC4180(t *testing.T) {
	var b bytes.Buffer
	s := newSink(CSV, &b)
	for _, err := range []error{s.begin(nil, &About{Columns: []string{"a", "b"}}), s.write(row{`say "=1", then`, nil}), s.write(row{"=1", int64(-1)}), s.end()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.String(), "a,b\r\n\"say \"\"=1\"\", then\",\r\n'=1,-1\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
