package main_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestDebugAddr(t *testing.T) {
	in := newInstallation(t)
	at := freeAddr(t)
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	in.served = []string{"--debug-addr", ":" + port, "--log", "info"}
	p := in.start("serve")
	debug, public := &client{addr: at}, p.client("")

	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/goroutine", "/debug/pprof/cmdline", "/debug/pprof/symbol"} {
		if status, b, err := debug.do(http.MethodGet, path, nil); err != nil || status != http.StatusOK {
			t.Errorf("%s on the debug address: %d %v\n%.200s", path, status, err, b)
		}
		if status, _, err := public.do(http.MethodGet, path, nil); err != nil || status != http.StatusNotFound {
			t.Errorf("%s on the public address: %d %v, want 404", path, status, err)
		}
	}
	if status, _, err := debug.do(http.MethodGet, "/metrics", nil); err != nil || status != http.StatusNotFound {
		t.Errorf("/metrics on the debug address: %d %v, want 404: profiles alone are there", status, err)
	}
	if log := p.log.String(); !strings.Contains(log, `"msg":"profiles","addr":"127.0.0.1:`+port+`"`) {
		t.Errorf("a debug address without a host is not of this machine alone:\n%s", log)
	}
}

func TestDebugAddrThatIsNone(t *testing.T) {
	in := newInstallation(t)
	if _, stderr, err := in.try("serve", "--addr", "127.0.0.1:0", "--debug-addr", "6060"); err == nil || !strings.Contains(stderr, "debug-addr") {
		t.Errorf("an address without a port: %v\n%s", err, stderr)
	}
}
