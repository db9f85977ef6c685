package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// A clickout is a way to a partner's checkout.
type clickout struct {
	ClickID    string         `json:"click_id"`
	URL        string         `json:"url"`
	Embed      string         `json:"embed"` // "webview" or "external"
	Partner    string         `json:"partner"`
	Path       recommend.Path `json:"path"`
	Attributed bool           `json:"attributed"` // an order comes back with the click
	ExpiresAt  time.Time      `json:"expires_at"` // until then an order counts for the click
	Line       string         `json:"line,omitempty"`
}

// Ways to show a partner's page.
const (
	embedWebview  = "webview"
	embedExternal = "external"
)

// A departure is one thing that a reader goes to buy.
type departure struct {
	line     string // of the cart; "" of none
	item     *recommend.Item
	product  *recommend.Product // what the partner says; nil when nothing
	sku      string
	quantity int
	click    recommend.Click
	repeated bool // the click is in the log already

	out clickout
}

// clickout mints the way to the checkout of one pick.
func (s *Server) clickout(c *call) error {
	var in struct {
		Pick     string `json:"pick_id"`
		SKU      string `json:"sku"`
		Quantity *int   `json:"quantity"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if !recommend.ValidID(in.Pick) {
		return notFound("pick", in.Pick)
	}
	d := departure{sku: in.SKU, quantity: 1}
	if in.Quantity != nil {
		d.quantity = *in.Quantity
	}
	scene := s.World.Scene()
	if most := scene.Policy.Reader.Quantity; d.quantity < 1 || d.quantity > most {
		return recommend.Refuse(recommend.Problem{
			Code: codeQuantity, Pointer: "/quantity", Message: "a quantity of " + strconv.Itoa(d.quantity), Fix: "give 1 to " + strconv.Itoa(most),
		})
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	m, err := s.Windows.Middle(c.ctx(), in.Pick, recommend.Viewer{Lang: c.lang})
	if err != nil {
		return notBought(err)
	}
	d.item, d.product = &m.Item, m.Product
	if err := s.click(c, who, &d); err != nil {
		return err
	}
	if err := inStock(m, &d); err != nil && !d.repeated {
		return err
	}
	if err := s.convert(c.ctx(), scene, &d); err != nil {
		return err
	}
	pending, err := s.depart(c, who, []*departure{&d})
	if err != nil {
		return err
	}
	c.private()
	return c.json(departed(pending), d.out)
}

// departed is the status of an answer with ways to checkouts.
func departed(pending bool) int {
	if pending {
		return http.StatusAccepted
	}
	return http.StatusCreated
}

// notBought turns what keeps a pick from being shown into what keeps it from
// being bought.
func notBought(err error) error {
	gone, ok := errors.AsType[*recommend.GoneError](err)
	if !ok {
		return err
	}
	switch gone.Reason {
	case recommend.HiddenPartnerPaused, recommend.HiddenPartnerRemoved:
		r := refuse(codePartnerPaused, "nothing of this partner is sold through here now").with("removed_reason", string(gone.Reason))
		r.status = http.StatusConflict // it is not the request that is wrong
		return r
	case recommend.HiddenSoldOut, recommend.HiddenUnknownStock, recommend.HiddenUnknownProduct, recommend.HiddenStale:
		return refuse(codeOutOfStock, "nobody knows whether it can be bought").with("removed_reason", string(gone.Reason))
	default:
		return err
	}
}

func inStock(m *recommend.Middle, d *departure) error {
	switch p := m.Product; {
	case m.SoldOut, p.Availability() == recommend.OutOfStock:
		return refuse(codeOutOfStock, "the partner has none left").with("available_quantity", 0)
	case p != nil && p.Stock != nil && !p.Preorder && *p.Stock < int64(d.quantity):
		return refuse(codeOutOfStock, fmt.Sprintf("the partner has %d left", *p.Stock)).with("available_quantity", *p.Stock)
	}
	return nil
}

// click makes the click of d. Its id derives from the request, so that repeats
// are one click on any process; the first of them fixes time and path.
func (s *Server) click(c *call, who *actor, d *departure) error {
	policy, now := s.World.Scene().Policy, c.now().Truncate(time.Second)
	k := recommend.Click{
		ID: derive("k", who.name, c.Request.Method, c.template(), c.key, d.line), Reader: who.name,
		Pick: d.item.Pick, Expert: d.item.Expert.ID, Product: d.item.Product.Key, SKU: d.sku,
		At: now, Path: who.PathTo(d.item.Pick, &policy.Reader, now), Price: d.item.Product.Price, Quantity: d.quantity,
		Self: c.who.Subject == d.item.Expert.ID, Bot: c.robot(),
	}
	var err error
	if k.Kin, err = s.samePayout(c, k.Expert); err != nil {
		return err
	}
	d.recall(&k, &who.Reader)
	if d.repeated && d.click.Pick != k.Pick {
		return keyReused()
	}
	d.click = k
	d.freeze(policy, &who.Reader, c.who.Subject)
	return nil
}

// recall takes time and path from the click that the log has, if it has it.
func (d *departure) recall(k *recommend.Click, r *recommend.Reader) {
	i := slices.IndexFunc(r.Clicks, func(c recommend.Clicked) bool { return c.ID == k.ID })
	if i < 0 {
		return
	}
	d.repeated, d.click.Pick = true, r.Clicks[i].Pick
	k.At, k.Path = r.Clicks[i].At, r.Clicks[i].Path
}

// freeze puts the terms of its moment, and the touches before it, into the
// click.
func (d *departure) freeze(policy *recommend.Policy, r *recommend.Reader, self string) {
	rules := &policy.Earnings
	d.click.Terms = recommend.Terms{
		CommissionBP: d.product.CommissionAt(d.click.At), ShareBP: rules.ShareBP, Model: rules.Model, HoldingDays: rules.HoldingDays, Policy: policy.Version,
	}
	d.click.Touches = r.Touches(&d.click, rules.KeptWindow.D(), self)
}

// convert asks the partner's adapter for the way to its checkout. Where there
// is no adapter it is the item's own page, and no order comes back.
func (s *Server) convert(ctx context.Context, scene *recommend.Scene, d *departure) error {
	partner, item, _ := strings.Cut(d.click.Product, ":")
	d.out = clickout{
		ClickID: d.click.ID, Partner: partner, Path: d.click.Path, Line: d.line, Embed: embedExternal, URL: d.item.Link,
		ExpiresAt: d.click.At.Add(scene.Policy.Earnings.Window(d.click.Path)).UTC(),
	}
	channel, ok := s.channel(partner)
	if !ok || channel.Adapter == nil {
		if l, err := scene.Partners.Links().Link(partner, item, d.sku); err == nil {
			d.out.URL = l.URL
		}
		return nil
	}
	token, err := s.Clicks.Mint(d.click)
	if err != nil {
		return err
	}
	to, err := channel.Adapter.ConvertLink(ctx, recommend.Conversion{Item: item, SKU: d.sku, Quantity: d.quantity, Token: token, ClickID: d.click.ID})
	switch {
	case errors.Is(err, recommend.ErrNotFound):
		return refuse(codeOutOfStock, "the partner has this item no more")
	case errors.Is(err, recommend.ErrInvalid):
		return (&refusal{code: codeLinkRefused, cause: err}).after(time.Minute)
	case err != nil:
		return fmt.Errorf("checkout of %s: %w: %w", d.click.Product, recommend.ErrUnavailable, err)
	case !ours(to.URL, channel.Origins, scene, d.click.Product):
		return (&refusal{code: codeLinkRefused, cause: fmt.Errorf("partner %s: checkout at %q is on no host of its own", partner, shorten(to.URL))}).after(time.Minute)
	}
	d.out.URL, d.out.Attributed = to.URL, true
	if to.Embed == embedWebview {
		d.out.Embed = embedWebview
	}
	return nil
}

// channel is how this installation is connected to a partner.
func (s *Server) channel(partner string) (recommend.Channel, bool) {
	if s.Channels == nil {
		return recommend.Channel{}, false
	}
	return s.Channels.Get(partner)
}

// ours reports whether address is one that a reader may be sent to for
// product: on an origin that the operator named, or the product's own page.
// What two programs could read in two ways is no address.
func ours(address string, origins []string, scene *recommend.Scene, product string) bool {
	const most = 8 << 10
	if len(address) > most || strings.ContainsFunc(address, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\\\"<>^`{|}", r)
	}) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	origin := u.Scheme + "://" + strings.ToLower(u.Host)
	if slices.ContainsFunc(origins, func(o string) bool { return strings.EqualFold(strings.TrimSuffix(o, "/"), origin) }) {
		return true
	}
	l, err := scene.Partners.Links().Parse(address)
	if err != nil || l.Key() != product {
		return false
	}
	canonical, err := url.Parse(l.URL)
	return err == nil && (u.Scheme == "https" || u.Scheme == canonical.Scheme)
}

