package main_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Nothing that got a 2xx is lost and nothing appears that did not, whatever is
// killed. Publishers go on through every kill, asking again with the same
// idempotency key until they get a 2xx, so what was asked for is what must be
// there, once, in the store and in windows.
//
// In make test a few kills; with VITRINE_CHAOS=full (make chaos) twenty, and on
// real engines of Kafka and Elasticsearch too.

func TestChaosEmbedded(t *testing.T) {
	in := newInstallation(t)
	in.importPublishers()
	p := in.start("serve")
	c := newChaos(t, in, p)
	c.run(map[string]func(){
		"serve": func() { p.kill(); p.restart() },
	})
	c.verify(p)
}

func TestChaosServers(t *testing.T) {
	in := newInstallation(t).onServers()
	in.importPublishers()
	api := []*process{in.start("api"), in.start("api")}
	ingest := []*process{in.start("ingest"), in.start("ingest")}
	c := newChaos(t, in, api...)
	victims := map[string]func(){
		"api 0":    func() { api[0].kill(); api[0].restart() },
		"api 1":    func() { api[1].kill(); api[1].restart() },
		"ingest 0": func() { ingest[0].kill(); ingest[0].begin() },
		"ingest 1": func() { ingest[1].kill(); ingest[1].begin() },
	}
	if c.full {
		maps.Copy(victims, engineVictims(t))
	}
	c.run(victims)
	for _, p := range append(api, ingest...) {
		p.awaitReady()
	}
	for _, p := range api {
		c.verify(p)
	}
}

// engineVictims kill and restart the engines that the environment names.
func engineVictims(t *testing.T) map[string]func() {
	t.Helper()
	bin := os.Getenv("VITRINE_TEST_ENGINES_BIN")
	if bin == "" {
		t.Log("VITRINE_TEST_ENGINES_BIN is not set: Kafka and Elasticsearch are left alive")
		return nil
	}
	victim := func(script, dir, addr string) func() {
		_, port, _ := strings.Cut(strings.TrimPrefix(addr, "http://"), ":")
		script = filepath.Join(bin, script)
		return func() {
			for _, args := range [][]string{{"kill", dir}, {"start", dir, port}} {
				if out, err := exec.CommandContext(t.Context(), script, args...).CombinedOutput(); err != nil {
					t.Errorf("%s %v: %v\n%s", script, args, err, out)
				}
			}
		}
	}
	return map[string]func(){
		"kafka":         victim("kafka/kafka.sh", os.Getenv("VITRINE_TEST_KAFKA_DIR"), os.Getenv("VITRINE_TEST_KAFKA")),
		"elasticsearch": victim("elasticsearch/elasticsearch.sh", os.Getenv("VITRINE_TEST_ES_DIR"), os.Getenv("VITRINE_TEST_ES")),
	}
}

const publishers = 4

func expertName(i int) string { return fmt.Sprint("expert-", i) }

func (in *installation) importPublishers() {
	in.t.Helper()
	var lines strings.Builder
	for i := range publishers {
		fmt.Fprintf(&lines, `{"id":%q,"name":"Expert %d","topics":["topic-%d"],"verified":true}`+"\n", expertName(i), i, i)
	}
	in.write("import/experts.jsonl", lines.String())
	in.run("import", "--trusted", filepath.Join(in.dir, "import"))
}

type chaos struct {
	t       *testing.T
	in      *installation
	targets []*process
	tokens  []string
	full    bool
	kills   int

	acked  atomic.Int64
	failed atomic.Int64 // attempts that got no 2xx and were made again
	mu     sync.Mutex
	picks  map[string]string // id -> item
	topics map[string]bool
}

func newChaos(t *testing.T, in *installation, targets ...*process) *chaos {
	c := &chaos{t: t, in: in, targets: targets, picks: make(map[string]string), topics: make(map[string]bool), kills: 4, full: os.Getenv("VITRINE_CHAOS") == "full"}
	if c.full {
		c.kills = 20
	}
	for i := range publishers {
		c.tokens = append(c.tokens, in.token(expertName(i), "picks:write", "window:read"))
	}
	return c
}

