package shop

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

//go:embed pages
var files embed.FS

// shown bounds the goods and orders of a list.
const shown = 60

// A visit is one request for a page.
type visit struct {
	shop    *Shop
	partner *Partner
	w       http.ResponseWriter
	r       *http.Request
	lang    string
	tmpl    *template.Template
}

// A view is what a template shows.
type view struct {
	Lang    string
	Other   string // the same page in the other language
	Partner *Partner
	Base    string
	Title   string
	Query   string
	Goods   []good
	Good    *good
	Order   *orderView
	Orders  []orderView
	SKU     string
	Count   int
	Total   recommend.Money
	Token   string
	Once    string
	Problem string // key of a text
}

type good struct {
	recommend.Product
	Item    string
	Picture string
	CanBuy  bool
	Left    int64
	Counted bool
}

type orderView struct {
	order
	Rest int64 // paid and not paid back
}

// page shows what f makes, or says what is wrong.
func (s *Shop) page(f func(*visit) error) http.Handler {
	tmpl := template.Must(template.New("").Funcs(template.FuncMap{"money": money, "t": text, "half": inLanguage, "minor": minor}).ParseFS(files, "pages/*.html"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{shop: s, partner: s.partners[r.PathValue("partner")], w: w, r: r, lang: language(r), tmpl: tmpl}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		err := f(v)
		var status int
		var problem string
		switch {
		case err == nil:
			return
		case errors.Is(err, errNoOrder), errors.Is(err, recommend.ErrNotFound):
			status, problem = http.StatusNotFound, "missing"
		case errors.Is(err, errSoldOut):
			status, problem = http.StatusConflict, "sold_out"
		case errors.Is(err, errNotNow):
			status, problem = http.StatusConflict, "not_now"
		case errors.Is(err, errAmount):
			status, problem = http.StatusUnprocessableEntity, "amount"
		case errors.Is(err, errQuantity):
			status, problem = http.StatusUnprocessableEntity, "bad_number"
		case errors.Is(err, recommend.ErrInvalid):
			status, problem = http.StatusBadRequest, "link"
		default:
			s.cfg.Logger.ErrorContext(r.Context(), "page cannot be shown", "err", err)
			status, problem = http.StatusInternalServerError, "trouble"
		}
		if err := v.show(status, "problem.html", view{Title: text(v.lang, "problem"), Problem: problem}); err != nil {
			s.cfg.Logger.ErrorContext(r.Context(), "page cannot be shown", "err", err)
		}
	})
}

