package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// Load on Kafka and Elasticsearch: in make test for some seconds, to see that
// it holds; with VITRINE_LOAD=full (make load) as long and as fast as the
// figures are told for. Figures are logged and never judged by the clock.

type load struct {
	rate    int           // actions a second
	lasting time.Duration // that they come
	beside  int           // actions a second beside bookmarks and carts
	taps    int           // bookmarks, and as many carts
	backlog int           // actions folded as fast as it goes, against the floor
}

func loadOf() load {
	if os.Getenv("VITRINE_LOAD") == "full" {
		return load{rate: 2000, lasting: 5 * time.Minute, beside: 500, taps: 1000, backlog: 100_000}
	}
	return load{rate: 400, lasting: 5 * time.Second, beside: 200, taps: 40, backlog: 20000}
}

const (
	loadReaders = 10_000
	loadPicks   = 2_000
)

// loadWorld is a world with picks to act on.
func loadWorld(t *testing.T) *installation {
	t.Helper()
	in := newInstallation(t).onServers()
	var experts, products, picks strings.Builder
	for i := range publishers {
		fmt.Fprintf(&experts, `{"id":%q,"name":"Expert %d","topics":["topic-%d"],"verified":true}`+"\n", expertName(i), i, i)
	}
	at := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	for i := range loadPicks {
		fmt.Fprintf(&products, `{"key":"shop:l%d","title":"Thing %d","price":{"amount":%d,"currency":"CNY"},"stock":1000,"commission_bp":800,"updated_at":%q}`+"\n", i, i, 1000+i, at)
		fmt.Fprintf(&picks, `{"id":"l%d","expert":%q,"link":"https://shop.example/i/l%d","reason":"Thing number %d has been in use here since the spring.","topics":["topic-%d"],"published_at":%q}`+"\n", i, expertName(i%publishers), i, i, i%publishers, at)
	}
	in.write("load/experts.jsonl", experts.String())
	in.write("load/products.jsonl", products.String())
	in.write("load/picks.jsonl", picks.String())
	in.run("import", "--trusted", filepath.Join(in.dir, "load"))
	return in
}

func (in *installation) cluster() ingest.Cluster {
	return ingest.Cluster{Brokers: []string{in.flags[1]}, Prefix: in.flags[5]}
}

// A crowd makes actions as readers do: a window of twenty cards is seen, a few
// of them are opened, now and then one is shared. Some picks are far more
// popular than others.
type crowd struct {
	random *rand.Rand
	zipf   *rand.Zipf
	n      int
}

func newCrowd(seed uint64) *crowd {
	r := rand.New(rand.NewPCG(seed, 4))
	return &crowd{random: r, zipf: rand.NewZipf(r, 1.1, 20, loadPicks-1)}
}

// visit is what one reader does in one window.
func (c *crowd) visit(now time.Time) []recommend.Event {
	reader := fmt.Sprintf("crowd-%d", c.random.IntN(loadReaders))
	var events []recommend.Event
	act := func(kind string, position int, pick string) {
		c.n++
		a := recommend.Action{ID: fmt.Sprintf("load-%d", c.n), Reader: reader, Kind: kind, Pick: pick, Position: &position, Source: "interest", At: now.UTC()}
		data, err := json.Marshal(a)
		if err != nil {
			panic(err) // it is made of strings and a number
		}
		events = append(events, recommend.Event{ID: a.ID, Source: "/test/crowd", Type: recommend.TypeActed, Key: reader, Time: a.At, Data: data})
	}
	shown := make(map[string]bool)
	for len(shown) < 20 {
		pick := fmt.Sprintf("l%d", c.zipf.Uint64())
		if shown[pick] {
			continue
		}
		act(recommend.ActImpression, len(shown), pick)
		if shown[pick] = true; c.random.IntN(10) == 0 {
			act(recommend.ActOpen, len(shown)-1, pick)
		}
	}
	return events
}

// come appends actions at a rate until ctx ends, and returns how many came.
func (c *crowd) come(ctx context.Context, p *ingest.Publisher, rate int) (n int, err error) {
	const every = 50 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	start := time.Now()
	for {
		select {
		case <-ctx.Done():
			return n, nil
		case <-tick.C:
		}
		var events []recommend.Event
		for due := int(time.Since(start).Seconds() * float64(rate)); n+len(events) < due; {
			events = append(events, c.visit(time.Now())...)
		}
		if _, err := p.Append(context.WithoutCancel(ctx), recommend.TopicActions, events...); err != nil {
			return n, err
		}
		n += len(events)
	}
}

// behind is how many actions are not folded yet.
func (in *installation) behind(ctx context.Context) (n int64, err error) {
	lag, err := ingest.Lag(ctx, in.cluster(), "", recommend.TopicActions)
	for _, l := range lag {
		n += l.Events()
	}
	return n, err
}

