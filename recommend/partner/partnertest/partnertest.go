// Package partnertest is the suite that every adapter of a partner passes. It
// asks through the adapter alone; how the partner behind it is made, and made
// to misbehave, is the harness's part.
package partnertest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// A Mode is how the partner behind an adapter behaves.
type Mode string

// The modes.
const (
	Well   Mode = "well"
	Slow   Mode = "slow"   // answers after minutes
	HTML   Mode = "html"   // answers 200 with a page
	Broken Mode = "broken" // answers 200 with JSON that ends in the middle
	Down   Mode = "down"   // answers 503 with a page
	Gone   Mode = "gone"   // answers 404 with a page, as a proxy in front of it does
	Huge   Mode = "huge"   // answers without end
)

// A Partner is one adapter and what is known of the partner behind it. Zero
// values of the options ask for everything.
type Partner struct {
	Adapter recommend.Adapter
	ID      string

	Item    string // that the partner has
	Unknown string // that it has not
	// Origins are those that checkouts may lie on.
	Origins []string

	// Orders are the reports of the window From ≤ t < To, oldest first, five or
	// more, each at a time of its own. The partner has others outside of it.
	Orders   []recommend.OrderReport
	From, To time.Time

	// Behave sets how the partner behaves from now on.
	Behave func(Mode)
	// Cursor is the one that the partner was handed last, as it came; nil when
	// the harness cannot tell.
	Cursor func() string
	// Handed is the one that the partner gave out last.
	Handed func() string

	// Carried returns what of a conversion the partner was told where the
	// checkout's address does not hold the token; nil where it does.
	Carried func() string
}

// Run tests the adapters that open makes, one for every subtest.
func Run(t *testing.T, open func(t *testing.T) *Partner) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, p *Partner)
	}{
		{"AnItemIsLookedUp", lookup},
		{"AnUnknownItemIsNotFound", unknown},
		{"AnIDThatCanBeNoneIsNotAskedFor", badID},
		{"NothingOutlastsItsContext", slow},
		{"WhatIsNoSensibleAnswerIsUnavailable", nonsense},
		{"ACheckoutKeepsTheTokenAndLiesOnADeclaredOrigin", convert},
		{"OrdersOfAWindowComeOnceAndInOrder", orders},
		{"WindowsThatTouchShareNothing", touching},
		{"ACursorIsHandedBackAsItCame", cursors},
		{"APageAskedForTwiceIsTheSame", again},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func lookup(t *testing.T, p *Partner) {
	got, err := p.Adapter.Lookup(t.Context(), p.Item)
	if err != nil {
		t.Fatalf("look up %s: %v", p.Item, err)
	}
	if want := p.ID + ":" + p.Item; got.Key != want {
		t.Errorf("key: got %q, want %q", got.Key, want)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("the facts break a rule: %v", err)
	}
	if got.UpdatedAt.IsZero() {
		t.Error("the facts do not say when they were asked for")
	}
}

func unknown(t *testing.T, p *Partner) {
	if got, err := p.Adapter.Lookup(t.Context(), p.Unknown); !errors.Is(err, recommend.ErrNotFound) {
		t.Errorf("look up %s: got %+v and %v, want an error that wraps %v", p.Unknown, got, err, recommend.ErrNotFound)
	}
}

func badID(t *testing.T, p *Partner) {
	for _, item := range []string{"", "../orders", "a b", "1?x=2", strings.Repeat("9", 65), "商品"} {
		if got, err := p.Adapter.Lookup(t.Context(), item); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("look up %q: got %+v and %v, want an error that wraps %v", item, got, err, recommend.ErrInvalid)
		}
		if got, err := p.Adapter.ConvertLink(t.Context(), conversion(item)); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("checkout of %q: got %+v and %v, want an error that wraps %v", item, got, err, recommend.ErrInvalid)
		}
	}
}

// slow gives a call 50 ms and is generous about when it must have come back: a
// loaded machine is not the adapter's fault, an answer after minutes is.
func slow(t *testing.T, p *Partner) {
	p.Behave(Slow)
	for name, call := range p.calls() {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		err := call(ctx)
		took := time.Since(start)
		cancel()
		if !errors.Is(err, recommend.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want an error that wraps %v and %v", name, err, recommend.ErrUnavailable, context.DeadlineExceeded)
		}
		if took > 10*time.Second {
			t.Errorf("%s: came back after %v, its context had ended after 50 ms", name, took)
		}
	}
}

func nonsense(t *testing.T, p *Partner) {
	for _, mode := range []Mode{HTML, Broken, Down, Gone, Huge} {
		p.Behave(mode)
		for name, call := range p.calls() {
			if err := call(t.Context()); !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrNotFound) {
				t.Errorf("%s of a partner that is %s: got %v, want an error that wraps %v and nothing else", name, mode, err, recommend.ErrUnavailable)
			}
		}
	}
	p.Behave(Well)
	if _, err := p.Adapter.Lookup(t.Context(), p.Item); err != nil {
		t.Errorf("look up once the partner is well again: %v", err)
	}
}

// calls are those that ask the partner.
func (p *Partner) calls() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"look-up": func(ctx context.Context) error {
			_, err := p.Adapter.Lookup(ctx, p.Item)
			return err
		},
		"orders": func(ctx context.Context) error {
			_, _, err := p.Adapter.OrdersSince(ctx, recommend.OrderQuery{From: p.From, To: p.To})
			return err
		},
	}
}

