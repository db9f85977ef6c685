// Package partner connects Vitrine to shops: adapters for their APIs, a guard
// that keeps one bad shop from being felt elsewhere, and the file in which an
// operator says which shops there are. It holds no orders and no state beyond
// what a guard counts. Package partnertest has the suite that every adapter
// passes.
//
// # The shop protocol
//
// A shop that has no API of its own can speak this one; [Shop] is its client,
// and `vitrine partner` a small shop that serves it. All answers are JSON with
// a Content-Type that says so, at most 1 MiB; anything else counts as the shop
// being down. Redirects are not followed. Times are RFC 3339, money is
// {"amount": minor units, "currency": ISO 4217}. A wrong request is answered
// 400 or 422, a wrong key 401 or 403, too many requests 429.
//
// An item's facts, now:
//
//	GET {base}/api/items/{item}
//	200 {"title": "…", "url": "…", "price": {"amount": 5900, "currency": "CNY"}, "stock": 12,
//	     "seller": "…", "after_sales": "…", "image": "…", "commission_bp": 500}
//	404 {…} when there is no such item; the answer is JSON, so that a stray page is not taken for it
//
// The fields are those of [recommend.Product]; key and updated_at are set here.
//
// The checkout, to which a reader is sent:
//
//	{base}/checkout?item={item}&sku={sku}&qty={quantity}&vt={token}
//
// The shop keeps vt, of at most 4,096 letters, digits, '-', '_' and '.', with
// every line bought there, and hands it back unread as token of its reports.
//
// Reports of order lines whose state changed at from ≤ t < to, oldest first:
//
//	GET {base}/api/orders?from=…&to=…&cursor=…&limit=…
//	Authorization: Bearer {key}
//	200 {"reports": [{"id": "o-1", "line": "1", "token": "…", "amount": {…}, "state": "paid", "quantity": 1, "at": "…"}],
//	     "next_cursor": "…"}
//
// The reports are [recommend.OrderReport]; partner may be left out. next_cursor
// is absent at the end of the window, otherwise it is handed back as it came.
// A report appears once in a window, and in no window that does not hold its
// time.
//
// A shop may also tell of orders by itself, as soon as they change:
//
//	POST {vitrine}/v1/partners/{partner}/orders
//	Vitrine-Timestamp: {seconds since 1970}
//	Vitrine-Signature: v1={hex of HMAC-SHA256 with the shared secret of timestamp "." body}
//	{"reports": […]}
//
// It repeats the same body until it is answered 202, signed anew, for a signature
// is good for five minutes and taken once. Reports are known by what they say,
// so that one sent twice counts once. [Sign] makes the signature.
package partner

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// The headers of a webhook.
const (
	HeaderTimestamp = "Vitrine-Timestamp"
	HeaderSignature = "Vitrine-Signature"
)

// Sign returns the two headers of a webhook with body that is sent at now.
func Sign(secret []byte, now time.Time, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return timestamp, "v1=" + hex.EncodeToString(mac.Sum(nil))
}
