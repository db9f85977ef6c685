package partner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"vitrine.dev/recommend"
)

// taobaoGateway is the union's router.
const taobaoGateway = "https://eco.taobao.com/router/rest"

// A TaobaoConfig is an application and a promotion slot of the Taobao union.
type TaobaoConfig struct {
	Partner string // taobao, tmall or tmall-hk; see [recommend/link.Builtin]
	URL     string // of the gateway; the union's own when empty
	AppKey  string
	Secret  string // of the application
	Session string // grant of the promoter's account, good for 30 days
	PID     string // promotion slot, mm_{member}_{site}_{adzone}
	// SessionEnds is when Session has to be granted anew; zero when nobody noted it.
	SessionEnds time.Time
	Logger      *slog.Logger // warned daily from a week before that; may be nil
	Embed       string       // EmbedExternal when empty
	Client      *http.Client
	Now         func() time.Time

	// Token finds the token of a click by its id; nil when there is no way to.
	// See [Taobao] for why it is needed.
	Token func(ctx context.Context, click string) (string, error)
	// ClickField names the field of an order in which the union hands back what
	// a link carried as external_id; "" when the account has none.
	ClickField string
}

// A Taobao is the adapter of the Taobao union (Alimama), written against the
// union's documented parameters and answers:
//
//   - look-up: taobao.tbk.item.info.get
//   - links: taobao.tbk.privilege.get, which makes s.click.taobao.com links, so
//     that ConvertLink asks the union and that host must be among the origins
//   - orders: taobao.tbk.order.details.get by time of change, then
//     taobao.tbk.order.refund.get for the amounts paid back, in one window
//
// # Where the token travels
//
// Nowhere. A link of the union has room for external_id, a short mark, so the
// click's id goes there. The documented answer of the order query does not hand
// external_id back: it names the slot (adzone_id), a channel or member
// relation, and the time of the click. Such orders come without a token and are
// credited to nobody, which is right: a guess by time would credit whoever
// clicked last. An account whose orders do carry the mark names the field in
// ClickField and gives Token, which finds the token of the click; nothing else
// changes then.
//
// # What could not be tried
//
// There are no live keys here, so all is tested against answers written by hand
// from the documentation. Not known for sure: whether end_time belongs to the
// window (taken as if it did, so a second is subtracted: the union counts in
// seconds); whether every account may call privilege.get and the refund query
// (they are granted one by one); and how the union words a missing item, for
// which an empty list counts. Its item facts have no stock, so a product of it
// is of unknown availability; neither do they say the rate of commission.
type Taobao struct {
	cfg    TaobaoConfig
	site   string
	adzone string
	client *http.Client
	warned atomic.Int64 // day of the last warning, since 1970
}

var _ recommend.Adapter = (*Taobao)(nil)

var pidPattern = regexp.MustCompile(`^mm_\d+_(\d+)_(\d+)$`)

