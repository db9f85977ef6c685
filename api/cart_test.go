package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type cart struct {
	recommend.CartView
	Pending bool
}

// stocked publishes a pick of item and lists it at a price.
func (s *site) stocked(expert header, item string, stock int) string {
	s.t.Helper()
	id := s.publish(expert, pickOf(item)).ID
	s.priced(item, 9900, stock)
	return id
}

func (s *site) priced(item string, amount, stock int) {
	s.t.Helper()
	s.clock.advance(time.Second)
	s.list(line(item, s.clock.now().Format(time.RFC3339), fmt.Sprintf(`,"price":{"amount":%d,"currency":"CNY"},"stock":%d`, amount, stock))).is(200)
}

func add(pick string, quantity int) object { return object{"pick_id": pick, "quantity": quantity} }

func quantities(c cart) map[string]int {
	got := make(map[string]int)
	for _, l := range c.Lines {
		got[l.Pick] += l.Quantity
	}
	return got
}

// together makes n appends wait for one another, so that what causes them has
// looked at the same state.
func (e *engine) together(n int) {
	var mu sync.Mutex
	come, all := 0, make(chan struct{})
	e.before = func() {
		mu.Lock()
		come++
		if come == n {
			close(all)
		}
		mu.Unlock()
		<-all
	}
}

func TestADoubleTapIsOneLine(t *testing.T) {
	for name, headers := range map[string][]header{"without a key": nil, "with a key": {key("tap")}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.open(t), w.open(t)
			pick := a.stocked(a.expert("mei", "home"), "1", 9)
			ann := w.token(t, "ann", api.ScopeWindowRead)
			w.engine.together(2)
			var wg sync.WaitGroup
			for _, s := range []*site{a, b} {
				wg.Go(func() {
					r, err := s.try("POST", "/v1/cart/items", add(pick, 1), append(headers, ann)...)
					if err != nil || r.status != 201 && r.status != 200 {
						t.Errorf("got %v %v, want a cart", r, err)
					}
				})
			}
			wg.Wait()
			w.engine.before = nil
			got := into[cart](b.do("GET", "/v1/cart", nil, ann).is(200))
			if diff := cmp.Diff(map[string]int{pick: 1}, quantities(got)); diff != "" || len(got.Lines) != 1 {
				t.Errorf("cart (-want +got):\n%s", diff)
			}
			if n := w.engine.counted(pick, recommend.ActCart); n != 1 {
				t.Errorf("the pulse counts %d readers, want one", n)
			}
			if headers == nil {
				again := into[cart](a.do("POST", "/v1/cart/items", add(pick, 1), ann).is(200))
				if quantities(again)[pick] != 2 {
					t.Errorf("cart %v after another tap, want two pieces", quantities(again))
				}
				return
			}
			for _, s := range []*site{a, b} {
				if r := s.do("POST", "/v1/cart/items", add(pick, 1), ann, headers[0]); r.header.Get("Idempotency-Replayed") != "true" {
					t.Errorf("a repeat answered %d %v, want it replayed", r.status, r.header)
				}
			}
		})
	}
}

func TestACartAddsUpByPartner(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	one, two := s.stocked(mei, "1", 9), s.stocked(mei, "2", 9)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("POST", "/v1/cart/items", add(one, 2), ann).is(201)
	s.do("POST", "/v1/cart/items", object{"pick_id": one, "sku": "red"}, ann).is(201)
	s.do("POST", "/v1/cart/items", add(one, 1), ann).is(200)
	r := s.do("POST", "/v1/cart/items", add(two, 1), ann).is(201)
	got := into[cart](r)
	if len(got.Lines) != 3 || quantities(got)[one] != 4 || len(got.Groups) != 1 {
		t.Fatalf("cart %+v, want three lines of one partner", got)
	}
	g := got.Groups[0]
	if g.Partner != "taobao" || g.Name != "Taobao" || !g.Checkout || len(g.Lines) != 3 || g.Total == nil || *g.Total != (recommend.Money{Amount: 5 * 9900, Currency: "CNY"}) {
		t.Errorf("group %+v, want 5 pieces of 99 yuan", g)
	}
	if !got.ExpiresAt.Equal(s.clock.now().Add(90 * 24 * time.Hour)) {
		t.Errorf("expires at %v, want in 90 days", got.ExpiresAt)
	}
	get := s.do("GET", "/v1/cart", nil, ann).is(200)
	if tag := get.header.Get("ETag"); !strings.HasPrefix(tag, fmt.Sprintf(`"r%d-`, got.Revision)) || r.header.Get("ETag") != fmt.Sprintf(`"r%d"`, got.Revision) {
		t.Errorf("tags %s and %s, want revision %d", tag, r.header.Get("ETag"), got.Revision)
	}
	s.do("GET", "/v1/cart", nil, ann, header{"If-None-Match", get.header.Get("ETag")}).is(304)
	s.clock.advance(91 * 24 * time.Hour)
	if late := into[cart](s.do("GET", "/v1/cart", nil, ann).is(200)); len(late.Lines) != 0 || !late.ExpiresAt.IsZero() {
		t.Errorf("cart %+v after 91 days, want it empty", late)
	}
}

