package recommend

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"vitrine.dev/recommend/link"
)

// A Product is a partner's own facts about an item. It is the value of a
// [TypeProductListed] event and the body of a [KindProduct] document.
type Product struct {
	Key          string    `json:"key"` // "partner:item"
	Title        string    `json:"title"`
	URL          string    `json:"url,omitempty"`
	Topic        string    `json:"topic,omitempty"`
	Price        *Money    `json:"price,omitempty"`
	Stock        *int64    `json:"stock,omitempty"` // nil: the partner does not say
	Preorder     bool      `json:"preorder,omitempty"`
	Image        string    `json:"image,omitempty"`
	Seller       string    `json:"seller,omitempty"`
	AfterSales   string    `json:"after_sales,omitempty"`   // the partner's terms in words
	CommissionBP int64     `json:"commission_bp,omitempty"` // hundredths of a percent of the paid amount
	UpdatedAt    time.Time `json:"updated_at"`              // when the partner last stated these facts

	// Notice is set by the fold when the commission was lowered.
	Notice *Notice `json:"notice,omitempty"`

	Extra map[string]json.RawMessage `json:"-"` // fields this version does not know
}

// A Notice is the time that experts have before a lower commission counts.
type Notice struct {
	CommissionBP int64     `json:"bp"` // that counts before Until
	Until        time.Time `json:"until"`
}

// CommissionAt is the commission that a click at now is made on, in hundredths
// of a percent. A higher one counts at once, a lower one when its notice is over.
func (p *Product) CommissionAt(now time.Time) int64 {
	switch {
	case p == nil:
		return 0
	case p.Notice != nil && now.Before(p.Notice.Until):
		return max(p.Notice.CommissionBP, p.CommissionBP)
	}
	return p.CommissionBP
}

// Follow sets p's Notice, for p to take the place of old at now, with the
// notice that the policy gives. Whatever p says of a notice itself is dropped.
func (p *Product) Follow(old *Product, now time.Time, notice time.Duration) {
	p.Notice = nil
	if old.Key == "" {
		return
	}
	counts := old.CommissionAt(now)
	switch {
	case p.CommissionBP >= counts:
	case p.CommissionBP < old.CommissionBP: // lowered, perhaps again: the whole time for it
		p.Notice = &Notice{CommissionBP: counts, Until: now.UTC().Add(notice)}
	case old.Notice != nil && now.Before(old.Notice.Until):
		p.Notice = &Notice{CommissionBP: old.Notice.CommissionBP, Until: old.Notice.Until}
	}
}

// Partner is the partner's id, the part of Key before the colon.
func (p *Product) Partner() string {
	partner, _, _ := strings.Cut(p.Key, ":")
	return partner
}

// Availability says whether the product can be bought now.
func (p *Product) Availability() Availability {
	switch {
	case p == nil || p.Stock == nil && !p.Preorder:
		return AvailabilityUnknown
	case p.Stock != nil && *p.Stock > 0:
		return InStock
	case p.Preorder:
		return Preorder
	}
	return OutOfStock
}

// Availability is what a partner says about getting a product.
type Availability string

// The availabilities.
const (
	InStock             Availability = "in_stock"
	OutOfStock          Availability = "out_of_stock"
	Preorder            Availability = "preorder"
	AvailabilityUnknown Availability = "unknown"
)

// Perishable reports whether p states facts that grow stale: a price or a
// stock. An archive's products state neither.
func (p *Product) Perishable() bool { return p != nil && (p.Price != nil || p.Stock != nil) }

const (
	maxStock  = 1_000_000_000
	factsSkew = 24 * time.Hour
)

// ValidateAge refuses facts from the future: they would never grow stale, and
// keep out all that are told until then. now is when they enter the log.
func (p *Product) ValidateAge(now time.Time) error {
	if p.UpdatedAt.Sub(now) <= factsSkew {
		return nil
	}
	return Refuse(Problem{Code: "clock-skew", Pointer: "/updated_at", Message: "more than a day in the future", Fix: "set the clock that states the facts"})
}

// Validate reports what is wrong with p as a [*Refusal].
func (p *Product) Validate() error {
	var ps []Problem
	if _, _, err := link.ParseKey(p.Key); err != nil {
		ps = append(ps, Problem{Code: "validation", Pointer: "/key", Message: fmt.Sprintf("%q is not a product key", clip(p.Key)), Fix: "give partner:item"})
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(p.Title)); n == 0 || n > 300 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/title", Message: fmt.Sprintf("title has %d characters", n), Fix: "give 1 to 300 characters"})
	}
	if p.Topic != "" && !ValidTopic(p.Topic) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/topic", Message: fmt.Sprintf("%q is not a topic id", clip(p.Topic)), Fix: "use an id listed by GET /v1/topics, or leave it out"})
	}
	if p.Price != nil {
		ps = append(ps, p.Price.Problems("/price")...)
	}
	if p.Stock != nil && (*p.Stock < 0 || *p.Stock > maxStock) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/stock", Message: fmt.Sprintf("stock %d", *p.Stock), Fix: fmt.Sprintf("give 0 to %d, or leave it out", maxStock)})
	}
	if p.CommissionBP < 0 || p.CommissionBP > 8000 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/commission_bp", Message: fmt.Sprintf("commission of %d basis points", p.CommissionBP), Fix: "give 0 to 8000 (80 %)"})
	}
	ps = append(ps, timeProblem(p.UpdatedAt, "/updated_at")...)
	for _, f := range []struct{ name, value string }{{"/image", p.Image}, {"/url", p.URL}} {
		if len(f.value) > 2048 {
			ps = append(ps, Problem{Code: "validation", Pointer: f.name, Message: "longer than 2048 bytes", Fix: "give a shorter address"})
		}
	}
	return Refuse(ps...)
}

type productFields Product

// MarshalJSON writes the known fields, then the unknown ones by name.
func (p Product) MarshalJSON() ([]byte, error) {
	return marshalExtra(productFields(p), p.Extra)
}

// UnmarshalJSON keeps unknown fields in Extra.
func (p *Product) UnmarshalJSON(b []byte) error {
	var f productFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*p = Product(f)
	p.Extra = extra
	return nil
}