func conversion(item string) recommend.Conversion {
	return recommend.Conversion{Item: item, SKU: "red-42", Quantity: 3, ClickID: "c-0123456789abcdef", Token: "v1.kid_-9." + strings.Repeat("aZ0-_", 300) + ".seal"}
}

func convert(t *testing.T, p *Partner) {
	c := conversion(p.Item)
	got, err := p.Adapter.ConvertLink(t.Context(), c)
	if err != nil {
		t.Fatalf("checkout of %s: %v", p.Item, err)
	}
	u, err := url.Parse(got.URL)
	if err != nil {
		t.Fatalf("checkout's address %q: %v", got.URL, err)
	}
	if origin := u.Scheme + "://" + u.Host; !slices.Contains(p.Origins, origin) {
		t.Errorf("the checkout lies on %s, want one of %v", origin, p.Origins)
	}
	if got.Embed != "webview" && got.Embed != "external" {
		t.Errorf("embed: got %q, want webview or external", got.Embed)
	}
	if p.Carried != nil {
		if told := p.Carried(); told != c.ClickID && told != c.Token {
			t.Errorf("the partner was told %q, want the click's id or its token", told)
		}
		return
	}
	for _, values := range u.Query() {
		if slices.Contains(values, c.Token) {
			return
		}
	}
	t.Errorf("the token is nowhere in %s as it was given", got.URL)
}

// pages reads a whole window.
func (p *Partner) pages(t *testing.T, q recommend.OrderQuery) [][]recommend.OrderReport {
	t.Helper()
	var all [][]recommend.OrderReport
	for range 1000 {
		reports, cursor, err := p.Adapter.OrdersSince(t.Context(), q)
		if err != nil {
			t.Fatalf("page %d of %v to %v: %v", len(all)+1, q.From, q.To, err)
		}
		all = append(all, reports)
		if cursor == "" {
			return all
		}
		q.Cursor = cursor
	}
	t.Fatalf("the window from %v to %v has no end after 1000 pages", q.From, q.To)
	return nil
}

// A change is what tells reports apart.
type change struct {
	id, line, state, refund, token string
	amount                         recommend.Money
	at                             time.Time
}

func changes(pages ...[]recommend.OrderReport) []change {
	reports := slices.Concat(pages...)
	out := make([]change, 0, len(reports))
	for _, r := range reports {
		out = append(out, change{r.ID, r.Line, r.State, r.Refund, r.Token, r.Amount, r.At.UTC()})
	}
	return out
}

func orders(t *testing.T, p *Partner) {
	if len(p.Orders) < 5 {
		t.Fatalf("the harness has %d orders, want 5 or more", len(p.Orders))
	}
	for _, limit := range []int{0, 1, 2, 100} {
		pages := p.pages(t, recommend.OrderQuery{From: p.From, To: p.To, Limit: limit})
		got, want := changes(pages...), changes(p.Orders)
		if !slices.Equal(got, want) {
			t.Errorf("with %d a page:\ngot  %+v\nwant %+v", limit, got, want)
		}
		for _, r := range slices.Concat(pages...) {
			if err := r.Validate(); err != nil {
				t.Errorf("report of %s: %v", r.ID, err)
			}
			if r.Partner != p.ID {
				t.Errorf("report of %s: partner is %q, want %q", r.ID, r.Partner, p.ID)
			}
		}
	}
}

// touching cuts the window at every order: what changed at the cut itself
// belongs to the window that begins there.
func touching(t *testing.T, p *Partner) {
	want := changes(p.Orders)
	for _, r := range p.Orders[1:] {
		before := changes(p.pages(t, recommend.OrderQuery{From: p.From, To: r.At})...)
		after := changes(p.pages(t, recommend.OrderQuery{From: r.At, To: p.To})...)
		for _, c := range before {
			if slices.Contains(after, c) {
				t.Errorf("cut at %v: %+v comes in both windows", r.At, c)
			}
		}
		got := slices.Concat(before, after)
		byTime := func(a, b change) int { return a.at.Compare(b.at) }
		slices.SortStableFunc(got, byTime)
		if !slices.Equal(got, want) {
			t.Errorf("cut at %v:\ngot  %+v\nwant %+v", r.At, got, want)
		}
	}
}

func cursors(t *testing.T, p *Partner) {
	if p.Cursor == nil || p.Handed == nil {
		t.Skip("the harness cannot tell which cursors the partner sees")
	}
	q := recommend.OrderQuery{From: p.From, To: p.To, Limit: 2}
	handed := 0
	for {
		_, cursor, err := p.Adapter.OrdersSince(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if cursor == "" {
			break
		}
		want := p.Handed()
		q.Cursor = cursor
		if want == "" {
			continue // the adapter goes on by itself
		}
		handed++
		if _, _, err := p.Adapter.OrdersSince(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if got := p.Cursor(); got != want {
			t.Errorf("cursor: the partner got %q, it had given %q", got, want)
		}
	}
	if handed == 0 {
		t.Error("the partner gave no cursor out: the test would pass on anything")
	}
}

// again asks for every page twice, as a puller does that was killed before it
// kept what it had read.
func again(t *testing.T, p *Partner) {
	q := recommend.OrderQuery{From: p.From, To: p.To, Limit: 2}
	for {
		first, cursor, err := p.Adapter.OrdersSince(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		second, cursor2, err := p.Adapter.OrdersSince(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(changes(first), changes(second)) || cursor != cursor2 {
			t.Errorf("page after %q: got %+v and then %+v", q.Cursor, changes(first), changes(second))
		}
		if cursor == "" {
			return
		}
		q.Cursor = cursor
	}
}
