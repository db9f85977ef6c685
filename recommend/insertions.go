package recommend

import (
	"context"
	"fmt"
	"time"

	"vitrine.dev/ranking"
)

// ReasonFatigue says in a page's Reason that the reader has had his dose.
const ReasonFatigue = "fatigue_cap"

// missingDose says in a page's Missing that nobody could tell in time how many
// picks the reader has had. The page is empty then.
const missingDose = "dose"

// Admit asks the fold for leave to put picks before the reader with this
// pseudonym, by one [ActServed] in the log, and waits for its answer. It
// returns the event's id and what the reader has had by then, with what this
// event was given of it. An error is no leave.
type Admit func(ctx context.Context, pseudonym string, picks []ServedPick) (event string, had *Dose, err error)

// An InsertionsRequest asks for picks to be put among other things.
type InsertionsRequest struct {
	Reader  string
	Organic int // how many other things there are, 1 to 1,000
	Seed    uint64
	Lang    string
	Admit   Admit // nil admits nothing where doses are limited
}

// mostOrganic bounds the items that picks are put among.
const mostOrganic = 1_000

// Insertions returns picks to be put among other things: one at most for as
// many of those as the policy says, no two of one expert, and no more than the
// reader's dose allows: of an empty page Reason says so, and NextAllowedAt when
// there can be one again. The positions are those in the list that results:
// neither first nor side by side. What cannot be shown to be allowed is not
// given: without the reader's document the page is empty, and Degraded.
func (w *Windows) Insertions(ctx context.Context, r InsertionsRequest) (*Window, error) {
	if r.Organic < 1 || r.Organic > mostOrganic {
		return nil, Refuse(Problem{Code: "validation", Pointer: "/organic_count", Message: fmt.Sprintf("%d items", r.Organic), Fix: fmt.Sprintf("give 1 to %d", mostOrganic)})
	}
	scene, now := w.world.Scene(), w.now()
	rules := &scene.Policy.Dose
	who := w.named(ctx, r.Reader)
	if who.name == "" {
		who.missing = append(who.missing, missingReader)
	}
	arms := who.deal(scene.Policy, SurfaceHome)
	request := WindowRequest{Reader: r.Reader, Seed: r.Seed, Lang: r.Lang}
	c := &cursor{window: w.newWindow(&who, SurfaceHome, &arms, askedCode(nil, &request)), seed: r.Seed}
	page := &Window{
		ID: c.window.String(), Items: []Item{}, PolicyVersion: scene.Policy.Version, Arm: arms.label,
		Missing: who.missing, Degraded: len(who.missing) > 0,
	}
	n := min(r.Organic/rules.Organic, scene.Policy.Window.Max)
	if n == 0 || page.Degraded && rules.Limited {
		return page, nil
	}
	var had Dose
	if who.reader != nil {
		had = who.reader.Dose
	}
	if rules.Limited {
		if n = min(n, had.Room(rules, now)); n == 0 {
			page.tire(&had, rules, now)
			return page, nil
		}
	}
	var rests time.Time // the first of the experts who were left out comes back
	err := w.readInTurn(ctx, scene, now, func(l *look) {
		l.scene = arms.scene(scene)
		a := w.ask(l, c, &request, who.reader)
		l.addSpared(a.taste, who.reader, a.horizon)
		s := a.score(a.gather(arms.shares(w.parts.sources(a))), arms.model(w.model(a.on, scene.Policy)))
		var placed []placing
		placed, rests = s.apart(s.mix(c.seed), &had, rules, n)
		page.room(len(placed))
		for _, p := range placed {
			s.lay(page, p, r.Lang, c)
		}
		w.lacks(ctx, page, a)
	})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 && !rests.IsZero() {
		page.Reason, page.NextAllowedAt = ReasonFatigue, rests
		return page, nil
	}
	w.admit(ctx, page, who.name, r.Admit, rules)
	page.spread(r.Organic)
	who.reader.mark(page.Items, now, scene.Policy)
	return page, nil
}

// apart places up to n cards of different experts, none of whom rests. Else
// rests is when the first of those who do may come again.
func (s *scored) apart(f *ranking.Filling, had *Dose, rules *DoseRules, n int) (page []placing, rests time.Time) {
	now := s.now.time()
	shown := make(map[int32]struct{})
	for len(page) < n {
		p, ok := f.Next()
		if !ok {
			break
		}
		expert := s.picks.row[s.found[s.best[p.Index]].row].expert
		if rules.Limited {
			if until := had.Rests(rules, s.experts.ids[expert], now); !until.IsZero() {
				if rests.IsZero() || until.Before(rests) {
					rests = until
				}
				continue
			}
		}
		if !has(shown, expert) {
			shown[expert] = struct{}{}
			page = append(page, placing{Placed: p, propensity: 1})
		}
	}
	return page, rests
}

// admit keeps of page what the fold gives leave for.
func (w *Windows) admit(ctx context.Context, page *Window, name string, admit Admit, rules *DoseRules) {
	if !rules.Limited || len(page.Items) == 0 {
		return
	}
	picks := make([]ServedPick, len(page.Items))
	for i := range page.Items {
		picks[i] = ServedPick{Pick: page.Items[i].Pick, Expert: page.Items[i].Expert.ID}
	}
	items := page.Items
	page.Items = []Item{}
	if admit == nil {
		page.Missing, page.Degraded = append(page.Missing, missingDose), true
		return
	}
	event, had, err := admit(ctx, name, picks)
	if err != nil {
		w.logger.WarnContext(ctx, "picks are held back, for nobody can tell whether they are too many", "err", err)
		page.Missing, page.Degraded = append(page.Missing, missingDose), true
		return
	}
	given := had.granted(event)
	for _, item := range items {
		if has(given, item.Pick) {
			page.Items = append(page.Items, item)
		}
	}
	if len(page.Items) == 0 {
		page.tire(had, rules, w.now())
		if page.NextAllowedAt.IsZero() || page.NextAllowedAt.After(w.now()) {
			return
		}
		for _, p := range picks { // it was the experts who have to rest
			if until := had.Rests(rules, p.Expert, w.now()); page.NextAllowedAt.Before(until) {
				page.NextAllowedAt = until
			}
		}
	}
}

// tire says that the reader has had his dose.
func (p *Window) tire(had *Dose, rules *DoseRules, now time.Time) {
	p.Reason = ReasonFatigue
	p.NextAllowedAt, _ = had.Next(rules, now)
}

// spread puts the items among organic others, evenly, and each after one of
// those at least.
func (p *Window) spread(organic int) {
	n := len(p.Items)
	for i := range p.Items {
		gap := organic / n
		p.Items[i].Position = gap*i + (gap+1)/2 + i
	}
}
