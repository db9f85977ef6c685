package shop_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitrine.dev/cmd/vitrine/shop"
	"vitrine.dev/recommend"
)

const secret = "0123456789abcdef0123456789abcdef"

// A sink is Vitrine's end of the webhooks. It checks signatures by what the
// protocol says, not with the code that makes them.
type sink struct {
	t    *testing.T
	now  func() time.Time
	mu   sync.Mutex
	fail int // answers 503 so often first
	got  []recommend.OrderReport
	seen []string // signatures taken: none is taken twice
	hits int
}

func (s *sink) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits++
	w := httptest.NewRecorder()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	at := r.Header.Get("Vitrine-Timestamp")
	if seconds, err := strconv.ParseInt(at, 10, 64); err != nil || s.now().Sub(time.Unix(seconds, 0)).Abs() > time.Minute {
		s.t.Errorf("timestamp: got %s at %d", at, s.now().Unix())
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", at, body)
	if got, want := r.Header.Get("Vitrine-Signature"), "v1="+hex.EncodeToString(mac.Sum(nil)); got != want {
		s.t.Errorf("signature: got %s, want %s", got, want)
	}
	signature := r.Header.Get("Vitrine-Signature")
	if slices.Contains(s.seen, signature) {
		w.WriteHeader(http.StatusConflict)
		return w.Result(), nil
	}
	if s.fail > 0 {
		s.fail--
		w.WriteHeader(http.StatusServiceUnavailable)
		return w.Result(), nil
	}
	var told struct {
		Reports []recommend.OrderReport `json:"reports"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		s.t.Error(err)
	}
	s.got, s.seen = append(s.got, told.Reports...), append(s.seen, signature)
	w.WriteHeader(http.StatusAccepted)
	return w.Result(), nil
}

// states are those told so far, with the amounts.
func (s *sink) states() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.got {
		out = append(out, fmt.Sprintf("%s %s%s %d", r.ID, r.State, r.Refund, r.Amount.Amount))
	}
	return out
}

// telling runs f beside a shop that tells a sink; time is that of the bubble.
func telling(t *testing.T, change func(*shop.Config), f func(t *testing.T, s *shop.Shop, k *sink)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := &sink{t: t, now: time.Now}
		s := open(t, config(func(c *shop.Config) {
			c.Now, c.Client = time.Now, &http.Client{Transport: k}
			for i := range c.Partners {
				c.Partners[i].Notify, c.Partners[i].Secret = "http://vitrine/v1/partners/"+c.Partners[i].ID+"/orders", []byte(secret)
			}
			if change != nil {
				change(c)
			}
		}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		f(t, s, k)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func pot(quantity string) url.Values {
	return url.Values{"item": {"4711"}, "qty": {quantity}, "vt": {"v1.kid.a.b"}}
}

func TestEveryChangeOfAnOrderIsToldSigned(t *testing.T) {
	telling(t, nil, func(t *testing.T, s *shop.Shop, k *sink) {
		h := s.Handler()
		later := pot("1")
		later.Set("do", "later")
		order := buy(t, h, "/p/shanque/checkout", later)
		synctest.Wait()
		if got := k.states(); len(got) != 0 {
			t.Errorf("before it is paid: told %v, want nothing", got)
		}
		do(t, h, order, "paid", "")
		do(t, h, order, "received", "")
		do(t, h, order, "settled", "")
		do(t, h, order, "refund", "59.00")
		do(t, h, order, "refund", "")
		synctest.Wait()
		id := idOf(order)
		want := []string{id + " paid 15900", id + " received 15900", id + " settled 15900", id + " refundedr1 5900", id + " refundedr2 10000"}
		if got := k.states(); !slices.Equal(got, want) {
			t.Errorf("told:\n%v\nwant:\n%v", got, want)
		}
		for _, r := range k.got {
			if err := r.Validate(); err != nil || r.Token != "v1.kid.a.b" || r.Partner != "shanque" {
				t.Errorf("report %+v: %v", r, err)
			}
		}
	})
}

func TestAWebhookThatIsNotTakenIsTriedAgainWithGrowingPauses(t *testing.T) {
	telling(t, nil, func(t *testing.T, s *shop.Shop, k *sink) {
		k.fail = 4
		h := s.Handler()
		began := time.Now()
		first := idOf(buy(t, h, "/p/shanque/checkout", pot("1")))
		second := idOf(buy(t, h, "/p/shanque/checkout", pot("2")))
		time.Sleep(14 * time.Second) // 1 + 2 + 4 + 8 s of pauses
		synctest.Wait()
		if got := k.states(); len(got) != 0 {
			t.Errorf("after %v: told %v, want nothing yet", time.Since(began), got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got, want := k.states(), []string{first + " paid 15900", second + " paid 31800"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
		if k.hits != 6 {
			t.Errorf("sent %d times, want 6", k.hits)
		}
	})
}

func TestDuplicateSendsEveryWebhookTwice(t *testing.T) {
	telling(t, func(c *shop.Config) { c.Switches.Duplicate = true }, func(t *testing.T, s *shop.Shop, k *sink) {
		id := idOf(buy(t, s.Handler(), "/p/shanque/checkout", pot("1")))
		synctest.Wait()
		if got, want := k.states(), []string{id + " paid 15900", id + " paid 15900"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestShuffleSendsWebhooksOutOfOrder(t *testing.T) {
	telling(t, func(c *shop.Config) { c.Switches.Shuffle = true }, func(t *testing.T, s *shop.Shop, k *sink) {
		h := s.Handler()
		order := buy(t, h, "/p/shanque/checkout", pot("1"))
		do(t, h, order, "received", "")
		do(t, h, order, "refund", "")
		time.Sleep(time.Minute)
		synctest.Wait()
		id := idOf(order)
		if got, want := k.states(), []string{id + " refundedr1 15900", id + " received 15900", id + " paid 15900"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestAShopThatIsDownTellsNobodyUntilItIsBack(t *testing.T) {
	telling(t, nil, func(t *testing.T, s *shop.Shop, k *sink) {
		h := s.Handler()
		order := buy(t, h, "/p/shanque/checkout", pot("1"))
		synctest.Wait()
		if err := s.Switch("shanque", shop.Switches{Down: true}); err != nil {
			t.Fatal(err)
		}
		if w := send(t, h, http.MethodGet, order, nil); w.Code != http.StatusServiceUnavailable {
			t.Errorf("a page: got %d, want 503", w.Code)
		}
		other := buy(t, h, "/p/zaoshi/checkout", url.Values{"item": {"1"}, "qty": {"1"}})
		if err := s.Switch("", shop.Switches{}); err != nil {
			t.Fatal(err)
		}
		do(t, h, order, "received", "")
		synctest.Wait()
		got := k.states()
		slices.Sort(got)
		want := []string{idOf(order) + " paid 15900", idOf(order) + " received 15900", idOf(other) + " paid 1250"}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestWhatWasNotToldIsToldByTheNextProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.json")
	var before []string
	telling(t, func(c *shop.Config) { c.File = file }, func(t *testing.T, s *shop.Shop, k *sink) {
		k.fail = 1 << 30
		order := buy(t, s.Handler(), "/p/shanque/checkout", pot("1"))
		do(t, s.Handler(), order, "received", "")
		synctest.Wait()
		before = []string{idOf(order) + " paid 15900", idOf(order) + " received 15900"}
	})
	telling(t, func(c *shop.Config) { c.File = file }, func(t *testing.T, s *shop.Shop, k *sink) {
		order := buy(t, s.Handler(), "/p/shanque/checkout", pot("1"))
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := k.states(), slices.Concat(before, []string{idOf(order) + " paid 15900"}); !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
		if strings.HasPrefix(before[0], idOf(order)) {
			t.Errorf("the order %s has the id of an earlier one", idOf(order))
		}
	})
}
