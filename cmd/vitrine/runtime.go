package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// What a process that serves lets the garbage collector do where GOGC and
// GOMEMLIMIT do not say. Most of its heap is the shelf, which stays, and the
// collector reads all of it each time: to let as much garbage come as twice what
// stays halves that work. The memory limit keeps the rest of it in bounds: near
// it the collector runs as often as it must.
const (
	gcPercent   = 200
	memoryShare = .9 // of what the container or, without one, the machine has; SQLite's caches lie beside Go's heap
)

// tuneRuntime sets up memory. Processors are the runtime's own: it takes as many
// as the container may use, and follows when that changes.
func tuneRuntime(ctx context.Context, cfg *config, getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	limit, err := memlimit.Set(memlimit.WithRatio(memoryShare), memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)))
	if err != nil {
		cfg.logger.WarnContext(ctx, "memory is not limited", "err", err)
	}
	cfg.logger.InfoContext(ctx, "runtime", "processors", runtime.GOMAXPROCS(0), "memory_limit_bytes", limit)
}
