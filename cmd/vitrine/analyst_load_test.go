package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/storetest"
)

// An analyst beside readers on Elasticsearch: in make test for a moment, to see
// that he is told what is there; with VITRINE_LOAD=full over ten million actions,
// for as long as the figures are told for. Figures are logged and never judged by
// the clock.

type beside struct {
	journeys int           // 1.3 actions each
	turn     time.Duration // that windows are asked for at a time
	rounds   int
}

func besideOf() beside {
	if os.Getenv("VITRINE_LOAD") == "full" {
		return beside{journeys: 7_600_000, turn: 20 * time.Second, rounds: 4}
	}
	return beside{journeys: 20_000, turn: 200 * time.Millisecond, rounds: 1}
}

func TestWindowsBesideAnAnalystOnServers(t *testing.T) {
	in, l := loadWorld(t), besideOf()
	api := in.start("api")
	entered := in.travel(t, l.journeys)
	analyst := api.client(in.token("ana", "metrics:read"))
	analyst.http.Timeout = 2 * time.Minute // over ten million actions some take most of a minute
	const month = 31
	span := fmt.Sprintf("&from=%s&to=%s", storetest.JourneysFrom().Format(time.RFC3339), storetest.JourneysFrom().AddDate(0, 0, month).Format(time.RFC3339))
	const steps = "steps=open,bookmark,cart,order&window=15d"
	funnel := func() error {
		status, b, err := analyst.do(http.MethodGet, "/v1/metrics/funnel?"+steps+"&breakdown=source"+span, nil)
		var f struct {
			Steps  []struct{ Count int64 }
			Groups []struct{ Steps []struct{ Count int64 } }
		}
		if err == nil {
			err = json.Unmarshal(b, &f)
		}
		if err != nil || status != http.StatusOK || len(f.Steps) != 4 || f.Steps[0].Count != entered || len(f.Groups) != 5 {
			return fmt.Errorf("%d %.300s, want %d pairs by 5 sources: %w", status, b, entered, err)
		}
		return nil
	}
	await(t, time.Minute, funnel) // until it is refreshed

	feed := in.token("feed", "window:read", "window:any")
	for _, question := range []string{
		"funnel?" + steps, "funnel?" + steps + "&breakdown=expert,source", "funnel?" + steps + "&unit=reader", "funnel?" + steps + "&mode=any", "funnel?" + steps + "&times=true",
		"series?interval=day&" + steps, "top?by=expert&" + steps, "top?by=pick&" + steps, "retention?interval=week",
	} {
		began := time.Now()
		if status, b, err := analyst.do(http.MethodGet, "/v1/metrics/"+question+span, nil); err != nil || status != http.StatusOK {
			t.Errorf("%s: %d %.300s %v", question, status, b, err)
		}
		t.Logf("%s: %v", question, time.Since(began).Round(time.Millisecond))
	}

	latencies := make(map[string][]time.Duration)
	rates := make(map[string][]float64)
	var counts []time.Duration
	for range l.rounds {
		for _, c := range []struct {
			name  string
			pause time.Duration // of the analyst; 0 is none of him
		}{{"alone", 0}, {"beside a count every ten seconds", 10 * time.Second}, {"beside one count after another", time.Nanosecond}} {
			stop := make(chan struct{})
			var asking sync.WaitGroup
			if c.pause > 0 {
				asking.Go(func() {
					for {
						began := time.Now()
						if err := funnel(); err != nil {
							t.Error(err)
							return
						}
						counts = append(counts, time.Since(began))
						select {
						case <-stop:
							return
						case <-time.After(c.pause):
						}
					}
				})
			}
			took := api.windows(t, feed, l.turn)
			close(stop)
			asking.Wait()
			latencies[c.name] = append(latencies[c.name], took...)
			rates[c.name] = append(rates[c.name], float64(len(took))/l.turn.Seconds())
		}
	}
	slices.Sort(counts)
	t.Logf("%d journeys on Elasticsearch; a funnel by source: p50 %v, p95 %v, n = %d", l.journeys, quantile(counts, .5), quantile(counts, .95), len(counts))
	for name, took := range latencies {
		slices.Sort(took)
		slices.Sort(rates[name])
		t.Logf("windows %s: %.0f/s, p50 %v, p95 %v, p99 %v, n = %d", name, rates[name][len(rates[name])/2], quantile(took, .5), quantile(took, .95), quantile(took, .99), len(took))
	}
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))].Round(10 * time.Microsecond)
}

// travel puts journeys where the fold does, and returns how many have an open.
func (in *installation) travel(t *testing.T, n int) (opened int64) {
	t.Helper()
	store, err := elastic.Open(t.Context(), in.indices())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	for docs := range storetest.Journeys(n) {
		for _, d := range docs {
			var j recommend.Journey
			if err := json.Unmarshal(d.Body, &j); err != nil {
				t.Fatal(err)
			}
			if _, ok := j.Steps[recommend.ActOpen]; ok {
				opened++
			}
		}
		if err := store.Put(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	return opened
}

// windows asks for windows of many readers on two connections, one after another,
// for so long, and returns how long each took.
func (p *process) windows(t *testing.T, feed string, lasting time.Duration) (took []time.Duration) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range 2 {
		wg.Go(func() {
			var mine []time.Duration
			client := p.client(feed)
			for i := c; time.Since(begun) < lasting; i += 2 {
				began := time.Now()
				status, b, err := client.do(http.MethodGet, fmt.Sprintf("/v1/window?reader=crowd-%d", i%loadReaders), nil)
				if err != nil || status != http.StatusOK {
					t.Errorf("%d %.300s %v", status, b, err)
					return
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	wg.Wait()
	return took
}
