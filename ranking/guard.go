package ranking

import "math"

// An Example is a list to learn from; [Softmax.Learn] says what its parts are.
type Example struct {
	Key        uint64 // of the list, as [Hash] makes one of its name
	Features   *Table
	Target     []float64
	Offset     []float64
	Propensity []float64
}

func (e Example) list() list { return list{e.Features, e.Target, e.Offset, e.Propensity} }

// A Rule says when a [Guard] steps in.
type Rule struct {
	HoldOut int // one list of so many is held out, by chance of its key
	Period  int // held-out lists from one verdict to the next
	// Margin and Errors have both to be exceeded before weights are taken back:
	// the loss is higher than a rival's by this share of it, and by so many
	// standard errors of the difference.
	Margin, Errors float64
}

// DefaultRule returns the rule that the tests simulate.
func DefaultRule() Rule { return Rule{HoldOut: 10, Period: 200, Margin: .01, Errors: 3} }

// A Change is what a [Guard] did.
type Change int

// The changes there are.
const (
	Nothing Change = iota
	Kept           // the weights became a good version
	Back           // the weights were taken back to an older version
)

// A Verdict tells what a [Guard] found.
type Verdict struct {
	Change  Change
	Version int64   // for Back: after how many lists the version was good; 0 is the prior
	Lists   float64 // held out, the older ones counting less
	Current float64 // mean loss on them of the weights until now, in nats, no list more than 20
	Rival   float64 // the same of the best older version
}

// A Guard keeps a [Softmax] from drifting away: labels may be poisoned,
// features may break, a rate may be too high. It lets some lists be, at random,
// and measures on them, before anything is learned from those after, the
// weights of the moment beside older good ones and the prior. Weights that are
// clearly worse are taken back; weights that are better than all before become
// a good version. Several are kept, each about four times as old as the one
// before, so that a poisoning that looked good in its time can be undone.
//
// While it lasts, poison may look like a new taste: nothing can tell the two
// apart. What a guard gives is the way back afterwards. It is deterministic,
// and as little safe for concurrent use as its learner.
type Guard struct {
	softmax *Softmax
	rule    Rule
	periods int64           // that have ended
	pending int             // held-out lists in this one
	sums    [windows]recent // of the loss of the weights served
	rivals  []rival         // the prior, then good versions from the newest
}

// A rival is a version and what it would have saved: loss of the weights served
// less its own.
type rival struct {
	version
	saved [windows]recent
}

// Two windows are looked at: one of about twice the period, and a short one of
// half a period that tells sooner of what is very bad.
const (
	long = iota
	short
	windows
)

const (
	checks       = 4    // a period, for weights that have to be taken back
	shortFactor  = 1.25 // of margin and errors in the short window
	keepErrors   = 1    // standard errors by which weights have to be better to be kept
	mostLoss     = 20   // nats that a list can cost
	mostSaved    = 1    // nats that it can tell between two weights, so that a few lists never decide
	goodVersions = 4    // kept besides the prior
	versionSteps = 4    // how much older each is than the one before
	keepFirst    = .5   // periods of lists before the long window tells anything
)

// NewGuard returns a guard of s, which nobody else should let learn. What a
// rule does not say, above 0, is as in [DefaultRule].
func NewGuard(s *Softmax, rule Rule) *Guard {
	usual := DefaultRule()
	if rule.HoldOut < 2 {
		rule.HoldOut = usual.HoldOut
	}
	if rule.Period < checks {
		rule.Period = usual.Period
	}
	if rule.Margin <= 0 {
		rule.Margin = usual.Margin
	}
	if rule.Errors <= 0 {
		rule.Errors = usual.Errors
	}
	return &Guard{softmax: s, rule: rule, rivals: []rival{{version: s.prior()}}}
}

// Softmax is the learner that is guarded, to be read.
func (g *Guard) Softmax() *Softmax { return g.softmax }

// Linear is what is served now.
func (g *Guard) Linear() Linear { return g.softmax.Linear() }

