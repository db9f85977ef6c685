package shop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Switches make a shop misbehave.
type Switches struct {
	SlowMS    int    `json:"slow_ms"`   // before every answer
	Wrong     string `json:"wrong"`     // "html" or "json": what the API answers instead, a page or JSON that ends in the middle
	Down      bool   `json:"down"`      // 503 to everything, and no webhooks
	Duplicate bool   `json:"duplicate"` // every webhook twice
	Shuffle   bool   `json:"shuffle"`   // webhooks out of order
}

func (w Switches) check() error {
	if w.Wrong != "" && w.Wrong != "html" && w.Wrong != "json" {
		return fmt.Errorf("wrong: %q; use html or json, or leave it empty", w.Wrong)
	}
	if w.SlowMS < 0 || w.SlowMS > 600_000 {
		return fmt.Errorf("slow_ms: %d; give 0 to 600000", w.SlowMS)
	}
	return nil
}

// behave makes next misbehave as the partner's switches say.
func (s *Shop) behave(next http.Handler, api bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sw, ok := s.switchesOf(r.PathValue("partner"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		if sw.SlowMS > 0 {
			wait := time.NewTimer(time.Duration(sw.SlowMS) * time.Millisecond)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-r.Context().Done():
				return
			case <-s.ended:
			}
		}
		switch {
		case sw.Down:
			w.Header().Set("Retry-After", "10")
			http.Error(w, "the shop is closed for a while", http.StatusServiceUnavailable)
		case api && sw.Wrong == "html":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<!doctype html><title>Maintenance</title><p>We will be back soon."))
		case api && sw.Wrong == "json":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"reports": [{"id": "o-1", "amount": {"amo`))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (s *Shop) switchesOf(partner string) (Switches, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sw, ok := s.switches[partner]
	return sw, ok
}

// Switch sets how a partner behaves from now on, or all of them when partner is
// "". The error names the switch.
func (s *Shop) Switch(partner string, to Switches) error {
	if err := to.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if partner != "" && s.partners[partner] == nil {
		return fmt.Errorf("there is no partner %q", partner)
	}
	for _, id := range s.partnerIDs() {
		if partner == "" || partner == id {
			s.switches[id] = to
			s.nudge(id)
		}
	}
	return nil
}

// showSwitches answers the switches of one partner, or of all by partner.
func (s *Shop) showSwitches(w http.ResponseWriter, r *http.Request) {
	if id := r.PathValue("partner"); id != "" {
		sw, ok := s.switchesOf(id)
		if !ok {
			writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no such partner"})
			return
		}
		writeJSON(w, http.StatusOK, sw)
		return
	}
	all := make(map[string]Switches)
	for _, id := range s.partnerIDs() {
		all[id], _ = s.switchesOf(id)
	}
	writeJSON(w, http.StatusOK, all)
}

// setSwitches turns those that are named and leaves the others as they are.
func (s *Shop) setSwitches(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("partner")
	of := id
	if of == "" {
		of = s.cfg.Partners[0].ID
	}
	to, ok := s.switchesOf(of)
	if !ok {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no such partner"})
		return
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	dec.DisallowUnknownFields()
	err := dec.Decode(&to)
	if err == nil {
		err = s.Switch(id, to)
	}
	if err != nil {
		writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}
	s.showSwitches(w, r)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader is gone, or it is well
}
