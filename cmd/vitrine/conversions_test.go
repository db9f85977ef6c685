package main_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sample is a line of a process's metrics, series with its labels; 0 when there is none.
func (p *process) sample(t *testing.T, series string) (v float64) {
	t.Helper()
	_, _, text := p.metrics(t)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			if _, err := fmt.Sscan(rest, &v); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	}
	return v
}

// Each step counts once by topic, once by partner and once by source, a robot's
// not at all, and nobody who is told that a step is taken has waited for that.
func TestStepsOfReadersAreCountedByTopicPartnerAndSource(t *testing.T) {
	in := newInstallation(t)
	withGoods(6)(in)
	in.importPublishers()
	w := (&world{in: in, api: []*process{in.start("serve")}}).tokens()
	w.awaitGoods(t, "g3")
	var page windowPage
	w.must(t, w.reader, http.MethodGet, "/v1/window?limit=6", nil, &page)
	acts := make([]map[string]any, 0, len(page.Items)+2)
	for at, it := range page.Items {
		acts = append(acts, map[string]any{"kind": "impression", "pick": it.Pick, "window": page.ID, "position": at, "source": "latest"})
	}
	acts = append(acts, map[string]any{"kind": "open", "pick": "g3", "window": page.ID, "source": "latest"}, map[string]any{"kind": "share", "pick": "g3"})
	seen := map[string]any{"actions": acts}
	w.must(t, w.reader, http.MethodPost, "/v1/actions", seen, nil, "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	w.must(t, w.reader, http.MethodPost, "/v1/actions", seen, nil)

	p := w.api[0]
	want := map[string]float64{
		`vitrine_conversion_topic_steps_total{step="open",topic="topic-3"}`:           1,
		`vitrine_conversion_partner_steps_total{partner="shop",step="open"}`:          1,
		`vitrine_conversion_partner_steps_total{partner="shop",step="impression"}`:    float64(len(page.Items)),
		`vitrine_conversion_source_steps_total{source="latest",step="open"}`:          1,
		`vitrine_conversion_source_steps_total{source="latest",step="impression"}`:    float64(len(page.Items)),
		`vitrine_conversion_source_steps_total{source="unknown",step="impression"}`:   0,
		`vitrine_conversion_partner_steps_total{partner="unknown",step="impression"}`: 0,
		`vitrine_conversion_dropped_total`:                                            0,
	}
	await(t, 10*time.Second, func() error {
		for series, n := range want {
			if got := p.sample(t, series); got != n {
				return fmt.Errorf("%s is %g, want %g", series, got, n)
			}
		}
		return nil
	})
}

func TestHowLateAPickIsInWindowsIsMeasured(t *testing.T) {
	in := newInstallation(t)
	in.importPublishers()
	w := (&world{in: in, api: []*process{in.start("serve")}}).tokens()
	id, _, err := w.api[0].client(w.expert).publish("late", "topic-0")
	if err != nil {
		t.Fatal(err)
	}
	w.awaitGoods(t, id)
	w.awaitMeasured(t)
}

// awaitMeasured waits until one pick was measured.
func (w *world) awaitMeasured(t *testing.T) {
	t.Helper()
	await(t, 10*time.Second, func() error {
		if n := w.api[0].sample(t, "vitrine_publish_visible_seconds_count"); n != 1 {
			return fmt.Errorf("%g picks were measured, want 1", n)
		}
		return nil
	})
}

// What is imported tells of earlier times, however short ago: no window was late
// by that.
func TestNoWindowIsLateForWhatIsImportedOnServers(t *testing.T) {
	in := newInstallation(t).onServers()
	in.importPublishers()
	w := (&world{in: in, api: []*process{in.start("api")}, ingest: []*process{in.start("ingest")}}).tokens()
	at := time.Now().UTC().Add(-10 * time.Minute).Format(time.RFC3339)
	in.write("late/picks.jsonl", fmt.Sprintf(`{"id":"old","expert":%q,"link":"https://shop.example/i/old","reason":"It has been in use here since the spring.","topics":["topic-1"],"published_at":%q}`+"\n", expertName(1), at))
	in.run("import", "--trusted", filepath.Join(in.dir, "late"))
	w.awaitGoods(t, "old")
	id, _, err := w.api[0].client(w.expert).publish("late", "topic-0")
	if err != nil {
		t.Fatal(err)
	}
	w.awaitGoods(t, id)
	w.awaitMeasured(t)
	if took := w.api[0].sample(t, "vitrine_publish_visible_seconds_sum"); took > 5*60 {
		t.Errorf("%g s, want what the pick took that was published, not the one imported", took)
	}
}
