package recommend

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	var shingle [width * utf8.UTFMax]byte
	for i := range len(letters) - width + 1 {
		b := shingle[:0]
		for _, r := range letters[i : i+width] {
			b = utf8.AppendRune(b, r)
		}
		hashes = append(hashes, mix(fnv32a(b)))
	}
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	return hashes[:min(len(hashes), sketchSize)]
}

// fnv32a is the hash of [hash/fnv.New32a], without the allocation.
func fnv32a(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h ^= uint32(c)
		h *= 16777619
	}
	return h
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

// similarBy reports whether similarity(a, b) >= threshold, and stops as soon as so
// many letters differ that it cannot be.
func similarBy(a, b []uint32, threshold float64) bool {
	most := min(sketchSize, len(a)+len(b))
	miss := int(float64(most)*(1-threshold)) + 1 // as many can still be within it
	differ, union := 0, 0
	for i, j := 0, 0; union < sketchSize && (i < len(a) || j < len(b)); union++ {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			i++
			differ++
		case i == len(a) || b[j] < a[i]:
			j++
			differ++
		default:
			i, j = i+1, j+1
		}
		if differ > miss {
			return false
		}
	}
	return similarity(a, b) >= threshold
}
