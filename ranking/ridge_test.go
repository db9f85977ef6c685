package ranking_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

func drawReaders(t *rapid.T) [][]ranking.Act {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []ranking.Act {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ranking.Act {
			return ranking.Act{Item: rapid.Int32Range(0, 20).Draw(t, "item"), Weight: rapid.SampledFrom([]float64{.3, 1}).Draw(t, "weight")}
		}), 0, 12).Draw(t, "history")
	}), 0, 20).Draw(t, "readers")
}

// spokenFor is how much each item of a history of one speaks for each other.
func spokenFor(n *ranking.Neighbours) [21][21]float64 {
	var all [21][21]float64
	var sums ranking.Sums
	for item := range int32(21) {
		n.Score([]ranking.Act{{Item: item, Weight: 1}}, &sums)
		for other := range int32(21) {
			all[item][other] = sums.Of(other)
		}
	}
	return all
}

// TestRidgeSolvesItsNormalEquations checks (G+λ)b = g for every item over the
// items that some reader has beside it.
func TestRidgeSolvesItsNormalEquations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		readers := drawReaders(t)
		lambda := rapid.SampledFrom([]float64{.5, 10, 100}).Draw(t, "lambda")
		n, err := ranking.FitRidge(t.Context(), slices.Values(readers), ranking.RidgeOptions{Lambda: lambda})
		if err != nil {
			t.Fatal(err)
		}
		var gram [21][21]float64
		for _, history := range readers {
			basket := last(history, 300, -1)
			for _, a := range basket {
				for _, b := range basket {
					gram[a.Item][b.Item] += a.Weight * b.Weight
				}
			}
		}
		b := spokenFor(n)
		for i := range 21 {
			for j := range 21 {
				if gram[i][j] == 0 || i == j {
					near(t, "what speaks for a stranger or for itself", b[j][i], 0, 0)
					continue
				}
				left := lambda * b[j][i]
				for k := range 21 {
					left += gram[j][k] * b[k][i]
				}
				near(t, "normal equation", left, gram[j][i], tolerance)
			}
		}
	})
}

func TestOnlyTheNearestSpeak(t *testing.T) {
	readers := [][]ranking.Act{}
	for i := range int32(6) { // item 0 with items 1 to 6; with the lower ones more often
		for range 10 - i {
			readers = append(readers, []ranking.Act{{Item: 0, Weight: 1}, {Item: 1 + i, Weight: 1}})
		}
	}
	n, err := ranking.FitRidge(t.Context(), slices.Values(readers), ranking.RidgeOptions{Nearest: 3})
	if err != nil {
		t.Fatal(err)
	}
	b := spokenFor(n)
	for i := 1; i <= 6; i++ {
		if got, want := b[i][0] != 0, i <= 3; got != want {
			t.Errorf("item %d speaks for item 0: got %v, want %v", i, got, want)
		}
	}
}

func TestARefreshedItemIsAsFittedAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawReaders(t), drawReaders(t)
		n, err := ranking.FitRidge(t.Context(), slices.Values(before), ranking.RidgeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		old := spokenFor(n)
		whole, err := ranking.FitRidge(t.Context(), slices.Values(after), ranking.RidgeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		anew := spokenFor(whole)
		items := rapid.SliceOfDistinct(rapid.Int32Range(-1, 25), rapid.ID).Draw(t, "items")
		if err := n.Refresh(t.Context(), slices.Values(after), items, ranking.RidgeOptions{}); err != nil {
			t.Fatal(err)
		}
		var replica ranking.Neighbours
		changed, _ := n.Changed(0)
		for _, item := range changed {
			if err := replica.SetRow(item, n.Row(item, name), number); err != nil {
				t.Fatal(err)
			}
		}
		got := spokenFor(n)
		if spokenFor(&replica) != got {
			t.Fatal("a replica says other than the original")
		}
		for i := range 21 {
			for j := range 21 {
				want := old[i][j]
				if slices.Contains(items, int32(j)) {
					want = anew[i][j]
				}
				if got[i][j] != want {
					t.Fatalf("item %d speaks for %d with %v, want %v", i, j, got[i][j], want)
				}
			}
		}
	})
}

func TestAFitEndsWithItsContext(t *testing.T) {
	w := newTastes(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, err := ranking.FitRidge(ctx, slices.Values(w.readers), ranking.RidgeOptions{})
	if !errors.Is(err, context.Canceled) || n.Len() != 0 {
		t.Fatalf("got %d partners and the error %v, want none and %v", n.Len(), err, context.Canceled)
	}
}

func TestNeighboursStayWithinTheirBound(t *testing.T) {
	w := newTastes(1)
	for _, bound := range []int{1, 10, 1000} {
		n, err := ranking.FitRidge(t.Context(), slices.Values(w.readers), ranking.RidgeOptions{MaxPartners: bound})
		if err != nil {
			t.Fatal(err)
		}
		if n.Len() > bound || n.Len() < bound/2 {
			t.Errorf("got %d partners, want about %d", n.Len(), bound)
		}
	}
}

func FuzzNeighboursRow(f *testing.F) {
	n, err := ranking.FitRidge(context.Background(), slices.Values([][]ranking.Act{{{Item: 0, Weight: 1}, {Item: 1, Weight: 1}}}), ranking.RidgeOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(n.Row(0, name))
	f.Add(n.Row(9, name))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, row []byte) {
		n := ranking.Neighbours{MaxPartners: 100}
		asked := 0
		err := n.SetRow(2, row, func(string) int32 { asked++; return int32(asked % 150) })
		if err != nil && (!errors.Is(err, ranking.ErrRow) || asked > 0 || n.Len() > 0) {
			t.Fatalf("got the error %v after %d names, want ErrRow before any", err, asked)
		}
		if n.Len() > 100 {
			t.Fatalf("got %d partners, want at most 100", n.Len())
		}
		var sums ranking.Sums
		n.Score([]ranking.Act{{Item: 2, Weight: 1}}, &sums)
		for _, item := range sums.Items() {
			if v := sums.Of(item); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("row %x gives a score of %v", row, v)
			}
		}
	})
}

func BenchmarkRidge(b *testing.B) {
	w := newTastes(1)
	readers := slices.Values(w.readers)
	b.Run("fit 480 items of 1200 readers", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ranking.FitRidge(b.Context(), readers, ranking.RidgeOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	n, err := ranking.FitRidge(b.Context(), readers, ranking.RidgeOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var sums ranking.Sums
	b.Run("score", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.Score(w.readers[0], &sums)
		}
	})
}
