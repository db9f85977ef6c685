package partner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// Where a partner's page may be shown.
const (
	EmbedWebview  = "webview"
	EmbedExternal = "external"
)

// A ShopConfig says where a shop is that speaks the shop protocol.
type ShopConfig struct {
	Partner string
	URL     string // base of its API, such as https://api.shop.example/v
	// Checkout is the base as readers' browsers reach it; URL when empty.
	Checkout string
	Key      string // bearer key of the order query
	Embed    string // EmbedExternal when empty
	Client   *http.Client
	Now      func() time.Time
}

// A Shop is the adapter of the shop protocol; see the package. It is safe for
// concurrent use.
type Shop struct {
	partner  string
	base     *url.URL
	checkout *url.URL
	key      string
	embed    string
	client   *http.Client
	now      func() time.Time
}

var _ recommend.Adapter = (*Shop)(nil)

// NewShop returns the adapter of a shop. The error names the field that cannot
// be used, and the fix.
func NewShop(c ShopConfig) (*Shop, error) {
	if !recommend.ValidID(c.Partner) {
		return nil, fmt.Errorf("partner: %q is not an id; give that of the policy file", c.Partner)
	}
	base, err := parseBase(c.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	checkout := base
	if c.Checkout != "" {
		if checkout, err = parseBase(c.Checkout); err != nil {
			return nil, fmt.Errorf("checkout_url: %w", err)
		}
	}
	s := &Shop{partner: c.Partner, base: base, checkout: checkout, key: c.Key, embed: c.Embed, client: strict(c.Client), now: c.Now}
	if s.now == nil {
		s.now = time.Now
	}
	switch s.embed {
	case "":
		s.embed = EmbedExternal
	case EmbedWebview, EmbedExternal:
	default:
		return nil, fmt.Errorf("embed: %q; use %s or %s", c.Embed, EmbedWebview, EmbedExternal)
	}
	return s, nil
}

// parseBase reads an address that paths are appended to.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("is no address; write one such as https://api.shop.example")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is no web address; write one such as https://api.shop.example", s)
	case u.User != nil:
		return nil, errors.New("carries user information; put keys into key_env")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q has a query or fragment; leave it out", s)
	}
	return u, nil
}

// Origin is scheme and host of the shop's checkouts.
func (s *Shop) Origin() string { return s.checkout.Scheme + "://" + s.checkout.Host }

// Lookup implements [recommend.Adapter].
func (s *Shop) Lookup(ctx context.Context, item string) (*recommend.Product, error) {
	key, err := keyOf(s.partner, item)
	if err != nil {
		return nil, err
	}
	at := s.now().UTC()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath("api", "items", item).String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w: %w", key, recommend.ErrInvalid, err)
	}
	var p recommend.Product
	if err := ask(s.client, req, &p); err != nil {
		return nil, fmt.Errorf("look up %s: %w", key, err)
	}
	p.Key, p.UpdatedAt, p.Topic = key, at, "" // topics are ours to give
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("look up %s: %w: %s", key, recommend.ErrUnavailable, err.Error())
	}
	return &p, nil
}

// ConvertLink implements [recommend.Adapter].
func (s *Shop) ConvertLink(_ context.Context, c recommend.Conversion) (recommend.Checkout, error) {
	if _, err := keyOf(s.partner, c.Item); err != nil {
		return recommend.Checkout{}, err
	}
	q := url.Values{"item": {c.Item}, "qty": {strconv.Itoa(max(c.Quantity, 1))}}
	if c.SKU != "" {
		q.Set("sku", c.SKU)
	}
	if c.Token != "" {
		q.Set("vt", c.Token)
	}
	u := s.checkout.JoinPath("checkout")
	u.RawQuery = q.Encode()
	return recommend.Checkout{URL: u.String(), Embed: s.embed}, nil
}

// OrdersSince implements [recommend.Adapter]. A report that breaks a rule is
// handed on as it is, for its receiver to refuse by name: keeping it back would
// hide it for good. A page that cannot be read, or that tells of another
// partner's orders, is [recommend.ErrUnavailable] as a whole.
func (s *Shop) OrdersSince(ctx context.Context, q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	u := s.base.JoinPath("api", "orders")
	v := url.Values{"from": {q.From.UTC().Format(time.RFC3339Nano)}, "to": {q.To.UTC().Format(time.RFC3339Nano)}}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	u.RawQuery = v.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, "", fmt.Errorf("orders of %s: %w: %w", s.partner, recommend.ErrInvalid, err)
	}
	if s.key != "" {
		req.Header.Set("Authorization", "Bearer "+s.key)
	}
	var page struct {
		Reports    *[]recommend.OrderReport `json:"reports"`
		NextCursor string                   `json:"next_cursor"`
	}
	if err := ask(s.client, req, &page); err != nil {
		return nil, "", fmt.Errorf("orders of %s: %w", s.partner, err)
	}
	if page.Reports == nil {
		return nil, "", fmt.Errorf("orders of %s: %w: the answer has no list of reports", s.partner, recommend.ErrUnavailable)
	}
	reports := *page.Reports
	for i := range reports {
		r := &reports[i]
		if r.Partner == "" {
			r.Partner = s.partner
		}
		if r.Partner != s.partner {
			return nil, "", fmt.Errorf("orders of %s: %w: the answer tells of another partner's orders; check the url", s.partner, recommend.ErrUnavailable)
		}
	}
	return reports, page.NextCursor, nil
}

// keyOf is the key of partner's item; an id that can be none is not asked for.
func keyOf(partner, item string) (string, error) {
	key := partner + ":" + item
	if _, _, err := link.ParseKey(key); err != nil {
		return "", fmt.Errorf("%w: %w", recommend.ErrInvalid, err)
	}
	return key, nil
}
