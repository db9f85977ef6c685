package recommend_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vitrine.dev/recommend"
)

// A lookup is a partner that answers for single items only.
type lookup func(ctx context.Context, item string) (*recommend.Product, error)

func (f lookup) Lookup(ctx context.Context, item string) (*recommend.Product, error) {
	return f(ctx, item)
}

func (lookup) ConvertLink(context.Context, recommend.Conversion) (recommend.Checkout, error) {
	return recommend.Checkout{}, errors.ErrUnsupported
}

func (lookup) OrdersSince(context.Context, recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	return nil, "", errors.ErrUnsupported
}

func (f lookup) Get(partner string) (recommend.Channel, bool) {
	return recommend.Channel{Partner: partner, Adapter: f}, partner == "jd"
}

// appended counts what is appended; nothing folds it.
type appended struct {
	mu     sync.Mutex
	events []recommend.Event
}

func (a *appended) Append(_ context.Context, topic string, events ...recommend.Event) ([]recommend.Position, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range events {
		e.Topic = topic
		a.events = append(a.events, e)
	}
	return make([]recommend.Position, len(events)), nil
}

// asking makes the windows of f ask partner.
func (f *shopFloor) asking(partner lookup) *appended {
	log := new(appended)
	quiet := slog.New(slog.DiscardHandler)
	f.Windows = recommend.NewWindows(recommend.WindowsConfig{
		Shelf: f.shelf, World: f.world, Store: f.store, SecretKey: []byte("a key that processes share"), Now: f.clock.now, Logger: quiet,
		Checker: recommend.NewChecker(recommend.CheckerConfig{Channels: partner, Log: log, World: f.world, Logger: quiet}),
	})
	return log
}

// costs is a partner whose items cost amount, of which it has stock.
func costs(amount, stock int64, asked *atomic.Int32) lookup {
	return func(_ context.Context, item string) (*recommend.Product, error) {
		asked.Add(1)
		return product(item, stocked(stock), func(p *recommend.Product) { p.Price.Amount, p.Topic, p.CommissionBP = amount, "", 0 }), nil
	}
}

func TestAMiddlePageAsksThePartnerOnlyForFactsThatAreTooOld(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	f.put(t, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.UpdatedAt, p.CommissionBP = opening(), 500 }))
	var asked atomic.Int32
	log := f.asking(costs(777, 3, &asked))
	m, err := f.Middle(t.Context(), "p0", recommend.Viewer{Reader: "r1", Lang: "en"})
	if err != nil || m.Stale || asked.Load() != 0 {
		t.Fatalf("got %+v, %v, asked %d times; want the facts known", m, err, asked.Load())
	}
	f.clock.add(16 * time.Minute)
	for range 2 { // the second finds the answer of the first, though nothing has folded it
		if m, err = f.Middle(t.Context(), "p0", recommend.Viewer{Reader: "r1", Lang: "en"}); err != nil {
			t.Fatal(err)
		}
		if m.Stale || m.Item.Product.Price.Amount != 777 || !m.PriceCheckedAt.Equal(f.clock.now()) {
			t.Errorf("got %+v, price %v; want that of the partner, checked now", m, m.Item.Product.Price)
		}
	}
	if asked.Load() != 1 || len(log.events) != 1 {
		t.Fatalf("asked %d times, %d events; want one of each", asked.Load(), len(log.events))
	}
	if e := log.events[0]; e.Topic != recommend.TopicCatalog || e.Key != "jd:i0" || m.Product.CommissionBP == 0 {
		t.Errorf("got event %+v with commission %d; want the facts, with what the partner left unsaid kept", e, m.Product.CommissionBP)
	}
	if m.Disclosure.Label == "" || m.Partner.Name == "" || m.Next == "" {
		t.Errorf("got %+v; want disclosure, partner and what comes next", m)
	}
}

