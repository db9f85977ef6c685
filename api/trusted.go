package api

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"
)

const (
	// fewestBuyers are as many as can be told without telling who they are.
	fewestBuyers = 5
	// buyersKnownFor is how long a count is good: accounts are large, and
	// storefronts are asked for often.
	buyersKnownFor = time.Minute
	mostCounted    = 20_000
)

// buyers counts, by expert, who bought.
type buyers struct{ known *otter.Cache[string, int] }

func newBuyers() (*buyers, error) {
	known, err := otter.New(&otter.Options[string, int]{
		MaximumSize: mostCounted, ExpiryCalculator: otter.ExpiryWriting[string, int](buyersKnownFor),
	})
	return &buyers{known}, err
}

func (b *buyers) close() { b.known.StopAllGoroutines() }

// trustedBy is how many readers bought by an expert's picks in the last twelve
// months and did not send everything back; 0 when they are too few to be told,
// or cannot be counted now: a storefront is shown without.
func (s *Server) trustedBy(ctx context.Context, expert string, now time.Time) int {
	if n, ok := s.buyers.known.GetIfPresent(expert); ok {
		return n
	}
	accounts, err := s.accounts(ctx, expert)
	if err != nil {
		s.Logger.WarnContext(ctx, "buyers of an expert are not counted", "expert", expert, "err", err)
		return 0
	}
	since := now.AddDate(-1, 0, 0).Format(time.DateOnly)
	who := make(map[string]bool)
	for _, a := range accounts {
		for buyer, last := range a.Buyers {
			if last >= since {
				who[buyer] = true
			}
		}
	}
	n := len(who)
	if n < fewestBuyers {
		n = 0
	}
	s.buyers.known.Set(expert, n)
	return n
}
