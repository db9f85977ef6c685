package ranking_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine.dev/ranking"
)

var (
	_ ranking.Model = (*ranking.Trees)(nil)
	_ ranking.Model = ranking.Linear{}
)

// smallTrees is a model of two trees by hand.
//
//	age <= 2, missing NaN right        lift <= -1, missing Zero left
//	├ topic in {1, 5}                  ├ .5
//	│ ├ 1                              └ -.25
//	│ └ 2
//	└ 4
const smallTrees = `{"num_class":1,"num_tree_per_iteration":1,"average_output":false,
"feature_names":["lift","topic","age","unused"],"max_feature_idx":3,"tree_info":[
{"tree_structure":{"split_feature":2,"threshold":2,"decision_type":"<=","default_left":false,"missing_type":"NaN","internal_value":2,
	"left_child":{"split_feature":1,"threshold":"5||1","decision_type":"==","default_left":false,"missing_type":"NaN","internal_value":1.5,
		"left_child":{"leaf_value":1},"right_child":{"leaf_value":2}},
	"right_child":{"leaf_value":4}}},
{"tree_structure":{"split_feature":0,"threshold":-1,"decision_type":"<=","default_left":true,"missing_type":"Zero",
	"left_child":{"leaf_value":0.5},"right_child":{"leaf_value":-0.25}}}]}`

