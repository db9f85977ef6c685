package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"vitrine.dev/recommend"
)

// Scopes of a token.
const (
	ScopeWindowRead   = "window:read"   // a reader's own window, interests, follows
	ScopeWindowAny    = "window:any"    // windows of the readers named by ?reader=
	ScopePicksWrite   = "picks:write"   // publish as the expert who is the subject
	ScopeCatalogWrite = "catalog:write" // list products of the partner named by the partner claim
	ScopeOrdersWrite  = "orders:write"  // report orders as that partner
	ScopeMetricsRead  = "metrics:read"  // figures of all readers together
	ScopeModerate     = "moderate"      // rulings, verifications, partners
)

// Scopes returns all scopes.
func Scopes() []string {
	return []string{ScopeWindowRead, ScopeWindowAny, ScopePicksWrite, ScopeCatalogWrite, ScopeOrdersWrite, ScopeMetricsRead, ScopeModerate}
}

// Claims are what a token says of whoever holds it.
type Claims struct {
	// Subject is a reader, expert, partner or moderator; it must be a valid id
	// (recommend.ValidID).
	Subject string
	// Client is the program that acts; "" signs as "vitrine".
	Client string
	Scopes []string
	// Partner is whose products and orders the holder may report; "" is Subject.
	Partner string
	// ID is the token's jti; "" signs a random one.
	ID       string
	IssuedAt time.Time
	TTL      time.Duration // from IssuedAt
}

// Expires is when the token ends.
func (c *Claims) Expires() time.Time { return c.IssuedAt.Add(c.TTL) }

// Has reports whether c grants scope.
func (c *Claims) Has(scope string) bool {
	return slices.Contains(c.Scopes, scope) || scope == ScopeWindowRead && slices.Contains(c.Scopes, ScopeWindowAny)
}

// PartnerID is the partner that the holder acts for.
func (c *Claims) PartnerID() string {
	if c.Partner != "" {
		return c.Partner
	}
	return c.Subject
}

type wireClaims struct {
	jwt.RegisteredClaims
	Client  string `json:"client_id"`
	Scope   string `json:"scope"`
	Partner string `json:"partner,omitempty"`
}

// accessToken is the type that keeps tokens made for something else out
// (RFC 9068).
const accessToken = "at+jwt"

// leeway is how far the clocks of issuer and verifier may differ.
const leeway = 30 * time.Second

// Sign returns an access token with claims c.
func (k *Keys) Sign(c Claims) (string, error) {
	if !recommend.ValidID(c.Subject) {
		return "", fmt.Errorf("token: %w: subject %q is not an id", recommend.ErrInvalid, c.Subject)
	}
	for _, s := range c.Scopes {
		if !slices.Contains(Scopes(), s) {
			return "", fmt.Errorf("token: %w: %q is no scope; there are %s", recommend.ErrInvalid, s, strings.Join(Scopes(), ", "))
		}
	}
	if c.IssuedAt.IsZero() || c.TTL < time.Second {
		return "", fmt.Errorf("token: %w: a time of issue and a time to live of a second or more are needed", recommend.ErrInvalid)
	}
	if c.Client == "" {
		c.Client = "vitrine"
	}
	if c.ID == "" {
		c.ID = rand.Text()
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, wireClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: k.Issuer, Audience: jwt.ClaimStrings{k.Audience}, Subject: c.Subject, ID: c.ID,
			IssuedAt: jwt.NewNumericDate(c.IssuedAt), ExpiresAt: jwt.NewNumericDate(c.Expires()),
		},
		Client: c.Client, Scope: strings.Join(c.Scopes, " "), Partner: c.Partner,
	})
	t.Header["typ"], t.Header["kid"] = accessToken, k.id
	return t.SignedString(k.private)
}

// Verify returns the claims of token, or an error that says what is wrong with
// it. A token is taken when it is of type at+jwt, signed by this installation
// or a trusted issuer with that issuer's kind of key, for our audience, valid
// at now, and names subject, client, id and time of issue.
func (k *Keys) Verify(ctx context.Context, token string, now time.Time) (Claims, error) {
	const most = 8 << 10
	if len(token) > most {
		return Claims{}, fmt.Errorf("token longer than %d bytes", most)
	}
	var w wireClaims
	from := k.issuerOf(token)
	parser := jwt.NewParser(
		jwt.WithValidMethods(from.methods), jwt.WithIssuer(from.name), jwt.WithAudience(from.audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	_, err := parser.ParseWithClaims(token, &w, func(t *jwt.Token) (any, error) {
		typ, _ := t.Header["typ"].(string) // absent is as bad as another
		if typ = strings.ToLower(typ); typ != accessToken && typ != "application/"+accessToken {
			return nil, fmt.Errorf("type %q is not %s", shorten(typ), accessToken)
		}
		if _, ok := t.Header["crit"]; ok {
			return nil, errors.New("critical header that is not understood")
		}
		kid, _ := t.Header["kid"].(string) // an issuer with one key may leave it out
		return from.key(ctx, wanted{kid, t.Method.Alg(), now})
	})
	if err != nil {
		return Claims{}, err
	}
	for name, missing := range map[string]bool{
		"sub": !recommend.ValidID(w.Subject), "client_id": w.Client == "", "jti": w.ID == "", "iat": w.IssuedAt == nil,
	} {
		if missing {
			return Claims{}, fmt.Errorf("claim %s is missing or not valid", name)
		}
	}
	return Claims{
		Subject: w.Subject, Client: w.Client, Scopes: strings.Fields(w.Scope), Partner: w.Partner, ID: w.ID,
		IssuedAt: w.IssuedAt.Time, TTL: w.ExpiresAt.Sub(w.IssuedAt.Time),
	}, nil
}

// issuerOf is whose rules token is held to: those of the trusted issuer it
// names, else our own. The name is only believed once the signature fits.
func (k *Keys) issuerOf(token string) *issuer {
	if len(k.trusted) > 0 {
		var w jwt.RegisteredClaims
		if _, _, err := jwt.NewParser().ParseUnverified(token, &w); err == nil {
			for _, t := range k.trusted {
				if t.name == w.Issuer {
					return t
				}
			}
		}
	}
	return &issuer{
		name: k.Issuer, audience: k.Audience, methods: []string{jwt.SigningMethodEdDSA.Alg()},
		set: keySet{{id: k.id, alg: jwt.SigningMethodEdDSA.Alg(), key: k.public()}},
	}
}
