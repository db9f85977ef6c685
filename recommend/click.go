package recommend

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Path is how a reader came to a checkout. It decides how long an order
// counts for the click.
type Path string

// The paths.
const (
	PathDirect   Path = "direct"   // from a card or a middle page
	PathBookmark Path = "bookmark" // the pick was bookmarked
	PathCart     Path = "cart"     // the pick was in the cart
)

// A Click is what the token of a way to a checkout says: signed by this
// installation and complete in itself, so that an order is attributed by
// nothing else, and on the terms of the moment of the click.
type Click struct {
	ID      string    `json:"id"`
	Reader  string    `json:"r,omitempty"` // pseudonym
	Pick    string    `json:"p"`
	Expert  string    `json:"x"`
	Product string    `json:"k"`
	SKU     string    `json:"u,omitempty"`
	At      time.Time `json:"t"` // to the second
	Path    Path      `json:"w"`
	Terms   Terms     `json:"c"`
	// Price of one, as shown, and Quantity bound what is paid without a second look.
	Price    *Money `json:"m,omitempty"`
	Quantity int    `json:"n,omitempty"`
	// Self says that the reader is the expert: nothing is earned.
	Self bool `json:"s,omitempty"`
	// Kin says that the reader is an expert who is paid to the account of this one.
	Kin bool `json:"y,omitempty"`
	// Bot says that a robot went: what is bought moves no rank and is in no rate.
	Bot bool `json:"b,omitempty"`
	// Touches are the reader's clicks on the same product before this one,
	// oldest first, of one expert the last, at most MaxTouches.
	Touches []Touch `json:"h,omitempty"`
}

// MaxTouches bounds the touches of a click.
const MaxTouches = 4

// Terms are what an expert earns by an order, as frozen at the click.
type Terms struct {
	CommissionBP int64  `json:"b"`           // hundredths of a percent of what is paid, by the partner
	ShareBP      int64  `json:"s"`           // hundredths of a percent of that, to the expert
	Model        Model  `json:"m,omitempty"` // who is paid; last when empty
	HoldingDays  int    `json:"h,omitempty"` // from the settlement until it can be paid out
	Policy       string `json:"v,omitempty"` // version
}

// A Touch is an earlier click on the same product.
type Touch struct {
	Click  string    `json:"id"`
	Pick   string    `json:"p"`
	Expert string    `json:"x"`
	At     time.Time `json:"t"`
	Path   Path      `json:"w"`
}

// A Model says which of several clicked experts an order is credited to.
type Model string

// The models of attribution.
const (
	ModelLast  Model = "last"
	ModelFirst Model = "first"
	ModelSplit Model = "split" // equal parts
)

// Clicks mint and open the tokens of ways to a checkout. All processes of an
// installation share the key. They are safe for concurrent use.
type Clicks struct {
	key []byte
	kid string // tells our tokens from those of another installation
}

// NewClicks returns Clicks that sign with key, of 32 bytes.
func NewClicks(key []byte) *Clicks {
	c := &Clicks{key: slices.Clone(key)}
	c.kid = base64.RawURLEncoding.EncodeToString(c.mac("kid", nil)[:6])
	return c
}

// tokenVersion is the first part of every token; the others are the name of
// the key, what the token says, and the seal of that.
const tokenVersion = "v1"

func (c *Clicks) mac(label string, payload []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte("vitrine click " + label + "\x00"))
	h.Write(payload)
	return h.Sum(nil)
}

// Mint returns the token of k: letters, digits, '-', '_' and '.' alone.
func (c *Clicks) Mint(k Click) (string, error) {
	k.At = k.At.UTC().Truncate(time.Second)
	payload, err := json.Marshal(k)
	if err != nil {
		return "", fmt.Errorf("click token: %w", err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return strings.Join([]string{tokenVersion, c.kid, enc(payload), enc(c.mac("token", payload)[:16])}, "."), nil
}

// MaxToken is how long a token can be.
const MaxToken = 4096

// Open returns what token says. The error is a [*Refusal] with one of the
// codes token-malformed, token-foreign (of another installation) and
// token-tampered. How old it is is not looked at: see [EarningRules].
func (c *Clicks) Open(token string) (Click, error) {
	bad := func(code, message string) (Click, error) {
		return Click{}, Refuse(Problem{Code: code, Pointer: "/token", Message: message, Fix: "hand the token back as it came with the reader"})
	}
	parts := strings.Split(token, ".")
	if len(token) > MaxToken || len(parts) != 4 || parts[0] != tokenVersion {
		return bad("token-malformed", "this is no click token")
	}
	if parts[1] != c.kid {
		return bad("token-foreign", "the token was minted by another installation")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	seal, err2 := base64.RawURLEncoding.Strict().DecodeString(parts[3])
	if err != nil || err2 != nil || !hmac.Equal(seal, c.mac("token", payload)[:16]) {
		return bad("token-tampered", "the token was changed")
	}
	var k Click
	if err := json.Unmarshal(payload, &k); err != nil {
		return bad("token-malformed", "the token cannot be read")
	}
	return k, nil
}
