package partner_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// A lookups is an adapter of look-ups alone.
type lookups func(ctx context.Context, item string) (*recommend.Product, error)

func (f lookups) Lookup(ctx context.Context, item string) (*recommend.Product, error) {
	return f(ctx, item)
}

func (lookups) ConvertLink(context.Context, recommend.Conversion) (recommend.Checkout, error) {
	return recommend.Checkout{URL: "https://shop.example"}, nil
}

func (lookups) OrdersSince(context.Context, recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	return nil, "", nil
}

func TestALookUpTakesNoLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := partner.Guard(lookups(func(ctx context.Context, _ string) (*recommend.Product, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}), partner.GuardConfig{})
		began := time.Now()
		_, err := g.Lookup(t.Context(), "1")
		if took := time.Since(began); took != 800*time.Millisecond {
			t.Errorf("took %v, want 800 ms", took)
		}
		if !errors.Is(err, recommend.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v and %v", err, recommend.ErrUnavailable, context.DeadlineExceeded)
		}
	})
}

func TestAPartnerThatFailsIsLeftAloneAndTriedAgainByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked, well := 0, false
		hold := make(chan struct{})
		g := partner.Guard(lookups(func(_ context.Context, item string) (*recommend.Product, error) {
			mu.Lock()
			asked++
			ok := well
			mu.Unlock()
			if item == "held" {
				<-hold
			}
			if !ok {
				return nil, fmt.Errorf("%w: answered 503", recommend.ErrUnavailable)
			}
			return &recommend.Product{Key: "shop:" + item}, nil
		}), partner.GuardConfig{Failures: 3, Rest: 10 * time.Second, Rate: 1000})
		count := func() int {
			mu.Lock()
			defer mu.Unlock()
			return asked
		}
		for i := range 10 {
			if _, err := g.Lookup(t.Context(), "1"); !errors.Is(err, recommend.ErrUnavailable) {
				t.Errorf("look-up %d: got %v, want %v", i, err, recommend.ErrUnavailable)
			}
		}
		if got := count(); got != 3 {
			t.Errorf("the partner was asked %d times, want 3", got)
		}
		if _, _, err := g.OrdersSince(t.Context(), recommend.OrderQuery{}); err != nil {
			t.Errorf("orders, which have a breaker of their own: %v", err)
		}
		if _, err := g.ConvertLink(t.Context(), recommend.Conversion{}); err != nil {
			t.Errorf("a checkout, which asks nobody: %v", err)
		}

		time.Sleep(11 * time.Second)
		mu.Lock()
		well = true
		mu.Unlock()
		probe := make(chan error)
		go func() {
			_, err := g.Lookup(t.Context(), "held")
			probe <- err
		}()
		synctest.Wait()
		if _, err := g.Lookup(t.Context(), "1"); !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("beside the one that tries: got %v, want %v", err, recommend.ErrUnavailable)
		}
		if got := count(); got != 4 {
			t.Errorf("the partner was asked %d times, want 4", got)
		}
		close(hold)
		if err := <-probe; err != nil {
			t.Errorf("the one that tries: %v", err)
		}
		if _, err := g.Lookup(t.Context(), "1"); err != nil {
			t.Errorf("once it is back: %v", err)
		}
	})
}

func TestAnswersAndCallersWhoGiveUpAreNoFailures(t *testing.T) {
	for _, cause := range []error{recommend.ErrNotFound, recommend.ErrInvalid, context.Canceled} {
		asked := 0
		g := partner.Guard(lookups(func(context.Context, string) (*recommend.Product, error) {
			asked++
			return nil, cause
		}), partner.GuardConfig{Failures: 2, Rate: 1000})
		for range 20 {
			if _, err := g.Lookup(t.Context(), "1"); !errors.Is(err, cause) {
				t.Errorf("got %v, want %v", err, cause)
			}
		}
		if asked != 20 {
			t.Errorf("%v: the partner was asked %d times, want 20", cause, asked)
		}
	}
}

func TestAnErrorWithoutAKindIsUnavailable(t *testing.T) {
	odd := errors.New("odd")
	g := partner.Guard(lookups(func(context.Context, string) (*recommend.Product, error) { return nil, odd }), partner.GuardConfig{})
	if _, err := g.Lookup(t.Context(), "1"); !errors.Is(err, recommend.ErrUnavailable) || !errors.Is(err, odd) {
		t.Errorf("got %v, want %v that wraps the cause", err, recommend.ErrUnavailable)
	}
}

func TestRequestsOverTheRateAreRefusedAndNoFailureOfThePartner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		g := partner.Guard(lookups(func(context.Context, string) (*recommend.Product, error) {
			asked++
			return &recommend.Product{}, nil
		}), partner.GuardConfig{Rate: 0.5, Burst: 3, Failures: 1})
		refused := 0
		for range 10 {
			if _, err := g.Lookup(t.Context(), "1"); errors.Is(err, recommend.ErrUnavailable) {
				refused++
			}
		}
		if asked != 3 || refused != 7 {
			t.Errorf("asked %d times and refused %d, want 3 and 7", asked, refused)
		}
		time.Sleep(2 * time.Second)
		if _, err := g.Lookup(t.Context(), "1"); err != nil {
			t.Errorf("two seconds later: %v", err)
		}
	})
}

func TestOnePartnerNeverAffectsAnother(t *testing.T) {
	down := partner.Guard(lookups(func(context.Context, string) (*recommend.Product, error) { return nil, recommend.ErrUnavailable }), partner.GuardConfig{Failures: 1})
	up := partner.Guard(lookups(func(context.Context, string) (*recommend.Product, error) { return &recommend.Product{}, nil }), partner.GuardConfig{Failures: 1})
	for range 10 {
		_, _ = down.Lookup(t.Context(), "1")
		if _, err := up.Lookup(t.Context(), "1"); err != nil {
			t.Fatalf("the partner that is well: %v", err)
		}
	}
}
