package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof" // what it puts on the default mux is served nowhere
	"time"
)

// debugHost is where profiles are shown unless another host is named: they tell
// what memory holds, and taking one costs time.
const debugHost = "127.0.0.1"

// debugAddr is addr with the host that it leaves out.
func debugAddr(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("debug-addr: %w", err)
	}
	if host == "" {
		host = debugHost
	}
	return net.JoinHostPort(host, port), nil
}

// debugHandler shows the profiles of the process, and nothing else.
func debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index) // and every profile by its name
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// openDebug listens on --debug-addr and returns what serves there until its
// context ends; nil when profiles are shown nowhere.
func openDebug(ctx context.Context, cfg *config) (func(context.Context) error, error) {
	if cfg.DebugAddr == "" {
		return nil, nil
	}
	addr, err := debugAddr(cfg.DebugAddr)
	if err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("debug-addr: %w", err)
	}
	cfg.logger.InfoContext(ctx, "profiles", "addr", l.Addr().String())
	srv := &http.Server{Handler: debugHandler(), ReadHeaderTimeout: 5 * time.Second}
	return func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = srv.Close() }) // a profile under way holds up no stop
		defer stop()
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("debug-addr: %w", err)
		}
		return nil
	}, nil
}