// Take learns from e or holds it out, and tells when the weights were taken
// back or found good. Most verdicts are Nothing.
func (g *Guard) Take(e Example) Verdict {
	if Unit(Jitter(holdOutSeed, e.Key))*float64(g.rule.HoldOut) >= 1 {
		g.softmax.Learn(e.Features, e.Target, e.Offset, e.Propensity)
		return Verdict{}
	}
	if !g.measure(e.list()) {
		return Verdict{}
	}
	g.pending++
	over := g.pending >= g.rule.Period
	if !over && g.pending%(g.rule.Period/checks) != 0 {
		return Verdict{}
	}
	return g.judge(over)
}

// holdOutSeed keeps the choice of lists apart from other uses of their keys.
const holdOutSeed = 0x67756172

// measure adds the losses on l to the sums.
func (g *Guard) measure(l list) bool {
	served := g.softmax.loss(l, g.softmax.served())
	if math.IsNaN(served) {
		return false
	}
	served = min(served, mostLoss)
	for w := range windows {
		g.sums[w].add(served, g.memory(w))
	}
	for k := range g.rivals {
		r := &g.rivals[k]
		saved := served - min(g.softmax.loss(l, r.weights()), mostLoss)
		if math.IsNaN(saved) { // only features near the end of what a float64 holds
			saved = 0
		}
		saved = min(max(saved, -mostSaved), mostSaved)
		for w := range windows {
			r.saved[w].add(saved, g.memory(w))
		}
	}
	return true
}

// memory is how many lists a window remembers.
func (g *Guard) memory(window int) float64 {
	if window == short {
		return float64(g.rule.Period) / 4
	}
	return float64(g.rule.Period)
}

// judge takes the weights back or, at the end of a period, may find them good.
func (g *Guard) judge(over bool) Verdict {
	v := Verdict{}
	window, best := g.worse()
	switch {
	case best >= 0:
		v = g.verdict(Back, window, best)
		g.softmax.restore(g.rivals, best)
	case over && g.better():
		v = g.verdict(Kept, long, g.best(long))
		g.keep()
	}
	if v.Change != Nothing {
		g.sums = [windows]recent{}
		for k := range g.rivals {
			g.rivals[k].saved = [windows]recent{}
		}
	}
	if over {
		g.periods++
	}
	if over || v.Change != Nothing {
		g.pending = 0
	}
	return v
}

func (g *Guard) verdict(c Change, window, rival int) Verdict {
	sum := g.sums[window]
	return Verdict{
		Change: c, Version: g.rivals[rival].lists, Lists: sum.count(),
		Current: sum.mean(), Rival: sum.mean() - g.rivals[rival].saved[window].mean(),
	}
}

// best is the rival that did best in a window.
func (g *Guard) best(window int) int {
	best := 0
	for k := range g.rivals {
		if g.rivals[k].saved[window].mean() > g.rivals[best].saved[window].mean() {
			best = k
		}
	}
	return best
}

// worse looks for a rival that is clearly better than the weights served, and
// for the window that tells so; the rival is negative if there is none.
func (g *Guard) worse() (window, best int) {
	for w, factor := range [windows]float64{long: 1, short: shortFactor} {
		best := g.best(w)
		saved, loss := g.rivals[best].saved[w], g.sums[w].mean()
		enough := saved.count() >= keepFirst*g.memory(w)
		margin := g.rule.Margin * (loss - saved.mean())
		if enough && saved.mean() > factor*margin && saved.mean() > factor*g.rule.Errors*saved.deviation() {
			return w, best
		}
	}
	return 0, -1
}

// better reports whether the weights served are better than every rival.
func (g *Guard) better() bool {
	for k := range g.rivals {
		saved := g.rivals[k].saved[long]
		if saved.count() < keepFirst*g.memory(long) || saved.mean() >= -keepErrors*saved.deviation() {
			return false
		}
	}
	return true
}

// keep makes the weights of now the newest good version. An older one makes
// room when the next one has its age.
func (g *Guard) keep() {
	if len(g.rivals) <= goodVersions {
		g.rivals = append(g.rivals, rival{})
	}
	good := g.rivals[1:]
	age := int64(1)
	for range len(good) - 1 {
		age *= versionSteps
	}
	for i := len(good) - 1; i > 0; i-- {
		if good[i].features == nil || g.periods-good[i].moved >= age {
			good[i] = good[i-1]
			good[i].moved = g.periods
		}
		age /= versionSteps
	}
	good[0] = rival{version: g.softmax.version()}
	good[0].moved = g.periods
}
