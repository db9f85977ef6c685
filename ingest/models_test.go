package ingest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// listsRow is a row of a product that was shown n times.
func listsRow(n int) []byte {
	var l ranking.Lists
	for range n {
		l.Shown(0, noon.UnixMicro())
	}
	return l.Row(0)
}

func rowOf(key string, n int) recommend.LearnedRow {
	return recommend.LearnedRow{Family: recommend.FamilyLists, Of: recommend.ProductRows(key), Row: listsRow(n)}
}

// weighted are weights of home.
func weighted(w float64) map[string]recommend.LearnedWeights {
	return map[string]recommend.LearnedWeights{"home": {
		Weights: []recommend.ModelWeight{{Name: "interest", Value: w}}, State: json.RawMessage(fmt.Sprintf(`{"w":%g}`, w)), Lists: 10, Loss: 2,
	}}
}

func learned(l recommend.Learned) recommend.Event {
	if l.Parts == 0 {
		l.Parts = 1
	}
	if l.MadeAt.IsZero() {
		l.MadeAt = noon.Add(time.Duration(l.Sequence) * time.Minute)
	}
	return event(recommend.TypeModelLearned, recommend.ModelKey, l.MadeAt, l)
}

func ruledModel(r recommend.RuledModel) recommend.Event {
	r.At = noon
	if r.By == "" {
		r.By = "mod"
	}
	if r.Text == "" {
		r.Text = "it sends everybody to one shop"
	}
	return event(recommend.TypeModelRuled, recommend.ModelKey, noon, r)
}

// modelDoc reads a document of models, the zero T when there is none.
func modelDoc[T any](b *bench, id string) (v T) {
	d, ok := b.docs[recommend.Ref{Kind: recommend.KindModel, ID: id}]
	if !ok {
		return v
	}
	if err := json.Unmarshal(d.Body, &v); err != nil {
		panic(err)
	}
	return v
}

func model(b *bench) *recommend.LearnedModel {
	m := modelDoc[recommend.LearnedModel](b, recommend.ModelKey)
	return &m
}

// settledRow is what counts of a product's lists, nil for nothing.
func settledRow(b *bench, key string) []byte {
	rows := modelDoc[recommend.ModelRows](b, recommend.ProductRows(key))
	return rows.Settled(model(b))[recommend.FamilyLists]
}

func TestWhatWasLearnedBecomesDocuments(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Offsets: []int64{5, 0}, Surfaces: weighted(.5), Rows: []recommend.LearnedRow{rowOf("jd:1", 3), rowOf("jd:2", 1)}}))
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 2, Offsets: []int64{6, 2}, Rows: []recommend.LearnedRow{
		rowOf("jd:2", 4), {Family: recommend.FamilyTopics, Of: recommend.TopicRows("home/kitchen"), Row: new(ranking.Lists).TopicRow(0)},
	}}))
	m := model(b)
	if m.Sequence != 2 || !slices.Equal(m.Offsets, []int64{6, 2}) {
		t.Errorf("sequence %d offsets %v, want 2 and [6 2]", m.Sequence, m.Offsets)
	}
	v := m.Surface(recommend.SurfaceHome).Serving()
	if v == nil || v.Version != 1 || v.Weights[0].Value != .5 {
		t.Errorf("home is served %+v, want version 1 with weight 0.5", v)
	}
	if got := m.Surface(recommend.SurfaceTopic).Serving(); got != nil {
		t.Errorf("topic is served %+v, want nothing", got)
	}
	for key, n := range map[string]int{"jd:1": 3, "jd:2": 4} {
		if got := settledRow(b, key); !slices.Equal(got, listsRow(n)) {
			t.Errorf("row of %s is %x, want that of %d impressions", key, got, n)
		}
	}
	if rows := modelDoc[recommend.ModelRows](b, "topic:home/kitchen"); rows.Settled(m)[recommend.FamilyTopics] == nil {
		t.Error("the topic has no row")
	}
}

