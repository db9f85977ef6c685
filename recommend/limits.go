package recommend

import (
	"slices"
	"sort"
	"time"
)

// Limits are what an expert may still publish now.
type Limits struct {
	PerDay          Allowance  `json:"per_day"`
	PerHour         Allowance  `json:"per_hour"`
	PerPartnerDay   int        `json:"per_partner_per_day"`
	SpacingSeconds  int64      `json:"spacing_seconds"`
	Probation       bool       `json:"probation"`
	ProbationUntil  *time.Time `json:"probation_until,omitempty"`
	NextAllowedAt   time.Time  `json:"next_allowed_at"`
	PaidShare       float64    `json:"paid_share"`
	PaidShareMax    float64    `json:"paid_share_max"`
	PolicyVersion   string     `json:"policy_version"`
	PublishingState Standing   `json:"standing"`
}

// An Allowance is a limit and how much of it is left.
type Allowance struct {
	Limit     int `json:"limit"`
	Used      int `json:"used"`
	Remaining int `json:"remaining"`
}

// caps are the limits that hold for one expert.
type caps struct {
	perDay, perHour, perPartnerDay int
	probationUntil                 time.Time
}

func (r *PublishRules) capsFor(e *Expert, at time.Time) caps {
	c := caps{perDay: r.PerDay, perHour: r.PerHour, perPartnerDay: r.PerPartnerDay}
	if e == nil {
		return c
	}
	if r.TrustScaling {
		c.perDay, c.perHour, c.perPartnerDay = scaled(c.perDay, e.Trust), scaled(c.perHour, e.Trust), scaled(c.perPartnerDay, e.Trust)
	}
	if until := e.Since.Add(r.Probation.D()); !e.Archived && at.Before(until) {
		c.perDay = min(c.perDay, r.ProbationPerDay)
		c.probationUntil = until
	}
	return c
}

// scaled is limit times 0.5 at no trust, 1 at [PriorTrust] and 2 at full trust.
func scaled(limit int, trust float64) int {
	f := 0.5 + trust/100
	if trust > PriorTrust {
		f = 1 + (trust-PriorTrust)/PriorTrust
	}
	return max(1, int(float64(limit)*min(max(f, 0.5), 2)))
}

// A limitCase asks when a pick may be published.
type limitCase struct {
	rules   *PublishRules
	caps    caps
	history []PublishedEntry // by Counted, oldest first
	partner string
	product string
	at      time.Time
}

// The limits that depend on where a pick leads.
const (
	limitProduct = "same-product"
	limitPartner = "per-partner-per-day"
)

// A limit allows most picks within any window.
type limit struct {
	name   string
	most   int
	window time.Duration
	times  []time.Time // of the picks that count, oldest first
}

// try returns t if one more pick then keeps l, else a later time to try.
func (l *limit) try(t time.Time) time.Time {
	after := sort.Search(len(l.times), func(i int) bool { return l.times[i].After(t) })
	for i := max(0, after-l.most); i <= after && i+l.most <= len(l.times); i++ { // most others beside it
		first, last := l.times[i], l.times[i+l.most-1]
		switch {
		case i == after && last.Sub(t) < l.window:
			return first
		case i < after && t.Sub(first) < l.window && last.Sub(first) < l.window:
			return first.Add(l.window)
		}
	}
	return t
}

// limits are those that c's pick has to keep.
func (c *limitCase) limits() []limit {
	var all, shop, product []time.Time
	over := c.at.Add(-max(c.rules.SameProduct.D(), c.rules.Spacing.D(), 24*time.Hour)) // what is older breaks none
	first := sort.Search(len(c.history), func(i int) bool { return c.history[i].Counted.After(over) })
	for i := range c.history[first:] {
		e := &c.history[first+i]
		if e.Trusted {
			continue
		}
		all = append(all, e.Counted)
		if partnerOf(e.Product) == c.partner {
			shop = append(shop, e.Counted)
		}
		if e.recommends(c.product) {
			product = append(product, e.Counted)
		}
	}
	return []limit{
		{limitProduct, 1, c.rules.SameProduct.D(), product},
		{"spacing", 1, c.rules.Spacing.D(), all},
		{"per-hour", c.caps.perHour, time.Hour, all},
		{"per-day", c.caps.perDay, 24 * time.Hour, all},
		{limitPartner, c.caps.perPartnerDay, 24 * time.Hour, shop},
	}
}