// run publishes until every kill is done and a few picks more are in.
func (c *chaos) run(victims map[string]func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range publishers {
		wg.Go(func() { c.publish(i, done) })
	}
	names := slices.Sorted(maps.Keys(victims))
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for i := range c.kills {
		c.awaitAcks(c.acked.Load() + 1 + random.Int64N(25))
		name := names[random.IntN(len(names))]
		c.t.Logf("kill %d after %d picks: %s", i+1, c.acked.Load(), name)
		victims[name]()
	}
	c.awaitAcks(c.acked.Load() + publishers)
	close(done)
	wg.Wait()
	c.t.Logf("%d picks acknowledged, %d attempts made again", len(c.picks), c.failed.Load())
}

func (c *chaos) awaitAcks(n int64) {
	c.t.Helper()
	await(c.t, 2*time.Minute, func() error {
		if got := c.acked.Load(); got < n {
			return fmt.Errorf("%d acknowledged, want %d", got, n)
		}
		return nil
	})
}

// publish publishes picks of one expert, each until it is acknowledged.
func (c *chaos) publish(expert int, done <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		default:
		}
		item := fmt.Sprintf("e%d-%d", expert, n)
		topic := fmt.Sprintf("topic-%d/%d", expert, n/300) // a window's length is 400
		var id string
		for try := 0; ; try++ {
			target := c.targets[(n+try)%len(c.targets)]
			got, status, err := target.client(c.tokens[expert]).publish(item, topic)
			if err == nil {
				id = got
				break
			}
			if status >= 400 && status < 500 && status != http.StatusConflict && status != http.StatusTooManyRequests {
				c.t.Errorf("refused: %v", err)
				return
			}
			c.failed.Add(1)
			pause := time.NewTimer(50 * time.Millisecond)
			select {
			case <-c.t.Context().Done():
				return
			case <-pause.C:
			}
		}
		c.mu.Lock()
		if other, ok := c.picks[id]; ok {
			c.t.Errorf("items %s and %s got the id %s", other, item, id)
		}
		c.picks[id] = item
		c.topics[topic] = true
		c.mu.Unlock()
		c.acked.Add(1)
	}
}

// verify compares what is there with what was acknowledged: in the store, by
// the publishers' own lists, and in windows of the topics.
func (c *chaos) verify(p *process) {
	c.t.Helper()
	await(c.t, time.Minute, func() error { return c.same("store", c.stored(p)) })
	await(c.t, time.Minute, func() error { return c.same("windows", c.shown(p)) })
}

func (c *chaos) same(where string, got map[string]int) error {
	for id, n := range got {
		if _, ok := c.picks[id]; !ok {
			return fmt.Errorf("%s: pick %s was never acknowledged", where, id)
		}
		if n != 1 {
			return fmt.Errorf("%s: pick %s is there %d times", where, id, n)
		}
	}
	for id, item := range c.picks {
		if got[id] == 0 {
			return fmt.Errorf("%s: pick %s (%s) is not there; %d of %d are", where, id, item, len(got), len(c.picks))
		}
	}
	return nil
}

func (c *chaos) stored(p *process) map[string]int {
	got := make(map[string]int)
	for i := range publishers {
		cursor := ""
		for {
			var page struct {
				Items []struct {
					ID string `json:"pick"`
				} `json:"items"`
				Next string `json:"next_cursor"`
			}
			p.client(c.tokens[i]).mustGet(c.t, "/v1/me/picks?limit=50"+cursor, &page)
			for _, it := range page.Items {
				got[it.ID]++
			}
			if page.Next == "" {
				break
			}
			cursor = "&cursor=" + page.Next
		}
	}
	return got
}

func (c *chaos) shown(p *process) map[string]int {
	got := make(map[string]int)
	reader := p.client(c.in.token("reader-1", "window:read"))
	for topic := range c.topics {
		cursor := ""
		for {
			var page windowPage
			reader.mustGet(c.t, "/v1/window?limit=50&topic="+topic+cursor, &page)
			for _, it := range page.Items {
				got[it.Pick]++
			}
			if page.Next == "" {
				break
			}
			cursor = "&cursor=" + page.Next
		}
	}
	return got
}
