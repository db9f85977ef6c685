package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

const (
	shopSecret = "signs what the shop tells of orders"
	shareBP    = 7300 // of the commission, to the expert
)

// withShop furnishes an installation with a channel to a partner that tells of
// its orders by webhook alone.
func withShop(in *installation) {
	in.write("secret", shopSecret)
	in.write("channels.yaml", "- {partner: shop, adapter: shop, url: 'http://127.0.0.1:9', pull: 0s, secret_file: "+in.dir+"/secret}\n")
	in.served = append(in.served, "--channels", in.dir+"/channels.yaml")
	policy, err := os.ReadFile(in.policy)
	if err != nil {
		in.t.Fatal(err)
	}
	in.write("policy.yaml", string(policy)+fmt.Sprintf("earnings: {expert_share_bp: %d}\n", shareBP))
}

// tell sends a webhook as the shop would, signed now.
func (p *process) tell(reports []recommend.OrderReport) (int, []byte, error) {
	body := map[string]any{"reports": reports}
	text, err := json.Marshal(body) // as the client does
	if err != nil {
		return 0, nil, err
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(shopSecret))
	_, _ = mac.Write(append([]byte(stamp+"."), text...))
	return p.client("").do(http.MethodPost, "/v1/partners/shop/orders", body, "Vitrine-Timestamp", stamp, "Vitrine-Signature", "v1="+hex.EncodeToString(mac.Sum(nil)))
}

// A sold line of an order is what the shop's own books say of it.
type soldLine struct {
	pick, reader   int
	paid, refunded int64 // fen
}

// earns is what the line earns its expert: floor of half up, of what was not
// paid back.
func (l soldLine) earns() int64 {
	const whole = 10_000 * 10_000
	return ((l.paid-l.refunded)*800*shareBP + whole/2) / whole
}

// A trade is what readers buy in the shop, and what the shop tells of it.
type trade struct {
	w       *world
	readers []string // tokens
	sold    map[string]soldLine
	reports []recommend.OrderReport
}

const (
	tradeReaders = 12
	tradePicks   = 20
	tradeClicks  = 5 // of each reader
	tradeLines   = 4 // bought by each click
)

// trades lets readers click their way to the shop and buy there.
func trades(t *testing.T, w *world, random *rand.Rand) *trade {
	t.Helper()
	tr := &trade{w: w, sold: make(map[string]soldLine)}
	tokens := make([][]string, tradeReaders)
	var wg sync.WaitGroup
	for r := range tradeReaders {
		tr.readers = append(tr.readers, w.in.token(fmt.Sprint("buyer-", r), "window:read"))
		tokens[r] = make([]string, tradeClicks)
	}
	for r, token := range tr.readers {
		wg.Go(func() {
			for k := range tradeClicks {
				b, err := again(t.Context(), w.api, r+k, func(p *process) (int, []byte, error) {
					return p.client(token).do(http.MethodPost, "/v1/clickouts", map[string]any{"pick_id": fmt.Sprint("g", boughtPick(r, k))}, "Idempotency-Key", fmt.Sprintf(`"go-%d"`, k))
				})
				var way struct{ URL string }
				if err == nil {
					err = json.Unmarshal(b, &way)
				}
				u, _ := url.Parse(way.URL)
				if err != nil || u == nil || u.Query().Get("vt") == "" {
					t.Errorf("way to the checkout %q: %v", way.URL, err)
					return
				}
				tokens[r][k] = u.Query().Get("vt")
			}
		})
	}
	wg.Wait()
	at := time.Now().UTC().Truncate(time.Second)
	for r := range tradeReaders {
		for k := range tradeClicks {
			for l := range tradeLines {
				tr.buy(r, k, l, tokens[r][k], at, random)
			}
		}
	}
	return tr
}

// boughtPick is what a reader's click leads to: of five picks after another,
// by readers in turn.
func boughtPick(reader, click int) int { return (reader*3 + click) % tradePicks }

// buy enters one line into the books, and what is told of it: that it was
// paid and maybe settled, and of every third that it was sent back, in part or,
// of every sixth, as a whole.
func (tr *trade) buy(reader, click, line int, token string, at time.Time, random *rand.Rand) {
	pick := boughtPick(reader, click)
	s := soldLine{pick: pick, reader: reader, paid: goodsPrice + int64(pick) - random.Int64N(5000)}
	order := fmt.Sprintf("o%d-%d-%d", reader, click, line/2) // of two lines at most
	report := func(state, refund string, amount int64, after time.Duration) {
		tr.reports = append(tr.reports, recommend.OrderReport{
			ID: order, Partner: "shop", Line: strconv.Itoa(line), Token: token, State: state, Refund: refund,
			Amount: recommend.Money{Amount: amount, Currency: "CNY"}, At: at.Add(after),
		})
	}
	report(recommend.OrderPaid, "", s.paid, 0)
	if random.IntN(2) == 0 {
		report(recommend.OrderSettled, "", s.paid, time.Second)
	}
	switch random.IntN(6) {
	case 0:
		s.refunded = s.paid
		report(recommend.OrderRefunded, "all", s.paid, time.Minute)
	case 1:
		first, second := 1+random.Int64N(s.paid/3), 1+random.Int64N(s.paid/3)
		s.refunded = first + second
		report(recommend.OrderRefunded, "r1", first, time.Minute)
		report(recommend.OrderRefunded, "r2", second, 2*time.Minute)
	}
	tr.sold[order+" "+strconv.Itoa(line)] = s
}

// tellAll tells everything twice and in no order, each webhook until it is
// taken, while victims die.
func (tr *trade) tellAll(t *testing.T, random *rand.Rand, victims []func(), kills int) {
	t.Helper()
	reports := slices.Concat(tr.reports, tr.reports)
	random.Shuffle(len(reports), func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
	const each = 20
	webhooks := slices.Collect(slices.Chunk(reports, each))
	var taken atomic.Int64
	next := make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range next {
				b, err := again(t.Context(), tr.w.api, i, func(p *process) (int, []byte, error) { return p.tell(webhooks[i]) })
				var verdicts struct{ Rejected []any }
				if err == nil {
					err = json.Unmarshal(b, &verdicts)
				}
				if err != nil || len(verdicts.Rejected) > 0 {
					t.Errorf("webhook %d: %v, rejected %v", i, err, verdicts.Rejected)
				}
				taken.Add(1)
			}
		})
	}
	wg.Go(func() {
		defer close(next)
		for i := range webhooks {
			next <- i
		}
	})
	for k := range kills {
		after := int64(len(webhooks) * (k + 1) / (kills + 1))
		await(t, 2*time.Minute, func() error {
			if n := taken.Load(); n < after {
				return fmt.Errorf("%d webhooks are taken, want %d", n, after)
			}
			return nil
		})
		victims[random.IntN(len(victims))]()
	}
	wg.Wait()
	t.Logf("%d lines in %d reports, told in %d webhooks, %d kills", len(tr.sold), len(reports), len(webhooks), kills)
}
