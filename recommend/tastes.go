package recommend

import (
	"bytes"

	"github.com/maypok86/otter/v2"
)

// tastes are documents of readers as [decodeTaste] reads them, by pseudonym, for
// whoever comes again before he does anything. What is in them never changes.
type tastes struct {
	all *otter.Cache[string, *decodedTaste]
}

// A decodedTaste is a document of a reader and what was read of it.
type decodedTaste struct {
	body   []byte
	reader *Reader
}

// mostTasteBytes is how much is kept of all readers, about.
const mostTasteBytes = 64 << 20

func newTastes() tastes {
	return tastes{otter.Must(&otter.Options[string, *decodedTaste]{
		MaximumWeight: mostTasteBytes,
		Weigher: func(_ string, d *decodedTaste) uint32 {
			const fixed, price = 600, 5              // what is decoded takes several times its bytes
			return uint32(fixed + price*len(d.body)) //nolint:gosec // of some kilobytes
		},
	})}
}

// close ends what the cache runs.
func (t tastes) close() { t.all.StopAllGoroutines() }

// decode is decodeTaste of the body of the reader called name.
func (t tastes) decode(name string, body []byte) (*Reader, error) {
	if d, ok := t.all.GetIfPresent(name); ok && bytes.Equal(d.body, body) {
		return d.reader, nil
	}
	r, err := decodeTaste(body)
	switch {
	case err != nil:
	case r.Erased.IsZero():
		t.all.Set(name, &decodedTaste{body, r})
	default:
		t.all.Invalidate(name)
	}
	return r, err
}