func TestModelEventsAreRefused(t *testing.T) {
	raw := func(typ, data string) recommend.Event {
		return recommend.Event{ID: "raw", Source: "/test", Type: typ, Key: recommend.ModelKey, Time: noon, Data: json.RawMessage(data)}
	}
	surface := func(name string, w recommend.LearnedWeights) recommend.Event {
		return learned(recommend.Learned{By: "t1", Sequence: 3, Offsets: []int64{9}, Surfaces: map[string]recommend.LearnedWeights{name: w}})
	}
	row := func(family, of string, row []byte) recommend.Event {
		return learned(recommend.Learned{By: "t1", Sequence: 3, Offsets: []int64{9}, Rows: []recommend.LearnedRow{{Family: family, Of: of, Row: row}}})
	}
	one := []recommend.ModelWeight{{Name: "interest", Value: 1}}
	otherKey := learned(recommend.Learned{By: "t1", Sequence: 3, Offsets: []int64{9}})
	otherKey.Key = "mine"
	notANumber := append([]byte{1, 0, 0, 0}, slices.Repeat([]byte{0, 0, 0xc0, 0x7f}, 8)...)
	tests := []struct {
		name string
		e    recommend.Event
		want string
	}{
		{"a type of another topic", raw(recommend.TypeActed, `{}`), "unknown-type"},
		{"another key", otherKey, "wrong-key"},
		{"no shape", raw(recommend.TypeModelLearned, `{"by":7}`), "bad-data"},
		{"NaN is no JSON number", raw(recommend.TypeModelLearned, `{"by":"t1","sequence":3,"parts":1,"made_at":"2026-11-23T12:00:00Z","surfaces":{"home":{"weights":[{"name":"interest","value":"NaN"}]}}}`), "bad-data"},
		{"a number beyond float64", raw(recommend.TypeModelLearned, `{"by":"t1","sequence":3,"parts":1,"made_at":"2026-11-23T12:00:00Z","surfaces":{"home":{"weights":[{"name":"interest","value":1e999}]}}}`), "bad-data"},
		{"an absurd weight", surface("home", recommend.LearnedWeights{Weights: []recommend.ModelWeight{{Name: "interest", Value: 1e7}}}), "validation"},
		{"a feature twice", surface("home", recommend.LearnedWeights{Weights: append(slices.Clone(one), one...)}), "validation"},
		{"no weights", surface("home", recommend.LearnedWeights{}), "validation"},
		{"a negative loss", surface("home", recommend.LearnedWeights{Weights: one, Loss: -1}), "validation"},
		{"too large a state", surface("home", recommend.LearnedWeights{Weights: one, State: json.RawMessage(`"` + strings.Repeat("x", 300<<10) + `"`)}), "validation"},
		{"an unknown surface", surface("shop", recommend.LearnedWeights{Weights: one}), "surface-unknown"},
		{"an unknown family", row("magic", "product:jd:1", listsRow(1)), "validation"},
		{"a family of products for a topic", row("lists", "topic:home", listsRow(1)), "validation"},
		{"rows of nothing", row("lists", "jd:1", listsRow(1)), "validation"},
		{"rows of no product", row("lists", "product:jd", listsRow(1)), "validation"},
		{"a malformed row", row("lists", "product:jd:1", []byte("nonsense")), "validation"},
		{"a row that is not a number", row("lists", "product:jd:1", notANumber), "validation"},
		{"no sequence", learned(recommend.Learned{By: "t1"}), "validation"},
		{"a part of none", learned(recommend.Learned{By: "t1", Sequence: 3, Part: 2, Parts: 2}), "validation"},
		{"weights before the last part", learned(recommend.Learned{By: "t1", Sequence: 3, Parts: 2, Surfaces: weighted(1)}), "validation"},
		{"negative offsets", learned(recommend.Learned{By: "t1", Sequence: 3, Offsets: []int64{-1}}), "validation"},
		{"an epoch to come", learned(recommend.Learned{By: "t1", Sequence: 3, Epoch: 4}), "validation"},
		{"a sequence that goes backwards", learned(recommend.Learned{By: "t2", Sequence: 2, Offsets: []int64{9}}), "model-stale"},
		{"a sequence that jumps", learned(recommend.Learned{By: "t1", Sequence: 4, Offsets: []int64{9}}), "model-stale"},
		{"offsets that go backwards", learned(recommend.Learned{By: "t1", Sequence: 3, Offsets: []int64{4}}), "model-stale"},
		{"offsets of fewer partitions", learned(recommend.Learned{By: "t1", Sequence: 3}), "model-stale"},
		{"an epoch that was", learned(recommend.Learned{By: "t1", Sequence: 3, Epoch: 2, Offsets: []int64{9}}), "model-epoch"},
		{"a part without the first", learned(recommend.Learned{By: "t1", Sequence: 3, Part: 1, Parts: 2, Offsets: []int64{9}}), "model-parts"},
		{"a ruling without a reason", event(recommend.TypeModelRuled, recommend.ModelKey, noon, recommend.RuledModel{Surface: "home", Action: "pin", By: "mod", At: noon}), "validation"},
		{"a ruling of nobody", event(recommend.TypeModelRuled, recommend.ModelKey, noon, recommend.RuledModel{Surface: "home", Action: "pin", Text: "so", At: noon}), "validation"},
		{"a ruling on an unknown surface", ruledModel(recommend.RuledModel{Surface: "shop", Action: "pin"}), "surface-unknown"},
		{"a ruling that is none", ruledModel(recommend.RuledModel{Surface: "home", Action: "praise"}), "validation"},
		{"a version that is not kept", ruledModel(recommend.RuledModel{Surface: "home", Action: "rollback", Version: 9}), "model-version"},
	}
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Offsets: []int64{5}, Surfaces: weighted(1)}))
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 2, Offsets: []int64{6}}))
	before := maps.Clone(b.docs)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := b.fold(ingest.Models(), tt.e); !errors.Is(err, recommend.ErrInvalid) || code(err) != tt.want {
				t.Errorf("refused as %s (%v), want %s", code(err), err, tt.want)
			}
			if diff := cmp.Diff(before, b.docs); diff != "" {
				t.Errorf("documents changed:\n%s", diff)
			}
		})
	}
}

