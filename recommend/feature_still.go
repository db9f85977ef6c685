package recommend

import "sync/atomic"

// A still is what features say of a product whoever looks at it. Where windows
// keep how cards stand, it is kept as long: the readers of a time look at much
// the same products.
type still struct {
	at     moment
	events productEvents
	lists  stillLists
	rate   float64
	item   int32 // as the memory numbers it, -1 when it does not know it
}

// stillLists are the features of a product's answered lists.
type stillLists struct{ lift, strength, exposure, shown float64 }

// stills are by product.
type stills []atomic.Pointer[still]

// stills are those of the pool's products, made where they are missing or too
// old.
func (p *pool) stills() []*still {
	if p.still == nil {
		p.still = p.lookUp()
	}
	return p.still
}

func (p *pool) lookUp() []*still {
	all := make([]*still, len(p.products))
	var missing []int // indices
	for i, product := range p.products {
		if p.keep > 0 {
			if s := p.Shelf.products.stills[product].Load(); s != nil && s.at <= p.horizon && p.horizon-s.at < p.keep {
				all[i] = s
				continue
			}
		}
		missing = append(missing, i)
	}
	made := make([]still, len(missing))
	products := make([]int32, len(missing))
	for k, i := range missing {
		products[k] = p.products[i]
		made[k].at, all[i] = p.horizon, &made[k]
	}
	for k := range made {
		if k%fetchedAtOnce == 0 {
			p.fetch(products[k:min(k+fetchedAtOnce, len(products))])
		}
		made[k].events = p.eventsOf(products[k], p.horizon)
	}
	p.remember(products, made)
	if p.keep > 0 {
		for k := range made { // one by one: a page of memory is not held for one of them
			s := made[k]
			p.Shelf.products.stills[products[k]].Store(&s)
		}
	}
	return all
}

// remember adds what the memory knows of products.
func (p *pool) remember(products []int32, made []still) {
	if p.memory == nil {
		return
	}
	p.memory.mu.RLock()
	defer p.memory.mu.RUnlock()
	usual := p.memory.rates.Usual(int64(p.horizon))
	for k := range made {
		item, topic := p.memory.item(p.Shelf.products.ids[products[k]]), p.memoryTopic(products[k])
		made[k].lists = p.memory.listed(item, topic, p.horizon)
		made[k].item = item
		made[k].rate = p.memory.rates.Rate(item, topic, usual)
	}
}
