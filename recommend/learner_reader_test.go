package recommend_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// TestWhatIsPreparedForIsLearnedAlike: to read readers at once changes nothing of
// what is learned of them.
func TestWhatIsPreparedForIsLearnedAlike(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		chunk := rapid.IntRange(1, 40).Draw(r, "at once")
		kinds := []string{recommend.ActImpression, recommend.ActImpression, recommend.ActOpen, recommend.ActBookmark}
		var actions []recommend.Action
		for i := range rapid.IntRange(1, 120).Draw(r, "actions") {
			a := recommend.Action{
				Reader: "r" + strconv.Itoa(rapid.IntRange(0, 6).Draw(r, "reader")), Kind: rapid.SampledFrom(kinds).Draw(r, "kind"),
				Pick: "p" + strconv.Itoa(rapid.IntRange(0, 9).Draw(r, "pick")), At: opening().Add(time.Duration(i) * time.Minute),
			}
			if w := rapid.IntRange(0, 3).Draw(r, "window"); w > 0 {
				a.Window = "w" + strconv.Itoa(w)
			}
			actions = append(actions, a)
		}
		learn := func(prepare bool) string {
			f := newShopFloor(t)
			f.stockShelf(t, 10)
			for i := range 5 { // of the others nothing is known
				f.put(t, recommend.KindReader, "r"+strconv.Itoa(i), &recommend.Reader{
					ID: "r" + strconv.Itoa(i), Impersonal: i == 4, History: recommend.History{{Pick: "p" + strconv.Itoa(i), Kind: recommend.ActOpen, At: opening().Unix() - 60}},
				})
			}
			f.clock.add(24 * time.Hour)
			for from := 0; from < len(actions); from += chunk {
				part := actions[from:min(from+chunk, len(actions))]
				all := make([]*recommend.Action, len(part))
				for i := range part {
					a := part[i]
					all[i] = &a
				}
				if prepare {
					if err := f.learner.Prepare(t.Context(), all); err != nil {
						r.Fatal(err)
					}
				}
				for _, a := range all {
					if err := f.learner.Observe(t.Context(), a); err != nil {
						r.Fatal(err)
					}
				}
			}
			rows, surfaces := f.memory.Changes()
			out, err := json.Marshal(surfaces)
			if err != nil {
				r.Fatal(err)
			}
			return fmt.Sprintf("%s %v", out, rows)
		}
		if apart, together := learn(false), learn(true); apart != together {
			r.Errorf("learned one by one:\n%s\nand prepared for %d at once:\n%s", apart, chunk, together)
		}
	})
}
