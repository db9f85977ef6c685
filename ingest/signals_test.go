package ingest_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

// fastReport is of an order that comes two seconds after its click.
func fastReport(t testing.TB) recommend.OrderReport {
	return aReport(t, "paid", 10000, aClick().At.Add(2*time.Second))
}

func signals(t testing.TB, b *bench) []recommend.Signal {
	t.Helper()
	var all []recommend.Signal
	for ref := range b.docs {
		if ref.Kind == recommend.KindSignal {
			all = append(all, doc[recommend.Signal](t, b, ref.Kind, ref.ID))
		}
	}
	return all
}

func theSignal(t testing.TB, b *bench, kind string) recommend.Signal {
	t.Helper()
	all := signals(t, b)
	if len(all) != 1 || all[0].Kind != kind {
		t.Fatalf("got %+v, want one signal, %s", all, kind)
	}
	return all[0]
}

func resolved(s recommend.Signal, state recommend.SignalState, at time.Time) recommend.Event {
	return event(recommend.TypeSignalResolved, s.Key, at, recommend.SignalResolved{Signal: s.ID, Key: s.Key, State: state, Text: "seen", By: "m1", At: at})
}

func wantLine(t testing.TB, b *bench, state recommend.EarningState, reason string, until time.Time) {
	t.Helper()
	l, account := earned(t, b)
	if l.State != state || l.ReasonAt(noon) != reason || !l.HeldUntil.Equal(until) {
		t.Errorf("got %s, %s, until %v, want %s, %s, until %v", l.State, l.ReasonAt(noon), l.HeldUntil, state, reason, until)
	}
	if l.Amount != 800 || account.Balance["CNY"] != 800 {
		t.Errorf("line %d, balance %d, want 800: a signal moves no money", l.Amount, account.Balance["CNY"])
	}
}

func TestASignalHoldsUntilAModeratorDecides(t *testing.T) {
	raised := func(t *testing.T) (*bench, recommend.Signal) {
		b := newOrderBench()
		b.mustFold(t, ingest.Orders(), reported(fastReport(t)))
		s := theSignal(t, b, "fast-order")
		wantLine(t, b, "on_hold", "fast-order", s.Expires)
		return b, s
	}
	t.Run("its evidence can be checked", func(t *testing.T) {
		_, s := raised(t)
		if s.Subject.String() != "line:o1/jd/1" || s.Pick != "p1" || s.Expert != "mei" || *s.Evidence.Seconds != 2 || s.Evidence.Limit != 3 || s.Expires.Sub(s.LastSeen) != 30*24*time.Hour {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("dismissed, it lets go", func(t *testing.T) {
		b, s := raised(t)
		b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalDismissed, noon))
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
		if s := theSignal(t, b, "fast-order"); s.State != recommend.SignalDismissed || s.By != "m1" || s.At.IsZero() || s.Revision != 2 {
			t.Errorf("got %+v, want it dismissed by m1", s)
		}
		l, _ := earned(t, b)
		if e := l.Entries[len(l.Entries)-1]; len(l.Entries) != 2 || e.Reason != "signal-dismissed" || e.Text != "seen" || e.By != "m1" || e.Amount != 0 {
			t.Errorf("got %+v, want an entry that says why", l.Entries)
		}
		b.mustFold(t, ingest.Orders(), reported(aReport(t, "settled", 10000, noon)))
		if l, _ := earned(t, b); l.State != recommend.EarningPending {
			t.Errorf("%s after another report, want the decision to stand", l.State)
		}
	})
	t.Run("upheld, it waits for a ruling", func(t *testing.T) {
		b, s := raised(t)
		b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalUpheld, noon))
		wantLine(t, b, "on_hold", "fast-order", time.Time{})
		end := event(recommend.TypeSignalEnded, s.Key, noon, recommend.SignalEnded{Signal: s.ID, Key: s.Key, At: noon})
		end.Appended = s.Expires
		b.mustFold(t, ingest.Orders(), end)
		wantLine(t, b, "on_hold", "fast-order", time.Time{})
		b.mustFold(t, ingest.Orders(), ruled("fraud", noon))
		if l, _ := earned(t, b); l.State != recommend.EarningFraud || l.Amount != 0 {
			t.Errorf("got %s %d, want fraud", l.State, l.Amount)
		}
	})
	t.Run("nobody decides, and it ends", func(t *testing.T) {
		b, s := raised(t)
		end := event(recommend.TypeSignalEnded, s.Key, noon, recommend.SignalEnded{Signal: s.ID, Key: s.Key, At: noon})
		end.Appended = s.Expires.Add(-time.Millisecond)
		b.mustFold(t, ingest.Orders(), end)
		wantLine(t, b, "on_hold", "fast-order", s.Expires)
		end.ID, end.Appended = "later", s.Expires
		b.mustFold(t, ingest.Orders(), end)
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
		if l, _ := earned(t, b); l.Entries[len(l.Entries)-1].Reason != "signal-expired" {
			t.Errorf("got %+v, want an entry that says why", l.Entries)
		}
		if _, err := b.fold(ingest.Orders(), resolved(s, recommend.SignalUpheld, noon)); code(err) != "signal-expired" {
			t.Errorf("got %v, want signal-expired", err)
		}
	})
	t.Run("the later of two decisions counts", func(t *testing.T) {
		b, s := raised(t)
		b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalDismissed, noon.Add(time.Hour)))
		b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalUpheld, noon))
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
		b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalUpheld, noon.Add(2*time.Hour)))
		wantLine(t, b, "on_hold", "fast-order", time.Time{})
	})
	t.Run("what was corrected holds nothing", func(t *testing.T) {
		b, _ := raised(t)
		b.mustFold(t, ingest.Orders(), reported(aReport(t, "paid", 10000, aClick().At.Add(-time.Second))))
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
		if s := theSignal(t, b, "fast-order"); !s.Lapsed || s.State != recommend.SignalOpen {
			t.Errorf("got %+v, want it lapsed", s)
		}
	})
	t.Run("a ruling on the line goes before", func(t *testing.T) {
		b, s := raised(t)
		b.mustFold(t, ingest.Orders(), ruled("pending", noon))
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
		b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalUpheld, noon))
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
	})
	t.Run("there is no other", func(t *testing.T) {
		b, s := raised(t)
		s.ID = "fast-order-none"
		if _, err := b.fold(ingest.Orders(), resolved(s, recommend.SignalUpheld, noon)); code(err) != "signal-unknown" {
			t.Errorf("got %v, want signal-unknown", err)
		}
	})
}