// depart appends the clicks and waits until they can be read. Of repeats that
// race, the one in the log fixes what all answer.
func (s *Server) depart(c *call, who *actor, ds []*departure) (pending bool, err error) {
	var fresh []*departure
	for _, d := range ds {
		if !d.repeated {
			fresh = append(fresh, d)
		}
	}
	if len(fresh) == 0 {
		if len(ds) > 0 {
			c.replayed()
		}
		return false, nil
	}
	actions := make([]recommend.Action, len(fresh))
	width := s.World.Scene().Policy.Earnings.Burst.Bucket.D()
	for i, d := range fresh {
		actions[i] = recommend.Action{
			ID: who.eventID(c, d.line), Kind: recommend.ActCheckout, Pick: d.click.Pick, Expert: d.click.Expert, Product: d.click.Product,
			Partner: d.out.Partner, SKU: d.sku, Quantity: d.quantity, Price: d.click.Price, At: d.click.At, Click: &d.click,
			Near: !d.click.Bot && s.crowd.near(c.ClientIP(), d.click.Pick, d.click.At, width),
		}
	}
	pending, err = s.actAll(c, who, actions)
	if err != nil || pending {
		return pending, err
	}
	scene := s.World.Scene()
	for _, d := range fresh {
		mine := d.click
		d.recall(&d.click, &who.Reader)
		if mine.At.Equal(d.click.At) && mine.Path == d.click.Path {
			continue
		}
		d.freeze(scene.Policy, &who.Reader, c.who.Subject)
		if err := s.convert(c.ctx(), scene, d); err != nil {
			return false, err
		}
	}
	return false, nil
}

// actAll is act for several actions: one append, and one wait.
func (s *Server) actAll(c *call, who *actor, actions []recommend.Action) (pending bool, err error) {
	if len(actions) == 1 {
		return s.act(c, who, actions[0])
	}
	events := make([]recommend.Event, len(actions))
	for i := range actions {
		actions[i].Reader, actions[i].Own, actions[i].Bot = who.name, c.ownPick(actions[i].Expert), c.robot()
		if events[i], err = c.event(actions[i].ID, recommend.TypeActed, who.name, actions[i]); err != nil {
			return false, err
		}
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicActions, events...)
	if err != nil {
		return false, fmt.Errorf("checkout: %w", err)
	}
	last := len(events) - 1
	pending, err = s.shown(c, who, events[last], at[last])
	if err == nil && !who.Erased.IsZero() { // forgotten in between: the repeat goes under another name
		return false, refuse(codeRetryLater, "").after(time.Second)
	}
	return pending, err
}