func TestASlowPartnerIsNotWaitedForLongerThan800Milliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newShopFloor(t)
		f.stockShelf(t, 1)
		f.clock.add(time.Hour)
		var asked atomic.Int32
		f.asking(func(ctx context.Context, _ string) (*recommend.Product, error) {
			asked.Add(1)
			<-ctx.Done()
			return nil, recommend.ErrUnavailable
		})
		start := time.Now()
		var readers sync.WaitGroup
		for range 1000 {
			readers.Go(func() {
				m, err := f.Middle(t.Context(), "p0", recommend.Viewer{Lang: "zh"})
				if err != nil || !m.Stale || m.Item.Product.Price == nil {
					t.Errorf("got %+v, %v; want what is known, marked as stale", m, err)
				}
			})
		}
		readers.Wait()
		if took := time.Since(start); took != 800*time.Millisecond || asked.Load() != 1 {
			t.Errorf("took %v and asked %d times, want 800 ms and once", took, asked.Load())
		}
	})
}

func TestAPartnerThatTellsNonsenseChangesNothing(t *testing.T) {
	for name, answer := range map[string]lookup{
		"nothing":      func(context.Context, string) (*recommend.Product, error) { return nil, nil }, //nolint:nilnil // the nonsense
		"another item": func(context.Context, string) (*recommend.Product, error) { return product("i9"), nil },
		"a price below 0": func(_ context.Context, item string) (*recommend.Product, error) {
			return product(item, func(p *recommend.Product) { p.Price.Amount = -1 }), nil
		},
		"an error": func(context.Context, string) (*recommend.Product, error) { return nil, recommend.ErrUnavailable },
	} {
		t.Run(name, func(t *testing.T) {
			f := newShopFloor(t)
			f.stockShelf(t, 1)
			f.clock.add(time.Hour)
			log := f.asking(answer)
			m, err := f.Middle(t.Context(), "p0", recommend.Viewer{})
			if err != nil || !m.Stale || m.Item.Product.Price.Amount != 1000 || len(log.events) > 0 {
				t.Errorf("got %+v, %v and %d events; want what is known, stale", m, err, len(log.events))
			}
		})
	}
}

func TestAMiddlePageIsGoneWithItsPickAndBackWithFreshFacts(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	f.clock.add(14 * 24 * time.Hour)
	var gone *recommend.GoneError
	if _, err := f.Middle(t.Context(), "p0", recommend.Viewer{}); !errors.As(err, &gone) || gone.Reason != recommend.HiddenStale {
		t.Errorf("got %v, want facts too old", err)
	}
	var asked atomic.Int32
	f.asking(costs(500, 0, &asked))
	if m, err := f.Middle(t.Context(), "p0", recommend.Viewer{}); err != nil || !m.SoldOut {
		t.Errorf("got %+v, %v; want it back, sold out", m, err)
	}
	f.rule(t, "pick:p1", recommend.ActionRemove)
	if _, err := f.Middle(t.Context(), "p1", recommend.Viewer{Reader: "e1", Moderator: true}); !errors.As(err, &gone) || gone.Rule == "" {
		t.Errorf("got %v, want it removed by a rule, for its own expert too", err)
	}
	if _, err := f.Middle(t.Context(), "none", recommend.Viewer{}); !errors.Is(err, recommend.ErrNotFound) || asked.Load() != 1 {
		t.Errorf("got %v after asking %d times, want not found after once", err, asked.Load())
	}
}

func TestAMiddlePageListsOtherExpertsPicksOnce(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 3)
	f.put(t, recommend.KindPick, "q1", pick("q1", "e1", "i0"))
	f.put(t, recommend.KindPick, "q2", pick("q2", "e1", "i0"))
	f.put(t, recommend.KindPick, "q3", pick("q3", "e0", "i0"))
	m, err := f.Middle(t.Context(), "p0", recommend.Viewer{Lang: "en"})
	if err != nil || len(m.Also) != 1 || m.Also[0].Expert.ID != "e1" || m.Also[0].Disclosure.Label == "" {
		t.Fatalf("got %+v, %v; want the other expert's pick alone", m, err)
	}
}
