package api_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
)

// A guestCart is a guest with pieces of a pick in his cart, and ann, whom he
// turns out to be.
type guestCart struct {
	*site
	pick  string
	guest header
	ann   header
}

func guestWithCart(t *testing.T, change ...func(*api.Config)) guestCart {
	t.Helper()
	s := open(t, change...)
	pick := s.stocked(s.expert("mei", "home"), "1", 90)
	s.priced("1", 9900, 90)
	guest := as(into[struct{ Token string }](s.do("POST", "/v1/guests", nil).is(201)).Token)
	s.do("POST", "/v1/cart/items", add(pick, 2), guest).is(201)
	return guestCart{s, pick, guest, s.token(t, "ann", api.ScopeWindowRead)}
}

// token is what a header of [as] holds.
func (h header) token() string { return h.value[len("Bearer "):] }

// signIn is what the pages do while the cookie of a session is there.
func (g guestCart) signIn(session, who header, more ...header) bool {
	g.t.Helper()
	r := g.do("POST", "/v1/session", object{"token": who.token()}, append(more, who, header{"Cookie", "vitrine_session=" + session.token()})...).is(200)
	if r.header.Get("Set-Cookie") == "" {
		g.t.Error("no session cookie is set")
	}
	merged, said := into[object](r)["cart_merged"].(bool)
	if !said {
		g.t.Errorf("answer %s, want cart_merged", r.body)
	}
	return merged
}

func (g guestCart) carts() map[string]int {
	g.t.Helper()
	got := map[string]int{"ann": 0, "guest": 0}
	for name, who := range map[string]header{"ann": g.ann, "guest": g.guest} {
		for _, n := range quantities(into[cart](g.do("GET", "/v1/cart", nil, who).is(200))) {
			got[name] += n
		}
	}
	return got
}

func (g guestCart) want(ann, guest int) {
	g.t.Helper()
	if diff := cmp.Diff(map[string]int{"ann": ann, "guest": guest}, g.carts()); diff != "" {
		g.t.Errorf("pieces in carts (-want +got):\n%s", diff)
	}
}

var ownPage = header{"X-Vitrine-CSRF", "1"}

func TestAGuestWhoSignsInTakesHisCartAlong(t *testing.T) {
	g := guestWithCart(t)
	g.do("POST", "/v1/cart/items", add(g.pick, 1), g.ann).is(201)
	for range 2 {
		if !g.signIn(g.guest, g.ann, ownPage) {
			t.Error("the cart was left behind")
		}
		g.want(3, 0)
	}
	if r := g.do("GET", "/v1/session", nil, g.ann).is(200); into[object](r)["cart_merged"] != nil {
		t.Errorf("session %s, want no word of carts", r.body)
	}
}

func TestACartStaysWhereItIs(t *testing.T) {
	g := guestWithCart(t)
	other := as(into[struct{ Token string }](g.do("POST", "/v1/guests", nil).is(201)).Token)
	for name, in := range map[string]struct {
		session, who header
		more         []header
	}{
		"when another site may be asking": {g.guest, g.ann, nil},
		"with another guest":              {g.guest, other, []header{ownPage}},
		"with the same guest":             {g.guest, g.guest, []header{ownPage}},
		"of somebody who is no guest":     {g.token(t, "bob", api.ScopeWindowRead), g.ann, []header{ownPage}},
		"when the token buys nothing":     {g.guest, g.token(t, "ann", api.ScopeMetricsRead), []header{ownPage}},
		"without a good session":          {as("nonsense"), g.ann, []header{ownPage}},
	} {
		t.Run(name, func(t *testing.T) {
			sub := g
			sub.site = g.in(t)
			if sub.signIn(in.session, in.who, in.more...) {
				t.Error("cart_merged is true")
			}
			sub.want(0, 2)
		})
	}
}

func TestACartThatCannotBeMovedKeepsNobodyFromSigningIn(t *testing.T) {
	g := guestWithCart(t, func(c *api.Config) { c.Wait = 20 * time.Millisecond })
	g.engine.logErr = errors.New("no broker")
	if g.signIn(g.guest, g.ann, ownPage) {
		t.Error("cart_merged is true without a log")
	}
	g.engine.logErr = nil
	g.want(0, 2)
	g.engine.stalled = true
	g.signIn(g.guest, g.ann, ownPage)
	g.engine.resume(t)
	g.want(2, 0)
}
