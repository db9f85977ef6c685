package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"vitrine.dev/ranking"
)

// An evalReport is what eval writes for machines.
type evalReport struct {
	Sets []*evalSet `json:"sets"`
}

// An evalSet holds the figures of one data set. Recall and NDCG are at the
// queries' own limits, in the order of the score alone.
type evalSet struct {
	Name    string `json:"name"`
	Queries int    `json:"queries"`
	evalFigures
	Mixed            evalFigures `json:"mixed"`
	WindowsPerSecond float64     `json:"windows_per_second"`
	P50              float64     `json:"p50_ms"`
	P99              float64     `json:"p99_ms"`
	Records          int64       `json:"records"`
	Refused          int         `json:"refused"`
	Seconds          float64     `json:"seconds"`         // of everything
	WindowSeconds    float64     `json:"windows_seconds"` // of it in windows
	PerQuery         perQuery    `json:"per_query"`
}

// evalFigures are the means over queries, with 95 % intervals.
type evalFigures struct {
	Recall         float64          `json:"recall"`
	NDCG           float64          `json:"ndcg"`
	RecallInterval ranking.Interval `json:"recall_interval"`
	NDCGInterval   ranking.Interval `json:"ndcg_interval"`
}

// perQuery holds the figures of every query, in one order.
type perQuery struct {
	ID          []string  `json:"id"`
	Recall      []float64 `json:"recall"`
	NDCG        []float64 `json:"ndcg"`
	MixedRecall []float64 `json:"mixed_recall"`
	MixedNDCG   []float64 `json:"mixed_ndcg"`
}

func figuresOf(recall, ndcg []float64) evalFigures {
	return evalFigures{
		Recall: ranking.Mean(recall), NDCG: ranking.Mean(ndcg),
		RecallInterval: ranking.Bootstrap(recall), NDCGInterval: ranking.Bootstrap(ndcg),
	}
}

// set sums the results up.
func (ev *evaluation) set() *evalSet {
	s := &evalSet{
		Name: ev.name, Queries: len(ev.results), Records: ev.replayed, Refused: ev.n, Seconds: ev.took.Seconds(),
	}
	p := &s.PerQuery
	times := make([]time.Duration, 0, 2*len(ev.results))
	for _, r := range ev.results {
		p.ID = append(p.ID, r.query.ID)
		p.Recall, p.NDCG = append(p.Recall, r.bare.recall), append(p.NDCG, r.bare.ndcg)
		p.MixedRecall, p.MixedNDCG = append(p.MixedRecall, r.mixed.recall), append(p.MixedNDCG, r.mixed.ndcg)
		times = append(times, r.bare.took, r.mixed.took)
	}
	s.evalFigures, s.Mixed = figuresOf(p.Recall, p.NDCG), figuresOf(p.MixedRecall, p.MixedNDCG)
	var serving time.Duration
	for _, t := range times {
		serving += t
	}
	slices.Sort(times)
	s.WindowSeconds = serving.Seconds()
	s.P50, s.P99 = milliseconds(times[len(times)/2]), milliseconds(times[len(times)*99/100])
	s.WindowsPerSecond = float64(len(times)) / max(serving.Seconds(), 1e-9)
	return s
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *evalSet) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %d queries, %d records (%d refused) in %.1f s\n\n", s.Name, s.Queries, s.Records, s.Refused, s.Seconds)
	const row = "%-28s %7s %16s %8s %16s\n"
	fmt.Fprintf(out, row, "", "recall", "95 %", "NDCG", "95 %")
	figures := func(name string, f evalFigures) {
		fmt.Fprintf(out, row, name, fmt.Sprintf("%.4f", f.Recall), interval(f.RecallInterval), fmt.Sprintf("%.4f", f.NDCG), interval(f.NDCGInterval))
	}
	figures("bare order", s.evalFigures)
	figures("mixed page", s.Mixed)
	fmt.Fprintf(out, "\n%.0f windows/s, %.2f ms at the median, %.2f ms at the 99th percentile\n", s.WindowsPerSecond, s.P50, s.P99)
}

func interval(i ranking.Interval) string { return fmt.Sprintf("%.4f–%.4f", i[0], i[1]) }

// writeEval writes sets to a file, as JSON.
func writeEval(path string, sets ...*evalSet) error {
	b, err := json.MarshalIndent(evalReport{sets}, "", " ")
	if err != nil {
		return fmt.Errorf("json: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o600); err != nil { //nolint:gosec // the operator names the file
		return fmt.Errorf("json: %w", err)
	}
	return nil
}
