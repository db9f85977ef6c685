// Package floor holds counting policies: what anybody would try first, and
// what a ranking has to beat to be worth anything. Each is one small type that
// sees every event in order and scores the products of a query.
//
// It is for measuring alone; nothing that is served depends on it.
package floor

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// KindPick is the kind of an [Event] that publishes a pick; the others are
// those of actions.
const KindPick = "pick"

// An Event is what a policy sees: somebody publishing a pick of a product, or
// acting on one.
type Event struct {
	Kind    string
	Reader  string // of an action
	Pick    string
	Product int32  // number in the [Market]
	Window  string // that the action was done in, "" if it names none
	At      time.Time
}

// A Query is what a policy is asked.
type Query struct {
	ID, Reader string
	At         time.Time
}

// A Policy scores products by what it has seen so far. It is for one goroutine.
type Policy interface {
	// See takes an event. Events come in order of time.
	See(e Event)
	// Score returns what tells how good a product is for q, higher being
	// better. It is good until the next call of See.
	Score(q Query) func(product int32) float64
}

// Names are those of all policies.
func Names() []string {
	return []string{"newest", "popular-7d", "popular-30d", "popular-180d", "ctr", "own-history", "random"}
}

// New returns the policy with a name of [Names].
func New(name string) (Policy, error) {
	const day = 24 * time.Hour
	switch name {
	case "newest":
		return new(newest), nil
	case "popular-7d":
		return newPopular(7 * day), nil
	case "popular-30d":
		return newPopular(30 * day), nil
	case "popular-180d":
		return newPopular(180 * day), nil
	case "ctr":
		return newClickRate(), nil
	case "own-history":
		return newHistory(), nil
	case "random":
		return random{}, nil
	}
	return nil, fmt.Errorf("there is no floor %q: use one of %v", name, Names())
}

// Order returns the best n of pool as p scores them: of equals the one picked
// last, then the one picked first ever. It leaves pool as it is.
func Order(p Policy, m *Market, q Query, pool []int32, n int) []int32 {
	score := p.Score(q)
	cards := make([]card, len(pool))
	for i, product := range pool {
		cards[i] = card{score(product), m.Products[product].Last.UnixNano(), product}
	}
	best := cards[:0]
	for _, c := range cards { // keeps the best in order, for n is small
		at, _ := slices.BinarySearchFunc(best, c, compare)
		if at == n {
			continue
		}
		best = slices.Insert(best[:min(len(best), n-1)], at, c)
	}
	order := make([]int32, len(best))
	for i, c := range best {
		order[i] = c.product
	}
	return order
}

// A card is a product as Order compares it.
type card struct {
	score   float64
	last    int64
	product int32
}

func compare(a, b card) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.last, a.last), cmp.Compare(a.product, b.product))
}

// personal reports whether a kind of event is one that somebody does because
// a product is worth it: what is shown to him, and what he takes back or is
// cross about, is not.
func personal(kind string) bool {
	switch kind {
	case KindPick, recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActCheckout, recommend.ActPurchase,
		recommend.ActShare, recommend.ActMore:
		return true
	}
	return false
}
