package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The tests of this package run the binary as its users do: as processes that
// are started, asked over HTTP, and killed.

var built atomic.Bool // binary has been asked for

// binary builds the command once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	built.Store(true)
	dir, err := os.MkdirTemp("", "vitrine-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "vitrine")
	out, err := exec.Command("go", "build", "-tags", "nomsgpack", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if os.Getenv(mendVariable) != "" {
		if err := mend(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if built.Load() {
		if path, err := binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	os.Exit(code)
}

// An installation is a directory with keys and, when embedded, engines.
type installation struct {
	t      testing.TB
	dir    string
	policy string
	flags  []string // --kafka … --elastic … --prefix …; none when embedded
	served []string // flags of what serves, beside those
}

// notInShort leaves out what runs the whole binary: the race detector does not
// see into it, and everything else runs with it in -short.
func notInShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the whole binary: not in -short")
	}
}

// newInstallation returns an embedded installation whose limits let a test
// publish as fast as it can.
func newInstallation(t testing.TB) *installation {
	t.Helper()
	notInShort(t)
	in := &installation{t: t, dir: t.TempDir()}
	in.policy = filepath.Join(in.dir, "policy.yaml")
	in.write("policy.yaml", `version: test
publish: {per_day: 100000, per_hour: 100000, per_partner_per_day: 100000, probation_per_day: 100000, spacing: 0s, similar: {copies: 100000}}
window: {length: 400, author_floor: 1, product_floor: 1}
partners:
  - {id: shop, name: Shop, links: ["https://shop.example/i/{item}"], state: active}
`)
	return in
}

// onServers puts the installation on the real engines of the environment, apart
// from others by a prefix. Without them the test is skipped, and fails in CI.
func (in *installation) onServers() *installation {
	in.t.Helper()
	kafka, es := os.Getenv("VITRINE_TEST_KAFKA"), os.Getenv("VITRINE_TEST_ES")
	if kafka == "" || es == "" {
		if os.Getenv("CI") == "true" {
			in.t.Fatal("VITRINE_TEST_KAFKA and VITRINE_TEST_ES are not set, and CI has to run this")
		}
		in.t.Skip("NOT RUN on real engines: VITRINE_TEST_KAFKA and VITRINE_TEST_ES are not set")
	}
	prefix := strings.ToLower(fmt.Sprintf("t%d-%d.", os.Getpid(), time.Now().UnixNano()%1e9))
	in.flags = []string{"--kafka", kafka, "--elastic", es, "--prefix", prefix}
	in.t.Cleanup(func() { deleteIndices(in.t, es, strings.ReplaceAll(prefix, ".", "-")) })
	return in
}

// deleteIndices deletes what a test made in Elasticsearch.
func deleteIndices(t testing.TB, es, prefix string) {
	ask := func(method, path string) string {
		req, err := http.NewRequestWithContext(context.Background(), method, es+path, http.NoBody)
		if err != nil {
			t.Error(err)
			return ""
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Log(err)
			return ""
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	for index := range strings.FieldsSeq(ask(http.MethodGet, "/_cat/indices/"+prefix+"*?h=index")) {
		ask(http.MethodDelete, "/"+index)
	}
}

func (in *installation) write(name, text string) {
	in.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(in.dir, name)), 0o750); err != nil {
		in.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in.dir, name), []byte(text), 0o600); err != nil {
		in.t.Fatal(err)
	}
}

func (in *installation) read(name string) string {
	in.t.Helper()
	b, err := os.ReadFile(filepath.Join(in.dir, name))
	if err != nil {
		in.t.Fatal(err)
	}
	return string(b)
}

// args are those of a command with the engines and keys of the installation.
func (in *installation) args(command string, more ...string) []string {
	data := filepath.Join(in.dir, "data")
	args := []string{command, "--data", data}
	switch command {
	case "token":
		return append(args, more...)
	case "eval": // has no engines, and its own policy
		return append([]string{command, "--log", "warn"}, more...)
	case "serve":
	default:
		args = append(args, in.flags...)
	}
	return append(append(args, "--policy", in.policy, "--log", "warn"), more...)
}

// run runs a command to its end and returns what it printed to stdout.
func (in *installation) run(command string, more ...string) string {
	in.t.Helper()
	out, stderr, err := in.try(command, more...)
	if err != nil {
		in.t.Fatalf("vitrine %s: %v\n%s", command, err, stderr)
	}
	return out
}

func (in *installation) try(command string, more ...string) (stdout, stderr string, err error) {
	in.t.Helper()
	path, err := binary()
	if err != nil {
		in.t.Fatal(err)
	}
	cmd := exec.CommandContext(in.t.Context(), path, in.args(command, more...)...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

func (in *installation) token(sub string, scopes ...string) string {
	in.t.Helper()
	return strings.TrimSpace(in.run("token", "--sub", sub, "--scope", strings.Join(scopes, " ")))
}

// A process is one running command that serves HTTP on addr.
type process struct {
	in   *installation
	args []string
	addr string

	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{} // closed when the process has ended
}

// lockedBuffer takes what a process logs.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs a serving command on a free port and returns when it is ready. It
// is killed when the test ends.
func (in *installation) start(command string) *process {
	in.t.Helper()
	p := &process{in: in, addr: freeAddr(in.t), log: new(lockedBuffer)}
	p.args = in.args(command, append([]string{"--addr", p.addr}, in.served...)...)
	p.begin()
	in.t.Cleanup(p.kill)
	p.awaitReady()
	return p
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (p *process) begin() {
	p.in.t.Helper()
	path, err := binary()
	if err != nil {
		p.in.t.Fatal(err)
	}
	p.cmd = exec.Command(path, p.args...) //nolint:noctx // our own binary; ended by kill, also after the test's context
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.in.t.Fatal(err)
	}
	done, cmd := make(chan struct{}), p.cmd
	p.done = done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// restart begins the process again on the same address.
func (p *process) restart() {
	p.in.t.Helper()
	p.begin()
	p.awaitReady()
}

func (p *process) awaitReady() {
	p.in.t.Helper()
	await(p.in.t, 90*time.Second, func() error {
		select {
		case <-p.done:
			p.in.t.Fatalf("%v ended:\n%s", p.args, p.log)
		default:
		}
		res, err := http.Get("http://" + p.addr + "/readyz") //nolint:noctx // bounded by await
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			b, _ := io.ReadAll(res.Body)
			return fmt.Errorf("%s: %s", res.Status, b)
		}
		return nil
	})
}

// await calls f until it returns nil, a few times in a tenth of a second.
func await(t testing.TB, most time.Duration, f func() error) {
	t.Helper()
	deadline := time.Now().Add(most)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still not so after %v: %v", most, err)
		}
		<-tick.C
	}
}

// A client asks one process with one token.
type client struct {
	addr  string
	token string
	http  http.Client
}

func (p *process) client(token string) *client {
	return &client{addr: p.addr, token: token, http: http.Client{Timeout: 20 * time.Second}}
}

// do sends body as JSON, with headers as name, value, name, value.
func (c *client) do(method, path string, body any, headers ...string) (status int, answer []byte, err error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+c.addr+path, r)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, errors.Join(err, res.Body.Close())
}