func TestWhatIsWrongWithALineIsSaidAndNothingIsDropped(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	picks := map[string]string{"dearer": s.stocked(mei, "1", 9), "few": s.stocked(mei, "2", 9), "out": s.stocked(mei, "3", 9), "removed": s.stocked(mei, "4", 9), "suspended": s.stocked(jun, "5", 9)}
	for i := range 5 {
		s.priced(strconv.Itoa(i+1), 9900, 9)
	}
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for _, pick := range picks {
		s.do("POST", "/v1/cart/items", add(pick, 3), ann).is(201)
	}
	s.priced("1", 12900, 9)
	s.priced("2", 9900, 1)
	s.priced("3", 9900, 0)
	for target, action := range map[string]string{"pick " + picks["removed"]: "remove", "expert jun": "suspend"} {
		kind, id, _ := strings.Cut(target, " ")
		s.do("POST", "/v1/rulings", object{"target": object{"kind": kind, "id": id}, "action": action, "rule": "spam"}, s.moderator()).is(200)
	}
	problems := func() map[string]string {
		got := into[cart](s.do("GET", "/v1/cart", nil, ann).is(200))
		codes := make(map[string]string)
		for _, l := range got.Lines {
			for name, pick := range picks {
				for _, p := range l.Problems {
					if pick == l.Pick {
						codes[name] += p.Code
					}
				}
			}
		}
		if len(got.Lines) != len(picks) {
			t.Errorf("%d lines, want %d", len(got.Lines), len(picks))
		}
		return codes
	}
	want := map[string]string{
		"dearer": "price_changed", "few": "insufficient_stock", "out": "unavailable", "removed": "pick_removed", "suspended": "expert_suspended",
	}
	if diff := cmp.Diff(want, problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	s.do("POST", "/v1/rulings", object{"target": object{"kind": "partner", "id": "taobao"}, "action": "pause", "rule": "partner-quality"}, s.moderator()).is(200)
	if got := problems(); got["dearer"] != "partner_paused" {
		t.Errorf("problems %v while the partner is paused, want to be told so", got)
	}
}

func TestALineIsChangedOnTheCartThatWasSeen(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	pick := a.stocked(mei, "1", 9)
	ann := w.token(t, "ann", api.ScopeWindowRead)
	r := a.do("POST", "/v1/cart/items", add(pick, 2), ann).is(201)
	path := "/v1/cart/items/" + into[cart](r).Lines[0].Line
	tag := ifMatch(r.header.Get("ETag"))
	set := func(n int) object { return object{"quantity": n} }
	b.do("PATCH", path, set(3), ann).problem(428, "precondition-required")
	b.do("PATCH", path, set(3), ann, ifMatch(`"r99"`)).problem(412, "precondition-failed")
	b.do("PATCH", "/v1/cart/items/none", set(3), ann, tag).problem(404, "not-found")
	r = b.do("PATCH", path, set(3), ann, tag).is(200)
	if got := quantities(into[cart](r)); got[pick] != 3 {
		t.Errorf("cart %v, want 3 pieces", got)
	}
	if r := a.do("PATCH", path, set(3), ann, tag).is(200); r.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the same change of the same cart was made twice")
	}
	stale := a.do("PATCH", path, set(5), ann, tag)
	stale.problem(412, "precondition-failed")
	if stale.header.Get("ETag") != r.header.Get("ETag") {
		t.Errorf("tag %s of the refusal, want %s", stale.header.Get("ETag"), r.header.Get("ETag"))
	}
	tag = ifMatch(r.header.Get("ETag"))
	a.do("PATCH", path, set(10), ann, tag).problem(409, "out-of-stock")
	a.priced("1", 12900, 9)
	r = a.do("PATCH", path, set(3), ann, tag).is(200)
	if l := into[cart](r).Lines[0]; len(l.Problems) != 0 || l.SeenPrice.Amount != 12900 {
		t.Errorf("line %+v, want the new price taken for seen", l)
	}
	r = b.do("PATCH", path, set(0), ann, ifMatch(r.header.Get("ETag"))).is(200)
	if got := into[cart](r); len(got.Lines) != 0 {
		t.Errorf("cart %+v, want it empty", got)
	}
	r = a.do("POST", "/v1/cart/items", add(pick, 1), ann).is(201)
	a.do("DELETE", path, nil, ann).problem(428, "precondition-required")
	r = a.do("DELETE", path, nil, ann, ifMatch(r.header.Get("ETag"))).is(200)
	if got := into[cart](r); len(got.Lines) != 0 || w.engine.counted(pick, recommend.ActCart) != 0 {
		t.Errorf("cart %+v, want it empty and counted no more", got)
	}
}

