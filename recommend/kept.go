package recommend

import "time"

// A Bookmark is a pick that a reader keeps.
type Bookmark struct {
	Pick string    `json:"pick"`
	At   time.Time `json:"at"`
}

// A Cart is what a reader means to buy. Lines that are no longer for sale stay
// until the reader removes them.
type Cart struct {
	// Revision counts the changes that took effect.
	Revision int64      `json:"revision,omitempty"`
	At       time.Time  `json:"at,omitzero"` // of the last change
	Guest    bool       `json:"guest,omitempty"`
	Lines    []CartLine `json:"lines,omitempty"` // oldest first
}

// A CartLine is one variant of one product by one expert's recommendation.
type CartLine struct {
	ID       string    `json:"id"` // derived from what makes two lines one
	Pick     string    `json:"pick"`
	Expert   string    `json:"expert,omitempty"`
	Product  string    `json:"product,omitempty"`
	SKU      string    `json:"sku,omitempty"`
	Quantity int       `json:"quantity"`
	Price    *Money    `json:"price,omitempty"` // that the reader saw when he put it there
	At       time.Time `json:"at"`
}

// Feedback is what a reader wants less or more of.
type Feedback struct {
	Kind string    `json:"kind"` // pick, expert, topic or partner
	ID   string    `json:"id"`
	More bool      `json:"more,omitempty"` // else less
	At   time.Time `json:"at"`
	// Counted is when the pulse counted that the reader wants less of a pick.
	Counted time.Time `json:"counted,omitzero"`
}

// A Clicked is a way to a checkout that a reader was given. With those of the
// same product before it, it makes the touches of the next one's token.
type Clicked struct {
	ID      string    `json:"id"`
	Pick    string    `json:"pick"`
	Expert  string    `json:"expert"`
	Product string    `json:"product,omitempty"`
	Partner string    `json:"partner,omitempty"`
	At      time.Time `json:"at"`
	Path    Path      `json:"path,omitempty"`
}

// A Reported is a report or complaint that is open: a second one of the same
// reader about the same target is the first.
type Reported struct {
	Target   string    `json:"target"` // "pick:p1", or "click:c1" and "order:o1" of complaints
	Category string    `json:"category"`
	At       time.Time `json:"at"`
}

// A Trace is what a reader has done with a pick, as far as later events are
// decided by it.
type Trace struct {
	// Did has a bit for every kind of action that the pulse of the pick counts
	// of this reader now, see [Counted].
	Did uint16
	// Seen and Acted are the seconds since 1970 of the last impression and of
	// the last action that is none; 0 when there was none.
	Seen  int64
	Acted int64
	// Shown and Opened are how many impressions and opens count in the hour of
	// Seen and of Acted.
	Shown  int
	Opened int
	// Carted is the second that the reader was counted from as having the pick
	// in his cart.
	Carted int64
	// Journey says that there is a [KindJourney] document.
	Journey bool
}
