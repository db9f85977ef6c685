package recommend

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend/link"
)

// mostWindow is how many cards a window may have over all its pages: a cursor
// tells of every card shown, in 7 bytes, and stays within 16 KiB of text.
const mostWindow = 1500

func (p *Policy) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.Version == "" {
		bad("version: missing; give it a name such as 2026-11-23")
	}
	u := p.Publish
	for _, f := range []struct {
		name   string
		v, min int
	}{
		{"publish.per_day", u.PerDay, 1},
		{"publish.per_hour", u.PerHour, 1},
		{"publish.per_partner_per_day", u.PerPartnerDay, 1},
		{"publish.probation_per_day", u.ProbationPerDay, 1},
		{"publish.topics", u.Topics, 1},
		{"publish.images", u.Images, 0},
		{"publish.reason.min", u.Reason.Min, 1},
		{"publish.reason.max", u.Reason.Max, u.Reason.Min},
		{"publish.similar.copies", u.Similar.Copies, 1},
		{"publish.paid_share.free", u.PaidShare.Free, 0},
		{"window.also_recommended_by", p.Window.AlsoBy, 0},
		{"window.default_limit", p.Window.Default, 1},
		{"window.max_limit", p.Window.Max, p.Window.Default},
		{"window.length", p.Window.Length, p.Window.Max},
		{"window.candidates", p.Window.CandidateLimit, p.Window.Max},
		{"reader.bookmarks", p.Reader.Bookmarks, 1},
		{"reader.cart_lines", p.Reader.CartLines, 1},
		{"reader.quantity", p.Reader.Quantity, 1},
		{"reader.shown_per_hour", p.Reader.ShownPerHour, 1},
		{"reader.opened_per_hour", p.Reader.OpenedPerHour, 1},
		{"earnings.holding_days", p.Earnings.HoldingDays, 0},
	} {
		if f.v < f.min {
			bad("%s: %d is under %d", f.name, f.v, f.min)
		}
	}
	if p.Window.Length > mostWindow {
		bad("window.length: %d is over %d, as many as a cursor can tell of", p.Window.Length, mostWindow)
	}
	if p.Learning.Publish.D() < 100*time.Millisecond || !(p.Learning.Share > 0 && p.Learning.Share <= 1) {
		bad("learning: publish %v is under 100ms, or share %v not above 0 and up to 1", p.Learning.Publish.D(), p.Learning.Share)
	}
	for _, f := range []struct {
		name string
		v    float64
	}{
		{"ranking.interest", p.Factors.Interest},
		{"ranking.follow", p.Factors.Follow},
		{"ranking.freshness", p.Factors.Freshness},
		{"ranking.trust", p.Factors.Trust},
		{"ranking.availability", p.Factors.Availability},
		{"ranking.engagement", p.Factors.Engagement},
	} {
		if !(f.v >= 0 && f.v <= 1000) { // and NaN is neither
			bad("%s: %v is not between 0 and 1000", f.name, f.v)
		}
	}
	for _, f := range []struct {
		name string
		v    float64
	}{
		{"publish.paid_share.max", u.PaidShare.Max},
		{"publish.similar.threshold", u.Similar.Threshold},
		{"window.author_decay", p.Window.AuthorDecay},
		{"window.author_floor", p.Window.AuthorFloor},
		{"window.product_decay", p.Window.ProductDecay},
		{"window.product_floor", p.Window.ProductFloor},
		{"reader.faded_from", p.Reader.FadedFrom},
	} {
		if !(f.v >= 0 && f.v <= 1) {
			bad("%s: %v is not between 0 and 1", f.name, f.v)
		}
	}
	for _, f := range []struct {
		name string
		v    Duration
	}{
		{"publish.spacing", u.Spacing},
		{"publish.same_product", u.SameProduct},
		{"publish.probation", u.Probation},
		{"publish.undo", u.Undo},
		{"publish.paid_share.window", u.PaidShare.Window},
		{"publish.similar.window", u.Similar.Window},
		{"publish.clock_skew", u.ClockSkew},
		{"facts.price_for", p.Facts.PriceFor},
		{"facts.pick_for", p.Facts.PickFor},
		{"window.cursor_for", p.Window.CursorFor},
		{"window.fresh_half_life", p.Window.FreshHalfLife},
		{"reader.hidden_for", p.Reader.HiddenFor},
		{"reader.faded_until", p.Reader.FadedUntil},
		{"reader.check_facts_after", p.Reader.CheckFactsAge},
		{"earnings.notice", p.Earnings.Notice},
		{"earnings.fast_order", p.Earnings.FastOrder},
	} {
		if f.v < 0 {
			bad("%s: %v is negative", f.name, f.v.D())
		}
	}
	if p.Window.FreshHalfLife == 0 || p.Window.CursorFor == 0 {
		bad("window: fresh_half_life and cursor_for must be above 0")
	}
	for _, lang := range []string{"zh", "en"} {
		if p.Disclosure.Label[lang] == "" || p.Disclosure.ShortLabel[lang] == "" {
			bad("disclosure: label and short_label are needed in %s; a purchase link is never without one", lang)
		}
	}
	errs = append(errs, p.validateReaders()...)
	errs = append(errs, p.validatePages()...)
	errs = append(errs, p.validateLists()...)
	errs = append(errs, p.validateExperiments()...)
	return errors.Join(errs...)
}

