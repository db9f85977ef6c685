package recommend

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A stock is an [Availability] in a byte.
type stock uint8

const (
	stockUnknown stock = iota
	stockIn
	stockPreorder
	stockOut
)

func stockOf(p *Product) stock {
	switch p.Availability() {
	case InStock:
		return stockIn
	case Preorder:
		return stockPreorder
	case OutOfStock:
		return stockOut
	case AvailabilityUnknown:
		return stockUnknown
	}
	return stockUnknown
}

// A sighting is everything that decides whether readers see a pick.
type sighting struct {
	stage        stage
	ruled        ruled
	since        moment
	expertHidden bool
	approved     bool
	partner      PartnerState
	known        bool // some partner lists the product
	restricted   bool
	perishable   bool
	checked      moment
	stock        stock
}

// hidden is the one place that says why readers do not see a pick. The reasons
// that a pick recovers from by itself come last; a sold-out one would be seen
// but for that.
func (x *sighting) hidden(now moment, rules *FactRules) Hidden {
	switch {
	case x.stage == stageWithdrawn:
		return HiddenWithdrawn
	case x.ruled == ruledRemoved:
		return HiddenRemoved
	case x.stage == stageHeld, x.ruled == ruledHeld:
		return HiddenHeld
	case x.expertHidden:
		return HiddenExpert
	case !x.approved:
		return HiddenTopic
	case x.partner == PartnerPaused:
		return HiddenPartnerPaused
	case !x.partner.Open():
		return HiddenPartnerRemoved
	case x.restricted:
		return HiddenRestricted
	case x.since > now:
		return HiddenDeferred
	case !x.known && !rules.UnknownFacts:
		return HiddenUnknownProduct
	case !x.known:
		return ""
	case rules.StaleIsHidden && x.perishable && x.checked < now-moment(rules.PickFor.D().Microseconds()):
		return HiddenStale
	case x.stock == stockUnknown && !rules.UnknownStock:
		return HiddenUnknownStock
	case x.stock == stockOut && !rules.ShowSoldOut:
		return HiddenSoldOut
	}
	return ""
}

// A look is one consistent reading of a shelf, at one moment in one scene. It
// is good only within the function that [Shelf.read] calls.
type look struct {
	*Shelf
	scene  *Scene
	now    moment
	epoch  uint32
	states []PartnerState // of the partners, by number
}

// read calls f with a look; changes wait until f returns.
func (s *Shelf) read(scene *Scene, now time.Time, f func(*look)) {
	l := look{Shelf: s, scene: scene, now: momentOf(now), epoch: s.epochs.of(scene.Policy)}
	s.mu.RLock()
	defer s.mu.RUnlock()
	l.states = make([]PartnerState, len(s.partners.ids))
	for i, id := range s.partners.ids {
		l.states[i] = scene.Partners.State(id)
	}
	f(&l)
}

// hidden says why readers do not see the pick of row n.
func (l *look) hidden(n int32) Hidden {
	row := &l.picks.row[n]
	expert, product := &l.experts.rec[row.expert], &l.products.rec[row.product]
	x := sighting{
		stage: row.stage, ruled: row.ruled, since: row.since, expertHidden: expert.hidden, approved: row.approved,
		partner: l.states[product.partner], known: product.version >= 0, restricted: l.restricted(row.product),
		perishable: product.perishable, checked: product.checked, stock: product.availability,
	}
	return x.hidden(l.now, &l.scene.Policy.Facts)
}

// restricted reports whether the policy restricts the title of product n. It
// reads a title once under each policy.
func (l *look) restricted(n int32) bool {
	rec := &l.products.rec[n]
	if rec.version < 0 {
		return false
	}
	if v := atomic.LoadUint32(&rec.restricted); v>>1 == l.epoch {
		return v&1 == 1
	}
	r, _ := l.scene.Policy.Restricts(l.products.facts[n].Title)
	v := l.epoch << 1
	if r != nil {
		v |= 1
	}
	atomic.StoreUint32(&rec.restricted, v)
	return r != nil
}

// epochs number the policies as they come into force.
type epochs struct {
	mu     sync.Mutex
	policy *Policy
	n      uint32
}

// of is the number of policy, never 0.
func (e *epochs) of(policy *Policy) uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy != policy || e.n == 0 {
		e.policy = policy
		e.n = e.n%(1<<31-1) + 1
	}
	return e.n
}

// sightOf is the sighting of p by its documents, as the store has them.
func sightOf(scene *Scene, p *Pick, d *pickDocs, now time.Time) sighting {
	x := sighting{
		stage: stageOf(p.State), ruled: ruledBy(d.ruling), since: sinceOf(scene, p, now), expertHidden: d.expert.Hidden(),
		partner: scene.Partners.State(p.Partner()), approved: slices.ContainsFunc(p.Topics, d.expert.Approved),
	}
	product := d.product
	if product != nil {
		restriction, _ := scene.Policy.Restricts(product.Title)
		x.known, x.restricted = true, restriction != nil
		x.perishable, x.checked, x.stock = product.Perishable(), momentOf(product.UpdatedAt), stockOf(product)
	}
	return x
}
