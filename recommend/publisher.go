package recommend

import (
	"slices"
	"time"
)

// A Publisher holds what decides about an expert's next event: the body of a
// [KindPublisher] document. It lists every pick that is live or younger than
// the longest window of a publishing rule.
type Publisher struct {
	Expert string           `json:"expert"`
	Picks  []PublishedEntry `json:"picks,omitempty"` // by Counted, oldest first
	Seen   Seen             `json:"seen,omitempty"`
}

// A PublishedEntry is one pick as its publisher's limits see it.
type PublishedEntry struct {
	Pick    string    `json:"p"`
	Product string    `json:"k"`
	State   PickState `json:"s"`
	// Counted is when the pick counts for limits: its publication, or the time
	// it was deferred to.
	Counted  time.Time `json:"t"`
	Revision int64     `json:"r"`
	Paid     bool      `json:"paid,omitempty"`
	// Shingles are a sketch of the reason, kept while it is compared with.
	Shingles []uint32 `json:"sh,omitempty"`
	// WithdrawnAt is set while withdrawn.
	WithdrawnAt time.Time `json:"w,omitzero"`
	// Was is the state to go back to when restored.
	Was PickState `json:"was,omitempty"`
	// Trusted entries came with an archive.
	Trusted bool `json:"tr,omitempty"`
}

// Entry returns the entry of a pick, or nil.
func (p *Publisher) Entry(pick string) *PublishedEntry {
	for i := len(p.Picks) - 1; i >= 0; i-- {
		if p.Picks[i].Pick == pick {
			return &p.Picks[i]
		}
	}
	return nil
}

// LivePickOf returns the entry of a pick of product that is not withdrawn, or nil.
func (p *Publisher) LivePickOf(product string) *PublishedEntry {
	for i := len(p.Picks) - 1; i >= 0; i-- {
		if e := &p.Picks[i]; e.Product == product && e.State != PickWithdrawn {
			return e
		}
	}
	return nil
}

// add inserts e in order of Counted and forgets withdrawn picks whose time to
// be restored, and to count, is over.
func (p *Publisher) add(e PublishedEntry, rules *PublishRules) {
	i := len(p.Picks)
	for i > 0 && p.Picks[i-1].Counted.After(e.Counted) {
		i--
	}
	p.Picks = slices.Insert(p.Picks, i, e)
	keep := max(rules.Undo.D(), rules.SameProduct.D(), rules.PaidShare.Window.D(), 24*time.Hour)
	p.Picks = slices.DeleteFunc(p.Picks, func(o PublishedEntry) bool {
		return o.State == PickWithdrawn && e.Counted.Sub(o.Counted) > keep && e.Counted.Sub(o.WithdrawnAt) > keep
	})
	for j := range p.Picks {
		if p.Picks[j].Shingles != nil && e.Counted.Sub(p.Picks[j].Counted) > rules.Similar.Window.D() {
			p.Picks[j].Shingles = nil
		}
	}
}

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

// earliest returns the first time at or after c.at at which no limit is
// broken, and the names of those that move it. Picks deferred to the future
// queue up: a new one comes after them.
func (c *limitCase) earliest() (time.Time, []string) {
	t := c.at
	var violated []string
	wait := func(rule string, until time.Time) {
		if until.After(c.at) {
			violated = append(violated, rule)
		}
		if until.After(t) {
			t = until
		}
	}
	var all, shop []time.Time
	for i := range c.history {
		e := &c.history[i]
		if e.Trusted {
			continue
		}
		all = append(all, e.Counted)
		if partnerOf(e.Product) == c.partner {
			shop = append(shop, e.Counted)
		}
		if e.Product == c.product {
			wait("same-product", e.Counted.Add(c.rules.SameProduct.D()))
		}
	}
	if n := len(all); n > 0 {
		wait("spacing", all[n-1].Add(c.rules.Spacing.D()))
	}
	if i := len(all) - c.caps.perHour; i >= 0 {
		wait("per-hour", all[i].Add(time.Hour))
	}
	if i := len(all) - c.caps.perDay; i >= 0 {
		wait("per-day", all[i].Add(24*time.Hour))
	}
	if i := len(shop) - c.caps.perPartnerDay; i >= 0 {
		wait("per-partner-per-day", shop[i].Add(24*time.Hour))
	}
	return t, violated
}

func partnerOf(product string) string {
	for i := range len(product) {
		if product[i] == ':' {
			return product[:i]
		}
	}
	return ""
}

// paidShare is the share of gift and paid picks within the rule's window if
// one more of them came at at, and how many picks it is taken of.
func paidShare(rule PaidShare, history []PublishedEntry, at time.Time) (share float64, n int) {
	paid := 1
	n = 1
	for i := range history {
		if at.Sub(history[i].Counted) > rule.Window.D() {
			continue
		}
		n++
		if history[i].Paid {
			paid++
		}
	}
	return float64(paid) / float64(n), n
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
	paid, n := 0, 0
	for i := range p.Picks {
		if now.Sub(p.Picks[i].Counted) <= r.PaidShare.Window.D() {
			n++
			if p.Picks[i].Paid {
				paid++
			}
		}
	}
	if n > 0 {
		l.PaidShare = float64(paid) / float64(n)
	}
	return l
}
