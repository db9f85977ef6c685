package main

import (
	"encoding/json"
	"fmt"
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
	Mixed            evalFigures  `json:"mixed"`
	WindowsPerSecond float64      `json:"windows_per_second"`
	P50              float64      `json:"p50_ms"` // of a window
	P99              float64      `json:"p99_ms"`
	Slices           []evalSlice  `json:"slices"`
	Coverage         evalCoverage `json:"coverage"`
	Floors           []evalFloor  `json:"floors,omitempty"`
	Against          *against     `json:"against,omitempty"`
	Records          int64        `json:"records"`
	Refused          int          `json:"refused"`
	// RefusedFor says how many records were refused for what.
	RefusedFor    map[string]int `json:"refused_for,omitempty"`
	Seconds       float64        `json:"seconds"`        // of everything
	WindowSeconds float64        `json:"window_seconds"` // of it in windows
	PerQuery      perQuery       `json:"per_query"`
}

// evalFigures are the means over queries, with 95 % intervals.
type evalFigures struct {
	Recall         float64          `json:"recall"`
	NDCG           float64          `json:"ndcg"`
	RecallInterval ranking.Interval `json:"recall_interval"`
	NDCGInterval   ranking.Interval `json:"ndcg_interval"`
}

// An evalSlice holds the figures of some of the queries, see sliceNames.
type evalSlice struct {
	Name    string `json:"name"`
	Queries int    `json:"queries"`
	evalFigures
	Mixed evalFigures `json:"mixed"`
}

// evalCoverage says what all the pages together show.
type evalCoverage struct {
	Bare  shown `json:"bare"`
	Mixed shown `json:"mixed"`
	// ColdReaders is the share of queries by readers who have done nothing before.
	ColdReaders float64 `json:"cold_readers"`
}

// Shown is what pages hold.
type shown struct {
	Products     int     `json:"products"`      // different ones
	Experts      int     `json:"experts"`       // different ones
	ColdProducts float64 `json:"cold_products"` // share of cards, see sliceNames
}

// An evalFloor holds the figures of a counting policy, and how much better the
// bare order is than it.
type evalFloor struct {
	Name string `json:"name"`
	evalFigures
	Beaten contest `json:"beaten"`
}

// perQuery holds the figures of every query, in one order.
type perQuery struct {
	ID          []string  `json:"id"`
	Recall      []float64 `json:"recall"`
	NDCG        []float64 `json:"ndcg"`
	MixedRecall []float64 `json:"mixed_recall"`
	MixedNDCG   []float64 `json:"mixed_ndcg"`
	// Top are the first five products of the bare order, or fewer.
	Top [][]string `json:"top"`
}

func perQueryOf(results []result) perQuery {
	var p perQuery
	for i := range results {
		r := &results[i]
		p.ID = append(p.ID, r.query.ID)
		p.Recall, p.NDCG = append(p.Recall, r.bare.recall), append(p.NDCG, r.bare.ndcg)
		p.MixedRecall, p.MixedNDCG = append(p.MixedRecall, r.mixed.recall), append(p.MixedNDCG, r.mixed.ndcg)
		p.Top = append(p.Top, append([]string{}, r.bare.products[:min(5, len(r.bare.products))]...))
	}
	return p
}

func figuresOf(recall, ndcg []float64) evalFigures {
	return evalFigures{
		Recall: ranking.Mean(recall), NDCG: ranking.Mean(ndcg),
		RecallInterval: ranking.Bootstrap(recall), NDCGInterval: ranking.Bootstrap(ndcg),
	}
}

// set sums the results up.
func (ev *evaluation) set() *evalSet {
	p := perQueryOf(ev.results)
	s := &evalSet{
		Name: ev.name, Queries: len(ev.results), evalFigures: figuresOf(p.Recall, p.NDCG), Mixed: figuresOf(p.MixedRecall, p.MixedNDCG),
		Coverage: coverageOf(ev.results), PerQuery: p,
		Records: ev.replayed, Refused: ev.n, RefusedFor: ev.byCode, Seconds: ev.took.Seconds(),
	}
	for i, name := range sliceNames() {
		s.Slices = append(s.Slices, sliceOf(name, ev.results, func(r *result) bool { return r.slices[i] }))
	}
	for _, f := range ev.floors {
		s.Floors = append(s.Floors, evalFloor{
			Name: f.name, evalFigures: figuresOf(f.recall, f.ndcg), Beaten: pair(p.Recall, f.recall, p.NDCG, f.ndcg),
		})
	}
	s.time(ev.results)
	return s
}

// sliceOf sums up those of results that are in a slice.
func sliceOf(name string, results []result, in func(*result) bool) evalSlice {
	var part []result
	for i := range results {
		if in(&results[i]) {
			part = append(part, results[i])
		}
	}
	p := perQueryOf(part)
	return evalSlice{Name: name, Queries: len(part), evalFigures: figuresOf(p.Recall, p.NDCG), Mixed: figuresOf(p.MixedRecall, p.MixedNDCG)}
}

func coverageOf(results []result) (c evalCoverage) {
	c.Bare = shownIn(results, func(r *result) *served { return &r.bare })
	c.Mixed = shownIn(results, func(r *result) *served { return &r.mixed })
	for i := range results {
		if results[i].slices[0] {
			c.ColdReaders++
		}
	}
	c.ColdReaders /= float64(max(len(results), 1))
	return c
}

func shownIn(results []result, page func(*result) *served) (s shown) {
	products, experts := make(map[string]bool), make(map[string]bool)
	cards := 0
	for i := range results {
		p := page(&results[i])
		for k := range p.products {
			products[p.products[k]], experts[p.experts[k]] = true, true
		}
		cards += len(p.products)
		s.ColdProducts += float64(p.cold)
	}
	s.Products, s.Experts = len(products), len(experts)
	s.ColdProducts /= float64(max(cards, 1))
	return s
}

// time says how long windows took.
func (s *evalSet) time(results []result) {
	times := make([]time.Duration, 0, 2*len(results))
	var sum time.Duration
	for i := range results {
		times = append(times, results[i].bare.took, results[i].mixed.took)
		sum += results[i].bare.took + results[i].mixed.took
	}
	if len(times) == 0 {
		return
	}
	slices.Sort(times)
	s.P50, s.P99 = milliseconds(times[len(times)/2]), milliseconds(times[len(times)*99/100])
	s.WindowSeconds = sum.Seconds()
	s.WindowsPerSecond = float64(len(times)) / max(sum.Seconds(), 1e-9)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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
