package ingest

import "container/list"

// Bounds of what one lane keeps: of its states, decoded, and of its leaves. A
// decoded state takes several times the bytes of its body; statePrice is that
// guess.
const (
	cacheEntries = 20_000
	cacheBytes   = 32 << 20
	statePrice   = 4
	entryPrice   = 256 // of what is around a state or leaf
)

// A recent keeps what a lane has used last. It is right for as long as the lane
// folds its partition without a gap and every write succeeds; else it is
// cleared.
type recent[K comparable, V any] struct {
	price func(V) int // in bytes

	order *list.List // of *kept[K, V], last used first
	byKey map[K]*list.Element
	bytes int
}

type kept[K comparable, V any] struct {
	key   K
	value V
	price int
}

func newRecent[K comparable, V any](price func(V) int) *recent[K, V] {
	return &recent[K, V]{price: price, order: list.New(), byKey: map[K]*list.Element{}}
}

func (c *recent[K, V]) get(key K) (v V, ok bool) {
	el, ok := c.byKey[key]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(el)
	k, _ := el.Value.(*kept[K, V])
	return k.value, true
}

// put keeps v, or tells that what is kept of it has another price now.
func (c *recent[K, V]) put(key K, v V) {
	price := c.price(v)
	if el, ok := c.byKey[key]; ok {
		k, _ := el.Value.(*kept[K, V])
		c.bytes += price - k.price
		k.value, k.price = v, price
		c.order.MoveToFront(el)
		return
	}
	c.byKey[key] = c.order.PushFront(&kept[K, V]{key, v, price})
	c.bytes += price
}

// trim drops what was unused for longest. It is for the time between batches,
// when no state has changes.
func (c *recent[K, V]) trim() {
	for c.order.Len() > cacheEntries || c.bytes > cacheBytes {
		k, ok := c.order.Remove(c.order.Back()).(*kept[K, V])
		if !ok {
			return
		}
		delete(c.byKey, k.key)
		c.bytes -= k.price
	}
}

func (c *recent[K, V]) clear() {
	c.order.Init()
	clear(c.byKey)
	c.bytes = 0
}

// A cached state is a key's state as of version, the offset of the last event
// in it; -1 when there is no document.
type cached struct {
	id      string
	state   any
	version int64
	size    int // of the body
	changed int // index of the item that changed it last, in the batch that did
}

func statePriceOf(s *cached) int { return entryPrice + len(s.id) + statePrice*s.size }

func leafPriceOf(lf *leaf) int {
	size := len(lf.doc.Body)
	if lf.value != nil {
		size += statePrice * size
	}
	return entryPrice + len(lf.doc.ID) + size
}

// state is the cached state of a key, nil if there is none.
func (l *lane) state(key string) *cached {
	s, _ := l.states.get(key)
	return s
}

// forget clears what was read or made before something went wrong.
func (l *lane) forget() {
	l.states.clear()
	l.made.clear()
}
