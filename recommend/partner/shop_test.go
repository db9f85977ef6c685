package partner_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
	"vitrine.dev/recommend/partner/partnertest"
)

func shopOf(t *testing.T, s *server) *partner.Shop {
	t.Helper()
	a, err := partner.NewShop(partner.ShopConfig{
		Partner: "shanque", URL: s.URL + "/base", Checkout: "https://shanque.example/buy", Key: "opens-orders", Client: s.Client(), Now: fixed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func shopHarness(wrap func(recommend.Adapter) recommend.Adapter) func(t *testing.T) *partnertest.Partner {
	return func(t *testing.T) *partnertest.Partner {
		t.Helper()
		s := serveShop(t)
		return &partnertest.Partner{
			Adapter: wrap(shopOf(t, s)), ID: "shanque", Item: "4711", Unknown: "4712", Origins: []string{"https://shanque.example"},
			Orders: lines("shanque", 10)[1:9], From: start().Add(30 * time.Second), To: start().Add(9 * time.Minute),
			Behave: s.behave,
			Cursor: func() string { return s.cursor.Load().(string) },
			Handed: func() string { return s.handed.Load().(string) },
		}
	}
}

func TestShop(t *testing.T) {
	partnertest.Run(t, shopHarness(func(a recommend.Adapter) recommend.Adapter { return a }))
}

func TestGuardedShop(t *testing.T) {
	partnertest.Run(t, shopHarness(func(a recommend.Adapter) recommend.Adapter {
		return partner.Guard(a, partner.GuardConfig{Partner: "shanque", Rate: 1e6, Failures: 1000})
	}))
}

func TestAReportThatBreaksARuleIsHandedOnForItsReceiverToRefuse(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, map[string]any{"reports": []map[string]any{
			{"id": "o-1", "line": "1", "state": "paid", "amount": map[string]any{"amount": 1, "currency": "CNY"}, "at": start()},
			{"id": "o-2", "line": "1", "state": "lost", "amount": map[string]any{"amount": -5, "currency": "yuan"}},
		}})
	})
	reports, _, err := shopOf(t, s).OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour)})
	if err != nil || len(reports) != 2 {
		t.Fatalf("got %d reports and %v, want 2", len(reports), err)
	}
	if err := reports[0].Validate(); err != nil {
		t.Errorf("the sound report: %v", err)
	}
	if err := reports[1].Validate(); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("the other: got %v, want %v", err, recommend.ErrInvalid)
	}
}

func TestOrdersOfAnotherPartnerAreNotTaken(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, map[string]any{"reports": lines("zaoshi", 1)})
	})
	reports, _, err := shopOf(t, s).OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour)})
	if !errors.Is(err, recommend.ErrUnavailable) || len(reports) > 0 {
		t.Errorf("got %d reports and %v, want none and %v", len(reports), err, recommend.ErrUnavailable)
	}
}

func TestAnAnswerWithoutAListOfReportsIsNoEmptyPage(t *testing.T) {
	for _, body := range []any{map[string]any{}, map[string]any{"reports": nil}, map[string]any{"message": "maintenance"}, []any{}} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusOK, body) })
		if _, _, err := shopOf(t, s).OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour)}); !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("%v: got %v, want %v", body, err, recommend.ErrUnavailable)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := serveShop(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/base"+strings.TrimPrefix(r.URL.Path, "/base"), http.StatusFound)
	})
	if _, err := shopOf(t, s).Lookup(t.Context(), "4711"); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, recommend.ErrUnavailable)
	}
	if n := other.asked.Load(); n != 0 {
		t.Errorf("the other server was asked %d times, want never", n)
	}
}

func TestErrorsTellNoAddressAndNoKey(t *testing.T) {
	s := serveShop(t)
	a := shopOf(t, s)
	s.Close()
	_, _, err := a.OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour)})
	if err == nil || strings.Contains(err.Error(), "/base") || strings.Contains(err.Error(), "opens-orders") {
		t.Errorf("got %v, want an error without address and key", err)
	}
}

func TestAWrongKeyIsToldApart(t *testing.T) {
	s := serveShop(t)
	a, err := partner.NewShop(partner.ShopConfig{Partner: "shanque", URL: s.URL + "/base", Key: "guessed", Client: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = a.OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour)})
	if !errors.Is(err, recommend.ErrUnavailable) || !strings.Contains(err.Error(), "check the key") {
		t.Errorf("got %v, want %v that names the key", err, recommend.ErrUnavailable)
	}
}
