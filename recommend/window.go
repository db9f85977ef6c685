package recommend

import (
	"time"
)

// A WindowRequest asks for one page of a reader's window.
type WindowRequest struct {
	Reader string // "" is somebody unknown: no interests, no follows
	Topics []string
	Limit  int    // 0 is the policy's default
	Cursor string // from the page before; everything but Reader, Topics and Lang is taken from it
	// Seed makes exploration repeatable: same inputs, same index and same seed give the same order.
	Seed    uint64
	Exclude []string // pick ids to leave out, at most 100
	Lang    string   // "zh" or "en", for labels and reasons
	// Bare asks for the order of the score alone: no discounts, no exploration,
	// no caps. It is for measuring.
	Bare bool
	// Brief asks for cards without their factors. They may be ranked as the
	// reader's cards stood a moment ago, see [WindowsConfig].Keep.
	Brief bool
	// Admit asks for leave to show a page, where the policy bounds windows too;
	// nil shows what there is.
	Admit Admit
	// Fresh leaves out the products that the reader has acted on.
	Fresh bool
	// IncludeSeen brings back, counting less, what was shown of late and led to
	// nothing, and what the reader bought.
	IncludeSeen bool
}

// A RankRequest asks for an order of given picks.
type RankRequest struct {
	Reader string   // "" is somebody unknown
	Picks  []string // 1 to 1,000; what is not known or not to be seen is left out
	Limit  int      // of cards; 0 is all
	Seed   uint64
	Lang   string
	Bare   bool // as in [WindowRequest]
	// Brief asks for cards without their factors.
	Brief bool
}

// A Window is one page of a ranked result for one reader at one time.
type Window struct {
	ID            string   `json:"window_id"`
	Items         []Item   `json:"items"`
	NextCursor    string   `json:"next_cursor,omitempty"` // "" on the last page
	PolicyVersion string   `json:"policy_version"`
	Arm           string   `json:"arm,omitempty"`     // of the experiments it was made in, such as "colour:red,order:b"
	Degraded      bool     `json:"degraded"`          // something failed and the window came without it
	Missing       []string `json:"missing,omitempty"` // what, such as "reader"
	// Reason says why a page is empty: [ReasonFatigue].
	Reason string `json:"reason,omitempty"`
	// NextAllowedAt is when it would not be, for this reason; zero is never.
	NextAllowedAt time.Time `json:"next_allowed_at,omitzero"`
	// LeftOut are the picks of a [RankRequest] that are no card of their own; nil
	// of other windows.
	LeftOut []LeftOut `json:"left_out,omitzero"`

	// faces hold the JSON of what cards share with those of other readers, by
	// item; see [face].
	faces []*face
}

// room makes room for n cards.
func (w *Window) room(n int) { w.Items, w.faces = make([]Item, 0, n), make([]*face, 0, n) }

// show adds a card with a face, to be filled with the rest.
func (w *Window) show(f *face) *Item {
	w.Items, w.faces = append(w.Items, f.item), append(w.faces, f)
	return &w.Items[len(w.Items)-1]
}

// A LeftOut is a pick that was to be ordered and is not.
type LeftOut struct {
	Pick string `json:"pick"`
	// Reason is [LeftUnknown] or another of those, or why readers do not see it.
	Reason string `json:"reason"`
}

// An Item is one card: the best pick of a product for this reader.
type Item struct {
	Pick     string  `json:"pick"`
	Position int     `json:"position"` // from 0, over all pages
	Score    float64 `json:"score"`    // with the discounts of the page: it falls from card to card
	// Propensity is the chance that the card had to be in its place: above 0, and
	// 1 where no chance was involved. Actions carry it back, for learning.
	Propensity float64      `json:"propensity,omitempty"`
	Source     string       `json:"source"`  // which candidate source won: interest, follow, fresh, …
	Reasons    []string     `json:"reasons"` // at most 3, in the reader's language
	Expert     ExpertCard   `json:"expert"`
	Product    ProductCard  `json:"product"`
	Reason     string       `json:"reason"`
	Topics     []string     `json:"topics"`
	Disclosure DisclosureOf `json:"disclosure"`
	// Inventory is the expert's claim; shown only when the partner's stock is no lower.
	Inventory   *int64    `json:"inventory,omitempty"`
	Images      []string  `json:"images,omitempty"`
	Link        string    `json:"link"` // canonical, on an approved host
	AlsoBy      []AlsoBy  `json:"also_recommended_by,omitempty"`
	PublishedAt time.Time `json:"published_at"`
	EditedAt    time.Time `json:"edited_at,omitzero"`
	Bookmarked  bool      `json:"bookmarked"`
	InCart      bool      `json:"in_cart"`
	Factors     []Factor  `json:"factors,omitempty"` // sum to Score
}

// An ExpertCard is an expert as cards show him.
type ExpertCard struct {
	ID    string  `json:"id"`
	Name  string  `json:"name"`
	Trust float64 `json:"trust"`
}

// A ProductCard holds the partner's facts as cards show them.
type ProductCard struct {
	Key          string       `json:"key"`
	Partner      string       `json:"partner"`
	Title        string       `json:"title"`
	Image        string       `json:"image,omitempty"`
	Price        *Money       `json:"price"` // null when unknown or too old
	Availability Availability `json:"availability"`
	CheckedAt    *time.Time   `json:"checked_at"` // null when the partner has told nothing
}

// DisclosureOf is the label beside a purchase link; never empty.
type DisclosureOf struct {
	Label        string       `json:"label"`
	ShortLabel   string       `json:"short_label"`
	Relationship Relationship `json:"relationship"`
	Placement    string       `json:"placement"` // "adjacent"
}

// AlsoBy is another expert's pick of the same product.
type AlsoBy struct {
	Pick   string     `json:"pick"`
	Expert ExpertCard `json:"expert"`
}

// A Factor is one part of a score: Weight times Value.
type Factor struct {
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
	Value  float64 `json:"value"`
}
