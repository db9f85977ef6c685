package recommend

import (
	"fmt"
	"strings"
	"time"
)

func (v *Verdict) limits(c Case) {
	r := &c.Policy.Publish
	if c.Content.Relationship.Paid() && (c.Edit == nil || !c.Edit.Paid) {
		v.paidShare(c)
	}
	lc := limitCase{rules: r, caps: r.capsFor(c.Expert, c.At), history: c.Publisher.Picks, at: c.At}
	lc.partner, lc.product = v.Link.Partner, v.Link.Key()
	if c.Edit != nil {
		if v.Link.Item == "" || lc.product == c.Edit.Product {
			return
		}
		if violated := lc.afterEdit(c.Edit); len(violated) > 0 {
			v.add("quota", Failed, &Problem{
				Code: "quota-exceeded", Pointer: "/link", Message: "publishing limit reached: " + strings.Join(violated, ", "), Fix: "keep the product, or publish another pick later",
				Details: map[string]any{"violated_policies": violated},
			})
			return
		}
		v.add("quota", Passed, nil)
		return
	}
	until, violated := lc.earliest()
	if len(violated) == 0 {
		v.add("quota", Passed, nil)
		return
	}
	v.State, v.DeferredUntil = PickDeferred, until
	v.add("quota", Delayed, &Problem{
		Code: "quota-exceeded", Message: "publishing limit reached: " + strings.Join(violated, ", "), Fix: "try again at " + until.UTC().Format(time.RFC3339),
		Details: map[string]any{"violated_policies": violated, "next_allowed_at": until.UTC().Format(time.RFC3339)},
	})
}

func (v *Verdict) paidShare(c Case) {
	rule, except := c.Policy.Publish.PaidShare, ""
	if c.Edit != nil {
		except = c.Edit.Pick
	}
	paid, n := paidShare(rule, c.Publisher.Picks, c.At, except)
	share := float64(paid+1) / float64(n+1)
	if n+1 <= rule.Free || share <= rule.Max {
		v.add("paid-share", Passed, nil)
		return
	}
	v.add("paid-share", Failed, &Problem{
		Code: "paid-share-exceeded", Pointer: "/relationship", Message: fmt.Sprintf("%.0f %% of your picks of %s would be gifts or paid, %.0f %% are allowed", share*100, rule.Window.D(), rule.Max*100),
		Fix: "publish picks of your own choice first", Details: map[string]any{"current": share, "max": rule.Max},
	})
}

func (v *Verdict) similar(c Case) {
	if c.Content.Reason == "" {
		return
	}
	v.shingles = sketch(c.Content.Reason)
	rule := c.Policy.Publish.Similar
	copies := 0
	for i := range c.Publisher.Picks {
		e := &c.Publisher.Picks[i]
		if e.Shingles == nil || c.Edit != nil && e.Pick == c.Edit.Pick || c.At.Sub(e.said()) > rule.Window.D() {
			continue
		}
		if similarBy(v.shingles, e.Shingles, rule.Threshold) {
			copies++
		}
	}
	if copies >= rule.Copies {
		v.add("originality", Held, &Problem{Code: "near-duplicate", Pointer: "/reason", Message: fmt.Sprintf("%d of your recent reasons say the same", copies), Fix: "write what is particular about this product"})
		return
	}
	v.add("originality", Passed, nil)
}
