package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vitrine.dev/api"
)

// healthServer answers probes and Prometheus where no API is served. It is
// ready while its shelf of rulings is read and nothing that it needs is away.
func healthServer(cfg *config, checks func(context.Context) []api.Check, metrics *prometheus.Registry) *http.Server {
	mux := http.NewServeMux()
	alive := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	mux.HandleFunc("GET /livez", alive)
	mux.HandleFunc("GET /startupz", alive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		found := checks(ctx)
		status := http.StatusOK
		for _, c := range found {
			if c.Required && !c.OK {
				status = http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(map[string]any{"checks": found}); err != nil {
			cfg.logger.DebugContext(ctx, "probe went away", "err", err)
		}
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
}
