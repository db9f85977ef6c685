package ingest

import "container/list"

// Bounds of the states that one lane keeps decoded. A decoded state takes
// several times the bytes of its body; statePrice is that guess.
const (
	cacheStates = 20_000
	cacheBytes  = 32 << 20
	statePrice  = 4
)

// A cached state is a key's state as of version, the offset of the last event
// in it; -1 when there is no document.
type cached struct {
	id      string
	state   any
	version int64
	size    int // of the body
	changed int // index of the item that changed it last, in the batch that did
}

// A stateCache keeps the states that a lane has used last. It is right for as
// long as the lane folds its partition without a gap and every write succeeds;
// else it is cleared.
type stateCache struct {
	order *list.List // of *cached, last used first
	byID  map[string]*list.Element
	bytes int
}

func newStateCache() *stateCache {
	return &stateCache{order: list.New(), byID: map[string]*list.Element{}}
}

func (c *stateCache) get(id string) *cached {
	el, ok := c.byID[id]
	if !ok {
		return nil
	}
	c.order.MoveToFront(el)
	s, _ := el.Value.(*cached)
	return s
}

func (c *stateCache) add(s *cached) {
	c.byID[s.id] = c.order.PushFront(s)
	c.bytes += s.cost()
}

// resize tells the cache that the body of s has now size bytes.
func (c *stateCache) resize(s *cached, size int) {
	c.bytes -= s.cost()
	s.size = size
	c.bytes += s.cost()
}

func (s *cached) cost() int { return 256 + len(s.id) + statePrice*s.size }

// trim drops the states unused for longest. It is for the time between
// batches, when none has changes.
func (c *stateCache) trim() {
	for c.order.Len() > cacheStates || c.bytes > cacheBytes {
		el := c.order.Back()
		s, ok := c.order.Remove(el).(*cached)
		if !ok {
			return
		}
		delete(c.byID, s.id)
		c.bytes -= s.cost()
	}
}

func (c *stateCache) clear() {
	c.order.Init()
	clear(c.byID)
	c.bytes = 0
}
