package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// withRules adds sections to the policy of an installation.
func withRules(sections string) func(*installation) {
	return func(in *installation) {
		in.write("policy.yaml", in.read("policy.yaml")+sections)
	}
}

// Nobody is given more than his dose, by however many processes at once.
func TestADoseHoldsOverProcesses(t *testing.T) {
	const dose, calls = 9, 16
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, "g39")
		await(t, time.Minute, func() error { // the fold that gives is at work
			var page recommend.Window
			err := w.api[0].client(w.in.token("somebody", "window:read")).get("/v1/window/insertions?organic_count=4", &page)
			if err == nil && page.Degraded {
				err = fmt.Errorf("missing %v", page.Missing)
			}
			return err
		})
		given := make([]recommend.Window, calls)
		var wg sync.WaitGroup
		for i := range given {
			wg.Go(func() {
				if err := w.api[i%len(w.api)].client(w.reader).get("/v1/window/insertions?organic_count=16", &given[i]); err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		n, late := 0, false // what is given too late to be answered counts
		for i := range given {
			n, late = n+len(given[i].Items), late || given[i].Degraded
		}
		if n > dose || n < dose && !late {
			t.Errorf("%d calls gave %d picks, want the dose of %d", calls, n, dose)
		}
		var full recommend.Window
		await(t, time.Minute, func() error {
			err := w.api[1].client(w.reader).get("/v1/window/insertions?organic_count=16", &full)
			if n += len(full.Items); err == nil && full.Reason == "" {
				err = fmt.Errorf("%d picks in all, missing %v", n, full.Missing)
			}
			return err
		})
		if n > dose {
			t.Errorf("%d picks in all, want at most the dose of %d", n, dose)
		}
		if left := time.Until(full.NextAllowedAt); len(full.Items) > 0 || full.Reason != "fatigue_cap" || left <= 0 || left > 24*time.Hour {
			t.Errorf("after the dose: %d picks, reason %q, next in %v; want none for a part of a day", len(full.Items), full.Reason, left)
		}
		if status, b, err := w.api[0].client(w.reader).do(http.MethodPut, "/v1/me/dose", map[string]int{"per_day": 0}); err != nil || status != http.StatusOK {
			t.Fatalf("set a dose: %d %s, %v", status, b, err)
		}
		var none recommend.Window
		w.api[1].client(w.reader).mustGet(t, "/v1/window/insertions?organic_count=16", &none)
		if none.Reason != "fatigue_cap" || !none.NextAllowedAt.IsZero() {
			t.Errorf("with a dose of none: reason %q until %v, want never", none.Reason, none.NextAllowedAt)
		}
	}, withGoods(40), withRules(fmt.Sprintf("dose: {per_day: %d, expert_spacing: 0s}\n", dose)))
}

// A reader is in one arm on every process, and what he does is counted there.
func TestAnExperimentIsTheSameOnEveryProcess(t *testing.T) {
	const readers = 24
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, "g9")
		dealt := make(map[string]int64)
		for i := range readers {
			token := w.in.token(fmt.Sprint("subject-", i), "window:read")
			var one, other recommend.Window
			w.api[0].client(token).mustGet(t, "/v1/window", &one)
			w.api[1].client(token).mustGet(t, "/v1/window", &other)
			if one.Arm == "" || one.Arm != other.Arm {
				t.Errorf("reader %d is in arm %q and in %q", i, one.Arm, other.Arm)
			}
			dealt[one.Arm]++
			seen := map[string]any{"kind": "impression", "pick": one.Items[0].Pick, "window": one.ID, "arm": "order:made-up"}
			if status, b, err := w.api[i%2].client(token).do(http.MethodPost, "/v1/actions", map[string]any{"actions": []any{seen}}); err != nil || status != http.StatusAccepted {
				t.Fatalf("tell of an impression: %d %s, %v", status, b, err)
			}
		}
		analyst := w.in.token("ana", "metrics:read")
		await(t, time.Minute, func() error {
			var all struct{ Items []recommend.ExperimentReport }
			if err := w.api[1].client(analyst).get("/v1/experiments", &all); err != nil {
				return err
			}
			var errs []error
			for _, a := range all.Items[0].Arms {
				if want := dealt["order:"+a.Name]; a.Readers != want || a.Impressions != want {
					errs = append(errs, fmt.Errorf("arm %s: %d readers, %d impressions, want %d of both", a.Name, a.Readers, a.Impressions, want))
				}
			}
			return errors.Join(errs...)
		})
	}, withGoods(10), withRules("experiments: [{id: order, arms: [{name: a, share: 0.5}, {name: b, share: 0.5, weights: {trust: 1}}]}]\n"))
}
