package recommend

import "math"

// A spared are the products that a reader is spared for a while, as of the
// start of his window: what later pages hold does not depend on what was
// reported of earlier ones.
type spared struct {
	seen   map[int32]struct{} // shown, and nothing came of it
	bought map[int32]struct{}
}

// addSpared resolves what r has seen and bought before at. Of a reader of whom
// nothing is to be learned there is nothing.
func (l *look) addSpared(t *taste, r *Reader, at moment) {
	rules := &l.scene.Policy.Seen
	if r == nil || r.Impersonal || rules.HiddenFor == 0 && rules.BoughtFor == 0 {
		return
	}
	seenFrom := at - moment(rules.HiddenFor.D().Microseconds())
	boughtFrom := at - moment(rules.BoughtFor.D().Microseconds())
	dated := make(map[string]struct{}) // whose purchase the history has
	for _, a := range r.History {
		if a.Kind != ActPurchase {
			continue
		}
		dated[a.Pick] = struct{}{}
		if when := momentOfSecond(a.At); when < at && when > boughtFrom {
			t.spared.bought = l.withProduct(t.spared.bought, a.Pick)
		}
	}
	for pick, trace := range r.Traces {
		seen, acted := momentOfSecond(trace.Seen), momentOfSecond(trace.Acted)
		switch {
		case trace.Did&countedBit(ActPurchase) != 0:
			// The last act stands in for a purchase that the history has forgotten.
			if _, known := dated[pick]; !known && acted < at && acted > boughtFrom {
				t.spared.bought = l.withProduct(t.spared.bought, pick)
			}
		case trace.Acted == 0 && seen+lastOfSecond <= at && seen > seenFrom:
			t.spared.seen = l.withProduct(t.spared.seen, pick)
		}
	}
	for product := range t.spared.seen {
		if t.acted(product) { // by way of another pick
			delete(t.spared.seen, product)
		}
	}
}

// lastOfSecond is how long a second lasts, in microseconds, but for its first.
const lastOfSecond = 999_999

func momentOfSecond(s int64) moment { return moment(s) * 1_000_000 }

func (l *look) withProduct(set map[int32]struct{}, pick string) map[int32]struct{} {
	n, ok := l.picks.rows[pick]
	if !ok || l.picks.row[n].product < 0 {
		return set
	}
	return with(set, l.picks.row[n].product)
}

// has reports whether the reader is spared a product.
func (s *spared) has(product int32) bool { return has(s.bought, product) || has(s.seen, product) }

// factor is what the score of a product is to be multiplied by when the reader
// wants back what he is spared.
func (s *spared) factor(product int32, rules *SeenRules) float64 {
	switch {
	case has(s.bought, product):
		return rules.BoughtFactor
	case has(s.seen, product):
		return rules.Factor
	}
	return 1
}

// adjustments are the parts of the score of candidate i that are not of the model.
func (s *scored) adjustments(i int) (feedback, seen float64) {
	row := s.found[i].row
	feedback = math.Log(s.taste.fed.factor(s.look, row))
	if s.again {
		seen = math.Log(s.taste.spared.factor(s.picks.row[row].product, &s.scene.Policy.Seen))
	}
	return feedback, seen
}
