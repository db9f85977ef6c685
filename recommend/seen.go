package recommend

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"
)

// SeenFor is how long a fold remembers the events of a key: an event appended
// again within it is recognised as a duplicate.
const SeenFor = 7 * 24 * time.Hour

const seenSize = 9 // bytes of digest kept per event: 12 characters of base64

// maxSeen bounds the events remembered of one key: 1.2 MB of its document.
const maxSeen = 100_000

// Seen remembers which events a key has had, by day of append. The chance
// that a new event is taken for one seen is under 1e-15 for 10,000 events.
type Seen map[string]string // day -> digests, one after another

// Has reports whether e was added and is still remembered.
func (s Seen) Has(e Event) bool {
	d := digest(e)
	for _, day := range s {
		for from := 0; ; {
			i := strings.Index(day[from:], d)
			if i < 0 {
				break
			}
			if from += i; from%len(d) == 0 { // else it is parts of two others
				return true
			}
			from++
		}
	}
	return false
}

// Add remembers e under the day it was appended and forgets what is older
// than [SeenFor] before that, or more than 100,000 events ago.
func (s *Seen) Add(e Event) {
	if *s == nil {
		*s = make(Seen)
	}
	oldest := e.Appended.Add(-SeenFor).UTC().Format(time.DateOnly)
	for day := range *s {
		if day < oldest {
			delete(*s, day)
		}
	}
	(*s)[e.Appended.UTC().Format(time.DateOnly)] += digest(e)
	s.shorten()
}

// shorten forgets the oldest events over the bound, a tenth at once.
func (s *Seen) shorten() {
	if s.Len() <= maxSeen {
		return
	}
	most := base64.RawURLEncoding.EncodedLen(seenSize) * maxSeen * 9 / 10
	days, kept := slices.Sorted(maps.Keys(*s)), 0
	for _, day := range slices.Backward(days) {
		all := (*s)[day]
		if kept += len(all); kept > most {
			(*s)[day] = all[min(kept-most, len(all)):]
			kept = most
		}
		if (*s)[day] == "" {
			delete(*s, day)
		}
	}
}

// Len is how many events are remembered.
func (s Seen) Len() int {
	n := 0
	for _, day := range s {
		n += len(day)
	}
	return n / base64.RawURLEncoding.EncodedLen(seenSize)
}

func digest(e Event) string {
	h := sha256.New()
	h.Write([]byte(e.Source))
	h.Write([]byte{0})
	h.Write([]byte(e.ID))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:seenSize])
}

// bounded appends x to xs and keeps the last most.
func bounded[T any](xs []T, x T, most int) []T {
	xs = append(xs, x)
	if n := len(xs) - most; n > 0 {
		xs = slices.Delete(xs, 0, n)
	}
	return xs
}
