package recommend

import (
	"strconv"
	"time"

	"vitrine.dev/ranking"
)

// sampledWindows is of how many windows a [Sample] remembers at least whether
// they are learned from: as many as a [Learner] holds open.
const sampledWindows = mostLists

// A Sample chooses what to learn from where there is not the time for all. It
// chooses whole windows, and of what readers do outside of windows whole days of
// readers, by a hash of their names: by nothing that was done there. So of all
// that learning counts (how often a card was opened of the times it was shown,
// what goes together of what was used) it sees the same part, and what it
// learns is what it would learn from all, from less evidence.
//
// The zero Sample takes everything. It is not safe for concurrent use.
type Sample struct {
	left            float64         // out, 0 to 1
	recent, earlier map[uint64]bool // windows, and whether they are learned from
}

// SetShare says what part is to be learned from, 0 to 1. Windows that were
// decided on keep to that: a smaller part is a part of a larger one.
func (s *Sample) SetShare(share float64) { s.left = 1 - min(max(share, 0), 1) }

// Share is the part that is learned from.
func (s *Sample) Share() float64 { return 1 - s.left }

// Takes reports whether to learn from an action.
func (s *Sample) Takes(a *Action) bool {
	if a.Window == "" {
		day := a.At.UTC().Truncate(24 * time.Hour).Unix()
		return s.within(ranking.Hash("day\x00" + a.Reader + "\x00" + strconv.FormatInt(day, 10)))
	}
	key := ranking.Hash("window\x00" + a.Reader + "\x00" + a.Window)
	takes, known := s.recent[key]
	if !known {
		if takes, known = s.earlier[key]; !known {
			takes = s.within(key)
		}
		s.remember(key, takes)
	}
	return takes
}

func (s *Sample) within(key uint64) bool { return ranking.Unit(key) < s.Share() }

func (s *Sample) remember(key uint64, takes bool) {
	if len(s.recent) >= sampledWindows {
		s.recent, s.earlier = nil, s.recent
	}
	if s.recent == nil {
		s.recent = make(map[uint64]bool)
	}
	s.recent[key] = takes
}
