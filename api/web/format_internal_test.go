package web

import "testing"

func TestACountHasHundredthsAtMost(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 5: "5", 999: "999", 1000: "1,000", 1234567: "1,234,567", 140 + 1/3.: "140.33", 2.5: "2.5", 999.999: "1,000", 1e9: "1,000,000,000"} {
		if got := count(n); got != want {
			t.Errorf("count(%v) is %s, want %s", n, got, want)
		}
	}
}
