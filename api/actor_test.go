package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// A vault in memory.
type vault struct {
	mu    sync.Mutex
	names map[string]string
}

func (v *vault) Lookup(_ context.Context, readers ...string) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := make(map[string]string)
	for _, r := range readers {
		if name, ok := v.names[r]; ok {
			found[r] = name
		}
	}
	return found, nil
}

func (v *vault) Claim(_ context.Context, fresh map[string]string) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	claimed := make(map[string]string)
	for r, name := range fresh {
		if _, ok := v.names[r]; !ok {
			v.names[r] = name
		}
		claimed[r] = v.names[r]
	}
	return claimed, nil
}

func (v *vault) Readers(_ context.Context, names ...string) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := make(map[string]string)
	for _, n := range names {
		for r, name := range v.names {
			if name == n {
				found[n] = r
			}
		}
	}
	return found, nil
}

func (v *vault) Destroy(_ context.Context, reader, name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.names[reader] == name {
		delete(v.names, reader)
	}
	return nil
}

func (v *vault) all() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.names)
}

// veiled opens processes that share a vault, each with a cache of its own.
func (w *world) veiled(t *testing.T, v *vault) func(*api.Config) {
	t.Helper()
	return func(c *api.Config) {
		p, err := recommend.NewPseudonyms(v)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		c.Pseudonyms = p
		c.Windows = recommend.NewWindows(recommend.WindowsConfig{
			Shelf: w.engine.shelf, World: c.World, Store: w.engine, Pseudonyms: p, SecretKey: c.Keys.Secret("cursor"), Now: c.Now, Logger: slog.New(slog.DiscardHandler),
		})
	}
}

// unnamed fails the test when the log or a document names one of readers.
func (e *engine) unnamed(t *testing.T, readers ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range readers {
		for topic, events := range e.log {
			for _, ev := range events {
				if strings.Contains(ev.Key+" "+ev.ID+" "+string(ev.Data), r) {
					t.Errorf("%s %d names %s: %s %s", topic, ev.Offset, r, ev.Key, ev.Data)
				}
			}
		}
		for ref, d := range e.docs {
			if strings.Contains(ref.ID+" "+string(d.Body), r) {
				t.Errorf("%s names %s: %s", ref, r, d.Body)
			}
		}
	}
}

func TestNoEventAndNoDocumentNamesAReader(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s, other := w.open(t, w.veiled(t, v)), w.open(t, w.veiled(t, v))
	s.expert("mei", "home")
	const subject = "annabelle-lee"
	ann := s.token(t, subject, api.ScopeWindowRead)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "home", "weight": 1}}}, ann).is(200)
	s.do("PUT", "/v1/follows/mei", nil, ann, key("k")).is(200)
	s.do("PUT", "/v1/mutes/topic/food", nil, ann).is(200)
	if got := into[interests](other.do("GET", "/v1/me/interests", nil, ann).is(200)).Interests; len(got) != 1 {
		t.Errorf("interests %v on another process, want the one", got)
	}
	if len(v.all()) != 1 {
		t.Errorf("pseudonyms %v, want one", v.all())
	}
	w.engine.unnamed(t, subject)
}

func TestReadingGivesNobodyAPseudonym(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s := w.open(t, w.veiled(t, v))
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for _, path := range []string{"/v1/me/interests", "/v1/follows", "/v1/mutes"} {
		s.do("GET", path, nil, ann).is(200)
	}
	if len(v.all()) != 0 {
		t.Errorf("pseudonyms %v, want none", v.all())
	}
}

func TestAReaderWhoWasErasedElsewhereGoesOnUnderAnotherName(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s := w.open(t, w.veiled(t, v))
	ann := s.token(t, "ann", api.ScopeWindowRead)
	home := object{"interests": []object{{"topic": "home", "weight": 1}}}
	s.do("PUT", "/v1/me/interests", home, ann).is(200)
	before := v.all()["ann"]
	w.engine.plant(t, recommend.Ref{Kind: recommend.KindReader, ID: before}, recommend.Reader{ID: before, Erased: w.clock.now()})
	if got := into[interests](s.do("GET", "/v1/me/interests", nil, ann).is(200)).Interests; len(got) != 0 {
		t.Errorf("interests %v after the erasure, want none", got)
	}
	s.do("PUT", "/v1/me/interests", home, ann).is(200)
	after := v.all()["ann"]
	if after == "" || after == before {
		t.Errorf("name %q after the erasure, want another than %q", after, before)
	}
	if got := into[interests](s.do("GET", "/v1/me/interests", nil, ann).is(200)).Interests; len(got) != 1 {
		t.Errorf("interests %v, want those declared since", got)
	}
}

// Two processes see room for one more, and only one has it.
func TestWhoLosesTheLastPlaceIsToldSo(t *testing.T) {
	for name, tt := range map[string]struct {
		full func(r *recommend.Reader, one string) // but for one
		ask  func(s *site, pick string, who header) (*reply, error)
		code string
	}{
		"among bookmarks": {
			func(r *recommend.Reader, _ string) {
				for i := range 1999 {
					r.Bookmarks = append(r.Bookmarks, recommend.Bookmark{Pick: fmt.Sprint("p", i)})
				}
			},
			func(s *site, pick string, who header) (*reply, error) {
				return s.try("PUT", "/v1/bookmarks/"+pick, nil, who)
			},
			"too-many",
		},
		"in a cart": {
			func(r *recommend.Reader, _ string) {
				for i := range 199 {
					r.Cart.Lines = append(r.Cart.Lines, recommend.CartLine{ID: fmt.Sprint("l", i), Pick: fmt.Sprint("p", i), Quantity: 1})
				}
			},
			func(s *site, pick string, who header) (*reply, error) {
				return s.try("POST", "/v1/cart/items", add(pick, 1), who)
			},
			"too-many",
		},
		"in a line": {
			func(r *recommend.Reader, one string) {
				a := recommend.Action{Pick: one, Expert: "mei", Product: "taobao:1"}
				r.Cart.Lines = []recommend.CartLine{{ID: a.LineID(), Pick: one, Expert: "mei", Product: "taobao:1", Quantity: 98}}
			},
			func(s *site, pick string, who header) (*reply, error) {
				return s.try("POST", "/v1/cart/items", add(pick, 1), who, key("for "+s.url))
			},
			"quantity-limit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.open(t), w.open(t)
			mei := a.expert("mei", "home")
			one, two := a.stocked(mei, "1", 500), a.stocked(mei, "2", 500)
			a.priced("1", 9900, 500)
			r := recommend.Reader{ID: "ann", Cart: recommend.Cart{Revision: 7, At: w.clock.now()}}
			tt.full(&r, one)
			w.engine.plant(t, recommend.Ref{Kind: recommend.KindReader, ID: "ann"}, r)
			if tt.code == "quantity-limit" {
				two = one
			}
			ann := w.token(t, "ann", api.ScopeWindowRead)
			w.engine.together(2)
			var wg sync.WaitGroup
			answers := make(chan *reply, 2)
			for s, pick := range map[*site]string{a: one, b: two} {
				wg.Go(func() {
					r, err := tt.ask(s, pick, ann)
					if err != nil {
						t.Error(err)
						return
					}
					answers <- r
				})
			}
			wg.Wait()
			close(answers)
			won := 0
			for r := range answers {
				if r.status == 200 || r.status == 201 {
					won++
					continue
				}
				r.problem(422, tt.code)
			}
			if won != 1 || len(w.engine.dead) != 0 {
				t.Errorf("%d got the place, dead letters %v; want one and none", won, w.engine.dead)
			}
		})
	}
}