func TestAPublicationInPartsCountsWithItsLast(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Offsets: []int64{1}, Rows: []recommend.LearnedRow{rowOf("jd:1", 1)}}))
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 2, Parts: 2, Rows: []recommend.LearnedRow{rowOf("jd:1", 2), rowOf("jd:2", 2)}}))
	if got := settledRow(b, "jd:1"); !slices.Equal(got, listsRow(1)) {
		t.Errorf("before the last part jd:1 has row %x, want that of the first publication", got)
	}
	if m := model(b); m.Sequence != 1 || m.Offsets[0] != 1 {
		t.Errorf("before the last part sequence %d, offsets %v, want 1 and [1]", m.Sequence, m.Offsets)
	}
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 2, Part: 1, Parts: 2, Offsets: []int64{2}, Rows: []recommend.LearnedRow{rowOf("jd:3", 2)}}))
	for _, key := range []string{"jd:1", "jd:2", "jd:3"} {
		if got := settledRow(b, key); !slices.Equal(got, listsRow(2)) {
			t.Errorf("after the last part %s has row %x, want that of the second publication", key, got)
		}
	}
}

func TestANewEpochVoidsTheRowsBefore(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Offsets: []int64{8}, Rows: []recommend.LearnedRow{rowOf("jd:1", 1), rowOf("jd:2", 1)}}))
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t2", Sequence: 2, Epoch: 2, Parts: 2, Rows: []recommend.LearnedRow{rowOf("jd:2", 2)}}))
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t2", Sequence: 2, Epoch: 2, Part: 1, Parts: 2, Offsets: []int64{7}}))
	if got := settledRow(b, "jd:1"); got != nil {
		t.Errorf("jd:1 has row %x of the old epoch, want none", got)
	}
	if got := settledRow(b, "jd:2"); !slices.Equal(got, listsRow(2)) {
		t.Errorf("jd:2 has row %x, want that of the new epoch", got)
	}
}

