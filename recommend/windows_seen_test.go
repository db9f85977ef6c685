package recommend_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

const day = 24 * time.Hour

// did acts for a reader as the fold does, at a time.
func did(t *testing.T, r *recommend.Reader, kind, pick string, at time.Time) {
	t.Helper()
	rules := recommend.DefaultPolicy().Reader
	_, err := r.Act(&recommend.Action{ID: "a", Reader: r.ID, Kind: kind, Pick: pick, At: at}, recommend.Acting{Rules: &rules, Appended: at, Trusted: true})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasSeenAndLedToNothingStaysAway(t *testing.T) {
	type act struct {
		kind, pick string
		ago        time.Duration
	}
	for name, c := range map[string]struct {
		acts        []act
		want, again string // with include_seen
	}{
		"nothing":                         {nil, "[a b c]", "[a b c]"},
		"shown":                           {[]act{{recommend.ActImpression, "a", day}}, "[b c]", "[b c a]"},
		"shown, six days ago":             {[]act{{recommend.ActImpression, "a", 6 * day}}, "[b c]", "[b c a]"},
		"shown, more than a week ago":     {[]act{{recommend.ActImpression, "a", 8 * day}}, "[a b c]", "[a b c]"},
		"shown twice, at last today":      {[]act{{recommend.ActImpression, "a", 8 * day}, {recommend.ActImpression, "a", time.Hour}}, "[b c]", "[b c a]"},
		"shown and opened":                {[]act{{recommend.ActImpression, "a", day}, {recommend.ActOpen, "a", day}}, "[a b c]", "[a b c]"},
		"shown and kept":                  {[]act{{recommend.ActImpression, "a", day}, {recommend.ActBookmark, "a", day}}, "[a b c]", "[a b c]"},
		"opened, then bought a month ago": {[]act{{recommend.ActOpen, "a", 40 * day}, {recommend.ActPurchase, "a", 30 * day}}, "[b c]", "[a b c]"},
		"bought, then opened":             {[]act{{recommend.ActPurchase, "a", 30 * day}, {recommend.ActOpen, "a", day}}, "[b c]", "[a b c]"},
		"bought long ago, opened today":   {[]act{{recommend.ActPurchase, "a", 100 * day}, {recommend.ActOpen, "a", day}}, "[a b c]", "[a b c]"},
	} {
		t.Run(name, func(t *testing.T) {
			f := feedbackFloor(t)
			r := &recommend.Reader{ID: "r"}
			for _, x := range c.acts {
				did(t, r, x.kind, x.pick, f.clock.now().Add(-x.ago))
			}
			r.History = slices.DeleteFunc(r.History, func(a recommend.Act) bool { return a.Kind == recommend.ActOpen }) // it would move the order
			f.put(t, recommend.KindReader, "r", r)
			for source, request := range map[string]recommend.WindowRequest{"": {}, "topic": {Topics: []string{"home", "garden"}}, "bare": {Bare: true}} {
				request.Reader = "r"
				got := picksOf(f.window(t, request).Items)
				slices.Sort(got) // what was kept is known to come first
				if fmt.Sprint(got) != c.want {
					t.Errorf("%s: got %v, want %s", source, got, c.want)
				}
			}
			w := f.window(t, recommend.WindowRequest{Reader: "r", IncludeSeen: true})
			if name == "shown" && fmt.Sprint(picksOf(w.Items)) != c.again {
				t.Errorf("with what was seen: got %v, want %s", picksOf(w.Items), c.again)
			}
			if len(w.Items) != 3 {
				t.Errorf("with what was seen: got %v, want all", picksOf(w.Items))
			}
		})
	}
}

// TestASeenProductStaysAway: what was seen is the product, whoever recommends it.
func TestASeenProductStaysAway(t *testing.T) {
	f := feedbackFloor(t)
	f.put(t, recommend.KindPick, "a2", pick("a2", "bo", "i0", aged(10*day), on("garden")))
	r := &recommend.Reader{ID: "r", Interests: []recommend.Interest{{Topic: "garden", Weight: 1}}, Follows: []recommend.Since{{ID: "ann"}}}
	did(t, r, recommend.ActImpression, "a", f.clock.now().Add(-day))
	f.put(t, recommend.KindReader, "r", r)
	if got := picksOf(f.window(t, recommend.WindowRequest{Reader: "r"}).Items); slices.Contains(got, "a") || slices.Contains(got, "a2") {
		t.Errorf("got %v, want neither pick of what was seen", got)
	}
	did(t, r, recommend.ActOpen, "a2", f.clock.now().Add(-time.Hour))
	f.put(t, recommend.KindReader, "r", r)
	if got := picksOf(f.window(t, recommend.WindowRequest{Reader: "r"}).Items); len(got) != 3 {
		t.Errorf("got %v, want the product back that was opened by another pick", got)
	}
}

func TestWhatIsWantedBackSaysHowMuchLessItCounts(t *testing.T) {
	f := feedbackFloor(t)
	r := &recommend.Reader{ID: "r"}
	did(t, r, recommend.ActImpression, "a", f.clock.now().Add(-day))
	did(t, r, recommend.ActPurchase, "b", f.clock.now().Add(-day))
	f.put(t, recommend.KindReader, "r", r)
	want := map[string]float64{"a": math.Log(.6), "b": math.Log(.8), "c": 0}
	for _, item := range f.window(t, recommend.WindowRequest{Reader: "r", IncludeSeen: true}).Items {
		sum, seen := 0.0, 0.0
		for _, x := range item.Factors {
			sum += x.Weight * x.Value
			if x.Name == "seen" {
				seen = x.Weight * x.Value
			}
		}
		if math.Abs(seen-want[item.Pick]) > 1e-9 || math.Abs(sum-item.Score) > 1e-9 {
			t.Errorf("%s: seen counts %v, want %v; factors add up to %v, score %v", item.Pick, seen, want[item.Pick], sum, item.Score)
		}
	}
}

func TestCandidatesThatAreGivenMayHaveBeenSeen(t *testing.T) {
	f := feedbackFloor(t)
	r := &recommend.Reader{ID: "r"}
	did(t, r, recommend.ActImpression, "a", f.clock.now().Add(-day))
	f.put(t, recommend.KindReader, "r", r)
	w, err := f.Rank(t.Context(), recommend.RankRequest{Reader: "r", Picks: []string{"c", "a"}})
	if err != nil || len(w.Items) != 2 {
		t.Errorf("got %v, %v; want both", w, err)
	}
}

// TestReportingAPageChangesNoLaterOne reports the cards of every page as seen,
// and some of those to come as seen elsewhere, before the next is asked for.
func TestReportingAPageChangesNoLaterOne(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 20)
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r"})
	want := f.pages(t, recommend.WindowRequest{Reader: "r", Limit: 5, Seed: 1})
	r, request := &recommend.Reader{ID: "r"}, recommend.WindowRequest{Reader: "r", Limit: 5, Seed: 1}
	var got []string
	for {
		w := f.window(t, request)
		got = append(got, picksOf(w.Items)...)
		f.clock.add(10 * time.Second)
		for _, pick := range append(picksOf(w.Items), want[19], want[12]) {
			did(t, r, recommend.ActImpression, pick, f.clock.now())
		}
		f.put(t, recommend.KindReader, "r", r)
		if w.NextCursor == "" {
			break
		}
		request = recommend.WindowRequest{Reader: "r", Cursor: w.NextCursor}
	}
	if !slices.Equal(got, want) {
		t.Errorf("reported while it was read: %v\nas it was: %v", got, want)
	}
	f.clock.add(time.Second)
	if next := f.window(t, recommend.WindowRequest{Reader: "r"}); len(next.Items) != 0 {
		t.Errorf("the next window: got %v, want nothing of what was seen", picksOf(next.Items))
	}
}