func TestOfTwoChangesOfOneCartOneIsRefused(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	pick := a.stocked(a.expert("mei", "home"), "1", 9)
	ann := w.token(t, "ann", api.ScopeWindowRead)
	r := a.do("POST", "/v1/cart/items", add(pick, 1), ann).is(201)
	path, tag := "/v1/cart/items/"+into[cart](r).Lines[0].Line, ifMatch(r.header.Get("ETag"))
	w.engine.together(2)
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := make(map[int]int)
	for i, s := range []*site{a, b} {
		wg.Go(func() {
			r, err := s.try("PATCH", path, object{"quantity": i + 2}, ann, tag)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			got[r.status]++
		})
	}
	wg.Wait()
	w.engine.before = nil
	if diff := cmp.Diff(map[int]int{200: 1, 412: 1}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestAGuestsCartIsMergedOnce(t *testing.T) {
	w := newWorld(t)
	s, other := w.open(t), w.open(t)
	mei := s.expert("mei", "home")
	one, two := s.stocked(mei, "1", 90), s.stocked(mei, "2", 90)
	s.priced("1", 9900, 90)
	guest := into[struct{ Token string }](s.do("POST", "/v1/guests", nil).is(201)).Token
	ann := w.token(t, "ann", api.ScopeWindowRead)
	s.do("POST", "/v1/cart/items", add(one, 2), as(guest)).is(201)
	r := s.do("POST", "/v1/cart/items", add(two, 1), as(guest)).is(201)
	if got := into[cart](r).ExpiresAt; !got.Equal(w.clock.now().Add(30 * 24 * time.Hour)) {
		t.Errorf("the guest's cart expires at %v, want in 30 days", got)
	}
	s.do("POST", "/v1/cart/items", add(one, 1), ann).is(201)
	for range 2 {
		for _, s := range []*site{s, other} {
			got := into[cart](s.do("POST", "/v1/cart/merge", object{"guest_token": guest}, ann).is(200))
			if diff := cmp.Diff(map[string]int{one: 3, two: 1}, quantities(got)); diff != "" {
				t.Errorf("cart (-want +got):\n%s", diff)
			}
		}
	}
	if left := into[cart](s.do("GET", "/v1/cart", nil, as(guest)).is(200)); len(left.Lines) != 0 {
		t.Errorf("the guest has %+v, want nothing", left.Lines)
	}
	if n := w.engine.counted(one, recommend.ActCart); n != 1 {
		t.Errorf("the pulse counts %d readers, want ann alone", n)
	}
	bob := strings.TrimPrefix(w.token(t, "bob", api.ScopeWindowRead).value, "Bearer ")
	for name, token := range map[string]string{"nonsense": "x", "somebody signed in": bob} {
		t.Run(name, func(t *testing.T) {
			s.in(t).do("POST", "/v1/cart/merge", object{"guest_token": token}, ann).problem(422, "validation")
		})
	}
	s.do("POST", "/v1/cart/merge", object{"guest_token": guest}, as(guest)).problem(422, "validation")
}

func TestWhatCannotBePutIntoACartIsRefused(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	pick, gone, sold := s.stocked(mei, "1", 500), s.stocked(mei, "2", 9), s.stocked(mei, "3", 9)
	few := s.stocked(mei, "4", 5)
	s.priced("1", 9900, 500)
	s.priced("3", 9900, 0)
	s.do("POST", "/v1/rulings", object{"target": object{"kind": "pick", "id": gone}, "action": "remove", "rule": "spam"}, s.moderator()).is(200)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("POST", "/v1/cart/items", add(pick, 90), ann).is(201)
	s.do("POST", "/v1/cart/items", add(few, 3), ann).is(201)
	before := into[cart](s.do("GET", "/v1/cart", nil, ann).is(200)).Revision
	for name, tt := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"an unknown pick":       {add("nothing", 1), 404, "not-found"},
		"no id":                 {add("no id", 1), 404, "not-found"},
		"no pick":               {object{"quantity": 1}, 422, "validation"},
		"a removed pick":        {add(gone, 1), 410, "pick-removed"},
		"what is sold out":      {add(sold, 1), 409, "out-of-stock"},
		"more than there are":   {add(few, 3), 409, "out-of-stock"},
		"quantity 0":            {add(pick, 0), 422, "quantity-limit"},
		"a negative quantity":   {add(pick, -1), 422, "quantity-limit"},
		"a hundred":             {add(pick, 100), 422, "quantity-limit"},
		"a hundred in all":      {add(pick, 10), 422, "quantity-limit"},
		"a huge quantity":       {`{"pick_id":"` + pick + `","quantity":99999999999999999999}`, 422, "validation"},
		"half a piece":          {`{"pick_id":"` + pick + `","quantity":0.5}`, 422, "validation"},
		"a field of no meaning": {object{"pick_id": pick, "price": 1}, 422, "validation"},
		"a long sku":            {object{"pick_id": pick, "sku": strings.Repeat("s", 201)}, 422, "validation"},
		"no JSON":               {"{", 400, "body-malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			s.in(t).do("POST", "/v1/cart/items", tt.body, ann).problem(tt.status, tt.code)
		})
	}
	if p := s.do("POST", "/v1/cart/items", add(few, 3), ann).problem(409, "out-of-stock"); p["available_quantity"] != 5.0 {
		t.Errorf("got %v, want how many there are", p)
	}
	if after := into[cart](s.do("GET", "/v1/cart", nil, ann).is(200)).Revision; after != before {
		t.Errorf("revision %d after refusals alone, want %d", after, before)
	}
	if len(s.engine.dead) != 0 {
		t.Errorf("dead events %v, want none", s.engine.dead)
	}
}

