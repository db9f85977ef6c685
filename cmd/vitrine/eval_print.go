package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"vitrine.dev/ranking"
)

// print tells the figures to people.
func (s *evalSet) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %d queries, %d records in %.1f s\n", s.Name, s.Queries, s.Records, s.Seconds)
	for _, code := range slices.Sorted(maps.Keys(s.RefusedFor)) {
		fmt.Fprintf(out, "refused %d: %s\n", s.RefusedFor[code], code)
	}
	const row = "%-34s %7s %7s  %-15s %7s  %s\n"
	figures := func(name string, n int, f evalFigures) {
		fmt.Fprintf(out, row, name, strconv.Itoa(n), fmt.Sprintf("%.4f", f.Recall), interval(f.RecallInterval), fmt.Sprintf("%.4f", f.NDCG), interval(f.NDCGInterval))
	}
	fmt.Fprintln(out)
	fmt.Fprintf(out, row, "", "queries", "recall", "95 %", "NDCG", "95 %")
	figures("bare order", s.Queries, s.evalFigures)
	figures("mixed page", s.Queries, s.Mixed)
	for _, x := range s.Slices {
		if x.Queries > 0 {
			figures("  "+x.Name+", bare", x.Queries, x.evalFigures)
			figures("  "+x.Name+", mixed", x.Queries, x.Mixed)
		}
	}
	for _, f := range s.Floors {
		figures("floor "+f.Name, s.Queries, f.evalFigures)
		printDifference(out, "  bare order less that", f.Beaten)
	}
	if a := s.Against; a != nil {
		printDifference(out, "bare order less "+a.File, a.contest)
		printDifference(out, "mixed page less that", a.Mixed)
	}
	c := s.Coverage
	fmt.Fprintf(out, "\nbare: %d products, %d experts, %.1f %% of cards cold; mixed: %d products, %d experts, %.1f %% cold; %.1f %% of queries by cold readers\n",
		c.Bare.Products, c.Bare.Experts, 100*c.Bare.ColdProducts, c.Mixed.Products, c.Mixed.Experts, 100*c.Mixed.ColdProducts, 100*c.ColdReaders)
	fmt.Fprintf(out, "%.0f windows/s; a window took %.2f ms at the median, %.2f ms at the 99th percentile\n", s.WindowsPerSecond, s.P50, s.P99)
}

func printDifference(out io.Writer, name string, c contest) {
	fmt.Fprintf(out, "%-34s %7d recall %+.4f %s p %.4f, NDCG %+.4f %s p %.4f\n", name, c.Queries,
		c.Recall.Mean, signed(c.Recall.Interval), c.Recall.P, c.NDCG.Mean, signed(c.NDCG.Interval), c.NDCG.P)
}

func interval(i ranking.Interval) string { return fmt.Sprintf("%.4f to %.4f", i[0], i[1]) }

func signed(i ranking.Interval) string { return fmt.Sprintf("(%+.4f to %+.4f)", i[0], i[1]) }
