package ranking_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vitrine.dev/ranking"
)

// tastes is a world of readers with tastes for kinds of items, which change as
// time goes by; some items are popular and most not, and each kind leads to
// another.
type tastes struct {
	items   int
	readers [][]ranking.Act // newest first
	later   [][]int32
}

func newTastes(seed uint64) tastes {
	const kinds, perKind, readers, acts, later = 12, 40, 1200, 25, 5
	w := tastes{items: kinds * perKind}
	r := rand.New(rand.NewPCG(seed, 2))
	popularity := make([]float64, w.items)
	for i := range popularity {
		popularity[i] = math.Exp(r.NormFloat64())
	}
	for range readers {
		liked := [3]int{r.IntN(kinds), r.IntN(kinds), r.IntN(kinds)}
		var order []int32
		kind := liked[0]
		for len(order) < acts+later {
			if r.Float64() < .06 {
				liked[r.IntN(3)] = r.IntN(kinds)
			}
			switch x := r.Float64(); {
			case x < .15:
				kind = r.IntN(kinds)
			case x < .35:
				kind = (kind + 1) % kinds // what comes after
			default:
				kind = liked[r.IntN(3)]
			}
			item := int32(kind*perKind + draw(r, popularity[kind*perKind:][:perKind]))
			if !slices.Contains(order, item) {
				order = append(order, item)
			}
		}
		var history []ranking.Act
		for i, item := range slices.Backward(order[:acts]) {
			history = append(history, ranking.Act{Item: item, Weight: 1, At: start + int64(i)*anHour})
		}
		w.readers, w.later = append(w.readers, history), append(w.later, order[acts:])
	}
	return w
}

func draw(r *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	at := r.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// recall is the mean share of what readers do later among the best 20 new to
// them.
func (w tastes) recall(score func(history []ranking.Act) []float64) float64 {
	const judged = 600
	var sum float64
	for r, history := range w.readers[:judged] {
		scores := score(history)
		for _, a := range history {
			scores[a.Item] = math.Inf(-1)
		}
		hits := 0
		for _, item := range w.later[r] {
			better := 0
			for _, s := range scores {
				if s > scores[item] {
					better++
				}
			}
			if better < 20 {
				hits++
			}
		}
		sum += float64(hits) / float64(len(w.later[r]))
	}
	return sum / judged
}

func (w tastes) dense(sums *ranking.Sums, scale float64) []float64 {
	var squares float64
	for _, item := range sums.Items() {
		squares += sums.Of(item) * sums.Of(item)
	}
	all := make([]float64, w.items)
	for _, item := range sums.Items() {
		all[item] = scale * sums.Of(item) / math.Sqrt(squares)
	}
	return all
}

func plus(x, y []float64) []float64 {
	for i := range x {
		x[i] += y[i]
	}
	return x
}

func TestNeighboursFindMoreThanPopularityAndCosine(t *testing.T) {
	w := newTastes(2)
	popular, gram := make([]float64, w.items), make([][]float64, w.items)
	for i := range gram {
		gram[i] = make([]float64, w.items)
	}
	var together ranking.Together
	for _, history := range w.readers {
		for i, a := range slices.Backward(history) {
			together.Add(history[i+1:], a.Item, a.Weight, a.At)
			popular[a.Item]++
			for _, b := range history {
				gram[a.Item][b.Item]++
			}
		}
	}
	n, err := ranking.FitRidge(t.Context(), slices.Values(w.readers), ranking.RidgeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var near, next ranking.Sums
	recalls := map[string]float64{
		"popularity": w.recall(func([]ranking.Act) []float64 { return slices.Clone(popular) }),
		"cosine": w.recall(func(history []ranking.Act) []float64 {
			all := make([]float64, w.items)
			for _, a := range history {
				for i := range all {
					all[i] += gram[a.Item][i] / math.Sqrt(popular[a.Item]*popular[i]+1)
				}
			}
			return all
		}),
		"W and D": w.recall(func(history []ranking.Act) []float64 {
			together.Near(history, &near)
			together.Next(history, &next)
			return plus(w.dense(&near, 1), w.dense(&next, .5))
		}),
		"ridge": w.recall(func(history []ranking.Act) []float64 {
			n.Score(history, &near)
			return w.dense(&near, 1)
		}),
		"ridge and D": w.recall(func(history []ranking.Act) []float64 {
			n.Score(history, &near)
			together.Next(history, &next)
			return plus(w.dense(&near, 1), w.dense(&next, 1))
		}),
	}
	t.Logf("recall@20: %v", recalls)
	for _, c := range [][2]string{
		{"cosine", "popularity"},
		{"W and D", "popularity"},
		{"ridge", "popularity"},
		{"W and D", "cosine"},
		{"ridge", "cosine"},
	} {
		if recalls[c[0]] < recalls[c[1]]+.005 {
			t.Errorf("recall@20 of %s is %.4f, want more than that of %s, %.4f", c[0], recalls[c[0]], c[1], recalls[c[1]])
		}
	}
}
