package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Result is one measured figure and what it is held against.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // the median of the rounds
	Unit  string  `json:"unit"`
	// Floor is what the floor did in the same rounds, Ratio the median of the
	// rounds' own ratios; 0 without a floor.
	Floor float64 `json:"floor,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`
	P50   float64 `json:"p50_ms,omitempty"`
	P99   float64 `json:"p99_ms,omitempty"`
	P999  float64 `json:"p999_ms,omitempty"`
	// CPU is what the server used for one request, in microseconds.
	CPU      float64 `json:"cpu_us,omitempty"`
	FloorCPU float64 `json:"floor_cpu_us,omitempty"`
	// More are further figures by name and unit, such as allocations.
	More  map[string]float64 `json:"more,omitempty"`
	Aims  []Aim              `json:"aims,omitempty"`
	Notes []string           `json:"notes,omitempty"`
	// Errors are answers that were none. A row with any has failed.
	Errors int64  `json:"errors"`
	Error  string `json:"error,omitempty"`
}

// An Aim is what a figure ought to be.
type Aim struct {
	What string  `json:"what"`
	Got  float64 `json:"got"`
	Want float64 `json:"want"`
	Most bool    `json:"most"` // Want is the most allowed, else the least
	Met  bool    `json:"met"`
}

// atLeast is an aim from below.
func atLeast(what string, got, want float64) Aim {
	return Aim{What: what, Got: got, Want: want, Met: got >= want}
}

// atMost is an aim from above.
func atMost(what string, got, want float64) Aim {
	return Aim{What: what, Got: got, Want: want, Most: true, Met: got <= want}
}

// String is such as "ratio ≥ 0.35: missed".
func (a Aim) String() string {
	sign, verdict := "≥", "met"
	if a.Most {
		sign = "≤"
	}
	if !a.Met {
		verdict = "MISSED"
	}
	return fmt.Sprintf("%s %s %s: %s", a.What, sign, short(a.Want), verdict)
}

// A Table is all results of a run.
type Table struct {
	Machine Machine  `json:"machine"`
	World   Size     `json:"world"`
	Notes   []string `json:"notes,omitempty"`
	Rows    []Result `json:"rows"`
}

// A Machine is what the figures were measured on.
type Machine struct {
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
	OS   string `json:"os"`
}

// settle lets nothing be met by a row that failed.
func (r *Result) settle() {
	for i := range r.Aims {
		r.Aims[i].Met = r.Aims[i].Met && r.Errors == 0 && r.Error == ""
	}
}

// Failed names the rows in which something went wrong.
func (t *Table) Failed() (names []string) {
	for _, r := range t.Rows {
		if r.Errors > 0 || r.Error != "" {
			names = append(names, r.Name)
		}
	}
	return names
}

// Write prints the table for people.
func (t *Table) Write(out io.Writer) error {
	fmt.Fprintf(out, "%d CPUs, %s, %s; %d picks, %d readers\n\n", t.Machine.CPUs, t.Machine.OS, t.Machine.Go, t.World.Picks, t.World.Readers)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "row\tvalue\t\tfloor\tratio\tp50 ms\tp99 ms\tp99.9 ms\tCPU µs\tfloor's\t")
	for _, r := range t.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, short(r.Value), r.Unit, orNone(r.Floor), orNone(r.Ratio),
			orNone(r.P50), orNone(r.P99), orNone(r.P999), orNone(r.CPU), orNone(r.FloorCPU))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, r := range t.Rows {
		for _, line := range r.lines() {
			fmt.Fprintf(out, "%s: %s\n", r.Name, line)
		}
	}
	for _, n := range t.Notes {
		fmt.Fprintln(out, n)
	}
	return nil
}

// lines are what a table has no column for.
func (r *Result) lines() (lines []string) {
	if len(r.More) > 0 {
		more := make([]string, 0, len(r.More))
		for name, v := range r.More {
			more = append(more, name+" "+short(v))
		}
		slices.Sort(more)
		lines = append(lines, strings.Join(more, ", "))
	}
	for _, a := range r.Aims {
		lines = append(lines, a.String())
	}
	lines = append(lines, r.Notes...)
	if r.Errors > 0 || r.Error != "" {
		lines = append(lines, fmt.Sprintf("FAILED: %d errors, such as: %s", r.Errors, r.Error))
	}
	return lines
}

// WriteJSON writes the table to a file for machines.
func (t *Table) WriteJSON(path string) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("json: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// short is v with as many digits as anybody looks at.
func short(v float64) string {
	const whole = 100
	if v >= whole || v <= -whole {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func orNone(v float64) string {
	if v == 0 {
		return "–"
	}
	return short(v)
}