func (in *installation) awaitFolded() {
	in.t.Helper()
	await(in.t, 5*time.Minute, func() error {
		n, err := in.behind(in.t.Context())
		if err == nil && n > 0 {
			err = fmt.Errorf("%d actions are not folded", n)
		}
		return err
	})
}

// memory is what a process has resident, in MiB.
func (p *process) memory() int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)) // elsewhere there is none
	for line := range strings.Lines(string(b)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return n / 1024
		}
	}
	return 0
}

func TestActionsUnderLoadOnServers(t *testing.T) {
	in, l := loadWorld(t), loadOf()
	publisher := ingest.NewPublisher(ingest.PublisherConfig{Cluster: in.cluster()})
	t.Cleanup(func() { _ = publisher.Close() })

	t.Run("as fast as it goes, against the floor", func(t *testing.T) { in.drains(t, publisher, l) })

	api, folds := in.start("api"), in.start("ingest")
	t.Run("for minutes", func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), l.lasting)
		defer stop()
		var most atomic.Int64
		var rss []int
		var sampling sync.WaitGroup
		sampling.Go(func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if n, err := in.behind(ctx); err == nil {
					most.Store(max(most.Load(), n))
				}
				rss = append(rss, folds.memory())
			}
		})
		start := time.Now()
		n, err := newCrowd(1).come(ctx, publisher, l.rate)
		if err != nil {
			t.Fatal(err)
		}
		came := time.Since(start)
		sampling.Wait()
		in.awaitFolded()
		caughtUp := time.Since(start) - came
		half := len(rss) / 2
		t.Logf("%d actions in %v (%.0f/s): at most %d behind, all folded %v after the last; ingest resident at most %d MiB in the first half, %d MiB in the second",
			n, came.Round(time.Millisecond), float64(n)/came.Seconds(), most.Load(), caughtUp.Round(time.Millisecond), slices.Max(rss[:half]), slices.Max(rss[half:]))
		if first, second := slices.Max(rss[:half]), slices.Max(rss[half:]); l.lasting > time.Minute && second > first*3/2+32 {
			t.Errorf("memory grows: %d MiB, then %d MiB", first, second)
		}
		in.noneDead(t)
	})

	t.Run("bookmarks and carts beside", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		coming := make(chan error, 1)
		go func() {
			_, err := newCrowd(2).come(ctx, publisher, l.beside)
			coming <- err
		}()
		in.taps(t, api, l.taps)
		stop()
		if err := <-coming; err != nil {
			t.Error(err)
		}
		in.awaitFolded()
	})
}

// noneDead fails the test for actions that could not be folded.
func (in *installation) noneDead(t *testing.T) {
	t.Helper()
	dead, err := ingest.ListDead(t.Context(), in.cluster(), ingest.DeadFilter{Topic: recommend.TopicActions})
	if err != nil || len(dead) > 0 {
		t.Errorf("%d actions are dead: %v", len(dead), err)
	}
}