// earliest returns the first time at or after c.at at which no limit is
// broken, by this pick or by those deferred to the future, and the names of
// the limits that move it.
func (c *limitCase) earliest() (time.Time, []string) {
	limits := c.limits()
	t, moves := c.at, make([]bool, len(limits))
	for again := true; again; {
		again = false
		for i := range limits {
			if next := limits[i].try(t); next.After(t) {
				t, moves[i], again = next, true, true
			}
		}
	}
	var violated []string
	for i := range limits {
		if moves[i] {
			violated = append(violated, limits[i].name)
		}
	}
	return t, violated
}

// afterEdit returns the limits that would be broken if the pick of entry e led
// to c's product. An edit cannot wait, so it has to keep them.
func (c *limitCase) afterEdit(e *PublishedEntry) []string {
	others := *c
	others.history = slices.DeleteFunc(slices.Clone(c.history), func(o PublishedEntry) bool { return o.Pick == e.Pick })
	others.at = e.Counted
	var violated []string
	for _, l := range others.limits() {
		if (l.name == limitProduct || l.name == limitPartner) && l.try(e.Counted).After(e.Counted) {
			violated = append(violated, l.name)
		}
	}
	return violated
}

func partnerOf(product string) string {
	for i := range len(product) {
		if product[i] == ':' {
			return product[:i]
		}
	}
	return ""
}

// paidShare counts the gift and paid picks within the rule's window at at, and
// all that they are a share of, leaving out the pick except. What an expert
// chose himself and took back does not count: it was not for readers.
func paidShare(rule PaidShare, history []PublishedEntry, at time.Time, except string) (paid, n int) {
	for i := range history {
		e := &history[i]
		switch {
		case at.Sub(e.Counted) > rule.Window.D(), e.Pick == except:
		case e.Paid:
			paid++
			n++
		case e.State != PickWithdrawn:
			n++
		}
	}
	return paid, n
}

// LimitsOf says what expert e, with history p, may publish at now.
func LimitsOf(policy *Policy, e *Expert, p *Publisher, now time.Time) Limits {
	r := &policy.Publish
	c := r.capsFor(e, now)
	used := func(window time.Duration) int {
		n := 0
		for i := range p.Picks {
			if !p.Picks[i].Trusted && now.Sub(p.Picks[i].Counted) < window {
				n++
			}
		}
		return n
	}
	allow := func(limit int, window time.Duration) Allowance {
		u := used(window)
		return Allowance{Limit: limit, Used: u, Remaining: max(0, limit-u)}
	}
	l := Limits{
		PerDay: allow(c.perDay, 24*time.Hour), PerHour: allow(c.perHour, time.Hour), PerPartnerDay: c.perPartnerDay,
		SpacingSeconds: int64(r.Spacing.D() / time.Second), Probation: !c.probationUntil.IsZero(),
		PaidShareMax: r.PaidShare.Max, PolicyVersion: policy.Version, PublishingState: StandingActive,
	}
	if e != nil {
		l.PublishingState = e.Standing
	}
	if l.Probation {
		l.ProbationUntil = &c.probationUntil
	}
	lc := limitCase{rules: r, caps: c, history: p.Picks, at: now}
	l.NextAllowedAt, _ = lc.earliest()
	paid, n := paidShare(r.PaidShare, p.Picks, now, "")
	if n > 0 {
		l.PaidShare = float64(paid) / float64(n)
	}
	return l
}
