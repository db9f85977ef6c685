package partner

import (
	"maps"
	"slices"

	"vitrine.dev/recommend"
)

// Channels are the partners that this installation is connected to. A Channels
// is not changed after it was made; a nil one has none.
type Channels struct {
	byID map[string]recommend.Channel
}

// NewChannels holds channels; of two of one partner it keeps the last.
func NewChannels(channels ...recommend.Channel) *Channels {
	c := &Channels{byID: make(map[string]recommend.Channel, len(channels))}
	for _, ch := range channels {
		c.byID[ch.Partner] = ch
	}
	return c
}

// Get returns the channel of partner.
func (c *Channels) Get(partner string) (recommend.Channel, bool) {
	if c == nil {
		return recommend.Channel{}, false
	}
	ch, ok := c.byID[partner]
	return ch, ok
}

// All returns the channels, sorted by partner. The caller owns the result.
func (c *Channels) All() []recommend.Channel {
	if c == nil {
		return nil
	}
	out := make([]recommend.Channel, 0, len(c.byID))
	for _, id := range slices.Sorted(maps.Keys(c.byID)) {
		out = append(out, c.byID[id])
	}
	return out
}