// taps bookmarks picks and puts others into carts, a few readers at a time,
// and logs how long the answers took.
func (in *installation) taps(t *testing.T, api *process, n int) {
	t.Helper()
	const readers = 4
	took := make(map[string][]time.Duration)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for r := range readers {
		token := in.token(fmt.Sprintf("tapper-%d", r), "window:read")
		wg.Go(func() {
			c := api.client(token)
			for i := range n / readers {
				pick := fmt.Sprintf("l%d", (i*readers+r)%loadPicks)
				for name, ask := range map[string]func() (int, []byte, error){
					"bookmark": func() (int, []byte, error) { return c.do(http.MethodPut, "/v1/bookmarks/"+pick, nil) },
					"cart": func() (int, []byte, error) {
						if i >= 150 { // a cart has 200 lines at most
							return c.do(http.MethodPost, "/v1/cart/items", map[string]any{"pick_id": fmt.Sprintf("l%d", r), "sku": strconv.Itoa(i % 20)}, "Idempotency-Key", fmt.Sprintf(`"%d-%d"`, r, i))
						}
						return c.do(http.MethodPost, "/v1/cart/items", map[string]any{"pick_id": pick}, "Idempotency-Key", fmt.Sprintf(`"%d-%d"`, r, i))
					},
				} {
					start := time.Now()
					status, b, err := ask()
					if status == http.StatusTooManyRequests || status == http.StatusUnprocessableEntity { // request limits, and 99 of one thing
						continue
					}
					if err != nil || status >= http.StatusMultipleChoices {
						t.Errorf("%s: %d %s %v", name, status, b, err)
						return
					}
					mu.Lock()
					took[name] = append(took[name], time.Since(start))
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"bookmark", "cart"} {
		ds := took[name]
		slices.Sort(ds)
		if len(ds) == 0 {
			t.Errorf("no %s was answered", name)
			continue
		}
		t.Logf("%s answered: p50 %v, p99 %v, max %v (n = %d)", name, ds[len(ds)/2].Round(time.Millisecond), ds[len(ds)*99/100].Round(time.Millisecond), ds[len(ds)-1].Round(time.Millisecond), len(ds))
	}
}

// drains appends a backlog while nobody folds, folds it, and compares with the
// floor: a bare fetch of the same messages and a synchronous _bulk of as many
// documents as were written, of the same size.
func (in *installation) drains(t *testing.T, publisher *ingest.Publisher, l load) {
	t.Helper()
	c := newCrowd(3)
	n := 0
	for n < l.backlog {
		var events []recommend.Event
		for len(events) < 500 {
			events = append(events, c.visit(time.Now())...)
		}
		if _, err := publisher.Append(t.Context(), recommend.TopicActions, events...); err != nil {
			t.Fatal(err)
		}
		n += len(events)
	}
	start := time.Now()
	folds := in.start("ingest")
	in.awaitFolded()
	took := time.Since(start)
	folds.kill()
	docs, floor := in.floor(t, n)
	t.Logf("%d actions folded in %v with the start of the process (%.0f/s); floor, fetching them and one _bulk of %d documents for each 500: %v (%.0f/s); ratio %.2f",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), docs, floor.Round(time.Millisecond), float64(n)/floor.Seconds(), floor.Seconds()/took.Seconds())
}

// floor fetches the n messages of the actions topic one partition after
// another and writes, for each 500 of them, the reader, pulse and exposure
// documents that they make, as they are now, to an index of no mapping.
func (in *installation) floor(t *testing.T, n int) (docs int, took time.Duration) {
	t.Helper()
	es, prefix := in.flags[3], strings.ReplaceAll(in.flags[5], ".", "-")+"vitrine"
	index := prefix + "-floor"
	send := func(method, path string, body io.Reader) []byte {
		req, err := http.NewRequestWithContext(t.Context(), method, es+path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-ndjson")
		if strings.HasSuffix(path, "/"+index) || strings.Contains(path, "_search") {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode >= http.StatusMultipleChoices {
			t.Fatalf("%s %s: %s %s %v", method, path, res.Status, b, err)
		}
		return b
	}
	send(http.MethodPut, "/"+index, strings.NewReader(`{"settings":{"number_of_replicas":0,"refresh_interval":"30s","translog.durability":"request"},"mappings":{"enabled":false}}`))
	// As many documents of each kind as 500 actions make, told by their number
	// altogether, and one of each to repeat.
	var kinds []struct {
		body json.RawMessage
		each int
	}
	for _, kind := range []string{"reader", "pulse", "exposure"} {
		send(http.MethodPost, "/"+prefix+"-"+kind+"/_refresh", nil)
		var found struct {
			Hits struct {
				Hits []struct {
					Source json.RawMessage `json:"_source"`
				} `json:"hits"`
			} `json:"hits"`
		}
		if err := json.Unmarshal(send(http.MethodGet, "/"+prefix+"-"+kind+"/_search?size=1&from=5", nil), &found); err != nil || len(found.Hits.Hits) == 0 {
			t.Fatalf("no %s document to measure with: %v", kind, err)
		}
		each := map[string]int{"reader": 500 / 22, "pulse": 300, "exposure": 300}[kind]
		kinds = append(kinds, struct {
			body json.RawMessage
			each int
		}{found.Hits.Hits[0].Source, each})
		docs += each
	}
	start := time.Now()
	fetched, version := 0, 0
	for partition := range 3 {
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{in.flags[1]}, Topic: in.flags[5] + recommend.TopicActions, Partition: partition, MaxWait: 100 * time.Millisecond, MaxBytes: 4 << 20})
		end, err := kafka.DialLeader(t.Context(), "tcp", in.flags[1], in.flags[5]+recommend.TopicActions, partition)
		if err != nil {
			t.Fatal(err)
		}
		last, err := end.ReadLastOffset()
		if err := errors.Join(err, end.Close()); err != nil {
			t.Fatal(err)
		}
		for at := int64(0); at < last; at++ {
			m, err := r.FetchMessage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			at = m.Offset
			fetched++
			if fetched%500 != 0 {
				continue
			}
			version++
			var bulk bytes.Buffer
			for k, kind := range kinds {
				for i := range kind.each {
					fmt.Fprintf(&bulk, `{"index":{"_index":%q,"_id":"%d-%d","version":%d,"version_type":"external"}}`+"\n%s\n", index, k, (version*kind.each+i)%loadReaders, version, bytes.ReplaceAll(kind.body, []byte("\n"), nil))
				}
			}
			send(http.MethodPost, "/_bulk", &bulk)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if fetched < n {
		t.Errorf("%d messages fetched, %d were appended", fetched, n)
	}
	return docs, time.Since(start)
}