func TestAnHonestOrderRaisesNothing(t *testing.T) {
	for _, after := range []time.Duration{-4 * time.Minute, -time.Second, 3 * time.Second, time.Minute, 20 * time.Hour} {
		b := newOrderBench()
		e := reported(aReport(t, "paid", 10000, aClick().At.Add(after)))
		e.Appended = noon
		b.mustFold(t, ingest.Orders(), e)
		wantLine(t, b, "pending", "awaiting-settlement", time.Time{})
		if s := signals(t, b); len(s) != 0 {
			t.Errorf("after %v: %+v, want no signal", after, s)
		}
	}
}

func TestAnOwnPurchaseIsASignalThatHoldsNothing(t *testing.T) {
	b, k := newOrderBench(), aClick()
	k.Self = true
	r := aReport(t, "paid", 10000, noon)
	r.Token = mint(t, k)
	b.mustFold(t, ingest.Orders(), reported(r))
	s := theSignal(t, b, "self-purchase")
	if l, _ := earned(t, b); l.State != recommend.EarningCanceled || l.Amount != 0 {
		t.Errorf("got %s %d, want it canceled", l.State, l.Amount)
	}
	b.mustFold(t, ingest.Orders(), resolved(s, recommend.SignalDismissed, noon))
	if l, _ := earned(t, b); l.State != recommend.EarningCanceled {
		t.Errorf("got %s, want an own purchase to earn nothing whatever is decided", l.State)
	}
}

// TestSignalsEndWhereTheirKeysLie lets an expiry look at a store once.
func TestSignalsEndWhereTheirKeysLie(t *testing.T) {
	b := newOrderBench()
	b.mustFold(t, ingest.Orders(), reported(fastReport(t)))
	s := theSignal(t, b, "fast-order")
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	for ref, d := range b.docs {
		if ref.Kind == recommend.KindSignal {
			if err := store.Put(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
	partition := ingest.PartitionOf(s.Key, 3)
	for _, tt := range []struct {
		name      string
		now       time.Time
		partition int
		want      int
	}{
		{"not before its time", s.Expires.Add(-time.Second), partition, 0},
		{"not by who holds another partition", s.Expires, (partition + 1) % 3, 0},
		{"in time", s.Expires, partition, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log takenEvents
			looks := 0
			x := ingest.SignalExpiry{Store: store, Log: &log, Now: func() time.Time { return tt.now }, Wait: func(context.Context, time.Duration) error {
				looks++
				if looks == 2 {
					return context.Canceled
				}
				return nil
			}}
			x.Run(t.Context(), ingest.Duty{Topic: recommend.TopicOrders, Partition: tt.partition, Partitions: 3})
			if len(log) != tt.want {
				t.Fatalf("appended %+v, want %d", log, tt.want)
			}
			for _, e := range log {
				if _, err := ingest.Orders().Check(e); err != nil || e.Key != s.Key {
					t.Errorf("%+v: %v", e, err)
				}
			}
		})
	}
}

// takenEvents is a log that keeps what it takes.
type takenEvents []recommend.Event

func (l *takenEvents) Append(_ context.Context, _ string, events ...recommend.Event) ([]recommend.Position, error) {
	*l = append(*l, events...)
	return make([]recommend.Position, len(events)), nil
}