// show writes a page whole or not at all.
func (v *visit) show(status int, name string, data view) error {
	data.Lang, data.Partner, data.Base = v.lang, v.partner, "/p/"+v.partner.ID
	other := *v.r.URL
	q := other.Query()
	q.Set("lang", map[string]string{"zh": "en", "en": "zh"}[v.lang])
	other.RawQuery = q.Encode()
	data.Other = other.RequestURI()
	var b bytes.Buffer
	if err := v.tmpl.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	frames, pictures := "*", ""
	if len(v.shop.cfg.Frames) > 0 {
		frames = strings.Join(v.shop.cfg.Frames, " ")
	}
	if v.shop.cfg.Pictures != "" {
		pictures = " " + v.shop.cfg.Pictures
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'"+pictures+"; form-action 'self'; base-uri 'none'; frame-ancestors "+frames)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // the address of a checkout holds a token
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language, Cookie")
	if v.r.URL.Query().Has("lang") {
		http.SetCookie(v.w, &http.Cookie{Name: "lang", Value: v.lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // a language is no secret, and the shop is served without TLS
	}
	v.w.WriteHeader(status)
	_, _ = b.WriteTo(v.w) // the reader is gone, or it is well
	return nil
}

func (v *visit) good(g *recommend.Product) good {
	out := good{Product: v.shop.factsOf(g)}
	_, out.Item, _ = strings.Cut(g.Key, ":")
	if out.Stock != nil {
		out.Left, out.Counted = *out.Stock, true
	}
	out.CanBuy = out.Price != nil && (!out.Counted || out.Left > 0 || out.Preorder)
	if p := v.shop.cfg.Pictures; p != "" && strings.HasPrefix(g.Image, "/") {
		out.Picture = p + g.Image
	}
	return out
}

func (v *visit) find(item string) (*recommend.Product, error) {
	g := v.shop.goods[v.partner.ID+":"+item]
	if g == nil {
		return nil, recommend.ErrNotFound
	}
	return g, nil
}

func (v *visit) home() error {
	query := strings.TrimSpace(v.r.URL.Query().Get("q"))
	data := view{Title: v.partner.Name, Query: query}
	for _, key := range v.shop.listed[v.partner.ID] {
		g := v.shop.goods[key]
		if strings.Contains(strings.ToLower(g.Title), strings.ToLower(query)) && len(data.Goods) < shown {
			data.Goods = append(data.Goods, v.good(g))
		}
	}
	return v.show(http.StatusOK, "home.html", data)
}

func (v *visit) item() error {
	g, err := v.find(v.r.PathValue("item"))
	if err != nil {
		return err
	}
	shown := v.good(g)
	return v.show(http.StatusOK, "item.html", view{Title: g.Title, Good: &shown})
}

// checkout shows what would be bought, as the link of the shop protocol says.
func (v *visit) checkout() error {
	q := v.r.URL.Query()
	g, quantity, err := v.wanted(q)
	if err != nil {
		return err
	}
	shown := v.good(g)
	data := view{Title: text(v.lang, "checkout"), Good: &shown, SKU: q.Get("sku"), Count: quantity, Token: q.Get("vt"), Once: rand.Text()}
	if shown.Price != nil {
		data.Total = recommend.Money{Amount: shown.Price.Amount * int64(quantity), Currency: shown.Price.Currency}
	}
	if shown.Counted && shown.Left < int64(quantity) && !shown.Preorder || !shown.CanBuy {
		data.Problem = "sold_out"
	}
	return v.show(http.StatusOK, "checkout.html", data)
}

// wanted reads item, quantity and token; what is no token of anybody is refused
// rather than lost on the way.
func (v *visit) wanted(q url.Values) (*recommend.Product, int, error) {
	g, err := v.find(q.Get("item"))
	if err != nil {
		return nil, 0, err
	}
	quantity, err := number(q.Get("qty"), 1, maxQuantity)
	if err != nil {
		return nil, 0, errQuantity
	}
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_' && r != '.'
	}
	token, sku := q.Get("vt"), q.Get("sku")
	if len(token) > recommend.MaxToken || strings.ContainsFunc(token, odd) || len(sku) > 64 {
		return nil, 0, fmt.Errorf("%w: token or variant", recommend.ErrInvalid)
	}
	return g, quantity, nil
}

// buy places an order and, unless the reader wants to pay later, pays it. The
// same page sent twice is one order.
func (v *visit) buy() error {
	if err := v.r.ParseForm(); err != nil {
		return fmt.Errorf("%w: %w", recommend.ErrInvalid, err)
	}
	f := v.r.PostForm
	g, quantity, err := v.wanted(f)
	if err != nil {
		return err
	}
	id, err := v.shop.place(basket{f.Get("once"), g, f.Get("sku"), quantity, f.Get("vt")})
	if err != nil {
		return err
	}
	if f.Get("do") != "later" {
		if err := v.shop.advance(v.partner.ID, id, paid); err != nil && !errors.Is(err, errNotNow) {
			return err
		}
	}
	http.Redirect(v.w, v.r, "/p/"+v.partner.ID+"/orders/"+id, http.StatusSeeOther)
	return nil
}

func (v *visit) orders() error {
	data := view{Title: text(v.lang, "orders")}
	v.shop.mu.Lock()
	for i := len(v.shop.state.Orders) - 1; i >= 0 && len(data.Orders) < shown; i-- {
		if o := v.shop.state.Orders[i]; o.Partner == v.partner.ID {
			data.Orders = append(data.Orders, orderView{*o, o.left()})
		}
	}
	v.shop.mu.Unlock()
	return v.show(http.StatusOK, "orders.html", data)
}

func (v *visit) order() error {
	v.shop.mu.Lock()
	o := v.shop.find(v.partner.ID, v.r.PathValue("order"))
	if o == nil {
		v.shop.mu.Unlock()
		return errNoOrder
	}
	shown := orderView{*o, o.left()}
	v.shop.mu.Unlock()
	return v.show(http.StatusOK, "order.html", view{Title: text(v.lang, "order") + " " + shown.ID, Order: &shown})
}

// change takes an order further, or sends money back.
func (v *visit) change() error {
	id := v.r.PathValue("order")
	var err error
	switch do := v.r.PostFormValue("do"); do {
	case paid, received, settled, closed:
		err = v.shop.advance(v.partner.ID, id, do)
	case "refund":
		var amount int64 // all of it
		if s := strings.TrimSpace(v.r.PostFormValue("amount")); s != "" {
			v.shop.mu.Lock()
			o := v.shop.find(v.partner.ID, id)
			v.shop.mu.Unlock()
			if o == nil {
				return errNoOrder
			}
			if amount, err = parseAmount(s, o.Amount.Currency); err != nil {
				return errAmount
			}
		}
		err = v.shop.payBack(v.partner.ID, id, amount)
	default:
		err = errNotNow
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/p/"+v.partner.ID+"/orders/"+id, http.StatusSeeOther)
	return nil
}

func stylesheet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=300")
	http.ServeFileFS(w, r, files, "pages/shop.css")
}

// decimals of a currency's minor unit.
func decimals(currency string) int {
	switch currency {
	case "JPY", "KRW", "VND":
		return 0
	}
	return 2
}

// money writes an amount for people.
func money(m recommend.Money) string {
	sign := map[string]string{"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}[m.Currency]
	if sign == "" {
		sign = m.Currency + " "
	}
	return sign + minor(m.Amount, m.Currency)
}

// minor writes minor units as an amount without its currency.
func minor(amount int64, currency string) string {
	s := strconv.FormatInt(amount, 10)
	n := decimals(currency)
	if n == 0 {
		return s
	}
	s = strings.Repeat("0", max(n+1-len(s), 0)) + s
	return s[:len(s)-n] + "." + s[len(s)-n:]
}

// parseAmount is the inverse of minor; more decimals than the currency has are refused.
func parseAmount(s, currency string) (int64, error) {
	whole, part, _ := strings.Cut(s, ".")
	n := decimals(currency)
	if len(part) > n || len(whole) > 12 {
		return 0, errAmount
	}
	amount, err := strconv.ParseInt(whole+part+strings.Repeat("0", n-len(part)), 10, 64)
	if err != nil || amount < 1 {
		return 0, errAmount
	}
	return amount, nil
}

// When writes the time of the order for people.
func (o orderView) When() string { return o.At.UTC().Format(time.DateTime) + " UTC" }
