package partner_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
	"vitrine.dev/recommend/partner/partnertest"
)

// opaque is an item's id as the union gives them out since 2023.
const opaque = "P0tnUWtxZ2TPt6-mvm8RQD5s-YpqX6oVbH0"

func taobaoOf(t *testing.T, s *server, change func(*partner.TaobaoConfig)) *partner.Taobao {
	t.Helper()
	c := partner.TaobaoConfig{
		Partner: "taobao", URL: s.URL + "/router/rest", AppKey: "12345678", Secret: "hush-hush", Session: "granted", PID: "mm_12_34_56",
		Client: s.Client(), Now: fixed,
	}
	if change != nil {
		change(&c)
	}
	a, err := partner.NewTaobao(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// recorded returns an answer of testdata.
func recorded(t *testing.T, name string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// form reads a call and checks what all calls have, the signature among it,
// made anew from the documentation.
func form(t *testing.T, r *http.Request) url.Values {
	t.Helper()
	if err := r.ParseForm(); err != nil {
		t.Error(err)
	}
	f := r.PostForm
	for name, want := range map[string]string{
		"app_key": "12345678", "session": "granted", "format": "json", "v": "2.0", "sign_method": "hmac", "timestamp": "2026-11-26 20:00:00",
	} {
		if got := f.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	var names []string
	for name := range f {
		if name != "sign" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var joined strings.Builder
	for _, name := range names {
		joined.WriteString(name + f.Get(name))
	}
	mac := hmac.New(md5.New, []byte("hush-hush"))
	mac.Write([]byte(joined.String()))
	if want := fmt.Sprintf("%X", mac.Sum(nil)); f.Get("sign") != want {
		t.Errorf("sign: got %q, want %q", f.Get("sign"), want)
	}
	return f
}

// serveUnion is the union's gateway with ten paid orders, page by page.
func serveUnion(t *testing.T, told func(externalID string)) *server {
	t.Helper()
	var s *server
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		f := form(t, r)
		switch method := f.Get("method"); method {
		case "taobao.tbk.item.info.get":
			name := "taobao_item_none"
			if f.Get("num_iids") == opaque {
				name = "taobao_item_info"
			}
			script(t, w, recorded(t, name))
		case "taobao.tbk.privilege.get":
			told(f.Get("external_id"))
			script(t, w, recorded(t, "taobao_privilege"))
		case "taobao.tbk.order.details.get":
			script(t, w, unionPage(t, s, f))
		case "taobao.tbk.order.refund.get":
			script(t, w, json.RawMessage(`{"tbk_order_refund_get_response":{"data":{"result":{},"has_next":false},"request_id":"1"}}`))
			s.handed.Store("")
		default:
			t.Errorf("method %q is none of the documented ones", method)
		}
	})
	return s
}

// script answers as the gateway does, which calls its JSON a script.
func script(t *testing.T, w http.ResponseWriter, body json.RawMessage) {
	t.Helper()
	w.Header().Set("Content-Type", "text/javascript;charset=UTF-8")
	if _, err := w.Write(body); err != nil {
		t.Error(err)
	}
}

func unionPage(t *testing.T, s *server, f url.Values) json.RawMessage {
	t.Helper()
	s.cursor.Store(f.Get("position_index"))
	zone := time.FixedZone("", 8*3600)
	read := func(name string) time.Time {
		at, err := time.ParseInLocation(time.DateTime, f.Get(name), zone)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return at
	}
	from, to := read("start_time"), read("end_time")
	number, _ := strconv.Atoi(f.Get("page_no"))
	size, _ := strconv.Atoi(f.Get("page_size"))
	if (number > 1) != (f.Get("position_index") != "" && f.Get("jump_type") == "1") {
		t.Errorf("page %d: position %q, jump %q", number, f.Get("position_index"), f.Get("jump_type"))
	}
	var rows []map[string]any
	for _, o := range lines("taobao", 10) {
		if o.At.Before(from) || o.At.After(to) { // both ends belong to the window
			continue
		}
		at := o.At.In(zone).Format(time.DateTime)
		rows = append(rows, map[string]any{
			"trade_parent_id": o.ID, "trade_id": o.Line, "tk_status": 12, "item_num": 1, "tk_paid_time": at, "modified_time": at,
			"alipay_total_price": fmt.Sprintf("%d.%02d", o.Amount.Amount/100, o.Amount.Amount%100),
		})
	}
	first, last := min((number-1)*size, len(rows)), min(number*size, len(rows))
	position := ""
	if last < len(rows) {
		position = fmt.Sprintf("%d_|/&:%d", number, last)
	}
	s.handed.Store(position)
	body, err := json.Marshal(map[string]any{"tbk_order_details_get_response": map[string]any{"data": map[string]any{
		"results": map[string]any{"publisher_order_dto": rows[first:last]}, "has_next": position != "", "position_index": position,
	}}})
	if err != nil {
		t.Error(err)
	}
	return body
}

func TestTaobao(t *testing.T) {
	partnertest.Run(t, func(t *testing.T) *partnertest.Partner {
		t.Helper()
		var told string
		s := serveUnion(t, func(id string) { told = id })
		want := lines("taobao", 10)[1:9]
		for i := range want {
			want[i].Token = "" // the union has no room for one
		}
		return &partnertest.Partner{
			Adapter: taobaoOf(t, s, nil), ID: "taobao", Item: opaque, Unknown: "1", Origins: []string{"https://s.click.taobao.com"},
			Orders: want, From: start().Add(30 * time.Second), To: start().Add(9 * time.Minute),
			Behave:  s.behave,
			Cursor:  func() string { return s.cursor.Load().(string) },
			Handed:  func() string { return s.handed.Load().(string) },
			Carried: func() string { return told },
		}
	})
}

func TestTaobaoItemsAreReadFromTheirRecordedShape(t *testing.T) {
	s := serveUnion(t, nil)
	got, err := taobaoOf(t, s, nil).Lookup(t.Context(), opaque)
	if err != nil {
		t.Fatal(err)
	}
	want := &recommend.Product{
		Key: "taobao:" + opaque, Title: "三刃木折叠刀多功能小刀", URL: "https://item.taobao.com/item.htm?id=520813250866",
		Price: &recommend.Money{Amount: 2580, Currency: "CNY"}, Seller: "欢乐购客栈", UpdatedAt: start(),
		Image: "https://img.alicdn.com/bao/uploaded/i4/2596264565/TB2p30elFXXXXXQXpXXXXXXXXXX.jpg",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("product (-want +got):\n%s", diff)
	}
	if got.Availability() != recommend.AvailabilityUnknown {
		t.Errorf("availability: got %s, the union states no stock", got.Availability())
	}
}

// A row says where a line stands; what came before is told with it.
func TestTaobaoOrdersAndRefundsAreReadFromTheirRecordedShapes(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		f := form(t, r)
		if f.Get("method") == "taobao.tbk.order.details.get" {
			if f.Get("page_no") == "2" {
				if got := f.Get("position_index"); got != "2222_334666:7|8" {
					t.Errorf("position: got %q, want it as it came", got)
				}
				script(t, w, json.RawMessage(`{"tbk_order_details_get_response":{"data":{"results":{},"has_next":false}}}`))
				return
			}
			if f.Get("query_type") != "4" || f.Get("start_time") != "2026-11-26 20:00:00" || f.Get("end_time") != "2026-11-26 22:59:59" {
				t.Errorf("window: got %v", f)
			}
			script(t, w, recorded(t, "taobao_orders"))
			return
		}
		var option map[string]any
		if err := json.Unmarshal([]byte(f.Get("publisher_refund_order_query_option")), &option); err != nil {
			t.Error(err)
		}
		if option["query_type"] != 5.0 || option["start_time"] != "2026-11-26 20:00:00" || option["page_no"] != 1.0 {
			t.Errorf("refunds: got %v", option)
		}
		script(t, w, recorded(t, "taobao_refunds"))
	})
	a := taobaoOf(t, s, func(c *partner.TaobaoConfig) {
		c.ClickField = "external_id"
		c.Token = func(_ context.Context, click string) (string, error) { return "token-of-" + click, nil }
	})
	type row struct {
		ID, Line, State, Refund, Token string
		Fen                            int64
		At                             string
	}
	var got []row
	q := recommend.OrderQuery{From: start(), To: start().Add(3 * time.Hour)}
	for {
		reports, cursor, err := a.OrdersSince(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			got = append(got, row{r.ID, r.Line, r.State, r.Refund, r.Token, r.Amount.Amount, r.At.Format(time.DateTime)})
			if broken := r.Validate() != nil; broken != (r.ID == "1707359271433890008") {
				t.Errorf("report of %s: broken is %t", r.ID, broken)
			}
		}
		if q.Cursor = cursor; cursor == "" {
			break
		}
	}
	want := []row{
		{"1707359271433890003", "1707359271433890003", "paid", "", "", 100000, "2026-11-01 01:00:00"},
		{"1707359271433890001", "1707359271433890002", "paid", "", "token-of-c-7f3a", 5990, "2026-11-20 01:00:00"},
		{"1707359271433890004", "1707359271433890005", "paid", "", "", 1200, "2026-11-26 11:00:00"},
		{"1707359271433894971", "1707359271433894972", "paid", "", "", 25800, "2026-11-26 12:02:00"},
		{"1707359271433890001", "1707359271433890002", "received", "", "token-of-c-7f3a", 4990, "2026-11-26 12:03:00"},
		{"1707359271433890003", "1707359271433890003", "settled", "", "", 100000, "2026-11-26 12:04:00"},
		{"1707359271433890004", "1707359271433890005", "closed", "", "", 1200, "2026-11-26 12:05:00"},
		{"1707359271433890008", "1707359271433890009", "paid", "", "", 0, "2026-11-26 12:07:00"},
		{"1707359271433890001", "1707359271433890002", "refunded", "12345", "", 1000, "2026-11-26 12:00:29"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestTaobaoErrorsAreToldApart(t *testing.T) {
	for name, want := range map[string]struct {
		is    error
		words string
	}{
		"taobao_error_session": {recommend.ErrUnavailable, "grant a new one"},
		"taobao_error_limited": {recommend.ErrUnavailable, "code 7"},
		"taobao_error_window":  {recommend.ErrInvalid, "isv.invalid-parameter"},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { script(t, w, recorded(t, name)) })
		_, _, err := taobaoOf(t, s, nil).OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour)})
		if !errors.Is(err, want.is) || !strings.Contains(err.Error(), want.words) {
			t.Errorf("%s: got %v, want %v that says %q", name, err, want.is, want.words)
		}
		if strings.Contains(err.Error(), "hush-hush") || strings.Contains(err.Error(), "granted") {
			t.Errorf("%s: %v tells a secret", name, err)
		}
	}
}

