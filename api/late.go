package api

import (
	"time"

	"github.com/maypok86/otter/v2"
)

// late remembers which readers' events this process was not shown in time. As
// long as a document is behind them, what it says is no reason to leave a
// change out: the one before may be on its way.
type late struct {
	upTo *otter.Cache[string, int64] // by name: the offset that the document has to reach
}

func newLate() (*late, error) {
	const readers, lasts = 100_000, time.Hour
	upTo, err := otter.New(&otter.Options[string, int64]{MaximumSize: readers, ExpiryCalculator: otter.ExpiryWriting[string, int64](lasts)})
	return &late{upTo}, err
}

func (l *late) close() { l.upTo.StopAllGoroutines() }

func (l *late) note(name string, offset int64) { l.upTo.Set(name, offset) }

// behind reports whether a document of version lacks an event.
func (l *late) behind(name string, version int64) bool {
	offset, ok := l.upTo.GetIfPresent(name)
	if ok && version >= offset {
		l.upTo.Invalidate(name)
	}
	return ok && version < offset
}
