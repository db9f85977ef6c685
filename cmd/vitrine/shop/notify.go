package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// maxBackoff is the longest pause between two tries of a webhook.
const maxBackoff = time.Minute

// nudge says that there may be something to tell; s.mu is held.
func (s *Shop) nudge(id string) {
	select {
	case s.wake[id] <- struct{}{}:
	default: // it knows already
	}
}

// tell sends a partner's webhooks, one after another, until ctx ends. One that
// is not taken is tried again, and the ones behind it wait: only the switch
// sends them out of order.
func (s *Shop) tell(ctx context.Context, p *Partner) {
	pause := s.cfg.Backoff
	wait := func(d time.Duration) bool {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
			return true
		}
	}
	for ctx.Err() == nil {
		sw, _ := s.switchesOf(p.ID)
		if sw.Shuffle && s.waiting(p.ID) > 0 && !wait(s.cfg.Gather) {
			return
		}
		n, report, some := s.nextUntold(p.ID, sw.Shuffle)
		if !some || sw.Down {
			select {
			case <-ctx.Done():
				return
			case <-s.wake[p.ID]:
			}
			continue
		}
		err := s.post(ctx, p, report, s.cfg.Now())
		if err == nil && sw.Duplicate {
			// Signed a second earlier: the same signature again would be refused
			// as a replay, and never get as far as a duplicate should.
			if err := s.post(ctx, p, report, s.cfg.Now().Add(-time.Second)); err != nil {
				s.cfg.Logger.WarnContext(ctx, "duplicate webhook was not taken", "partner", p.ID, "order", report.ID, "err", err)
			}
		}
		if err != nil {
			if ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "webhook was not taken, trying again", "partner", p.ID, "order", report.ID, "err", err, "pause", pause.String())
			}
			if !wait(pause) {
				return
			}
			pause = min(2*pause, maxBackoff)
			continue
		}
		pause = s.cfg.Backoff
		if err := s.told(p.ID, n); err != nil {
			s.cfg.Logger.ErrorContext(ctx, "orders are not kept", "err", err)
		}
	}
}

func (s *Shop) waiting(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.state.Untold[id])
}

// nextUntold is the change to tell next, and its number: the oldest, or the
// newest when they go out of order.
func (s *Shop) nextUntold(id string, newest bool) (int, recommend.OrderReport, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	untold := s.state.Untold[id]
	if len(untold) == 0 {
		return 0, recommend.OrderReport{}, false
	}
	n := untold[0]
	if newest {
		n = untold[len(untold)-1]
	}
	return n, s.state.Changes[n-1], true
}

func (s *Shop) told(id string, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Untold[id] = slices.DeleteFunc(s.state.Untold[id], func(m int) bool { return m == n })
	return s.save()
}

// post sends one report, signed at a time. A repeat is signed anew, for a
// signature is good for minutes and once.
func (s *Shop) post(ctx context.Context, p *Partner, r recommend.OrderReport, at time.Time) error {
	body, err := json.Marshal(map[string]any{"reports": []recommend.OrderReport{r}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Notify, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	timestamp, signature := partner.Sign(p.Secret, at, body)
	req.Header.Set(partner.HeaderTimestamp, timestamp)
	req.Header.Set(partner.HeaderSignature, signature)
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted && resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}
