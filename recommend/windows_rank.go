package recommend

import (
	"context"
	"fmt"
)

// mostRanked is how many picks one request may have ordered.
const mostRanked = 1_000

// Rank orders the picks of a request for its reader, for those who have
// candidates of their own. Several picks of one product become one card, the
// best of them. It fails only for a request that is wrong, with a [*Refusal].
func (w *Windows) Rank(ctx context.Context, r RankRequest) (*Window, error) {
	if n := len(r.Picks); n == 0 || n > mostRanked {
		return nil, Refuse(Problem{Code: "validation", Pointer: "/picks", Message: fmt.Sprintf("%d picks", n), Fix: fmt.Sprintf("give 1 to %d", mostRanked)})
	}
	if r.Limit < 0 {
		return nil, Refuse(Problem{Code: "validation", Pointer: "/limit", Message: fmt.Sprintf("limit %d", r.Limit), Fix: "give 1 or more, or leave it out for all"})
	}
	scene, now := w.world.Scene(), w.now()
	name, reader, missing := w.named(ctx, r.Reader)
	c := &cursor{window: w.signer.newWindowID(name, now), seed: r.Seed}
	page := &Window{ID: c.window.String(), Items: []Item{}, PolicyVersion: scene.Policy.Version, Missing: missing, Degraded: len(missing) > 0}
	w.shelf.read(scene, now, func(l *look) {
		a := &ask{look: l, taste: l.tasteAt(l.now, r.Reader, reader), horizon: l.now, served: &c.served, limit: len(r.Picks)}
		s := a.score(a.gather([]share{{given(r.Picks), 1}}), w.model(SurfaceRank, scene.Policy))
		n := len(s.best)
		if r.Limit > 0 {
			n = min(n, r.Limit)
		}
		for _, p := range s.place(r.Bare, c.seed, n) {
			page.Items = append(page.Items, s.item(s.best[p.Index], r.Lang, c))
		}
	})
	reader.mark(page.Items, now, scene.Policy)
	return page, nil
}

// given proposes the picks that a request names.
type given []string

func (given) name() string { return sourceGiven }

func (s given) offer(a *ask, take func(int32) bool) {
	for _, id := range s {
		if n, ok := a.picks.rows[id]; ok && !take(n) {
			return
		}
	}
}
