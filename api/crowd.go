package api

import (
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// A crowd says whether somebody of a network has gone to the checkout of a pick
// moments before. It remembers digests under a key of its own, in memory alone,
// and forgets both with the bucket of time: what gets out is one bit a click.
type crowd struct {
	mu     sync.Mutex
	bucket time.Time
	key    [32]byte
	seen   map[[16]byte]struct{}
}

// maxCrowd bounds what is remembered, of 16 bytes each. What comes on top counts
// as of a network of its own: a burst is missed rather than made up.
const maxCrowd = 200_000

// near notes a click at now, in a bucket of so long, from an address.
func (c *crowd) near(address, pick string, now time.Time, width time.Duration) bool {
	network, ok := networkOf(address)
	if !ok {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := now.UTC().Truncate(width); c.seen == nil || b.After(c.bucket) {
		c.bucket, c.seen = b, make(map[[16]byte]struct{})
		_, _ = rand.Read(c.key[:]) // never fails
	}
	h := sha256.New()
	_, _ = h.Write(c.key[:])
	_, _ = h.Write([]byte(network.String() + " " + pick))
	var d [16]byte
	copy(d[:], h.Sum(nil))
	_, known := c.seen[d]
	if !known && len(c.seen) < maxCrowd {
		c.seen[d] = struct{}{}
	}
	return known
}

// networkOf is what usually belongs to one household, office or carrier's
// exchange: the /24 of IPv4, the /48 of IPv6. Addresses that the internet does
// not know, as of a proxy that nobody told us of, say nothing.
func networkOf(address string) (netip.Prefix, bool) {
	const v4, v6 = 24, 48
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, false
	}
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return netip.Prefix{}, false
	}
	bits := v6
	if a.Is4() {
		bits = v4
	}
	p, err := a.Prefix(bits)
	return p, err == nil
}
