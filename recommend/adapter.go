package recommend

import (
	"context"
	"time"
)

// An Adapter speaks to one partner's API. It is the only way in which Vitrine
// asks a partner anything; links are never followed. Package
// recommend/partner has implementations and the suite that all of them pass.
//
// Its methods are safe for concurrent use. An error that wraps
// [ErrUnavailable] says that the partner does not answer, or not sensibly; one
// that wraps [ErrNotFound], that it has no such item; [ErrInvalid], that it
// refuses the request for good.
type Adapter interface {
	// Lookup returns the partner's facts of an item now, with UpdatedAt the
	// time at which they were asked for.
	Lookup(ctx context.Context, item string) (*Product, error)

	// ConvertLink returns the address of the partner's checkout of an item
	// that carries token, to come back with the order. It lies on one of the
	// hosts of Origins or of the partner's own links. Most adapters ask nobody
	// for it; one whose partner makes the links itself asks within ctx.
	ConvertLink(ctx context.Context, c Conversion) (Checkout, error)

	// OrdersSince returns reports of order lines changed in a window of time,
	// oldest change first, and the cursor to go on from, "" at the end of the
	// window. The cursor is handed back as it came. A report that breaks a rule
	// is handed on as the partner states it, for its receiver to refuse.
	OrdersSince(ctx context.Context, q OrderQuery) ([]OrderReport, string, error)
}

// A Conversion is what a way to a checkout is made of.
type Conversion struct {
	Item     string
	SKU      string
	Quantity int    // 1 or more
	Token    string // see [Clicks]
	ClickID  string // for partners that have no room for a token
}

// A Checkout is where a reader buys.
type Checkout struct {
	URL string
	// Embed is "webview" where the partner's page may be shown inside of ours,
	// else "external".
	Embed string
}

// An OrderQuery asks for changes in From ≤ t < To.
type OrderQuery struct {
	From, To time.Time
	Cursor   string // from the answer before; "" at the beginning of the window
	Limit    int    // of reports; 0 leaves it to the adapter
}

// A Channel is a partner as this installation is connected to it.
type Channel struct {
	Partner string
	Adapter Adapter
	// Secret is what the partner signs its webhooks with; nil when it sends none.
	Secret []byte
	// Origins are scheme and host, such as "https://pay.shop.example", of the
	// checkouts beside the partner's own links. The operator names them.
	Origins []string
	// Pull is how often orders are asked for; 0 when they only come by webhook.
	Pull time.Duration
	// PullFrom is how far back the first pull goes.
	PullFrom time.Duration
	// Promotion asks in windows of 20 minutes rather than three hours.
	Promotion bool
}
