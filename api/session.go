package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// A grant is a token handed out.
type grant struct {
	Token     string    `json:"token"`
	Subject   string    `json:"sub"`
	Scope     string    `json:"scope"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Server) grant(c *call, claims Claims) (*grant, error) {
	claims.IssuedAt, claims.TTL = c.now(), s.GuestFor
	token, err := s.Keys.Sign(claims)
	if err != nil {
		return nil, err
	}
	return &grant{token, claims.Subject, strings.Join(claims.Scopes, " "), claims.Expires().Truncate(time.Second)}, nil
}

// guestClient is the client_id of tokens of readers who have not signed in.
const guestClient = "guest"

// guest lets somebody in who only reads: a new reader with own interests,
// follows and mutes.
func (s *Server) guest(c *call) error {
	g, err := s.grant(c, Claims{Subject: "g" + randomID(), Client: guestClient, Scopes: []string{ScopeWindowRead}})
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusCreated, g)
}

// demoToken lets anybody be any expert of a demo world.
func (s *Server) demoToken(c *call) error {
	var in struct {
		Expert string `json:"expert"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if !recommend.ValidID(in.Expert) {
		return notFound("expert", in.Expert)
	}
	if err := s.exists(c, recommend.Ref{Kind: recommend.KindExpert, ID: in.Expert}, "expert"); err != nil {
		return err
	}
	g, err := s.grant(c, Claims{Subject: in.Expert, Client: "demo", Scopes: []string{ScopeWindowRead, ScopePicksWrite}})
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusCreated, g)
}

// A sessionView is who is logged in, without the token.
type sessionView struct {
	Subject   string    `json:"sub,omitempty"`
	Scope     string    `json:"scope"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Demo      bool      `json:"demo"`
}

func (s *Server) viewOf(who *Claims) sessionView {
	v := sessionView{Demo: s.Demo}
	if who != nil {
		v.Subject, v.Scope, v.ExpiresAt = who.Subject, strings.Join(who.Scopes, " "), who.Expires().UTC()
	}
	return v
}

// Session tells who sends a request by the cookie that POST /v1/session sets;
// ok is false for somebody unknown and for one whose session is over.
func (k *Keys) Session(r *http.Request, now time.Time) (sub string, scopes []string, ok bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || cookie.Value == "" {
		return "", nil, false
	}
	claims, err := k.Verify(r.Context(), cookie.Value, now)
	if err != nil {
		return "", nil, false
	}
	return claims.Subject, claims.Scopes, true
}

// session says who is logged in; nobody is an answer too.
func (s *Server) session(c *call) error {
	c.private()
	return c.json(http.StatusOK, s.viewOf(c.who))
}

// A loggedIn session is one that just began.
type loggedIn struct {
	sessionView
	// CartMerged says that the cart of the guest whose session this was is now
	// the reader's.
	CartMerged bool `json:"cart_merged"`
}

// logIn puts a token into the session cookie, where scripts cannot read it. A
// guest who signs in takes his cart along.
func (s *Server) logIn(c *call) error {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if c.foreign() {
		return refuse(codeCrossSite, "the request does not come from this site's own pages")
	}
	claims, err := s.tokens.verify(c.ctx(), in.Token, c.now())
	if err != nil {
		r := unauthorized("the access token is not valid or has expired", "invalid_token")
		r.cause = err
		return r
	}
	out := loggedIn{s.viewOf(claims), s.takeCart(c, claims)}
	http.SetCookie(c.Writer, s.cookieOf(in.Token, claims.Expires().Sub(c.now())))
	c.private()
	return c.json(http.StatusOK, out)
}

// takeCart merges the cart of the guest whose session c still carries into that
// of who, and reports whether that guest has left none behind. Nobody is kept
// from signing in: what goes wrong is logged, and what takes long is left.
func (s *Server) takeCart(c *call, who *Claims) bool {
	cookie, err := c.Request.Cookie(sessionCookie)
	if err != nil || cookie.Value == "" || who.isGuest() || !who.Has(ScopeWindowRead) || c.crossSite() {
		return false
	}
	guest, err := s.tokens.verify(c.ctx(), cookie.Value, c.now())
	if err != nil || !guest.isGuest() || guest.Subject == who.Subject {
		return false
	}
	ctx, cancel := context.WithTimeout(c.ctx(), 2*s.Wait) // for both carts
	defer cancel()
	as := *c
	as.Context, as.who = c.Copy(), who
	as.Request = c.Request.WithContext(ctx)
	was, err := s.guestOf(&as, guest.Subject)
	if err == nil && len(s.cartOf(&as, was).Lines) > 0 {
		_, _, err = s.merge(&as, guest.Subject)
	}
	if err != nil {
		s.Logger.WarnContext(c.ctx(), "a guest's cart is left behind", "err", err)
	}
	return err == nil
}

// logOut forgets the session.
func (s *Server) logOut(c *call) error {
	if c.foreign() {
		return refuse(codeCrossSite, "the request does not come from this site's own pages")
	}
	http.SetCookie(c.Writer, s.cookieOf("", -time.Second))
	c.private()
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// foreign reports whether a browser says that another site's page asks.
func (c *call) foreign() bool {
	site := c.Request.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none"
}

func (s *Server) cookieOf(token string, left time.Duration) *http.Cookie {
	age := int(left / time.Second)
	if age <= 0 {
		age = -1
	}
	return &http.Cookie{ //nolint:gosec // Secure where the service is known to be behind https
		Name: sessionCookie, Value: token, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(s.PublicURL, "https://"),
	}
}
