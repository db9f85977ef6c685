package recommend

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"vitrine.dev/ranking"
)

// A productRec is what every look at a pick needs of its product.
type productRec struct {
	hash    uint64
	version int64 // -1 until its document has come
	checked moment
	partner int32
	refs    int32 // picks of it that the shelf holds, listed or not
	// restricted is the epoch of the policy under which the title was looked
	// at, times two, plus one if it is restricted. Readers write it atomically.
	restricted   uint32
	availability stock
	perishable   bool
	picks        []pickOf // listed, oldest first
}

// A pickOf is a pick of a product with what most looks at it need, so that they
// wait for the memory of one list alone.
type pickOf struct {
	row, expert int32
	since       moment
}

// insert lists the pick of row n.
func (r *productRec) insert(n int32, picks *pickTable) {
	if at, found := r.find(n, picks); !found {
		r.picks = slices.Insert(r.picks, at, pickOf{n, picks.row[n].expert, picks.row[n].since})
	}
}

// remove undoes insert.
func (r *productRec) remove(n int32, picks *pickTable) {
	if at, found := r.find(n, picks); found {
		r.picks = slices.Delete(r.picks, at, at+1)
	}
}

func (r *productRec) find(n int32, picks *pickTable) (at int, found bool) {
	return slices.BinarySearchFunc(r.picks, n, func(p pickOf, n int32) int { return picks.age(p.row, n) })
}

// A productTable holds products by number. Those that no pick refers to are
// idle; past a bound they are forgotten, and their numbers used again.
type productTable struct {
	index
	rec      []productRec
	facts    []*Product // nil until its document has come
	stills   stills
	crowds   []atomic.Pointer[crowd]
	free     []int32
	idle     int
	mostIdle int
	partial  bool     // some product was forgotten, or never taken
	wanted   []string // keys of products to be read from the store
}

// product returns the number of a product.
func (s *Shelf) product(key string) int32 {
	t := &s.products
	if n, ok := t.find(key); ok {
		return n
	}
	partner, _ := s.partners.number(partnerOf(key))
	rec := productRec{hash: ranking.Hash(key), version: -1, checked: never, partner: partner}
	t.idle++
	if k := len(t.free); k > 0 {
		n := t.free[k-1]
		t.free = t.free[:k-1]
		t.of[key], t.ids[n], t.rec[n] = n, key, rec
		t.changed(n)
		return n
	}
	n, _ := t.number(key)
	t.rec, t.facts, t.stills = append(t.rec, rec), append(t.facts, nil), append(t.stills, atomic.Pointer[still]{})
	t.crowds = append(t.crowds, atomic.Pointer[crowd]{})
	return n
}

// changed forgets what is kept of product n.
func (t *productTable) changed(n int32) {
	t.stills[n].Store(nil)
	t.crowds[n].Store(nil)
}

// refer counts a pick that was of product before, -1 if it is new, and is of
// product now.
func (s *Shelf) refer(product, before int32) {
	if product == before {
		return
	}
	rec := &s.products.rec[product]
	if rec.refs == 0 {
		s.products.idle--
	}
	rec.refs++
	if before >= 0 {
		s.release(before)
	}
}

// release counts one pick of product less.
func (s *Shelf) release(product int32) {
	t := &s.products
	t.rec[product].refs--
	switch {
	case t.rec[product].refs > 0:
	case t.idle < t.mostIdle:
		t.idle++
	default:
		delete(t.of, t.ids[product])
		t.ids[product], t.rec[product], t.facts[product] = "", productRec{}, nil
		s.dropped++
		t.free = append(t.free, product)
		t.partial = true
	}
}

func (s *Shelf) putProduct(key string, version int64, p *Product) {
	if _, ok := s.products.find(key); !ok && s.products.idle >= s.products.mostIdle {
		s.products.partial = true
		return
	}
	n := s.product(key)
	rec := &s.products.rec[n]
	if version <= rec.version {
		return
	}
	p.Key = key
	if s.seenAnew(n, p) {
		s.seenAgain(rec.picks)
	}
	rec.version, rec.checked, rec.restricted = version, momentOf(p.UpdatedAt), 0
	rec.availability, rec.perishable = stockOf(p), p.Perishable()
	s.products.facts[n] = p
}

// seenAgain adds the newest of picks to the arrivals.
func (s *Shelf) seenAgain(picks []pickOf) {
	for _, p := range picks[max(0, len(picks)-mostOfProduct):] {
		s.arrivals.add(p.row)
	}
}

// want notes that product is shown and that its facts may have been left off.
func (s *Shelf) want(product int32) {
	t := &s.products
	if t.partial && s.store != nil && t.rec[product].version < 0 {
		t.wanted = append(t.wanted, t.ids[product])
	}
}

// catchUp reads from the store what is wanted. What it cannot get stays wanted.
func (s *Shelf) catchUp(ctx context.Context) error {
	if len(s.products.wanted) == 0 { // written by Apply alone, as this is
		return nil
	}
	slices.Sort(s.products.wanted)
	wanted := slices.Compact(s.products.wanted)
	refs := make([]Ref, len(wanted))
	for i, key := range wanted {
		refs[i] = Ref{KindProduct, key}
	}
	docs, err := s.store.Get(ctx, refs...)
	if err != nil {
		return fmt.Errorf("products not held: %w", err)
	}
	s.apply(s.decode(ctx, KindProduct, docs))
	s.products.wanted = nil
	return nil
}

// seenAnew reports whether picks of product n that could not be seen may be, by
// what p says of it.
func (s *Shelf) seenAnew(n int32, p *Product) bool {
	rec := &s.products.rec[n]
	if rec.version < 0 || rec.availability != stockOf(p) || s.products.facts[n].Title != p.Title {
		return true
	}
	return rec.perishable && rec.checked < momentOf(s.now())-moment(s.scene().Policy.Facts.PickFor.D().Microseconds())
}
