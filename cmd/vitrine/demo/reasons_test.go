package demo_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReasonsAreInBothLanguagesAndOfTheRightLength(t *testing.T) {
	w := newWorld(t, noon())
	chinese, long := 0, 0
	for _, p := range w.Picks {
		n := utf8.RuneCountInString(p.Reason)
		if n < 20 || n > 1000 || strings.ContainsAny(p.Reason, "{}|@\n") || strings.Contains(p.Reason, "  ") {
			t.Errorf("reason of %s (%d characters): %q", p.ID, n, p.Reason)
		}
		if isChinese(p.Reason) {
			chinese++
			if n > 60 {
				long++
			}
			if strings.ContainsAny(p.Reason, ",;?!") {
				t.Errorf("reason of %s mixes punctuation: %q", p.ID, p.Reason)
			}
		}
	}
	if chinese < len(w.Picks)/2 || chinese > len(w.Picks)*3/4 {
		t.Errorf("%d of %d reasons are Chinese, want between half and three quarters", chinese, len(w.Picks))
	}
	if long < chinese/3 {
		t.Errorf("%d of %d Chinese reasons say more than 60 characters, want a third", long, chinese)
	}
}

// shingles are all runs of four characters, as the near-duplicate rule sees them.
func shingles(s string) map[string]bool {
	runes := []rune(strings.Join(strings.Fields(strings.ToLower(s)), " "))
	set := map[string]bool{}
	for i := 0; i+4 <= len(runes); i++ {
		set[string(runes[i:i+4])] = true
	}
	return set
}

func TestHardlyTwoReasonsReadAlike(t *testing.T) {
	w := newWorld(t, noon())
	by := map[string][]map[string]bool{}
	exact := map[string]bool{}
	for _, p := range w.Picks {
		if exact[p.Reason] {
			t.Errorf("said twice: %q", p.Reason)
		}
		exact[p.Reason] = true
		// What is said about a lamp is never said about a cat, so comparing
		// within a topic finds what there is to find.
		by[p.Topics[0]] = append(by[p.Topics[0]], shingles(p.Reason))
	}
	alike := 0
	for _, sets := range by {
		for i, a := range sets {
			for _, b := range sets[:i] {
				common := 0
				for s := range a {
					if b[s] {
						common++
					}
				}
				switch share := float64(common) / float64(len(a)+len(b)-common); {
				case share >= 0.85:
					t.Errorf("two reasons share %.2f of their shingles", share)
				case share >= 0.6:
					alike++
				}
			}
		}
	}
	if limit := len(w.Picks) / 200; alike > limit {
		t.Errorf("%d pairs of reasons share 0.6 of their shingles, want at most %d", alike, limit)
	}
}
