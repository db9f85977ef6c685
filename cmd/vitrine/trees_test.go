package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// stump is a model of one split: what a feature has at most the threshold of
// scores low, what has more scores high.
func (in *installation) stump(name, feature string, threshold, low, high float64) (path string) {
	in.t.Helper()
	in.write(name, fmt.Sprintf(`{"name": "tree", "version": "v4", "num_class": 1, "num_tree_per_iteration": 1, "max_feature_idx": 1,
"average_output": false, "feature_names": ["trust", %q], "tree_info": [{"tree_index": 0, "num_leaves": 2, "shrinkage": 1,
"tree_structure": {"split_index": 0, "split_feature": 1, "threshold": %v, "decision_type": "<=", "default_left": true,
"missing_type": "None", "internal_value": %v, "left_child": {"leaf_index": 0, "leaf_value": %v}, "right_child": {"leaf_index": 1, "leaf_value": %v}}}]}`,
		feature, threshold, (low+high)/2, low, high))
	return filepath.Join(in.dir, name)
}

// jsonLines reads a file of a data set.
func jsonLines[T any](t *testing.T, path string) (all []T) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// Trees of a file order what eval asks for: by newness here, once the new first
// and once the old.
func TestEvalOrdersByTrees(t *testing.T) {
	in := newInstallation(t)
	const young = 8 * 24 * time.Hour
	halfLife := recommend.ArchivePolicy().Window.FreshHalfLife.D()
	at := math.Exp2(-float64(young) / float64(halfLife))
	newFirst := in.stump("new.json", "freshness", at, 1, 2)
	oldFirst := in.stump("old.json", "freshness", at, 2, 1)

	published, product := make(map[string]time.Time), make(map[string]string)
	for _, p := range jsonLines[struct {
		ID, Link  string
		Published time.Time `json:"published_at"`
	}](t, filepath.Join(corner(t), "picks.jsonl")) {
		published[p.ID], product[p.ID] = p.Published, "corner:"+p.Link[strings.LastIndex(p.Link, "/")+1:]
	}
	type asked struct {
		ID         string
		At         time.Time
		Candidates []string
		Limit      int
	}
	queries := make(map[string]asked)
	for _, q := range jsonLines[asked](t, filepath.Join(corner(t), "queries.jsonl")) {
		queries[q.ID] = q
	}
	for file, wantNew := range map[string]bool{newFirst: true, oldFirst: false} {
		set, _ := in.evaluate("--trees", "rank="+file, corner(t))
		told := 0
		for i, id := range set.PerQuery.ID {
			q := queries[id]
			if len(q.Candidates) == 0 {
				continue
			}
			first := make(map[string]bool) // the products that the tree puts first
			for _, pick := range q.Candidates {
				if (q.At.Sub(published[pick]) < young) == wantNew {
					first[product[pick]] = true
				}
			}
			if len(first) == 0 || len(first) == len(q.Candidates) {
				continue
			}
			told++
			for n, p := range set.PerQuery.Top[i] {
				if n < len(first) != first[p] {
					t.Errorf("new first %v, %s: %s is at %d, and %d come first", wantNew, id, p, n, len(first))
				}
			}
		}
		if told < 5 {
			t.Errorf("%d queries have new and old candidates: the test needs more", told)
		}
	}
}

func TestABrokenFileOfTreesIsToldByItsField(t *testing.T) {
	in := newInstallation(t)
	whole, err := os.ReadFile(in.stump("whole.json", "freshness", .5, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, with, want string }{
		"a threshold":       {`"threshold": 0.5`, `"threshold": "half"`, "tree_info[0].tree_structure: threshold"},
		"a decision":        {`"decision_type": "<="`, `"decision_type": "<"`, "tree_info[0].tree_structure: decision_type"},
		"a leaf":            {`"leaf_value": 2`, `"leaf_weight": 2`, "tree_info[0].tree_structure.right_child: neither children nor a leaf_value"},
		"another feature":   {`"freshness"`, `"luck"`, `"luck" is no feature`},
		"many classes":      {`"num_class": 1`, `"num_class": 3`, "num_class 3"},
		"another kind":      {`"split_feature": 1`, `"split_feature": "one"`, "split_feature"},
		"what is not JSON":  {`{"name"`, `tree`, "invalid character"},
		"a half of it":      {`}}}]}`, ``, "unexpected end of JSON"},
		"nothing of a tree": {string(whole), `{}`, "tree_info: no trees"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(whole), c.old, c.with, 1)
			if text == string(whole) {
				t.Fatal("nothing is broken: the test needs it")
			}
			in.write("broken.json", text)
			path := filepath.Join(in.dir, "broken.json")
			for _, args := range [][]string{{"eval", "--trees", "rank=" + path, corner(t)}, {"train", "load", "rank", path}} {
				_, told, err := in.try(args[0], args[1:]...)
				if err == nil || !strings.Contains(told, c.want) || !strings.Contains(told, "broken.json") {
					t.Errorf("%s: %v, told %q; want %q and the file", args[0], err, told, c.want)
				}
			}
		})
	}
	for _, wrong := range []string{"moon=" + filepath.Join(in.dir, "whole.json"), filepath.Join(in.dir, "whole.json")} {
		if _, told, err := in.try("eval", "--trees", wrong, corner(t)); err == nil || !strings.Contains(told, "SURFACE=FILE") {
			t.Errorf("%s: %v, told %q", wrong, err, told)
		}
	}
}

// Trees that train loads order windows, and say why; taken back, they do not.
func TestLoadedTreesOrderWindows(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, "g5")
		token := w.in.token("a-follower", "window:read")
		w.must(t, token, http.MethodPut, "/v1/follows/"+expertName(1), nil, nil)
		type page struct {
			Items []struct {
				Pick    string
				Expert  struct{ ID string }
				Factors []struct {
					Name          string
					Weight, Value float64
				}
			}
		}
		for name, followedFirst := range map[string]bool{"first.json": true, "last.json": false} {
			low, high := 1.0, 3.0
			if !followedFirst {
				low, high = high, low
			}
			shown := w.in.run("train", "load", "home", w.in.stump(name, "follow", .5, low, high), "--why", "a tree of this test")
			if !strings.Contains(shown, "trees") {
				t.Errorf("train says:\n%s", shown)
			}
			serving := float64(w.model(t).Surface(recommend.SurfaceHome).Serving().Version)
			w.awaitVersion(t, name, func(v float64) bool { return v == serving })
			var got page
			w.must(t, token, http.MethodGet, "/v1/window?limit=6&explain=true", nil, &got)
			followed := 0
			for _, it := range got.Items {
				if it.Expert.ID == expertName(1) {
					followed++
				}
			}
			if followed == 0 || followed == len(got.Items) {
				t.Fatalf("%d of %d cards are of whom he follows: the test needs some", followed, len(got.Items))
			}
			for at, it := range got.Items {
				his := it.Expert.ID == expertName(1)
				if first := at < followed; followedFirst && first != his || !followedFirst && (at >= len(got.Items)-followed) != his {
					t.Errorf("%s: %s of %s is at %d", name, it.Pick, it.Expert.ID, at)
				}
				leaf := 0.0
				for _, f := range it.Factors {
					if f.Name == "base" || f.Name == "follow" {
						leaf += f.Weight * f.Value
					}
				}
				if want := map[bool]float64{false: low, true: high}[his]; math.Abs(leaf-want) > 1e-9 {
					t.Errorf("%s: %s is explained by %v, the leaf is %v", name, it.Pick, leaf, want)
				}
			}
		}
		w.in.run("train", "unpin", "home")
	}, withGoods(6))
}