// get decodes the answer of path into v; any status but 200 is an error.
func (c *client) get(path string, v any) error {
	status, b, err := c.do(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("GET %s: %d %s", path, status, b)
	}
	return json.Unmarshal(b, v)
}

func (c *client) mustGet(t testing.TB, path string, v any) {
	t.Helper()
	if err := c.get(path, v); err != nil {
		t.Fatal(err)
	}
}

type windowPage struct {
	ID    string `json:"window_id"`
	Items []struct {
		Pick    string `json:"pick"`
		Product struct {
			Key string `json:"key"`
		} `json:"product"`
	} `json:"items"`
	Next string `json:"next_cursor"`
}

// publish sends one pick to shop.example and returns its id.
func (c *client) publish(item, topic string) (id string, status int, err error) {
	status, b, err := c.do(http.MethodPost, "/v1/picks", map[string]any{
		"link": "https://shop.example/i/" + item, "reason": "Item " + item + " has been in use here since the spring and holds.", "topics": []string{topic},
	}, "Idempotency-Key", `"key-`+item+`"`)
	if err != nil {
		return "", status, err
	}
	var v struct {
		ID string `json:"id"`
	}
	if status < 300 {
		err = json.Unmarshal(b, &v)
	} else {
		err = fmt.Errorf("publish %s: %d %s", item, status, b)
	}
	return v.ID, status, err
}
