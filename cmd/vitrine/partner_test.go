package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// partner runs a fake partner on a free port and returns its process when it is ready.
func (in *installation) partner(args ...string) *process {
	in.t.Helper()
	p := &process{in: in, addr: freeAddr(in.t), log: new(lockedBuffer)}
	p.args = append([]string{"partner", "--addr", p.addr}, args...)
	p.begin()
	in.t.Cleanup(p.kill)
	p.awaitReady()
	return p
}

// tryPartner runs one to its end, which comes when it cannot begin.
func (in *installation) tryPartner(args ...string) (stdout, stderr string, err error) {
	in.t.Helper()
	path, err := binary()
	if err != nil {
		in.t.Fatal(err)
	}
	var o, e bytes.Buffer
	cmd := exec.CommandContext(in.t.Context(), path, append([]string{"partner"}, args...)...)
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

func TestAFakePartnerServesItsGoodsAndSaysHowToConnect(t *testing.T) {
	in := newInstallation(t)
	in.write("goods.jsonl", `{"key": "shop:pot", "title": "Cast iron pot", "price": {"amount": 15900, "currency": "CNY"}, "stock": 4, "updated_at": "2026-11-26T12:00:00Z"}
{"key": "other:pot", "title": "Of another partner", "updated_at": "2026-11-26T12:00:00Z"}
`)
	p := in.partner("--partner", "shop", "--products", filepath.Join(in.dir, "goods.jsonl"))

	// What it prints is a file that connects.
	in.write("channels.yaml", p.log.String())
	channels, err := partner.Load(filepath.Join(in.dir, "channels.yaml"), partner.Environment{})
	if err != nil {
		t.Fatalf("%v\n%s", err, p.log)
	}
	ch, ok := channels.Get("shop")
	if !ok {
		t.Fatalf("no channel of shop in\n%s", p.log)
	}
	got, err := ch.Adapter.Lookup(t.Context(), "pot")
	if err != nil || got.Title != "Cast iron pot" || *got.Stock != 4 {
		t.Errorf("look up pot: got %+v and %v", got, err)
	}
	to, err := ch.Adapter.ConvertLink(t.Context(), recommend.Conversion{Item: "pot", Quantity: 1, Token: "v1.a.b.c"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(to.URL) //nolint:noctx // bounded by the test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s: got %s", to.URL, res.Status)
	}

	status, body, err := p.client("").do(http.MethodPost, "/admin/switches", map[string]any{"down": true})
	if err != nil || status != http.StatusOK || !json.Valid(body) {
		t.Errorf("switch it off: got %d %s and %v", status, body, err)
	}
	if _, err := ch.Adapter.Lookup(t.Context(), "pot"); err == nil {
		t.Error("look up pot at a shop that is down: got no error")
	}
}

func TestAFakePartnerSaysWhatItNeeds(t *testing.T) {
	in := newInstallation(t)
	in.write("bad.jsonl", `{"key": "shop:pot"}`)
	for want, args := range map[string][]string{
		"--partner":     {"--products", filepath.Join(in.dir, "bad.jsonl")},
		"record 1":      {"--products", filepath.Join(in.dir, "bad.jsonl"), "--partner", "shop"},
		"--secret-env":  {"--notify", "http://127.0.0.1:1"},
		"NOBODY_SET_IT": {"--secret-env", "NOBODY_SET_IT"},
		"html or json":  {"--wrong", "xml"},
	} {
		if _, stderr, err := in.tryPartner(args...); err == nil || !strings.Contains(stderr, want) {
			t.Errorf("vitrine partner %v: %q %v, want an error that names %s", args, stderr, err, want)
		}
	}
}
