package recommend_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// TestAWindowIsLearnedFromWholeOrNotAtAll whatever becomes of the share while it
// is open: half a window would teach that what is missing of it was not wanted.
func TestAWindowIsLearnedFromWholeOrNotAtAll(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var s recommend.Sample
		verdict := make(map[string]bool)
		for range rapid.IntRange(1, 300).Draw(r, "actions") {
			if rapid.IntRange(0, 9).Draw(r, "new share") == 0 {
				s.SetShare(rapid.Float64Range(0, 1).Draw(r, "share"))
			}
			w := "w" + strconv.Itoa(rapid.IntRange(0, 30).Draw(r, "window"))
			a := recommend.Action{Reader: "r", Window: w, At: opening(), Kind: rapid.SampledFrom([]string{recommend.ActImpression, recommend.ActOpen}).Draw(r, "kind")}
			got := s.Takes(&a)
			if want, known := verdict[w]; known && got != want {
				r.Fatalf("%s of %s: learned from %t, was %t before", a.Kind, w, got, want)
			}
			verdict[w] = got
		}
	})
}

// TestWhatIsLearnedFromIsTheSameEverywhere: another process takes the same part,
// and a smaller part lies in a larger one.
func TestWhatIsLearnedFromIsTheSameEverywhere(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		low := rapid.Float64Range(0, 1).Draw(r, "low")
		high := rapid.Float64Range(low, 1).Draw(r, "high")
		var few, same, many, all recommend.Sample
		few.SetShare(low)
		same.SetShare(low)
		many.SetShare(high)
		for i := range 50 {
			a := recommend.Action{Reader: rapid.StringN(0, 9, -1).Draw(r, "reader"), At: opening().Add(time.Duration(i) * time.Hour), Kind: recommend.ActOpen}
			if rapid.Bool().Draw(r, "in a window") {
				a.Window = rapid.StringN(0, 9, -1).Draw(r, "window")
			}
			x := few.Takes(&a)
			if x != same.Takes(&a) || x && !many.Takes(&a) || !all.Takes(&a) {
				r.Fatalf("%+v: taken at %g: %t, at %g: %t, at 1: %t", a, low, x, high, many.Takes(&a), all.Takes(&a))
			}
		}
	})
}

// TestASampleIsUnbiased: the part of windows and of readers' days that is
// learned from is the share, and what is opened of what is shown is as often in
// it as in all.
func TestASampleIsUnbiased(t *testing.T) {
	const windows = 20_000
	for _, share := range []float64{.5, .1, .02} {
		var s recommend.Sample
		s.SetShare(share)
		n, opened, days := 0., 0., 0.
		for i := range windows {
			reader := "r" + strconv.Itoa(i%700)
			if s.Takes(&recommend.Action{Reader: reader, Window: "w" + strconv.Itoa(i), Kind: recommend.ActImpression, At: opening()}) {
				n++
				if i%4 == 0 { // a quarter of all is answered
					opened++
				}
			}
			if s.Takes(&recommend.Action{Reader: "d" + strconv.Itoa(i), Kind: recommend.ActBookmark, At: opening()}) {
				days++
			}
		}
		within := func(what string, got, want, n float64) {
			if sigma := math.Sqrt(want * (1 - want) / n); math.Abs(got-want) > 4*sigma {
				t.Errorf("share %g: %s: %g, want %g within %g", share, what, got, want, 4*sigma)
			}
		}
		within("windows", n/windows, share, windows)
		within("readers' days", days/windows, share, windows)
		within("answered", opened/n, .25, n)
	}
}

// TestADayOfAReaderStaysTogether: what goes together is learned of it.
func TestADayOfAReaderStaysTogether(t *testing.T) {
	var s recommend.Sample
	s.SetShare(.5)
	days := make(map[bool]int)
	for day := range 40 {
		midnight := opening().Truncate(24*time.Hour).AddDate(0, 0, day)
		takes := s.Takes(&recommend.Action{Reader: "r", Kind: recommend.ActOpen, At: midnight})
		for hour := range 24 {
			if a := (recommend.Action{Reader: "r", Kind: recommend.ActBookmark, Pick: "p", At: midnight.Add(time.Duration(hour) * time.Hour)}); s.Takes(&a) != takes {
				t.Fatalf("day %d: hour %d is learned from %t, the day %t", day, hour, !takes, takes)
			}
		}
		days[takes]++
	}
	if days[true] == 0 || days[false] == 0 {
		t.Errorf("%d days learned from and %d not, want some of both: nobody is left out for good", days[true], days[false])
	}
}
