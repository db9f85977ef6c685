package recommend

import (
	"context"
	"fmt"
)

// MostRanked is how many picks one request may have ordered.
const MostRanked = 1_000

// Why a pick that was to be ordered is left out, beside those for which readers
// do not see it.
const (
	LeftUnknown = "unknown"      // no pick of that name is on the shelf
	LeftOwn     = "own"          // the reader published it
	LeftMuted   = "muted"        // the reader muted it, its expert, topic or partner
	LeftLess    = "less"         // the reader has just asked for less of it
	LeftLimited = "limited"      // its expert is shown to those who follow him only
	LeftSame    = "same-product" // another pick of the product is its card
)

// Rank orders the picks of a request for its reader, for those who have
// candidates of their own. Several picks of one product become one card, the
// best of them. What is no card is in LeftOut with the reason, in the order of
// the request; what the limit cuts off is not. It fails for a request that is
// wrong, with a [*Refusal], and when ctx ends before it has its turn, as
// [Windows.Window] does.
func (w *Windows) Rank(ctx context.Context, r RankRequest) (*Window, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	scene, now := w.world.Scene(), w.now()
	who := w.named(ctx, r.Reader)
	arms := who.deal(scene.Policy, SurfaceRank)
	c := &cursor{window: w.newWindow(&who, SurfaceRank, &arms, 0), seed: r.Seed}
	page := &Window{
		ID: c.window.String(), Items: []Item{}, PolicyVersion: scene.Policy.Version, Arm: arms.label,
		Missing: who.missing, Degraded: len(who.missing) > 0,
	}
	err := w.readInTurn(ctx, scene, now, func(l *look) {
		l.scene = arms.scene(scene)
		a := w.ask(l, c, &WindowRequest{Reader: r.Reader}, who.reader)
		a.limit = len(r.Picks)
		s := a.score(a.gather([]share{{given(r.Picks), 1}}), arms.model(w.model(SurfaceRank, scene.Policy)))
		n := len(s.best)
		if r.Limit > 0 {
			n = min(n, r.Limit)
		}
		page.LeftOut = s.leftOut(r.Picks) // before the cards are noted as served
		placed, _ := s.place(r.Bare, false, c, n)
		page.room(len(placed))
		if r.Brief {
			s.speakBriefly(placed)
		}
		for _, p := range placed {
			s.lay(page, p, r.Lang, c)
		}
		s.leave()
		w.lacks(ctx, page, a)
	})
	if err != nil {
		return nil, err
	}
	who.reader.mark(page.Items, now, scene.Policy)
	return page, nil
}

func (r *RankRequest) validate() error {
	var ps []Problem
	bad := func(pointer, message, fix string) {
		ps = append(ps, Problem{Code: "validation", Pointer: pointer, Message: message, Fix: fix})
	}
	if n := len(r.Picks); n == 0 || n > MostRanked {
		bad("/picks", fmt.Sprintf("%d picks", n), fmt.Sprintf("give 1 to %d", MostRanked))
		return Refuse(ps...)
	}
	for i, id := range r.Picks {
		if !ValidID(id) {
			bad(fmt.Sprintf("/picks/%d", i), fmt.Sprintf("%q is not an id", clip(id)), "give ids of picks")
		}
	}
	if r.Limit < 0 || r.Limit > MostRanked {
		bad("/limit", fmt.Sprintf("limit %d", r.Limit), fmt.Sprintf("give 1 to %d, or leave it out for all", MostRanked))
	}
	return Refuse(ps...)
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

// leftOut says of picks, each once, why they are no card.
func (s *scored) leftOut(picks []string) []LeftOut {
	cards := make(map[int32]struct{}, len(s.best))
	for _, i := range s.best {
		cards[s.found[i].row] = struct{}{}
	}
	told := make(map[string]struct{}, len(picks))
	out := []LeftOut{}
	for _, id := range picks {
		if has(told, id) {
			continue
		}
		told[id] = struct{}{}
		n, known := s.picks.rows[id]
		switch {
		case !known:
			out = append(out, LeftOut{id, LeftUnknown})
		case !has(cards, n):
			out = append(out, LeftOut{id, s.ask.leaves(n)})
		}
	}
	return out
}

// leaves says why the pick of row n is no card.
func (a *ask) leaves(n int32) string {
	row := &a.picks.row[n]
	switch hidden := a.hidden(n); {
	case hidden != "":
		return string(hidden)
	case row.since > a.horizon:
		return string(HiddenDeferred)
	case row.expert == a.taste.self:
		return LeftOwn
	case !a.taste.may(a.look, n):
		return LeftLimited
	case !a.taste.finds(a.look, n):
		return LeftMuted
	case !a.taste.allows(a.look, n):
		return LeftLess
	}
	return LeftSame
}
