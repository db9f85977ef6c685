package recommend

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAPostingIsASortedList compares a posting with a slice that is sorted
// again and again.
func TestAPostingIsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 3 * chunkSize
		age := rapid.SliceOfN(rapid.IntRange(0, 50), most, most).Draw(t, "ages")
		cmp := func(a, b int32) int {
			if age[a] != age[b] {
				return age[a] - age[b]
			}
			return int(a - b)
		}
		var p posting
		var model []int32
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			from, n := rapid.Int32Range(0, most-1).Draw(t, "from"), rapid.Int32Range(0, most).Draw(t, "n")
			add := rapid.Bool().Draw(t, "add")
			for row := from; row < min(from+n, most); row++ {
				if add {
					p.insert(row, cmp)
					if !slices.Contains(model, row) {
						model = append(model, row)
					}
				} else {
					p.remove(row, cmp)
					model = slices.DeleteFunc(model, func(m int32) bool { return m == row })
				}
			}
			slices.SortFunc(model, func(a, b int32) int { return cmp(b, a) })
			if got := rows(p.walk()); !slices.Equal(got, model) || p.n != len(model) {
				t.Fatalf("walk: got %v (%d), want %v", got, p.n, model)
			}
			limit := rapid.IntRange(-1, 51).Draw(t, "limit")
			older := func(row int32) bool { return age[row] <= limit }
			want := slices.DeleteFunc(slices.Clone(model), func(row int32) bool { return !older(row) })
			if got := rows(p.walkBefore(older)); !slices.Equal(got, want) {
				t.Fatalf("walk before %d: got %v, want %v", limit, got, want)
			}
			for _, c := range p.chunks {
				if len(c) == 0 || len(c) > chunkSize {
					t.Fatalf("a chunk of %d", len(c))
				}
			}
		}
	})
}

func rows(w walk) []int32 {
	var out []int32
	for n, ok := w.next(); ok; n, ok = w.next() {
		out = append(out, n)
	}
	return out
}
