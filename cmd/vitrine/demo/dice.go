package demo

import (
	"encoding/base32"
	"strings"
)

// dice is a splitmix64 stream. The generators of the standard library promise
// their streams for a version; the demo world must stay the same over all.
type dice struct{ state uint64 }

// throw returns the dice that belong to labels: the same labels, the same
// throws, whatever else was drawn before.
func throw(labels ...string) *dice {
	return &dice{state: sum(labels...)}
}

func sum(labels ...string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for _, l := range labels {
		for i := range len(l) {
			h = (h ^ uint64(l[i])) * prime
		}
		h *= prime // the end of a label is a zero byte
	}
	return h
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int {
	return int(d.next() >> 33 % uint64(max(n, 1))) //nolint:gosec // 31 bits fit an int
}

// between returns a number from lo to hi, both included.
func (d *dice) between(lo, hi int) int { return lo + d.below(hi-lo+1) }

// chance is true in percent of 100 cases.
func (d *dice) chance(percent int) bool { return d.below(100) < percent }

// one returns an element of list, which must not be empty.
func one[T any](d *dice, list []T) T { return list[d.below(len(list))] }

// weighted returns an index drawn in proportion to weights, or -1 when all are
// 0. Whole numbers, because a fused multiply-add would make floats differ from
// one processor to the next.
func (d *dice) weighted(weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	if total == 0 {
		return -1
	}
	at := d.below(total)
	for i, w := range weights {
		if at < w {
			return i
		}
		at -= w
	}
	return -1
}

func shuffle[T any](d *dice, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := d.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// token returns n lower-case letters and digits that belong to labels.
func token(n int, labels ...string) string {
	d := throw(labels...)
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(d.below(256)) //nolint:gosec // below 256
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))[:n]
}
