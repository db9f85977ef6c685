package main

import (
	"context"
	"time"

	"vitrine.dev/recommend"
)

// A measuredAdapter is a partner's adapter whose calls are measured.
type measuredAdapter struct {
	recommend.Adapter
	lookup, link, orders timed
}

// measuredChannels are channels with their calls measured.
func (f *figures) measuredChannels(channels []recommend.Channel) []recommend.Channel {
	out := make([]recommend.Channel, len(channels))
	for i, c := range channels {
		if c.Adapter != nil {
			of := func(operation string) timed { return newTimed(f.partners, c.Partner, operation) }
			c.Adapter = &measuredAdapter{c.Adapter, of("lookup"), of("link"), of("orders")}
		}
		out[i] = c
	}
	return out
}

// Lookup implements [recommend.Adapter].
func (m *measuredAdapter) Lookup(ctx context.Context, item string) (p *recommend.Product, err error) {
	defer func(began time.Time) { m.lookup.done(began, err) }(time.Now())
	return m.Adapter.Lookup(ctx, item)
}

// ConvertLink implements [recommend.Adapter].
func (m *measuredAdapter) ConvertLink(ctx context.Context, c recommend.Conversion) (way recommend.Checkout, err error) {
	defer func(began time.Time) { m.link.done(began, err) }(time.Now())
	return m.Adapter.ConvertLink(ctx, c)
}

// OrdersSince implements [recommend.Adapter].
func (m *measuredAdapter) OrdersSince(ctx context.Context, q recommend.OrderQuery) (reports []recommend.OrderReport, next string, err error) {
	defer func(began time.Time) { m.orders.done(began, err) }(time.Now())
	return m.Adapter.OrdersSince(ctx, q)
}
