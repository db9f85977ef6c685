package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Child is a server that runs as a process of its own.
type Child struct {
	Addr string
	Pid  int

	cancel context.CancelFunc
	cmd    *exec.Cmd
	log    *tail
	ended  chan struct{} // closed when it is gone
	err    error         // of its end
}

// stopWithin is how long a child may take to end before it is killed.
const stopWithin = 20 * time.Second

// start runs the binary with args and an address of its own, and returns when
// path answers 200. What env holds is added to its environment.
func start(ctx context.Context, exe, path string, env []string, args ...string) (*Child, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	args = append(args, "--addr", addr)
	ctx, cancel := context.WithCancel(ctx)
	c := &Child{Addr: addr, cancel: cancel, log: new(tail), ended: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, exe, args...) //nolint:gosec // ourselves
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = stopWithin
	if err := c.cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start vitrine %s: %w", args[0], err)
	}
	c.Pid = c.cmd.Process.Pid
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	if err := c.ready(ctx, path); err != nil {
		c.Stop()
		return nil, fmt.Errorf("vitrine %s: %w\n%s", args[0], err, c.log)
	}
	return c, nil
}

// Stop ends the child and returns when it is gone.
func (c *Child) Stop() {
	c.cancel()
	<-c.ended
}

// ready waits until path answers 200.
func (c *Child) ready(ctx context.Context, path string) error {
	const patient, every = 10 * time.Minute, 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := c.get(ctx, path); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return fmt.Errorf("ended before it was ready: %w", errors.Join(c.err))
		case <-tick.C:
		}
	}
}

// get asks the child over HTTP; anything but 200 is an error.
func (c *Child) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Addr+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	return b, err
}

// metric is a figure that the child tells at /metrics; 0 without it.
func (c *Child) metrics(ctx context.Context, names ...string) map[string]float64 {
	b, err := c.get(ctx, "/metrics")
	out := make(map[string]float64, len(names))
	if err != nil {
		return out
	}
	for line := range strings.Lines(string(b)) {
		for _, name := range names {
			rest, ok := strings.CutPrefix(line, name)
			if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
				continue
			}
			fields := strings.Fields(rest)
			if v, err := strconv.ParseFloat(fields[len(fields)-1], 64); err == nil {
				out[name] += v
			}
		}
	}
	return out
}

// CPU is what the child has used so far; 0 where that cannot be told.
func (c *Child) CPU() time.Duration {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(c.Pid) + "/stat")
	if err != nil {
		return 0
	}
	return cpuOf(b)
}

// cpuOf reads user and system time out of /proc/PID/stat. They are in
// hundredths of a second wherever Linux runs Go.
func cpuOf(stat []byte) time.Duration {
	const user, system = 11, 12 // behind the name, which may hold anything
	_, rest, _ := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte{' '})
	fields := bytes.Fields(rest)
	if len(fields) <= system {
		return 0
	}
	u, err1 := strconv.ParseInt(string(fields[user]), 10, 64)
	s, err2 := strconv.ParseInt(string(fields[system]), 10, 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(u+s) * 10 * time.Millisecond
}

// resident is the memory of the child that is in RAM, in bytes; 0 where that
// cannot be told.
func (c *Child) resident() float64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(c.Pid) + "/statm")
	if err != nil {
		return 0
	}
	if fields := strings.Fields(string(b)); len(fields) > 1 {
		pages, _ := strconv.ParseFloat(fields[1], 64)
		return pages * float64(os.Getpagesize())
	}
	return 0
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

func (t *tail) Write(b []byte) (int, error) {
	const kept = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if over := len(t.end) - kept; over > 0 {
		t.end = append(t.end[:0], t.end[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.end))
}
