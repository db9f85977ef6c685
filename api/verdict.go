package api

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"vitrine.dev/recommend"
)

// failures are the problems of the failed checks of v.
func failures(v *recommend.Verdict) []recommend.Problem {
	var problems []recommend.Problem
	for _, ch := range v.Checks {
		if ch.Result == recommend.Failed && ch.Problem != nil {
			problems = append(problems, *ch.Problem)
		}
	}
	return problems
}

// refuseVerdict makes a refusal of the failed checks of v.
func (t problemTypes) refuseVerdict(v *recommend.Verdict) *refusal {
	return t.refuseAll(failures(v)).with("policy_version", v.Policy)
}

// quota is the problem of v with a publishing limit; nil when there is none. A
// pick that is held for another reason may have it too.
func quota(v *recommend.Verdict) *recommend.Problem {
	for _, ch := range v.Checks {
		if ch.Result == recommend.Delayed && ch.Problem != nil {
			return ch.Problem
		}
	}
	return nil
}

// overQuota refuses a pick that a publishing limit defers, and says when it
// would be taken.
func (s *Server) overQuota(c *call, d *desk, over *recommend.Problem) *refusal {
	now, policy := c.now(), d.scene.Policy
	l := recommend.LimitsOf(policy, d.expert, d.publisher, now)
	text, _ := over.Details["next_allowed_at"].(string) // absent: what the limits in general say
	until, err := time.Parse(time.RFC3339, text)
	if err != nil {
		until = l.NextAllowedAt
	}
	wait := seconds(until.Sub(now))
	const day, hour = 24 * 60 * 60, 60 * 60
	return s.types.refuseAll([]recommend.Problem{*over}).with("policy_version", policy.Version).after(until.Sub(now)).
		head("RateLimit-Policy", fmt.Sprintf(`"per-hour";q=%d;w=%d, "per-day";q=%d;w=%d, "spacing";q=1;w=%d`,
			l.PerHour.Limit, hour, l.PerDay.Limit, day, max(1, l.SpacingSeconds))).
		head("RateLimit", fmt.Sprintf(`"per-hour";r=%d;t=%d, "per-day";r=%d;t=%d, "spacing";r=0;t=%d`,
			l.PerHour.Remaining, wait, l.PerDay.Remaining, wait, wait))
}

func seconds(d time.Duration) int64 { return max(1, int64(math.Ceil(d.Seconds()))) }

// A checked pick is what a pre-check answers.
type checked struct {
	Canonical     string                 `json:"canonical,omitempty"` // the link as picks carry it
	ProductKey    string                 `json:"product_key,omitempty"`
	Product       *recommend.ProductCard `json:"product"` // null when no partner has told of it
	Checks        []recommend.Check      `json:"checks"`
	WouldPublish  bool                   `json:"would_publish"`
	State         string                 `json:"state"` // "refused", or that which the pick would get
	DeferredUntil time.Time              `json:"deferred_until,omitzero"`
	Disclosure    recommend.DisclosureOf `json:"disclosure"`
	PolicyVersion string                 `json:"policy_version"`
}

// check says what publish would, and does nothing.
func (s *Server) check(c *call) error {
	var content recommend.PickContent
	if err := c.decode(&content); err != nil {
		return err
	}
	scene := s.World.Scene()
	d, err := s.desk(c.ctx(), scene, c.who.Subject, nil, content)
	if err != nil {
		return err
	}
	now := c.now()
	cs := d.open(content, now)
	v := recommend.Judge(cs)
	out := checked{Checks: v.Checks, State: string(v.State), DeferredUntil: v.DeferredUntil, PolicyVersion: v.Policy}
	switch {
	case v.Refusal() != nil:
		out.State, out.DeferredUntil = "refused", time.Time{}
	case quota(&v) != nil:
		out.State = string(recommend.PickDeferred)
	default: // held picks are taken too; a moderator looks at them first
		out.WouldPublish = true
	}
	if v.Link.Item != "" {
		out.Canonical, out.ProductKey = v.Link.URL, v.Link.Key()
		out.Product = productCard(cs.Product, scene.Policy, now)
	}
	out.Disclosure = scene.Policy.Disclose(content.Relationship, cs.Product, c.lang)
	c.private()
	return c.json(http.StatusOK, out)
}

// productCard shows a product's own facts as cards do.
func productCard(p *recommend.Product, policy *recommend.Policy, now time.Time) *recommend.ProductCard {
	if p == nil {
		return nil
	}
	card := &recommend.ProductCard{
		Key: p.Key, Partner: p.Partner(), Title: p.Title, Image: p.Image, Availability: p.Availability(), CheckedAt: &p.UpdatedAt,
	}
	if p.Price != nil && now.Sub(p.UpdatedAt) <= policy.Facts.PriceFor.D() {
		card.Price = p.Price
	}
	return card
}