// Bounds of what a policy may let a reader keep: his document holds all of it.
const (
	mostBookmarks = 20_000
	mostCartLines = 1_000
	mostQuantity  = 10_000
	mostHolding   = 3650 // days
)

// validateReaders checks the rules of readers' actions and of earnings.
func (p *Policy) validateReaders() []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	r, e := &p.Reader, &p.Earnings
	for _, f := range []struct {
		name    string
		v, most int
	}{
		{"reader.bookmarks", r.Bookmarks, mostBookmarks},
		{"reader.cart_lines", r.CartLines, mostCartLines},
		{"reader.quantity", r.Quantity, mostQuantity},
		{"earnings.holding_days", e.HoldingDays, mostHolding},
	} {
		if f.v > f.most {
			bad("%s: %d is over %d", f.name, f.v, f.most)
		}
	}
	for _, f := range []struct {
		name string
		v    Duration
	}{
		{"reader.cart_for", r.CartFor},
		{"reader.guest_cart_for", r.GuestCartFor},
		{"earnings.direct_window", e.DirectWindow},
		{"earnings.kept_window", e.KeptWindow},
		{"earnings.signal_for", e.SignalFor},
	} {
		if f.v <= 0 {
			bad("%s: %v is not above 0", f.name, f.v.D())
		}
	}
	if r.FadedUntil < r.HiddenFor {
		bad("reader.faded_until: %v is under hidden_for, %v", r.FadedUntil.D(), r.HiddenFor.D())
	}
	if !(r.MoreFactor >= 1 && r.MoreFactor <= 10) {
		bad("reader.more_factor: %v is not between 1 and 10", r.MoreFactor)
	}
	if e.ShareBP < 0 || e.ShareBP > 10_000 {
		bad("earnings.expert_share_bp: %d is not between 0 and 10000", e.ShareBP)
	}
	if b := &e.Burst; b.Bucket.D() < time.Minute || b.Bucket.D() > time.Hour || time.Hour%b.Bucket.D() != 0 || b.Clicks < 0 || !(b.Times >= 1 && b.Times <= 1000) || !(b.Share > 0 && b.Share <= 1) {
		bad("earnings.burst: bucket must be 1m to 1h and go into an hour, clicks not negative, times 1 to 1000, share above 0 and at most 1")
	}
	if !slices.Contains([]Model{ModelLast, ModelFirst, ModelSplit}, e.Model) {
		bad("earnings.model: %q is none of last, first and split", e.Model)
	}
	return errs
}

func (p *Policy) validateLists() []error {
	var errs []error
	seen := make(map[string]bool)
	for i, t := range p.Topics {
		if !ValidTopic(t.ID) || seen[t.ID] {
			errs = append(errs, fmt.Errorf("topics[%d]: id %q is not a topic id or comes twice", i, t.ID))
		}
		seen[t.ID] = true
	}
	partners := make([]link.Partner, 0, len(p.Partners))
	for i := range p.Partners {
		if err := p.Partners[i].Validate(); err != nil {
			errs = append(errs, fmt.Errorf("partners[%d] %s: %w", i, p.Partners[i].ID, err))
			continue
		}
		partners = append(partners, p.Partners[i].link())
	}
	if _, err := link.NewRegistry(partners...); err != nil {
		errs = append(errs, fmt.Errorf("partners: %w", err))
	}
	for i, r := range p.Restricted {
		if slices.ContainsFunc(p.Restricted[:i], func(b Restriction) bool { return b.ID == r.ID }) {
			errs = append(errs, fmt.Errorf("restricted[%d]: %q comes twice", i, r.ID))
		}
		if r.ID == "" || len(r.Words) == 0 || slices.ContainsFunc(r.Words, func(w string) bool { return strings.TrimSpace(w) == "" }) {
			errs = append(errs, fmt.Errorf("restricted[%d] %s: an id and words are needed", i, r.ID))
		}
	}
	for i, r := range p.Rules {
		if slices.ContainsFunc(p.Rules[:i], func(b Rule) bool { return b.ID == r.ID }) {
			errs = append(errs, fmt.Errorf("rules[%d]: %q comes twice", i, r.ID))
		}
		if r.ID == "" || r.Text["en"] == "" || r.Text["zh"] == "" {
			errs = append(errs, fmt.Errorf("rules[%d] %s: an id and a text in zh and en are needed", i, r.ID))
		}
	}
	return errs
}