// TestAnImpersonalWindowForgetsWhatWasSeen: nothing of the reader is in it.
func TestAnImpersonalWindowForgetsWhatWasSeen(t *testing.T) {
	f := feedbackFloor(t)
	r := &recommend.Reader{ID: "r"}
	did(t, r, recommend.ActImpression, "a", f.clock.now().Add(-day))
	did(t, r, recommend.ActImpersonal, "", f.clock.now())
	f.put(t, recommend.KindReader, "r", r)
	if got := fmt.Sprint(picksOf(f.window(t, recommend.WindowRequest{Reader: "r"}).Items)); got != "[a b c]" {
		t.Errorf("got %s, want [a b c]", got)
	}
}

// BenchmarkALongLife reads the document of a reader with 20,000 traces and
// makes a page for him.
func BenchmarkALongLife(b *testing.B) {
	f := newShopFloor(b)
	f.stockShelf(b, 100)
	r := &recommend.Reader{ID: "r", Traces: make(recommend.Traces)}
	at := f.clock.now().Add(-day).Unix()
	for i := range 20_000 {
		trace := recommend.Trace{Did: 3, Seen: at - int64(i), Shown: 1, Acted: at - int64(i), Opened: 1, Journey: true}
		if i%21 == 0 {
			trace = recommend.Trace{Did: 1, Seen: at - int64(i), Shown: 1}
		}
		r.Traces["pick-01234567890123456789"+strconv.Itoa(i)] = trace
	}
	f.put(b, recommend.KindReader, "r", r)
	text, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.window(b, recommend.WindowRequest{Reader: "r"})
		}
	})
	b.Run("whole document", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if err := json.Unmarshal(text, new(recommend.Reader)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
