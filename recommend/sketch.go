package recommend

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
)

// sketchSize is how many shingle hashes are kept: the standard error of the
// similarity of two sketches is at most 1/sqrt(64) = 0.125.
const sketchSize = 64

// sketch is the bottom-k sketch (Cohen and Kaplan, 2007) of text's shingles of
// four letters, ignoring case, space and punctuation.
func sketch(text string) []uint32 {
	letters := make([]rune, 0, len(text))
	for _, r := range strings.ToLower(text) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters = append(letters, r)
		}
	}
	const width = 4
	if len(letters) < width {
		letters = append(letters, []rune("    ")[:width-len(letters)]...)
	}
	hashes := make([]uint32, 0, len(letters))
	for i := range len(letters) - width + 1 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(string(letters[i : i+width]))) // never fails
		hashes = append(hashes, mix(h.Sum32()))
	}
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	return hashes[:min(len(hashes), sketchSize)]
}

// mix spreads the weak low bits of FNV; it is the finaliser of MurmurHash3.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// similarity estimates the Jaccard similarity of the texts of two sketches,
// each in order and without repeats.
func similarity(a, b []uint32) float64 {
	both, union := 0, 0
	for i, j := 0, 0; union < sketchSize && (i < len(a) || j < len(b)); union++ {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			i++
		case i == len(a) || b[j] < a[i]:
			j++
		default:
			i, j, both = i+1, j+1, both+1
		}
	}
	if union == 0 {
		return 0
	}
	return float64(both) / float64(union)
}
