package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// A feeding tells a process that feeds a service what to send, and when.
type feeding struct {
	Addr    string `json:"addr"`
	Keys    string `json:"keys"`
	World   Size   `json:"world"`
	Actions int    `json:"actions"` // a second
	Picks   int    `json:"picks"`   // a second
	Run     int64  `json:"run"`     // apart from other feedings of the same service
}

// fed is what a feeding did.
type fed struct {
	Seconds float64 `json:"seconds"` // until it was told to stop
	Late    float64 `json:"late"`    // seconds from then to the last answer
	Actions int64   `json:"actions"`
	Picks   int64   `json:"picks"`
	Errors  int64   `json:"errors"`
	Error   string  `json:"error,omitempty"`
}

func (f *fed) fail(err error) {
	f.Errors++
	if f.Error == "" {
		f.Error = err.Error()
	}
}

// Feed sends readers' actions and experts' picks to a service, as file says,
// until ctx ends, and writes to out what it did.
func Feed(ctx context.Context, file string, out io.Writer) error {
	b, err := os.ReadFile(file) //nolint:gosec // that bench wrote
	if err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	var f feeding
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	keys, err := api.LoadKeys(f.Keys)
	if err != nil {
		return err
	}
	s := &Service{Child: &Child{Addr: f.Addr}, keys: keys}
	w := NewWorld(f.World)
	w.dice = rand.New(rand.NewPCG(f.World.Seed, uint64(f.Run)+3)) //nolint:gosec // dice, no secret
	done := make(chan fed, 2*feedConnections)
	begun := time.Now()
	for _, send := range []struct {
		each func(*Service, *World, *client, int) error
		due  *schedule
		sent func(*fed)
	}{
		{f.sendActions, &schedule{start: begun, end: begun.Add(time.Hour), every: feedsPerSecond}, func(d *fed) { d.Actions += int64(f.Actions / feedsPerSecond) }},
		{f.sendPicks, &schedule{start: begun, end: begun.Add(time.Hour), every: float64(f.Picks)}, func(d *fed) { d.Picks++ }},
	} {
		for range feedConnections {
			w := w.apart()
			go func() {
				var d fed
				each := func(c *client, n int) error {
					err := send.each(s, w, c, n)
					if err == nil {
						send.sent(&d)
					}
					return err
				}
				if err := f.send(ctx, send.due, &d, each); err != nil && ctx.Err() == nil {
					d.fail(err)
				}
				done <- d
			}()
		}
	}
	var all fed
	<-ctx.Done()
	all.Seconds = time.Since(begun).Seconds()
	for range 2 * feedConnections {
		d := <-done
		all.Actions, all.Picks, all.Errors = all.Actions+d.Actions, all.Picks+d.Picks, all.Errors+d.Errors
		if all.Error == "" {
			all.Error = d.Error
		}
	}
	all.Late = time.Since(begun).Seconds() - all.Seconds
	return json.NewEncoder(out).Encode(all)
}

// feedConnections is how many connections actions come on at most, and as many
// picks: a write is answered once it can be read, and others go on meanwhile.
// Readers do not wait for one another; so there are enough for answers that take
// two seconds and more.
const feedConnections = 128

// send calls each for whatever is due, on a connection of its own, until ctx
// ends. A request that failed is told, and the next is on a new connection.
func (f *feeding) send(ctx context.Context, due *schedule, d *fed, each func(*client, int) error) error {
	var c *client // once something is due: servers leave those who say nothing
	defer func() { c.close() }()
	for ctx.Err() == nil {
		at, n, ok := due.take()
		if !ok {
			return nil
		}
		sleepUntil(ctx, at)
		if ctx.Err() != nil {
			return nil
		}
		if c == nil {
			var err error
			if c, err = dial(ctx, f.Addr); err != nil {
				return err
			}
		}
		if err := each(c, int(n)); err != nil && ctx.Err() == nil {
			d.fail(err)
			c.close()
			c = nil
		}
	}
	return nil
}

// apart is the same world with dice of its own, for another goroutine.
func (w *World) apart() *World {
	c := *w
	c.dice = rand.New(rand.NewPCG(w.dice.Uint64(), w.dice.Uint64())) //nolint:gosec // dice, no secret
	return &c
}

// feedsPerSecond is how many batches of actions are sent in a second.
const feedsPerSecond = 20

// sendActions sends a batch of many readers' actions, as a feed client does.
func (f *feeding) sendActions(s *Service, w *World, c *client, n int) error {
	t, err := s.token("feeder"+strconv.Itoa(n%feedConnections), "window:read", "window:any")
	if err != nil {
		return err
	}
	kinds := []string{recommend.ActImpression, recommend.ActImpression, recommend.ActImpression, recommend.ActOpen, recommend.ActOpen, recommend.ActBookmark}
	size := f.Actions / feedsPerSecond
	lines := make([]map[string]string, size)
	for i := range lines {
		lines[i] = map[string]string{
			"id": "f" + strconv.FormatInt(f.Run, 10) + "-" + strconv.Itoa(n*size+i), "reader": ReaderID(w.dice.IntN(w.Readers)),
			"kind": kinds[w.dice.IntN(len(kinds))], "pick": pickID(int32(w.skewed(len(w.picks)))), //nolint:gosec // few
		}
	}
	body, err := json.Marshal(map[string]any{"actions": lines})
	if err != nil {
		return err
	}
	return taken(c, request("POST", "/v1/actions", t, "", body))
}

// sendPicks has one expert after the other publish.
func (f *feeding) sendPicks(s *Service, w *World, c *client, n int) error {
	const before = 100 // experts, who publish in another row
	item := int(f.Run)*1_000_000 + n
	expert := (before + item) % w.experts
	t, err := s.token(expertID(int32(expert)), "picks:write") //nolint:gosec // few
	if err != nil {
		return err
	}
	body, err := json.Marshal(w.publication(item, expert))
	if err != nil {
		return err
	}
	return taken(c, request("POST", "/v1/picks", t, fmt.Sprintf("Idempotency-Key: \"f%d\"\r\n", item), body))
}

// taken sends a request that ought to be answered with 2xx.
func taken(c *client, request []byte) error {
	status, _, err := c.do(request)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("status %d", status)
	}
	return err
}

// A feeder is a running process that feeds a service.
type feeder struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	out    *tail
}

// feed starts to feed the service from a process of its own.
func (s *Service) feed(ctx context.Context, actions, picks int) (*feeder, error) {
	s.feeds++
	b, err := json.Marshal(feeding{
		Addr: s.Addr, Keys: filepath.Join(s.data, "keys.json"), World: s.bench.World, Actions: actions, Picks: picks, Run: s.feeds,
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.bench.dir, "feed.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &feeder{cancel: cancel, out: new(tail)}
	f.cmd = exec.CommandContext(ctx, s.bench.Exe, "bench", "feed", file) //nolint:gosec // ourselves
	f.cmd.Stdout, f.cmd.Stderr = f.out, f.out
	f.cmd.Cancel = func() error { return f.cmd.Process.Signal(syscall.SIGTERM) }
	f.cmd.WaitDelay = stopWithin
	if err := f.cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("feed: %w", err)
	}
	return f, nil
}

// stop ends the feeding and returns what it did.
func (f *feeder) stop() (*fed, error) {
	f.cancel()
	err := f.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, &exit) {
		return nil, fmt.Errorf("feed: %w", err)
	}
	d := new(fed)
	if err := json.Unmarshal([]byte(f.out.String()), d); err != nil {
		return nil, fmt.Errorf("feed: %w: %s", err, f.out)
	}
	return d, nil
}
