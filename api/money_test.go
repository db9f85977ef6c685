package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// A shop is Taobao as this installation is connected to it: link is the way to
// its checkout, and it remembers what it was given.
type shop struct {
	link    func(recommend.Conversion) (recommend.Checkout, error)
	origins []string

	mu   sync.Mutex
	last recommend.Conversion
}

const shopSecret = "a secret of two"

func (p *shop) Get(partner string) (recommend.Channel, bool) {
	return recommend.Channel{Partner: partner, Adapter: p, Secret: []byte(shopSecret), Origins: p.origins}, partner == "taobao"
}

func (*shop) Lookup(context.Context, string) (*recommend.Product, error) {
	return nil, recommend.ErrUnavailable
}

func (p *shop) ConvertLink(_ context.Context, c recommend.Conversion) (recommend.Checkout, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = c
	if p.link != nil {
		return p.link(c)
	}
	return recommend.Checkout{URL: "https://item.taobao.com/item.htm?id=" + c.Item + "&vt=" + c.Token, Embed: "webview"}, nil
}

func (*shop) OrdersSince(context.Context, recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	return nil, "", errors.ErrUnsupported
}

// selling is a site with one pick of mei, of an item that costs 200 yuan and
// pays ten percent, and its shop.
func selling(t *testing.T, change ...func(*api.Config)) (s *site, p *shop, pick string, mei header) {
	t.Helper()
	p = new(shop)
	s = newWorld(t).open(t, append(change, func(c *api.Config) { c.Channels = p })...)
	mei = s.expert("mei", "home")
	pick = s.publish(mei, pickOf("1")).ID
	s.offer("1", 20000, 5)
	return s, p, pick, mei
}

// offer lists an item at a price in fen, with a commission of ten percent.
func (s *site) offer(item string, price, stock int64) {
	s.t.Helper()
	s.clock.advance(time.Second)
	s.list(line(item, s.clock.now().Format(time.RFC3339), fmt.Sprintf(`,"price":{"amount":%d,"currency":"CNY"},"stock":%d,"commission_bp":1000`, price, stock))).is(200)
}

type way struct {
	ClickID    string `json:"click_id"`
	URL        string
	Embed      string
	Partner    string
	Path       string
	Attributed bool
	ExpiresAt  time.Time `json:"expires_at"`
	Line       string
}

// goTo opens the way to the checkout of pick, and returns the click's token.
func (s *site) goTo(p *shop, who header, pick string) string {
	s.t.Helper()
	s.do("POST", "/v1/clickouts", object{"pick_id": pick}, who, key("go "+pick+s.clock.now().String())).is(201)
	return p.last.Token
}

func signedAt(at time.Time, body string) []header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(shopSecret))
	mac.Write([]byte(stamp + "." + body))
	return []header{{"Vitrine-Timestamp", stamp}, {"Vitrine-Signature", "v1=" + hex.EncodeToString(mac.Sum(nil))}}
}

type reportVerdicts struct {
	Accepted int
	Rejected []struct {
		Index   int
		Code    string
		Pointer string
	}
	Pending bool
}

// push sends reports as the shop does.
func (s *site) push(reports ...object) reportVerdicts {
	s.t.Helper()
	s.clock.advance(time.Second) // another signature
	b, err := json.Marshal(object{"reports": reports})
	if err != nil {
		s.t.Fatal(err)
	}
	return into[reportVerdicts](s.do("POST", "/v1/partners/taobao/orders", string(b), signedAt(s.clock.now(), string(b))...).is(202))
}

// reported is a report of line 1 of an order, of now.
func (s *site) reported(order, token, state string, amount int64, more ...string) object {
	o := object{"id": order, "line": "1", "amount": object{"amount": amount, "currency": "CNY"}, "state": state, "at": s.clock.now().Format(time.RFC3339)}
	if token != "" {
		o["token"] = token
	}
	for i := 0; i+1 < len(more); i += 2 {
		o[more[i]] = more[i+1]
	}
	return o
}

type ledger struct {
	Balances []struct {
		Currency string
		Balance  int64
		ByState  map[string]int64 `json:"by_state"`
	}
	Items []struct {
		Order, Pick, Title, State, Reason, Text string
		Amount, Base                            int64
		HoldsUntil                              time.Time `json:"holds_until"`
		HeldUntil                               time.Time `json:"held_until"`
		Entries                                 []recommend.Entry
	}
	NextCursor string `json:"next_cursor"`
	Notices    []struct {
		Product, Text string
		CommissionBP  int64 `json:"commission_bp"`
	}
}

func (s *site) earned(expert header, query string) ledger {
	s.t.Helper()
	return into[ledger](s.do("GET", "/v1/me/earnings"+query, nil, expert).is(200))
}

// done counts the actions of a kind in the log.
func (s *site) done(kind string) (n int) {
	for _, e := range s.engine.events(recommend.TopicActions) {
		var a recommend.Action
		if err := json.Unmarshal(e.Data, &a); err == nil && e.Type == recommend.TypeActed && a.Kind == kind {
			n++
		}
	}
	return n
}