func TestNoMoreLinesAreKeptThanThePolicySays(t *testing.T) {
	s := open(t)
	pick := s.stocked(s.expert("mei", "home"), "1", 9)
	r := recommend.Reader{ID: "ann", Cart: recommend.Cart{Revision: 7, At: s.clock.now()}}
	for i := range 200 {
		r.Cart.Lines = append(r.Cart.Lines, recommend.CartLine{ID: fmt.Sprint("l", i), Pick: fmt.Sprint("p", i), Quantity: 1, At: s.clock.now()})
	}
	s.engine.plant(t, recommend.Ref{Kind: recommend.KindReader, ID: "ann"}, r)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	if p := s.do("POST", "/v1/cart/items", add(pick, 1), ann).problem(422, "too-many"); p["limit"] != 200.0 {
		t.Errorf("got %v, want the bound", p)
	}
	guest := into[struct{ Token string }](s.do("POST", "/v1/guests", nil).is(201)).Token
	s.do("POST", "/v1/cart/items", add(pick, 1), as(guest)).is(201)
	s.do("POST", "/v1/cart/merge", object{"guest_token": guest}, ann).problem(422, "too-many")
	if left := into[cart](s.do("GET", "/v1/cart", nil, as(guest)).is(200)); len(left.Lines) != 1 {
		t.Errorf("the guest has %+v, want his line still", left.Lines)
	}
}
