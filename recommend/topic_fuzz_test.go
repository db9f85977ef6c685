package recommend_test

import (
	"regexp"
	"strings"
	"testing"

	"vitrine.dev/recommend"
)

func FuzzValidID(f *testing.F) {
	form := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`)
	for _, id := range []string{"", "a", "-a", "a-", "a.b_c~d-9", "a b", "é", "a\n", "a/b", strings.Repeat("x", 64), strings.Repeat("x", 65)} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if got, want := recommend.ValidID(id), form.MatchString(id); got != want {
			t.Errorf("ValidID(%q) = %t, want %t", id, got, want)
		}
	})
}
