package recommend

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// A WhyRequest asks why a pick was in a window: with the reader, and with what
// the window was asked for.
type WhyRequest struct {
	Pick   string
	Window string // its id
	WindowRequest
	// Shown is the score that the card had; nil when that is not known.
	Shown *float64
}

// A Why is an explanation. It is made anew, as of the window's time, from what
// is known now; so its factors add up to its own Score, and Changed tells
// whether the card's was another.
type Why struct {
	Pick       string    `json:"pick"`
	Window     string    `json:"window_id"`
	Surface    string    `json:"surface"`
	Arm        string    `json:"arm,omitempty"`
	AsOf       time.Time `json:"as_of"`       // when the window was made
	ComputedAt time.Time `json:"computed_at"` // when this was
	Score      float64   `json:"score"`       // the sum of weight times value of Factors
	Shown      *float64  `json:"shown,omitempty"`
	// Changed says that Score is not what was shown, but for a hundredth where
	// scores are kept: more is known since. Absent when the request does not say
	// what was shown.
	Changed *bool `json:"changed,omitempty"`
	// Position is where it would stand in the window now, from 0; absent when
	// it would not.
	Position  *int              `json:"position,omitempty"`
	Source    string            `json:"source"`
	Reasons   []string          `json:"reasons"`
	Interests []MatchedInterest `json:"interests"`
	Factors   []WhyFactor       `json:"factors"` // the strongest first
	// CommissionInfluence is false: nothing that anybody earns is known to ranking.
	CommissionInfluence bool     `json:"commission_influence"`
	Changes             []Change `json:"would_change"`
	PolicyVersion       string   `json:"policy_version"`
}

// A MatchedInterest is an interest of the reader that a pick fits.
type MatchedInterest struct {
	Topic  string  `json:"topic"` // of the pick
	Label  string  `json:"label"`
	Weight float64 `json:"weight"`
}

// A WhyFactor is a factor in words.
type WhyFactor struct {
	Name     string  `json:"name"`
	Weight   float64 `json:"weight"`
	Value    float64 `json:"value"`
	Product  float64 `json:"product"` // weight times value
	Group    string  `json:"group"`   // such as interest, history, demand
	About    string  `json:"about"`   // what it measures
	Unit     string  `json:"unit"`
	Sentence string  `json:"sentence"`
}

// Why explains a card of a window. A window that was not made for the reader,
// and a pick that never was, wrap [ErrNotFound]; a pick that he would not be
// shown now is a [*GoneError]; a request that is not that of the window is a
// [*Refusal]. It cannot do without the reader: [ErrUnavailable].
func (w *Windows) Why(ctx context.Context, r WhyRequest) (*Why, error) {
	scene := w.world.Scene()
	who := w.taught(ctx, r.Reader, w.pseudonyms.Of, nil)
	if len(who.missing) > 0 {
		return nil, fmt.Errorf("the reader: %w", ErrUnavailable)
	}
	id, ok := w.signer.read(r.Window, who.name)
	if !ok {
		return nil, fmt.Errorf("window %q: %w", clip(r.Window), ErrNotFound)
	}
	topics, err := w.askedTopics(scene, r.Topics)
	if err != nil {
		return nil, err
	}
	about := id.about()
	switch {
	case about.on == SurfaceRank:
		return nil, Refuse(Problem{Code: "validation", Pointer: "/window_id", Message: "this window is an order of given picks", Fix: "ask POST /v1/rank with explain"})
	case about.on != surfaceFor(topics), about.asked != askedCode(topics, &r.WindowRequest):
		return nil, Refuse(Problem{Code: "validation", Pointer: "/topic", Message: "this window was asked for with other parameters", Fix: "repeat topic, seed, exclude_ids and include_seen as they were"})
	}
	arms := assignment{}
	if a, err := who.arms(scene.Policy, id); err == nil {
		arms = a
	}
	c := &cursor{window: id, seed: r.Seed, again: r.IncludeSeen, exclude: shortHashes(r.Exclude)}
	var out *Why
	w.shelf.read(scene, w.now(), func(l *look) {
		l.scene = arms.scene(scene)
		a := w.ask(l, c, &r.WindowRequest, who.reader)
		a.asked = l.topicNumbers(topics)
		l.addSpared(a.taste, who.reader, a.horizon)
		out, err = w.explain(a, &arms, c, &r)
	})
	if err != nil {
		return nil, err
	}
	out.Window, out.Arm, out.PolicyVersion = r.Window, arms.label, scene.Policy.Version
	out.AsOf, out.ComputedAt = id.at().time(), w.now().UTC()
	if r.Shown != nil {
		changed := math.Abs(*r.Shown-out.Score) > w.standings.apart()
		out.Shown, out.Changed = r.Shown, &changed
	}
	return out, nil
}

// explain makes the whole window again and takes the pick out of it.
func (w *Windows) explain(a *ask, arms *assignment, c *cursor, r *WhyRequest) (*Why, error) {
	n, known := a.picks.rows[r.Pick]
	if !known {
		return nil, fmt.Errorf("pick %q: %w", clip(r.Pick), ErrNotFound)
	}
	shares := arms.shares(w.parts.sources(a))
	model := arms.model(w.model(a.on, a.look.scene.Policy))
	s := a.score(a.gather(shares), model)
	i := s.index(n)
	if i < 0 { // it came on a later page, or from what has grown old since
		delete(a.taste.spared.seen, a.picks.row[n].product)
		a.limit++
		s = a.score(a.gather(append([]share{{given{r.Pick}, 1}}, shares...)), model)
		if i = s.index(n); i < 0 {
			return nil, &GoneError{Kind: "pick", ID: r.Pick, Reason: Hidden(a.leaves(n))}
		}
	}
	out := &Why{Pick: r.Pick, Surface: a.on.String(), Score: s.worth[i], Source: s.source(i), Interests: s.matched(n, r.Lang)}
	placed, _ := s.place(r.Bare, true, c, min(len(s.best), a.look.scene.Policy.Window.Length))
	for at, p := range placed {
		if s.best[p.Index] == i {
			out.Score, out.Position = p.Score, &at
			if p.explored {
				out.Source = sourceExplore
			}
			break
		}
	}
	item := s.card(n, r.Lang)
	item.Source = out.Source
	factors := s.factors(i, out.Score)
	sums := s.sums(factors)
	_, others := s.others(s.found[i].row, s.taste, nil)
	out.Reasons = s.reasons(i, loudest(&sums), others, &item, r.Lang)
	out.Factors = s.worded(i, factors, &item, r.Lang)
	out.Changes = s.changes(i, factors, &item, r.Lang)
	return out, nil
}

// index is where the pick of row n is among the candidates, -1 if it is none.
func (s *scored) index(n int32) int {
	return slices.IndexFunc(s.found, func(c candidate) bool { return c.row == n })
}

// matched are the reader's interests that the pick of row n fits.
func (s *scored) matched(n int32, lang string) []MatchedInterest {
	out := []MatchedInterest{}
	if s.taste.match == nil {
		return out
	}
	for _, own := range s.topics.sets[s.picks.row[n].topics].own {
		if fit := s.taste.match[own]; fit > 0 {
			id := s.topics.ids[own]
			out = append(out, MatchedInterest{id, s.topicLabel(id, lang), fit})
		}
	}
	return out
}
