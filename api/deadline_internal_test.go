package api

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestARequestContextIsOneWithADeadline holds it against the library's, whether
// or not somebody waits for it before.
func TestARequestContextIsOneWithADeadline(t *testing.T) {
	for name, waits := range map[string]bool{"waited for": true, "only asked": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := &requestContext{Context: t.Context(), deadline: time.Now().Add(time.Second)}
				child, cancel := context.Context(x), context.CancelFunc(func() {})
				if waits {
					child, cancel = context.WithCancel(x)
				}
				defer cancel()
				if x.Err() != nil || child.Err() != nil {
					t.Fatalf("at first %v, %v", x.Err(), child.Err())
				}
				<-time.After(2 * time.Second)
				synctest.Wait()
				if !errors.Is(x.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) {
					t.Errorf("after its time %v, %v", x.Err(), child.Err())
				}
				<-x.Done()
				x.end()
			})
		})
	}
	t.Run("ended", func(t *testing.T) {
		x := &requestContext{Context: t.Context(), deadline: time.Now().Add(time.Hour)}
		child, cancel := context.WithCancel(x)
		defer cancel()
		x.end()
		<-child.Done()
		if !errors.Is(x.Err(), context.Canceled) || !errors.Is(child.Err(), context.Canceled) {
			t.Errorf("after its end %v, %v", x.Err(), child.Err())
		}
	})
	t.Run("ended before anybody waited", func(t *testing.T) {
		x := &requestContext{Context: t.Context(), deadline: time.Now().Add(time.Hour)}
		x.end()
		<-x.Done()
		if !errors.Is(x.Err(), context.Canceled) {
			t.Errorf("after its end %v", x.Err())
		}
	})
	t.Run("of a connection that is gone", func(t *testing.T) {
		gone, cancel := context.WithCancel(t.Context())
		x := &requestContext{Context: gone, deadline: time.Now().Add(time.Hour)}
		defer x.end()
		cancel()
		if !errors.Is(x.Err(), context.Canceled) {
			t.Errorf("it says %v", x.Err())
		}
		<-x.Done()
	})
}