func parse(t testing.TB, model string) *ranking.Trees {
	t.Helper()
	m, err := ranking.ParseTrees(strings.NewReader(model))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rowsOf is a table of one row per list of values.
func rowsOf(names []string, rows ...[]float64) *ranking.Table {
	x := ranking.NewTable(len(rows), names...)
	for i, row := range rows {
		for k, v := range row {
			x.Column(names[k])[i] = v
		}
	}
	return x
}

func TestTreesScoreAsWorkedOutByHand(t *testing.T) {
	nan := math.NaN()
	x := rowsOf([]string{"age", "topic", "lift"},
		[]float64{2, 1, -1},          // 1 + .5: at the threshold is left
		[]float64{2, 5.9, 3},         // 1 - .25: a fraction of a category does not count
		[]float64{1, 2, 0},           // 2 + .5: 0 is missing, its default is left
		[]float64{-5, nan, 1e-36},    // 2 + .5: so is what is about 0; no category goes right
		[]float64{2.5, 1, 1e-34},     // 4 - .25
		[]float64{nan, 1, nan},       // 4 + .5: no number counts as 0 where zeros are missing
		[]float64{0, -1, 2},          // 2 - .25
		[]float64{0, math.Inf(1), 2}, // 2 - .25
	)
	want := []float64{1.5, .75, 2.5, 2.5, 3.75, 4.5, 1.75, 1.75}
	if got := parse(t, smallTrees).Score(x); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTreesTakeWhatATableLacksForZero(t *testing.T) {
	// 0 is at most 2, 0 is no category that goes left, 0 is missing.
	if got := parse(t, smallTrees).Score(ranking.NewTable(1)); got[0] != 2.5 {
		t.Errorf("got %v, want 2.5", got)
	}
}

func TestTreesExplainAlongThePath(t *testing.T) {
	x := rowsOf([]string{"age", "topic", "lift"}, []float64{2, 1, 3})
	got := parse(t, smallTrees).Explain(x, 0)
	// The second tree does not say what it is worth at the root: the mean of its
	// children, .125.
	want := []ranking.Factor{{"base", 1, 2.125}, {"age", 1, -.5}, {"topic", 1, -.5}, {"lift", 1, -.375}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAForestIsTheMeanOfItsTrees(t *testing.T) {
	m := parse(t, strings.Replace(smallTrees, `"average_output":false`, `"average_output":true`, 1))
	x := ranking.NewTable(1)
	if got := m.Score(x)[0]; got != 1.25 {
		t.Errorf("got %v, want 1.25", got)
	}
	if got := ranking.Sum(m.Explain(x, 0)); got != 1.25 {
		t.Errorf("explained: got %v, want 1.25", got)
	}
}

// TestTreesScoreAsLightGBMDoes has models that LightGBM 4.7.0 trained on made-up
// numbers (6 leaves, rate .3; nan: as usual, zero: zero_as_missing, none:
// use_missing off, forest: boosting rf), cut down to what scores need, and what
// its predict says of rows that include the odd ones.
func TestTreesScoreAsLightGBMDoes(t *testing.T) {
	for _, name := range []string{"nan", "zero", "none", "forest"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "trees_"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var golden struct {
				Model  json.RawMessage
				Rows   [][]*float64
				Scores []float64
			}
			if err := json.Unmarshal(data, &golden); err != nil {
				t.Fatal(err)
			}
			rows := make([][]float64, len(golden.Rows))
			for i, row := range golden.Rows {
				for _, v := range row {
					if v == nil {
						rows[i] = append(rows[i], math.NaN())
						continue
					}
					rows[i] = append(rows[i], *v)
				}
			}
			m := parse(t, string(golden.Model))
			x := rowsOf([]string{"age", "lift", "topic", "seen"}, rows...)
			for i, got := range m.Score(x) {
				if math.Abs(got-golden.Scores[i]) > 1e-12 {
					t.Errorf("row %d %v: got %v, want %v", i, rows[i], got, golden.Scores[i])
				}
				if sum := ranking.Sum(m.Explain(x, i)); math.Abs(sum-got) > 1e-12 {
					t.Errorf("row %d: the factors add up to %v, the score is %v", i, sum, got)
				}
			}
		})
	}
}

func TestABadModelIsRefusedAndThePlaceNamed(t *testing.T) {
	deep := strings.Repeat(`{"split_feature":0,"threshold":1,"decision_type":"<=","right_child":{"leaf_value":1},"left_child":`, 65) +
		`{"leaf_value":1}` + strings.Repeat("}", 65)
	for name, c := range map[string]struct{ from, to, want string }{
		"no JSON":           {`{"num_class"`, `{num_class`, "trees: invalid character"},
		"two classes":       {`"num_class":1`, `"num_class":3`, "num_class 3"},
		"two scores":        {`_iteration":1`, `_iteration":2`, "num_tree_per_iteration 2"},
		"no feature names":  {`["lift","topic","age","unused"]`, `[]`, "feature_names: got 0"},
		"a name twice":      {`"unused"`, `"age"`, `feature_names[3]: "age" is empty or comes twice`},
		"unknown feature":   {`"split_feature":1`, `"split_feature":4`, "tree_info[0].tree_structure.left_child: split_feature"},
		"no feature":        {`"split_feature":0,`, ``, "tree_info[1].tree_structure: split_feature"},
		"another decision":  {`"=="`, `">"`, "tree_info[0].tree_structure.left_child: decision_type"},
		"another missing":   {`"Zero"`, `"One"`, "tree_info[1].tree_structure: missing_type"},
		"no threshold":      {`"threshold":-1,`, ``, "tree_info[1].tree_structure: threshold"},
		"null threshold":    {`"threshold":-1,`, `"threshold":null,`, "tree_info[1].tree_structure: threshold"},
		"no number":         {`"threshold":-1,`, `"threshold":1e999,`, "tree_info[1].tree_structure: threshold"},
		"a wrong category":  {`"5||1"`, `"5||-1"`, "tree_info[0].tree_structure.left_child: threshold: category \"-1\""},
		"categories number": {`"5||1"`, `5`, "tree_info[0].tree_structure.left_child: threshold"},
		"no leaf":           {`{"leaf_value":2}`, `{}`, "tree_info[0].tree_structure.left_child.right_child: neither"},
		"half a split":      {`,"right_child":{"leaf_value":-0.25}`, ``, "tree_info[1].tree_structure.right_child: missing"},
		"a linear leaf":     {`{"leaf_value":4}`, `{"leaf_value":4,"leaf_coeff":[1]}`, "tree_info[0].tree_structure.right_child: leaf_coeff"},
		"too deep":          {`{"leaf_value":4}`, deep, "more than 64 splits"},
		"no trees":          {`"tree_info"`, `"trees"`, "tree_info: no trees"},
		"too many trees":    {`"tree_info":[`, `"tree_info":[` + strings.Repeat("{},", 10_000), "tree_info: 10002 trees"},
		"no tree":           {`"tree_info":[`, `"tree_info":[{},`, "tree_info[0].tree_structure: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(smallTrees, c.from) {
				t.Fatalf("the model has no %s", c.from)
			}
			_, err := ranking.ParseTrees(strings.NewReader(strings.Replace(smallTrees, c.from, c.to, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// endless is a model that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestAModelThatIsTooLargeIsNotRead(t *testing.T) {
	if _, err := ranking.ParseTrees(endless{}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v, want an error", err)
	}
}

func FuzzParseTrees(f *testing.F) {
	f.Add([]byte(smallTrees))
	f.Add([]byte(`{"feature_names":["a"],"tree_info":[{"tree_structure":{"leaf_value":1}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ranking.ParseTrees(bytes.NewReader(data))
		if err != nil {
			return
		}
		x := rowsOf([]string{"lift", "topic", "age"}, []float64{0, 1, 2}, []float64{math.NaN(), -1, math.Inf(1)})
		for i, score := range m.Score(x) {
			sum := ranking.Sum(m.Explain(x, i))
			if math.Abs(sum-score) > 1e-6*max(1, math.Abs(score)) && largest(m.Explain(x, i)) < 1e6 {
				t.Fatalf("row %d: the factors add up to %v, the score is %v", i, sum, score)
			}
		}
	})
}

// largest is the size of the largest factor, beside which a sum is exact.
func largest(factors []ranking.Factor) float64 {
	most := 0.0
	for _, f := range factors {
		most = max(most, math.Abs(f.Value))
	}
	return most
}

// randomTree is a full tree of a depth over features f0, f1 and on.
func randomTree(rng *rand.Rand, depth, features int) string {
	if depth == 0 {
		return fmt.Sprintf(`{"leaf_value":%g}`, rng.NormFloat64())
	}
	return fmt.Sprintf(`{"split_feature":%d,"threshold":%g,"decision_type":"<=","missing_type":"NaN","left_child":%s,"right_child":%s}`,
		rng.IntN(features), rng.NormFloat64(), randomTree(rng, depth-1, features), randomTree(rng, depth-1, features))
}

func BenchmarkTreesScore(b *testing.B) {
	w := newWorld(1, make([]float64, 40)...)
	trees := make([]string, 100)
	for k := range trees {
		trees[k] = `{"tree_structure":` + randomTree(w.rng, 5, 40) + `}`
	}
	names, err := json.Marshal(w.names())
	if err != nil {
		b.Fatal(err)
	}
	m := parse(b, fmt.Sprintf(`{"feature_names":%s,"tree_info":[%s]}`, names, strings.Join(trees, ",")))
	for _, rows := range []int{20, 100} {
		b.Run(fmt.Sprintf("100 trees, %dx40", rows), func(b *testing.B) {
			x := w.features(rows)
			b.ReportAllocs()
			for b.Loop() {
				m.Score(x)
			}
		})
	}
}