func TestASessionThatEndsIsWarnedOfOnceADay(t *testing.T) {
	var log strings.Builder
	now := start()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { script(t, w, recorded(t, "taobao_item_info")) })
	a := taobaoOf(t, s, func(c *partner.TaobaoConfig) {
		c.SessionEnds, c.Now = start().Add(9*24*time.Hour), func() time.Time { return now }
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for day, want := range []int{0, 0, 1, 2, 3} {
		now = start().Add(time.Duration(day) * 24 * time.Hour)
		for range 3 {
			if _, err := a.Lookup(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(log.String(), "session ends"); got != want {
			t.Errorf("by day %d: warned %d times, want %d\n%s", day, got, want, log.String())
		}
	}
	if strings.Contains(log.String(), "granted") {
		t.Errorf("the log has the session:\n%s", log.String())
	}
}

func TestACursorOfSomebodyElseIsRefused(t *testing.T) {
	s := serveUnion(t, nil)
	for _, cursor := range []string{"x", "orders", "orders:0:", "orders:-1:x", "refunds:a:b"} {
		_, _, err := taobaoOf(t, s, nil).OrdersSince(t.Context(), recommend.OrderQuery{From: start(), To: start().Add(time.Hour), Cursor: cursor})
		if !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("%q: got %v, want %v", cursor, err, recommend.ErrInvalid)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("the union was asked %d times, want never", n)
	}
}

func TestTaobaoSettingsThatCannotWorkAreRefusedByName(t *testing.T) {
	good := partner.TaobaoConfig{Partner: "taobao", AppKey: "1", Secret: "s", PID: "mm_1_2_3"}
	for _, c := range []struct {
		field  string
		change func(*partner.TaobaoConfig)
	}{
		{"", func(*partner.TaobaoConfig) {}},
		{"partner", func(c *partner.TaobaoConfig) { c.Partner = "淘宝" }},
		{"url", func(c *partner.TaobaoConfig) { c.URL = "eco.taobao.com" }},
		{"app_key", func(c *partner.TaobaoConfig) { c.AppKey = "" }},
		{"key_env", func(c *partner.TaobaoConfig) { c.Secret = "" }},
		{"pid", func(c *partner.TaobaoConfig) { c.PID = "mm_1_2" }},
		{"embed", func(c *partner.TaobaoConfig) { c.Embed = "iframe" }},
		{"click_field", func(c *partner.TaobaoConfig) { c.ClickField = "external_id" }},
	} {
		cfg := good
		c.change(&cfg)
		_, err := partner.NewTaobao(cfg)
		if c.field == "" {
			if err != nil {
				t.Errorf("good settings: %v", err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.field+":") {
			t.Errorf("%s: got %v, want an error that begins with the field", c.field, err)
		}
	}
}