// TestOfTwoTrainersOneCounts lets trainers publish over one another in any
// order, parts and all: the rows that count are those of the publications that
// were completed, each of one trainer.
func TestOfTwoTrainersOneCounts(t *testing.T) {
	keys := []string{"jd:1", "jd:2", "jd:3"}
	rapid.Check(t, func(t *rapid.T) {
		b, want := newBench(), map[string][]byte{}
		under := map[string][]recommend.Learned{} // the parts that a trainer has not sent
		rows := map[string][]recommend.LearnedRow{}
		sequence, runs := int64(0), 0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "trainer")
			if len(under[name]) == 0 { // it reads the state and begins a publication
				runs++
				rows[name] = nil
				parts := rapid.IntRange(1, 3).Draw(t, "parts")
				for part := range parts {
					l := recommend.Learned{By: fmt.Sprint(name, runs), Sequence: sequence + 1, Part: part, Parts: parts}
					for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 3, rapid.ID).Draw(t, "rows") {
						l.Rows = append(l.Rows, rowOf(key, 10*runs+part))
					}
					under[name], rows[name] = append(under[name], l), append(rows[name], l.Rows...)
				}
			}
			l := under[name][0]
			under[name] = under[name][1:]
			if _, err := b.fold(ingest.Models(), learned(l)); err != nil {
				if code := code(err); code != "model-stale" && code != "model-parts" {
					t.Fatal(err)
				}
				under[name] = nil // passed by the other
				continue
			}
			if l.Last() {
				sequence++
				for _, r := range rows[name] {
					want[r.Of] = r.Row
				}
			}
			for _, key := range keys {
				if got, want := settledRow(b, key), want[recommend.ProductRows(key)]; !slices.Equal(got, want) {
					t.Fatalf("%s has row %x, want %x", key, got, want)
				}
			}
		}
	})
}

func TestARollbackServesTheOldWeightsUntilUnpinned(t *testing.T) {
	b := newBench()
	publish := func(sequence, back int64, w float64) {
		t.Helper()
		ws := weighted(w)
		home := ws["home"]
		home.Back = back
		ws["home"] = home
		b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: sequence, Surfaces: ws}))
	}
	served := func() (int64, float64) {
		v := model(b).Surface(recommend.SurfaceHome).Serving()
		if len(v.Weights) == 0 {
			return v.Version, 0
		}
		return v.Version, v.Weights[0].Value
	}
	is := func(when string, version int64, w float64) {
		t.Helper()
		if gotVersion, got := served(); gotVersion != version || got != w {
			t.Errorf("%s: version %d with weight %g is served, want %d with %g", when, gotVersion, got, version, w)
		}
	}
	publish(1, 0, .1)
	publish(2, 0, .2)
	publish(3, 0, 30) // what went wrong
	is("learned", 3, 30)
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "rollback", Version: 2}))
	is("taken back", 4, .2)
	publish(4, 0, 31) // by a trainer that has not heard of it
	is("taken back, and the trainer goes on", 4, .2)
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "unpin"}))
	is("unpinned before the trainer heard of it", 4, .2)
	publish(5, 1, .21)
	is("unpinned", 5, .21)
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "pin"}))
	publish(6, 1, .22)
	is("pinned", 5, .21)
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "pin", Version: 6}))
	is("pinned to another", 6, .22)
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "rollback"}))
	is("back to the prior", 7, 0)
	if m := model(b); len(m.History) != 5 || m.History[0].By != "mod" || m.Surfaces["home"].State == nil {
		t.Errorf("history %+v, want five rulings", m.History)
	}
}

func TestARulingTwiceIsOne(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Surfaces: weighted(1)}))
	e := ruledModel(recommend.RuledModel{Surface: "home", Action: "rollback", Version: 1})
	b.mustFold(t, ingest.Models(), e)
	if out := b.mustFold(t, ingest.Models(), e); !out.Duplicate || out.Changed {
		t.Errorf("the ruling again: %+v, want a duplicate", out)
	}
	e = learned(recommend.Learned{By: "t1", Sequence: 2, Surfaces: weighted(2)})
	b.mustFold(t, ingest.Models(), e)
	if out := b.mustFold(t, ingest.Models(), e); !out.Duplicate || out.Changed {
		t.Errorf("the publication again: %+v, want a duplicate", out)
	}
}

