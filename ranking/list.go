package ranking

import "math"

// A list is an example: rows of which something was chosen.
type list struct {
	x          *Table
	target     []float64
	offset     []float64 // or nil
	propensity []float64 // or nil
}

// usableRow reports whether row i can be learned from, given its score.
func (l list) usableRow(i int, score float64) bool {
	return finite(score) && l.target[i] >= 0 && finite(l.target[i])
}

// sound reports whether every row can be learned from.
func (l list) sound(scores []float64) bool {
	for i, s := range scores {
		if !l.usableRow(i, s) {
			return false
		}
	}
	return true
}

// usable is a copy of l with those rows only that can be learned from.
func (l list) usable(scores []float64) list {
	var rows []int
	for i, s := range scores {
		if l.usableRow(i, s) {
			rows = append(rows, i)
		}
	}
	kept := list{x: NewTable(len(rows), l.x.names...), target: pick(l.target, rows), offset: pick(l.offset, rows), propensity: pick(l.propensity, rows)}
	for k, column := range l.x.columns {
		for j, i := range rows {
			kept.x.columns[k][j] = column[i]
		}
	}
	return kept
}

func pick(values []float64, rows []int) []float64 {
	if values == nil {
		return nil
	}
	picked := make([]float64, len(rows))
	for j, i := range rows {
		picked[j] = values[i]
	}
	return picked
}

// importance is the weight of each row as a choice, and the sum of all.
func (l list) importance() ([]float64, float64) {
	weights := make([]float64, len(l.target))
	shares, mean := 0.0, 0.0
	for i, t := range l.target {
		w := 1.0
		if l.propensity != nil {
			w = inverse(l.propensity[i])
		}
		weights[i] = t * w
		shares += t
		mean += w / float64(len(weights))
	}
	all := 0.0
	for i := range weights {
		weights[i] /= shares * mean
		all += weights[i]
	}
	return weights, all
}

// inverse is the importance of what was shown with a chance.
func inverse(chance float64) float64 {
	if chance > 0 && chance <= 1 {
		return min(1/chance, maxImport)
	}
	return 1
}

// logSum is the logarithm of the sum of exp(scores), which are finite.
func logSum(scores []float64) float64 {
	most := math.Inf(-1)
	for _, s := range scores {
		most = max(most, s)
	}
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(s - most)
	}
	return most + math.Log(sum)
}

// softmax turns scores, which are finite, into chances in place.
func softmax(scores []float64) {
	most := math.Inf(-1)
	for _, s := range scores {
		most = max(most, s)
	}
	sum := 0.0
	for i, s := range scores {
		scores[i] = math.Exp(s - most)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}
