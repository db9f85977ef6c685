package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// learningFast lets an installation publish what it learns twice a second.
func learningFast(in *installation) {
	policy, err := os.ReadFile(in.policy)
	if err != nil {
		in.t.Fatal(err)
	}
	in.write("policy.yaml", string(policy)+"learning: {publish: 500ms, share: 1}\n")
}

// choose lets readers look at a window each, from the first-th on, and open the
// pick of it that was asked for.
func (w *world) choose(t *testing.T, first, n int, pick string) {
	t.Helper()
	for i := first; i < first+n; i++ {
		token := w.in.token(fmt.Sprint("chooser-", i), "window:read")
		var page windowPage
		w.must(t, token, http.MethodGet, "/v1/window?limit=6", nil, &page)
		var acts []map[string]any
		for at, it := range page.Items {
			acts = append(acts, map[string]any{"kind": "impression", "pick": it.Pick, "window": page.ID, "position": at})
		}
		acts = append(acts, map[string]any{"kind": "open", "pick": pick, "window": page.ID})
		w.must(t, token, http.MethodPost, "/v1/actions", map[string]any{"actions": acts}, nil)
	}
}

// model is what is served, as it lies in the store.
func (w *world) model(t *testing.T) *recommend.LearnedModel {
	t.Helper()
	m := new(recommend.LearnedModel)
	for _, d := range w.documents(t, recommend.KindModel) {
		if d.ID == recommend.ModelKey {
			if err := json.Unmarshal(d.Body, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// figure is a figure of a process's metrics, of home; -1 when there is none.
func (p *process) figure(t *testing.T, name string) float64 {
	t.Helper()
	_, b, err := p.client("").do(http.MethodGet, "/metrics", nil)
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(b)) {
		var v float64
		if rest, ok := strings.CutPrefix(line, name+`{surface="home"} `); ok {
			if _, err := fmt.Sscan(rest, &v); err == nil {
				return v
			}
		}
	}
	return -1
}

// awaitLists waits until some process has published that home learned from so
// many lists, and returns which.
func (w *world) awaitLists(t *testing.T, least float64) (by *process) {
	t.Helper()
	await(t, time.Minute, func() error {
		for _, p := range append(w.ingest, w.api...) {
			if p.figure(t, "vitrine_learning_lists") >= least {
				by = p
				return nil
			}
		}
		return fmt.Errorf("nobody has learned from %g lists", least)
	})
	return by
}

func (w *world) awaitVersion(t *testing.T, what string, ok func(version float64) bool) {
	t.Helper()
	for i, p := range w.api {
		await(t, 10*time.Second, func() error {
			if v := p.figure(t, "vitrine_model_version"); !ok(v) {
				return fmt.Errorf("%s: process %d serves version %g", what, i, v)
			}
			return nil
		})
	}
}

// What readers choose is learned by one process and served by all. It goes on
// when that one is killed, can be taken back, made anew and learned anew, and
// holds nothing of the readers.
func TestWhatReadersChooseIsLearnedAndCanBeTakenBack(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, "g5")
		w.choose(t, 0, 12, "g3")
		trainer := w.awaitLists(t, 8)
		w.awaitVersion(t, "learned", func(v float64) bool { return v > 0 })

		trainer.kill()
		if len(w.ingest) == 0 {
			trainer.restart()
		}
		w.choose(t, 12, 12, "g4")
		w.awaitLists(t, 18)

		shown := w.in.run("train", "show", "home")
		if !strings.Contains(shown, "served") || !strings.Contains(shown, "WEIGHTS") {
			t.Errorf("train show says:\n%s", shown)
		}
		if _, _, err := w.in.try("train", "rollback", "home", "9999"); err == nil {
			t.Error("a rollback to a version that is not kept is taken")
		}
		shown = w.in.run("train", "rollback", "home", "1", "--why", "the readers of this test are no readers")
		if !strings.Contains(shown, "served, pinned = 1") {
			t.Errorf("after a rollback train says:\n%s", shown)
		}
		back := w.model(t).Surface(recommend.SurfaceHome).Serving().Version
		w.awaitVersion(t, "taken back", func(v float64) bool { return v == float64(back) })
		w.choose(t, 24, 12, "g4")
		w.awaitLists(t, 24)
		w.awaitVersion(t, "learning goes on", func(v float64) bool { return v == float64(back) })
		w.in.run("train", "unpin", "home")
		w.awaitVersion(t, "unpinned", func(v float64) bool { return v > float64(back) })

		if out, told, err := w.in.try("rebuild"); err != nil {
			t.Errorf("rebuild: %v\n%s\n%s", err, out, told)
		}
		before := w.model(t).Sequence
		if out, told, err := w.in.try("train"); err != nil || !strings.Contains(out, "WEIGHTS") {
			t.Errorf("train: %v\n%s\n%s", err, out, told)
		}
		if m := w.model(t); m.Epoch <= before {
			t.Errorf("after learning anew epoch %d, want one after publication %d", m.Epoch, before)
		}
		w.awaitVersion(t, "learned anew", func(v float64) bool { return v > float64(back) })
		w.nothingOf(t, w.pseudonym(t, "chooser-1"))
	}, withGoods(6), learningFast)
}

// nothingOf fails the test if what was learned holds the name of a reader.
func (w *world) nothingOf(t *testing.T, name string) {
	t.Helper()
	if name == "" {
		t.Fatal("the reader has no name")
	}
	docs := w.documents(t, recommend.KindModel)
	for _, d := range docs {
		if bytes.Contains(d.Body, []byte(name)) {
			t.Errorf("%s names a reader", d.Ref)
		}
	}
	records := 0
	w.records(t, func(m kafka.Message) {
		if strings.HasSuffix(m.Topic, recommend.TopicModels) {
			records++
			if bytes.Contains(m.Value, []byte(name)) || bytes.Contains(m.Value, []byte("chooser")) {
				t.Errorf("record %d of models names a reader", m.Offset)
			}
		}
	})
	if len(docs) < 6 || records < 3 {
		t.Errorf("%d documents and %d records of models, want some", len(docs), records)
	}
}