func TestTreesTakeThePlaceOfWeights(t *testing.T) {
	load := func(trees string) recommend.Event {
		return event(recommend.TypeModelLoaded, recommend.ModelKey, noon, recommend.LoadedModel{Surface: "home", Trees: json.RawMessage(trees), Text: "from the lab", By: "mod", At: noon})
	}
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Surfaces: weighted(1)}))
	for name, trees := range map[string]string{
		"no trees": `{}`, "a feature that there is not": strings.ReplaceAll(oneTree, "interest", "commission"),
	} {
		if _, err := b.fold(ingest.Models(), load(trees)); code(err) != "validation" {
			t.Errorf("%s: refused as %s, want validation", name, code(err))
		}
	}
	b.mustFold(t, ingest.Models(), load(oneTree))
	b.mustFold(t, ingest.Models(), load(oneTree)) // another takes the place of the first
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 2, Surfaces: weighted(2)}))
	s := model(b).Surface(recommend.SurfaceHome)
	trees := modelDoc[recommend.ModelTrees](b, recommend.TreesID(recommend.SurfaceHome))
	if v := s.Serving(); v.Trees != 3 || v.Trees != trees.Version || s.Latest != 4 {
		t.Errorf("serving %+v of %d versions, the trees are of %d; want trees of version 3", v, s.Latest, trees.Version)
	}
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "unpin"}))
	if v := model(b).Surface(recommend.SurfaceHome).Serving(); v.Version != 4 || v.Weights[0].Value != 2 {
		t.Errorf("unpinned, %+v is served, want the weights learned last", v)
	}
}

// TestVersionsReachFarBack publishes for weeks: of the versions that are kept
// some are minutes old and some weeks, a pinned one stays, and those in doubt go.
func TestVersionsReachFarBack(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 1, Surfaces: weighted(1), MadeAt: noon}))
	b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: 2, Surfaces: weighted(2), MadeAt: noon.Add(time.Minute)}))
	b.mustFold(t, ingest.Models(), ruledModel(recommend.RuledModel{Surface: "home", Action: "pin", Version: 2}))
	at := noon
	for n := int64(3); n < 1200; n++ {
		at = noon.Add(time.Duration(n) * 30 * time.Minute)
		ws := weighted(float64(n))
		if n%2 == 0 {
			home := ws["home"]
			home.Doubtful = true
			ws["home"] = home
		}
		b.mustFold(t, ingest.Models(), learned(recommend.Learned{By: "t1", Sequence: n, Surfaces: ws, MadeAt: at}))
	}
	s := model(b).Surface(recommend.SurfaceHome)
	if len(s.Versions) != 11 || s.Serving().Version != 2 || s.Versions[10].Version != 1199 {
		t.Fatalf("%d versions to %d, %d is served, want 11 to 1199 and 2", len(s.Versions), s.Versions[len(s.Versions)-1].Version, s.Serving().Version)
	}
	for _, within := range []time.Duration{2 * time.Hour, 12 * time.Hour, 3 * 24 * time.Hour, 10 * 24 * time.Hour} {
		found := false
		for _, v := range s.Versions[:10] {
			age := at.Sub(v.MadeAt)
			found = found || age > within/6 && age <= within
			if v.Doubtful {
				t.Errorf("version %d is in doubt and kept", v.Version)
			}
		}
		if !found {
			t.Errorf("no version is between %v and %v old: %+v", within/6, within, s.Versions)
		}
	}
}

// FuzzModelEvents hands any value to the fold of models: what it takes can be
// folded and leaves documents that can be read.
func FuzzModelEvents(f *testing.F) {
	for _, e := range []recommend.Event{
		learned(recommend.Learned{By: "t1", Sequence: 1, Offsets: []int64{1}, Surfaces: weighted(1), Rows: []recommend.LearnedRow{rowOf("jd:1", 1)}}),
		learned(recommend.Learned{By: "t1", Sequence: 1, Parts: 2, Rows: []recommend.LearnedRow{rowOf("jd:1", 1)}}),
		ruledModel(recommend.RuledModel{Surface: "home", Action: "rollback"}),
	} {
		f.Add(e.Type, []byte(e.Data))
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		if !json.Valid(data) {
			return // the codec refuses it
		}
		b := newBench()
		e := recommend.Event{ID: "f", Source: "/test", Type: typ, Key: recommend.ModelKey, Time: noon, Data: data}
		if _, err := b.fold(ingest.Models(), e); err != nil {
			if !errors.Is(err, recommend.ErrInvalid) {
				t.Fatalf("an error of no known kind: %v", err)
			}
			return
		}
		m := model(b)
		for ref, d := range b.docs {
			var rows recommend.ModelRows
			if ref.ID == recommend.ModelKey {
				continue
			}
			if err := json.Unmarshal(d.Body, &rows); err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
			rows.Settled(m)
		}
	})
}
