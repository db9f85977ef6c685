package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
)

// sessionCookie holds an access token for the pages of this site.
const sessionCookie = "vitrine_session"

func unauthorized(detail, reason string) *refusal {
	challenge := `Bearer realm="vitrine"`
	if reason != "" {
		challenge += `, error="` + reason + `"`
	}
	return refuse(codeUnauthorized, detail).head("WWW-Authenticate", challenge)
}

func insufficientScope(required string) *refusal {
	return refuse(codeScope, "the token lacks the scope "+required).with("required", required).
		head("WWW-Authenticate", `Bearer realm="vitrine", error="insufficient_scope", scope="`+required+`"`)
}

// authenticate finds out who calls. A token that is sent must be good, also
// where none is needed.
func (c *call) authenticate() error {
	token, err := c.token()
	if err != nil || token == "" {
		return err
	}
	claims, err := c.server.tokens.verify(c.ctx(), token, c.now())
	if err != nil {
		if c.cookie && c.route.scope == "" {
			c.cookie = false // with an old session one may do what anybody may
			return nil
		}
		r := unauthorized("the access token is not valid or has expired", "invalid_token")
		r.cause = err
		return r
	}
	c.who = claims
	if c.cookie && !safe(c.Request.Method) && c.crossSite() {
		return refuse(codeCrossSite, "the request does not come from this site's own pages")
	}
	return nil
}

func (c *call) token() (string, error) {
	if h := c.Request.Header.Get("Authorization"); h != "" {
		scheme, token, ok := strings.Cut(h, " ")
		token = strings.TrimSpace(token)
		if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", unauthorized("the Authorization header must be Bearer and an access token", "invalid_request")
		}
		return token, nil
	}
	if cookie, err := c.Request.Cookie(sessionCookie); err == nil && cookie.Value != "" {
		c.cookie = true
		return cookie.Value, nil
	}
	return "", nil
}

// crossSite reports whether a change with the session cookie may come from
// elsewhere. Browsers tell by Sec-Fetch-Site; X-Vitrine-CSRF cannot be sent
// across sites without our consent, which we never give.
func (c *call) crossSite() bool {
	return c.Request.Header.Get("Sec-Fetch-Site") != "same-origin" && c.Request.Header.Get("X-Vitrine-CSRF") != "1"
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// authorize checks that the caller may use the route.
func (c *call) authorize() error {
	switch scope := c.route.scope; {
	case scope == "":
		return nil
	case c.who == nil:
		return unauthorized("an access token with the scope "+scope+" is needed", "")
	case !c.who.Has(scope) && (c.route.or == "" || !c.who.Has(c.route.or)):
		return insufficientScope(scope)
	}
	return nil
}

// bucket is which limit of requests counts, and for whom.
func (c *call) bucket(authErr error) (of class, client string) {
	of = c.route.class
	switch {
	case authErr != nil: // guessing tokens has the limit of an address
		of = classWrong
	case c.who == nil || of == classGuest:
	case (of == classRead || of == classQuery) && c.who.Has(ScopeWindowAny):
		return classFeed, c.who.Subject
	default:
		return of, c.who.Subject
	}
	return of, "ip " + c.ClientIP() // no subject has a blank
}

// A tokenDigest stands for a token where it is kept: who sees it can do nothing
// with it.
type tokenDigest [sha256.Size]byte

func digestOf(token string) tokenDigest {
	var buf [1 << 10]byte // more than most are long
	return sha256.Sum256(append(buf[:0], token...))
}

// tokens remember verified tokens for a minute: a signature costs more to
// check than most of what it lets through.
type tokens struct {
	keys  *Keys
	known *otter.Cache[tokenDigest, *Claims] // nobody changes them
}

func newTokens(keys *Keys) (*tokens, error) {
	known, err := otter.New(&otter.Options[tokenDigest, *Claims]{
		MaximumSize:      20_000,
		ExpiryCalculator: otter.ExpiryWriting[tokenDigest, *Claims](time.Minute),
	})
	return &tokens{keys, known}, err
}

func (t *tokens) close() { t.known.StopAllGoroutines() }

func (t *tokens) verify(ctx context.Context, token string, now time.Time) (*Claims, error) {
	digest := digestOf(token)
	c, ok := t.known.GetIfPresent(digest)
	if ok && now.Before(c.Expires().Add(leeway)) && now.After(c.IssuedAt.Add(-leeway)) {
		return c, nil
	}
	claims, err := t.keys.Verify(ctx, token, now)
	if err != nil {
		return nil, err
	}
	t.known.Set(digest, &claims)
	return &claims, nil
}
