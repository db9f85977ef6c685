package demo

import (
	"fmt"
	"slices"
)

// readers makes forty readers. Most like several things, every tenth is set on
// one, and the last have told nothing yet, as somebody who just arrived.
func readers(lib *library) []Reader {
	const total, silent = 40, 3
	var leaves []string
	for _, t := range lib.topics {
		if t.Parent != "" {
			leaves = append(leaves, t.ID)
		}
	}
	list := make([]Reader, 0, total)
	for n := range total {
		r := Reader{ID: fmt.Sprintf("reader-%02d", n+1)}
		if n < total-silent {
			interest(lib, &r, slices.Clone(leaves), n)
		}
		list = append(list, r)
	}
	return list
}

func interest(lib *library, r *Reader, leaves []string, n int) {
	d := throw("reader", r.ID)
	shuffle(d, leaves)
	many := d.between(4, 7)
	if n%10 == 9 {
		many = 1
	}
	r.Interests = map[string]float64{}
	for i, topic := range leaves[:many] {
		// In twentieths, falling: people know best what they like most.
		r.Interests[topic] = float64(max(20-3*i-d.below(4), 3)) / 20
	}
	for _, v := range lib.voices {
		shared := slices.ContainsFunc(v.topics, func(t string) bool { return r.Interests[t] > 0 })
		if shared && d.chance(35) || d.chance(2) {
			r.Follows = append(r.Follows, v.id)
		}
	}
}
