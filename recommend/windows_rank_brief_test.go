package recommend_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// TestABriefOrderSaysTheSame: without factors an order is, byte for byte, what it
// is with them, the first time and again.
func TestABriefOrderSaysTheSame(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 60)
	picks := make([]string, 0, 60)
	for i := range 60 {
		picks = append(picks, "p"+strconv.Itoa(i))
	}
	reader := &recommend.Reader{
		ID: "r", Interests: []recommend.Interest{{Topic: "home", Weight: .8}},
		Feedback: []recommend.Feedback{{Kind: "pick", ID: "p7", At: f.clock.now(), More: true}, {Kind: "pick", ID: "p8", At: f.clock.now()}},
		Traces:   recommend.Traces{}, Bookmarks: []recommend.Bookmark{{Pick: "p3", At: f.clock.now()}},
	}
	for i := range 9 {
		at := f.clock.now().Add(time.Duration(i-20) * time.Hour).Unix()
		reader.Traces[picks[i*5]] = recommend.Trace{Did: 1, Seen: at, Shown: 1}
		reader.History = append(reader.History, recommend.Act{Pick: picks[i*6], Kind: recommend.ActOpen, At: at})
	}
	for range 3 {
		f.put(t, recommend.KindReader, "r", reader)
		var got [3]string
		for i := range got {
			w, err := f.Rank(t.Context(), recommend.RankRequest{Reader: "r", Picks: picks, Seed: 4, Lang: "zh", Brief: i > 0})
			if err != nil {
				t.Fatal(err)
			}
			w.ID = ""
			for k := range w.Items {
				if has := w.Items[k].Factors != nil; has != (i == 0) {
					t.Fatalf("order %d: %s has factors: %t", i, w.Items[k].Pick, has)
				}
				w.Items[k].Factors = nil
			}
			b, err := w.AppendJSON(nil)
			if err != nil || len(w.Items) < 10 {
				t.Fatalf("%d cards, %v", len(w.Items), err)
			}
			got[i] = string(b)
		}
		if diff := cmp.Diff(got[0], got[1]); diff != "" {
			t.Errorf("with factors, then without:\n%s", diff)
		}
		if got[1] != got[2] {
			t.Error("the second is another")
		}
		reader.Interests = append(reader.Interests, recommend.Interest{Topic: "garden", Weight: 1})
		reader.Bookmarks = append(reader.Bookmarks, recommend.Bookmark{Pick: "p5", At: f.clock.now()})
	}
}
