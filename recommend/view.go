package recommend

import (
	"fmt"
	"time"
)

// A Viewer is somebody who asks for one thing by name.
type Viewer struct {
	Reader string // "" is somebody unknown; an expert views with his own id
	Lang   string // "zh" or "en"
	// Moderator sees what is hidden, as its own expert does.
	Moderator bool
}

// Hidden says why readers do not see a pick; "" means that they do.
type Hidden string

// The reasons for which a pick is hidden.
const (
	HiddenWithdrawn      Hidden = "withdrawn"          // by its expert
	HiddenHeld           Hidden = "held"               // waits for a moderator
	HiddenDeferred       Hidden = "deferred"           // its time has not come
	HiddenRemoved        Hidden = "removed"            // by a ruling
	HiddenExpert         Hidden = "expert-unavailable" // not verified, or suspended
	HiddenTopic          Hidden = "topic-not-approved" // the expert is approved for none of its topics
	HiddenPartnerPaused  Hidden = "partner-paused"
	HiddenPartnerRemoved Hidden = "partner-removed"
	HiddenUnknownProduct Hidden = "product-unknown" // no partner lists it, and policy hides such
	HiddenUnknownStock   Hidden = "stock-unknown"   // the partner does not say, and policy hides such
	HiddenSoldOut        Hidden = "sold-out"
	HiddenStale          Hidden = "stale"            // the partner's facts are too old
	HiddenRestricted     Hidden = "restricted-goods" // the product's title names what may not be advertised
)

// A GoneError says that something exists and is not shown. It wraps
// [ErrNotFound]: whoever cannot tell gone from never there says the latter.
type GoneError struct {
	Kind   string // "pick", "expert" or "product"
	ID     string
	Reason Hidden
	Rule   string // the rule of the policy that a removal rests on, else ""
}

// Error names what is gone and why.
func (e *GoneError) Error() string { return fmt.Sprintf("%s %s is gone: %s", e.Kind, e.ID, e.Reason) }

// Unwrap makes every GoneError an [ErrNotFound].
func (e *GoneError) Unwrap() error { return ErrNotFound }

// A PickView is one pick in full.
type PickView struct {
	Item // Position and Score are 0
	// State is that of the expert's own events, or "published" once a
	// moderator has released what was held.
	State PickState `json:"state"`
	// Hidden is "" or [HiddenSoldOut]; the pick's own expert and moderators see
	// every reason.
	Hidden   Hidden `json:"hidden,omitempty"`
	Revision int64  `json:"revision"`
	// Versions is how many contents the pick has had, at most 21.
	Versions   int    `json:"versions"`
	Seller     string `json:"seller,omitempty"`
	AfterSales string `json:"after_sales,omitempty"` // the product's terms, else the partner's
	// What follows is shown to the pick's own expert and to moderators only.
	DeferredUntil time.Time     `json:"deferred_until,omitzero"`
	WithdrawnAt   time.Time     `json:"withdrawn_at,omitzero"`
	Problems      []Problem     `json:"problems,omitempty"`
	Pending       *PickRevision `json:"pending,omitempty"`
}

// A ProductRequest asks for a product and the picks of it.
type ProductRequest struct {
	Key string
	Viewer
	Limit  int    // 0 is the policy's default
	Cursor string // from the page before
}

// A ProductPage is a product with everybody's picks of it, the most trusted
// experts first.
type ProductPage struct {
	Product       ProductCard  `json:"product"`
	Link          string       `json:"link"` // canonical
	Topic         string       `json:"topic,omitempty"`
	Seller        string       `json:"seller,omitempty"`
	AfterSales    string       `json:"after_sales,omitempty"`
	Disclosure    DisclosureOf `json:"disclosure"`
	Items         []Item       `json:"items"`
	NextCursor    string       `json:"next_cursor,omitempty"`
	PolicyVersion string       `json:"policy_version"`
}

// A TopicInfo is a topic with what is on the shelf of it.
type TopicInfo struct {
	ID     string            `json:"id"`
	Parent string            `json:"parent,omitempty"`
	Label  string            `json:"label"` // in the language asked for
	Labels map[string]string `json:"labels,omitempty"`
	Picks  int               `json:"picks"` // that anybody can see now, subtopics included; up to 30 s old
}
