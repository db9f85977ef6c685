package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestARollingRestartLosesNoRequest restarts processes one after the other while
// clients ask whichever is ready, as a load balancer does.
func TestARollingRestartLosesNoRequest(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { // two whole services over the same keys and picks
		first, second := newInstallation(t), newInstallation(t)
		first.token("ann", "window:read") // which makes the keys
		second.write("data/keys.json", first.read("data/keys.json"))
		rollingRestart(t, first, "serve", first, second)
	})
	t.Run("servers", func(t *testing.T) {
		in := newInstallation(t).onServers()
		folds := in.start("ingest")
		rollingRestart(t, in, "api", in, in)
		if err := folds.stop(); err != nil {
			t.Errorf("ingest: %v\n%s", err, folds.log)
		}
	})
}

func rollingRestart(t *testing.T, in *installation, command string, of ...*installation) {
	t.Helper()
	const picks, senders = 20, 8
	var experts, lines strings.Builder
	for i := range picks {
		fmt.Fprintf(&experts, `{"id":"x%d","name":"Expert %d","topics":["home"],"verified":true}`+"\n", i, i)
		fmt.Fprintf(&lines, `{"id":"p%d","expert":"x%d","link":"https://shop.example/i/i%d","reason":"Item %d has been in use here since the spring and holds.","topics":["home"],"published_at":"2026-02-01T00:00:00Z"}`+"\n", i, i, i, i)
	}
	tokens := make([]string, senders)
	for i := range tokens {
		tokens[i] = in.token(fmt.Sprintf("r%d", i), "window:read")
	}
	b := &balancer{client: http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}}
	filled := make(map[*installation]bool)
	for _, o := range of {
		if !filled[o] {
			filled[o] = true
			o.write("world/experts.jsonl", experts.String())
			o.write("world/picks.jsonl", lines.String())
			o.run("import", "--trusted", o.dir+"/world")
			o.served = append(o.served, "--linger", "3s")
		}
		b.behind = append(b.behind, &backend{process: o.start(command)})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	for _, o := range b.behind {
		work.Go(func() { o.watch(ctx) })
	}
	for _, o := range b.behind {
		o.serves(t)
	}
	for i, token := range tokens {
		work.Go(func() {
			tick := time.NewTicker(25 * time.Millisecond) // within the limits of a reader
			defer tick.Stop()
			for n := i; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if n%2 == 0 {
					b.send(http.MethodGet, "/v1/window?limit=5", token)
				} else { // which a client does not send twice by itself
					b.send(http.MethodPut, fmt.Sprintf("/v1/bookmarks/p%d", n%picks), token)
				}
			}
		})
	}
	for _, o := range b.behind {
		o.serves(t)
		o.answers(t)
		if err := o.stop(); err != nil {
			t.Errorf("a process that was told to stop: %v\n%s", err, o.log)
		}
		o.restart()
		o.serves(t)
		o.answers(t)
	}
	cancel()
	work.Wait()
	t.Logf("%d requests answered, %d refused for their number", b.answered.Load(), b.limited.Load())
	for _, f := range b.failed {
		t.Error(f)
	}
}

// A backend is a process that a balancer may send requests to.
type backend struct {
	*process
	ready    atomic.Bool
	answered atomic.Int64
}

// watch asks whether the process is ready, all the time.
func (o *backend) watch(ctx context.Context) {
	probe := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := probe.Get("http://" + o.addr + "/readyz") //nolint:noctx // has a timeout
		o.ready.Store(err == nil && res.StatusCode == http.StatusOK)
		if err == nil {
			_ = res.Body.Close()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// serves waits until the process is seen to be ready.
func (o *backend) serves(t *testing.T) {
	t.Helper()
	await(t, 30*time.Second, func() error {
		if !o.ready.Load() {
			return fmt.Errorf("%s is not ready", o.addr)
		}
		return nil
	})
}

// answers waits until the process has answered some requests more.
func (o *backend) answers(t *testing.T) {
	t.Helper()
	const some = 50
	from := o.answered.Load()
	await(t, 30*time.Second, func() error {
		if n := o.answered.Load() - from; n < some {
			return fmt.Errorf("%s has answered %d requests", o.addr, n)
		}
		return nil
	})
}

// A balancer sends each request to the next process that is ready.
type balancer struct {
	client            http.Client
	behind            []*backend
	turn              atomic.Int64
	answered, limited atomic.Int64

	mu     sync.Mutex
	failed []string // a few
}

func (b *balancer) send(method, path, token string) {
	o := b.next()
	if o == nil {
		b.fail("no process is ready")
		return
	}
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+o.addr+path, http.NoBody)
	if err != nil {
		b.fail(err.Error())
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := b.client.Do(req)
	if err != nil {
		b.fail(err.Error())
		return
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	switch {
	case err != nil:
		b.fail(err.Error())
	case res.StatusCode == http.StatusTooManyRequests:
		b.limited.Add(1)
	case res.StatusCode >= http.StatusMultipleChoices:
		b.fail(fmt.Sprintf("%s %s: %s %.200s", method, path, res.Status, body))
	default:
		b.answered.Add(1)
		o.answered.Add(1)
	}
}

func (b *balancer) next() *backend {
	turn := int(b.turn.Add(1)) // others take theirs meanwhile
	for i := range b.behind {
		if o := b.behind[(turn+i)%len(b.behind)]; o.ready.Load() {
			return o
		}
	}
	return nil
}

func (b *balancer) fail(why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	const most = 10
	if len(b.failed) < most {
		b.failed = append(b.failed, why)
	}
}

// stop tells the process to stop, as an orchestrator does, and waits for it.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("exit status %d", code)
	}
	return nil
}
