package main

import (
	"slices"
	"time"
)

// sliceNames are the kinds of query that are told apart, each with what they
// have in common.
func sliceNames() []string {
	return []string{
		"cold readers",  // who have done nothing before
		"cold products", // something relevant has one pick at most, or its first within a week
		"small topics",  // something relevant lies only in topics of less than half the picks that a topic has on average
		"small experts", // something relevant is picked only by experts of less than half the picks that an expert has on average
	}
}

// slicesOf reports of each of sliceNames whether q is such a query.
func (ev *evaluation) slicesOf(q *query) []bool {
	in := make([]bool, len(sliceNames()))
	in[0] = !ev.market.Acted(q.Reader)
	topics, experts := halfOfMean(ev.market.Topics), halfOfMean(ev.market.Experts)
	for _, key := range q.Relevant {
		in[1] = in[1] || ev.coldProduct(key, q.At)
		n, ok := ev.market.Product(key)
		if !ok {
			continue
		}
		p := &ev.market.Products[n]
		in[2] = in[2] || allUnder(p.Topics, ev.market.Topics, topics)
		in[3] = in[3] || allUnder(p.Experts, ev.market.Experts, experts)
	}
	return in
}

// coldProduct reports whether hardly anything can be known of a product.
func (ev *evaluation) coldProduct(key string, at time.Time) bool {
	const week = 7 * 24 * time.Hour
	n, ok := ev.market.Product(key)
	if !ok {
		return true
	}
	p := &ev.market.Products[n]
	return p.Picks <= 1 || at.Sub(p.First) < week
}

func halfOfMean(counts map[string]int) float64 {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / float64(max(len(counts), 1)) / 2
}

func allUnder(names []string, counts map[string]int, most float64) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return float64(counts[name]) >= most })
}
