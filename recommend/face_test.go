package recommend_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// Cards are made once and shown often: whatever happens to what they are made
// of, they are what would be made now.
func TestCardsAreNeverOutdated(t *testing.T) {
	const experts, items = 3, 4
	for seed := range uint64(30) {
		dice := rand.New(rand.NewPCG(seed, 7))
		f := newShopFloor(t)
		happens := []func(){
			func() {
				e := expert(fmt.Sprint("e", dice.IntN(experts)))
				e.Trust, e.Name = float64(dice.IntN(100)), fmt.Sprint("Name ", dice.IntN(3))
				f.put(t, recommend.KindExpert, e.ID, e)
			},
			func() {
				p := product(fmt.Sprint("item", dice.IntN(items)), stocked(dice.Int64N(3)))
				p.Title, p.CommissionBP = fmt.Sprint("Title ", dice.IntN(3)), dice.Int64N(2)*100
				p.Price, p.UpdatedAt = &recommend.Money{Amount: dice.Int64N(3), Currency: "CNY"}, f.clock.now().Add(-time.Duration(dice.Int64N(int64(80*time.Hour))))
				if dice.IntN(3) == 0 {
					p.Price = nil
				}
				f.put(t, recommend.KindProduct, p.Key, p)
			},
			func() {
				n := dice.IntN(6)
				p := pick(fmt.Sprint("p", n), fmt.Sprint("e", n%experts), fmt.Sprint("item", dice.IntN(items)))
				stock := dice.Int64N(3)
				p.Reason, p.Inventory = fmt.Sprint("reason ", dice.IntN(4)), &stock
				p.Topics = [][]string{{"home"}, {"garden"}, {"home", "garden"}}[dice.IntN(3)]
				if dice.IntN(4) == 0 {
					p.State = recommend.PickWithdrawn
				}
				f.put(t, recommend.KindPick, p.ID, p)
			},
			func() { f.clock.add(time.Duration(dice.Int64N(int64(40 * time.Hour)))) },
			func() {
				f.world.SetPolicy(t.Context(), testPolicy(t, fmt.Sprintf("facts: {price_for: %dh}\n", 24*(1+dice.IntN(3)))))
			},
			func() { f.rule(t, "partner:jd", []string{recommend.ActionPause, recommend.ActionResume}[dice.IntN(2)]) },
		}
		for range 60 {
			happens[dice.IntN(len(happens))]()
			if outdated := f.Outdated(); len(outdated) > 0 {
				t.Fatalf("seed %d: cards of %v are outdated", seed, outdated)
			}
		}
	}
}