// NewTaobao returns the adapter of the Taobao union. The error names the field
// that cannot be used, and the fix.
func NewTaobao(c TaobaoConfig) (*Taobao, error) {
	if c.URL == "" {
		c.URL = taobaoGateway
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Embed == "" {
		c.Embed = EmbedExternal
	}
	pid := pidPattern.FindStringSubmatch(c.PID)
	_, err := parseBase(c.URL)
	switch {
	case !recommend.ValidID(c.Partner):
		return nil, fmt.Errorf("partner: %q is not an id; give taobao, tmall or tmall-hk", c.Partner)
	case err != nil:
		return nil, fmt.Errorf("url: %w", err)
	case c.AppKey == "":
		return nil, errors.New("app_key: is missing; take that of the application on open.taobao.com")
	case c.Secret == "":
		return nil, errors.New("key_env: is missing; name the variable that holds the application's secret")
	case pid == nil:
		return nil, fmt.Errorf("pid: %q is no promotion slot; write one such as mm_12_34_56", c.PID)
	case c.Embed != EmbedWebview && c.Embed != EmbedExternal:
		return nil, fmt.Errorf("embed: %q; use %s or %s", c.Embed, EmbedWebview, EmbedExternal)
	case (c.ClickField == "") != (c.Token == nil):
		return nil, errors.New("click_field: needs a way from click to token, and that needs the field")
	}
	return &Taobao{cfg: c, site: pid[1], adzone: pid[2], client: strict(c.Client)}, nil
}

// Lookup implements [recommend.Adapter].
func (t *Taobao) Lookup(ctx context.Context, item string) (*recommend.Product, error) {
	key, err := keyOf(t.cfg.Partner, item)
	if err != nil {
		return nil, err
	}
	at := t.cfg.Now().UTC()
	var answer struct {
		Response struct {
			Results struct {
				Items []struct {
					ID    text   `json:"num_iid"`
					Title string `json:"title"`
					Image string `json:"pict_url"`
					Price string `json:"zk_final_price"`
					URL   string `json:"item_url"`
					Nick  string `json:"nick"`
				} `json:"n_tbk_item"`
			} `json:"results"`
		} `json:"tbk_item_info_get_response"`
	}
	if err := t.call(ctx, "taobao.tbk.item.info.get", map[string]string{"num_iids": item, "platform": "2"}, &answer); err != nil {
		return nil, fmt.Errorf("look up %s: %w", key, err)
	}
	items := answer.Response.Results.Items
	if len(items) == 0 {
		return nil, fmt.Errorf("look up %s: %w: the union knows no such item", key, recommend.ErrNotFound)
	}
	fen, ok := parseYuan(items[0].Price)
	if !ok || len(items) > 1 {
		return nil, fmt.Errorf("look up %s: %w: the answer makes no sense", key, recommend.ErrUnavailable)
	}
	p := &recommend.Product{
		Key: key, Title: items[0].Title, URL: items[0].URL, Image: items[0].Image, Seller: items[0].Nick,
		Price: &recommend.Money{Amount: fen, Currency: "CNY"}, UpdatedAt: at,
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("look up %s: %w: %s", key, recommend.ErrUnavailable, err.Error())
	}
	return p, nil
}

// ConvertLink implements [recommend.Adapter]. It asks the union; see [Taobao]
// for what the link carries.
func (t *Taobao) ConvertLink(ctx context.Context, c recommend.Conversion) (recommend.Checkout, error) {
	key, err := keyOf(t.cfg.Partner, c.Item)
	if err != nil {
		return recommend.Checkout{}, err
	}
	var answer struct {
		Response struct {
			Result struct {
				Data struct {
					Coupon string `json:"coupon_click_url"`
					Item   string `json:"item_url"`
				} `json:"data"`
			} `json:"result"`
		} `json:"tbk_privilege_get_response"`
	}
	params := map[string]string{"item_id": c.Item, "site_id": t.site, "adzone_id": t.adzone, "platform": "2"}
	if c.ClickID != "" {
		params["external_id"] = c.ClickID
	}
	if err := t.call(ctx, "taobao.tbk.privilege.get", params, &answer); err != nil {
		return recommend.Checkout{}, fmt.Errorf("link to %s: %w", key, err)
	}
	link := answer.Response.Result.Data.Coupon
	if link == "" {
		link = answer.Response.Result.Data.Item
	}
	if rest, found := strings.CutPrefix(link, "//"); found {
		link = "https://" + rest
	}
	if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Host == "" {
		return recommend.Checkout{}, fmt.Errorf("link to %s: %w: the answer has no link", key, recommend.ErrUnavailable)
	}
	return recommend.Checkout{URL: link, Embed: t.cfg.Embed}, nil
}

// A text is a string that the union writes as a number where it looks like one.
type text string

// UnmarshalJSON takes a string or a number, digit by digit.
func (s *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(s))
	}
	var n json.Number
	err := json.Unmarshal(b, &n)
	*s = text(n)
	return err
}

// parseYuan reads an amount such as "59.00" as fen, without floating point.
// "--" and "" are no amounts.
func parseYuan(s string) (int64, bool) {
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 10 || len(part) > 2 {
		return 0, false
	}
	digits := whole + part + strings.Repeat("0", 2-len(part))
	n, err := strconv.ParseUint(digits, 10, 63)
	return int64(n), err == nil
}
