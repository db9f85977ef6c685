package recommend

import (
	"hash/fnv"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSimilarityIsThatOfTheUnionsBottom holds similarity against its definition.
func TestSimilarityIsThatOfTheUnionsBottom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []uint32 {
			s := rapid.SliceOfNDistinct(rapid.Uint32Range(0, 120), 0, sketchSize, rapid.ID).Draw(t, name)
			slices.Sort(s)
			return s
		}
		a, b := draw("a"), draw("b")
		union := slices.Concat(a, b)
		slices.Sort(union)
		union = slices.Compact(union)
		union = union[:min(len(union), sketchSize)]
		both, want := 0, 0.0
		for _, h := range union {
			if slices.Contains(a, h) && slices.Contains(b, h) {
				both++
			}
		}
		if len(union) > 0 {
			want = float64(both) / float64(len(union))
		}
		if got := similarity(a, b); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		threshold := rapid.Float64Range(0, 1).Draw(t, "threshold")
		if got := similarBy(a, b, threshold); got != (want >= threshold) {
			t.Errorf("alike by %v is %v with a similarity of %v", threshold, got, want)
		}
	})
}

// TestShinglesHashAsFNV holds the hash against that of the library.
func TestShinglesHashAsFNV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		h := fnv.New32a()
		_, _ = h.Write(b)
		if got, want := fnv32a(b), h.Sum32(); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	})
}
