package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A service on embedded engines has them to itself. Commands of the same
// machine reach it through a socket in its directory, which nobody else may
// enter; so it needs neither a port nor a token.
func socketPath(cfg *config) string { return filepath.Join(cfg.Data, "control.sock") }

// A rebuildLine is one line of the answer: text to be printed, or the end.
type rebuildLine struct {
	Progress string `json:"progress,omitempty"`
	Report   string `json:"report,omitempty"`
	Done     bool   `json:"done,omitempty"`
	Differs  bool   `json:"differs,omitempty"`
	Error    string `json:"error,omitempty"`
}

// control answers on the socket until ctx ends. A socket that cannot be had is
// told, and no reason to stop.
func (s *service) control(ctx context.Context) error {
	path := socketPath(s.cfg)
	_ = os.Remove(path) // of a process that was killed: the log's lock says that we are alone
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		s.cfg.logger.WarnContext(ctx, "commands such as rebuild cannot reach this process", "err", err)
		<-ctx.Done()
		return nil
	}
	mux := http.NewServeMux()
	var one sync.Mutex
	mux.HandleFunc("POST /rebuild", func(w http.ResponseWriter, r *http.Request) {
		if !one.TryLock() {
			http.Error(w, "a rebuild is under way", http.StatusConflict)
			return
		}
		defer one.Unlock()
		s.serveRebuild(w, r)
	})
	mux.HandleFunc("POST /train", s.serveTrain)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	err = srv.Serve(l)
	one.Lock() // a rebuild under way ends with ctx, and before the engines close
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control: %w", err)
	}
	return nil
}

// serveRebuild rebuilds for as long as whoever asked stays.
func (s *service) serveRebuild(w http.ResponseWriter, r *http.Request) {
	s.serveCommand(w, r, func(progress, report io.Writer) error {
		return s.rebuild(r.Context(), rebuildOptions{verify: r.URL.Query().Get("verify") == "true", progress: progress, report: report})
	})
}

// serveCommand runs a command for somebody at the socket.
func (s *service) serveCommand(w http.ResponseWriter, r *http.Request, run func(progress, report io.Writer) error) {
	var mu sync.Mutex
	out := json.NewEncoder(w)
	send := func(l rebuildLine) {
		mu.Lock()
		defer mu.Unlock()
		_ = out.Encode(l) // whoever has left ends the request
		_ = http.NewResponseController(w).Flush()
	}
	err := run(
		printer(func(text string) { send(rebuildLine{Progress: text}) }),
		printer(func(text string) { send(rebuildLine{Report: text}) }),
	)
	last := rebuildLine{Done: true}
	switch {
	case errors.Is(err, errDiffers):
		last.Differs = true
	case err != nil:
		last.Error = err.Error()
		s.cfg.logger.ErrorContext(r.Context(), "a command failed", "path", r.URL.Path, "err", err)
	}
	send(last)
}

// A printer is called with the text that is written.
type printer func(text string)

func (f printer) Write(b []byte) (int, error) {
	f(string(b))
	return len(b), nil
}

// askForRebuild has the service that runs on cfg.Data rebuild. Done is false if
// there is none.
func askForRebuild(ctx context.Context, cfg *config, env environment) (done bool, err error) {
	return askService(ctx, cfg, env, fmt.Sprintf("rebuild?verify=%t", cfg.Verify), http.NoBody)
}

// askService has the service that runs on cfg.Data do a command. Done is false
// if there is none.
func askService(ctx context.Context, cfg *config, env environment, command string, body io.Reader) (done bool, err error) {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socketPath(cfg))
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vitrine/"+command, body) //nolint:gosec // to the socket in the data directory
	if err != nil {
		return true, err
	}
	res, err := (&http.Client{Transport: transport}).Do(req) //nolint:gosec // as above
	if _, ok := errors.AsType[*net.OpError](err); ok && ctx.Err() == nil {
		return false, nil // nobody there
	}
	name, _, _ := strings.Cut(command, "?")
	if err != nil {
		return true, fmt.Errorf("%s: %w", name, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return true, fmt.Errorf("%s: %s: %s", name, res.Status, why)
	}
	return true, readRebuild(res.Body, env)
}

// readRebuild prints what the service tells, to its end.
func readRebuild(body io.Reader, env environment) error {
	in := json.NewDecoder(body)
	for {
		var l rebuildLine
		if err := in.Decode(&l); err != nil {
			return fmt.Errorf("the service broke off: %w", err)
		}
		fmt.Fprint(env.Stderr, l.Progress)
		fmt.Fprint(env.Stdout, l.Report)
		switch {
		case l.Error != "":
			return errors.New(l.Error)
		case l.Differs:
			return errDiffers
		case l.Done:
			return nil
		}
	}
}
