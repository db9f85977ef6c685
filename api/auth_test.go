package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"vitrine.dev/api"
)

// seed is the private key in a key file.
func seed(t *testing.T, path string) ed25519.PrivateKey {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Seed []byte `json:"ed25519_seed"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(f.Seed)
}

func TestTokensThatAreNotRightAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	keys, err := api.LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	private := seed(t, path)
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no Ed25519 key")
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var kid string
	if own, err := keys.Sign(api.Claims{Subject: "ann", IssuedAt: now, TTL: time.Hour}); err != nil {
		t.Fatal(err)
	} else if parsed, _, err := jwt.NewParser().ParseUnverified(own, jwt.MapClaims{}); err != nil {
		t.Fatal(err)
	} else {
		kid, _ = parsed.Header["kid"].(string) // empty fails below
	}
	good := func() jwt.MapClaims {
		return jwt.MapClaims{
			"iss": "vitrine", "aud": "vitrine", "sub": "ann", "client_id": "c", "jti": "1", "scope": "window:read",
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		}
	}
	claims := func(name string, value any) jwt.MapClaims {
		c := good()
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	for name, tt := range map[string]struct {
		claims jwt.MapClaims
		method jwt.SigningMethod
		key    any
		header map[string]any
		ok     bool
	}{
		"a good one":               {claims: good(), ok: true},
		"a good one, long type":    {claims: good(), header: map[string]any{"typ": "application/AT+JWT"}, ok: true},
		"several audiences":        {claims: claims("aud", []string{"other", "vitrine"}), ok: true},
		"a stranger's key":         {claims: good(), key: stranger},
		"no algorithm":             {claims: good(), method: jwt.SigningMethodNone, key: jwt.UnsafeAllowNoneSignatureType},
		"the public key as secret": {claims: good(), method: jwt.SigningMethodHS256, key: []byte(public)},
		"another type":             {claims: good(), header: map[string]any{"typ": "JWT"}},
		"no type":                  {claims: good(), header: map[string]any{"typ": nil}},
		"a critical header":        {claims: good(), header: map[string]any{"crit": []string{"b64"}}},
		"another key's name":       {claims: good(), header: map[string]any{"kid": "other"}},
		"another issuer":           {claims: claims("iss", "other")},
		"no issuer":                {claims: claims("iss", nil)},
		"another audience":         {claims: claims("aud", "other")},
		"no audience":              {claims: claims("aud", nil)},
		"an end in the past":       {claims: claims("exp", now.Add(-time.Minute).Unix())},
		"no end":                   {claims: claims("exp", nil)},
		"a start in the future":    {claims: claims("nbf", now.Add(time.Hour).Unix())},
		"issued in the future":     {claims: claims("iat", now.Add(time.Hour).Unix())},
		"no time of issue":         {claims: claims("iat", nil)},
		"no subject":               {claims: claims("sub", nil)},
		"a subject that is no id":  {claims: claims("sub", "a b")},
		"no client":                {claims: claims("client_id", nil)},
		"no id":                    {claims: claims("jti", nil)},
	} {
		t.Run(name, func(t *testing.T) {
			var method jwt.SigningMethod = jwt.SigningMethodEdDSA
			var key any = private
			if tt.method != nil {
				method = tt.method
			}
			if tt.key != nil {
				key = tt.key
			}
			token := jwt.NewWithClaims(method, tt.claims)
			token.Header["typ"], token.Header["kid"] = "at+jwt", kid
			maps.Copy(token.Header, tt.header)
			signed, err := token.SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := keys.Verify(t.Context(), signed, now)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v, want it taken: %t", err, tt.ok)
			}
			if tt.ok && (got.Subject != "ann" || !got.Has(api.ScopeWindowRead)) {
				t.Errorf("claims %+v, want ann's", got)
			}
		})
	}
	for _, token := range []string{"", "x", "a.b.c", strings.Repeat("a", 9000)} {
		if _, err := keys.Verify(t.Context(), token, now); err == nil {
			t.Errorf("%.20q was taken", token)
		}
	}
}

func TestWhatCannotBeSignedIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]api.Claims{
		"no subject":       {IssuedAt: w.clock.now(), TTL: time.Hour},
		"an unknown scope": {Subject: "ann", Scopes: []string{"root"}, IssuedAt: w.clock.now(), TTL: time.Hour},
		"no time":          {Subject: "ann", TTL: time.Hour},
		"no end":           {Subject: "ann", IssuedAt: w.clock.now()},
	} {
		if _, err := w.keys.Sign(c); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}

func TestAKeyFileIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "keys.json")
	var wg sync.WaitGroup
	tokens := make([]string, 8)
	now := time.Now()
	for i := range tokens {
		wg.Go(func() {
			k, err := api.LoadKeys(path)
			if err != nil {
				t.Error(err)
				return
			}
			if tokens[i], err = k.Sign(api.Claims{Subject: "ann", IssuedAt: now, TTL: time.Hour}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	k, err := api.LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if _, err := k.Verify(t.Context(), token, now); err != nil {
			t.Errorf("a process had other keys: %v", err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode %o, want 600", got)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("files %v %v, want the key file alone", left, err)
	}
	if bytes.Equal(k.Secret("cursor"), k.Secret("seal")) || len(k.Secret("seal")) != 32 {
		t.Error("secrets of two purposes are alike or short")
	}
	for name, content := range map[string]string{"no JSON": "x", "short": `{"ed25519_seed":"AAAA","secret":"AAAA"}`} {
		bad := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := api.LoadKeys(bad); err == nil {
			t.Errorf("%s was taken for keys", name)
		}
	}
}

// An idp is an issuer of tokens that we are told to trust.
type idp struct {
	keys  atomic.Pointer[map[string]any] // kid -> private key
	asked atomic.Int32
}

func (p *idp) set(keys map[string]any) { p.keys.Store(&keys) }

func (p *idp) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.asked.Add(1)
	enc := base64.RawURLEncoding.EncodeToString
	set := []object{{"kty": "oct", "kid": "ignored"}}
	for kid, k := range *p.keys.Load() {
		switch k := k.(type) {
		case *rsa.PrivateKey:
			set = append(set, object{"kty": "RSA", "kid": kid, "n": enc(k.N.Bytes()), "e": enc(big.NewInt(int64(k.E)).Bytes())})
		case *ecdsa.PrivateKey:
			b, err := k.PublicKey.Bytes()
			if err != nil {
				panic(err)
			}
			set = append(set, object{"kty": "EC", "crv": "P-256", "kid": kid, "x": enc(b[1:33]), "y": enc(b[33:])})
		case ed25519.PrivateKey:
			set = append(set, object{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": enc(k[32:])})
		}
	}
	_ = json.NewEncoder(w).Encode(object{"keys": set})
}

func TestTokensOfATrustedIssuerAreTakenAsItsKeysRotate(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &idp{}
	issuer.set(map[string]any{"r": rsaKey, "e": ecKey})
	server := httptest.NewServer(issuer)
	t.Cleanup(server.Close)
	keys, err := api.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	if err := keys.Trust(api.TrustedIssuer{Issuer: "https://id.example", Audience: "vitrine", JWKS: server.URL, Client: &http.Client{Transport: transport}}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	verify := func(method jwt.SigningMethod, kid string, key any) error {
		t.Helper()
		token := jwt.NewWithClaims(method, jwt.MapClaims{
			"iss": "https://id.example", "aud": "vitrine", "sub": "ann", "client_id": "c", "jti": "1", "scope": "window:read",
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		})
		token.Header["typ"], token.Header["kid"] = "at+jwt", kid
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = keys.Verify(t.Context(), signed, now)
		return err
	}
	for range 3 {
		if err := verify(jwt.SigningMethodRS256, "r", rsaKey); err != nil {
			t.Errorf("RS256: %v", err)
		}
		if err := verify(jwt.SigningMethodES256, "e", ecKey); err != nil {
			t.Errorf("ES256: %v", err)
		}
	}
	if n := issuer.asked.Load(); n != 1 {
		t.Errorf("the key set was read %d times, want once", n)
	}
	issuer.set(map[string]any{"n": edKey})
	if err := verify(jwt.SigningMethodEdDSA, "n", edKey); err == nil {
		t.Error("a new key was known at once, though the set had just been read")
	}
	now = now.Add(11 * time.Second)
	if err := verify(jwt.SigningMethodEdDSA, "n", edKey); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if err := verify(jwt.SigningMethodRS256, "r", rsaKey); err == nil {
		t.Error("a key that was taken out of the set is still good")
	}
	for name, bad := range map[string]api.TrustedIssuer{
		"our own name": {Issuer: "vitrine", Audience: "vitrine", JWKS: "x"}, "no audience": {Issuer: "x", JWKS: "x"}, "no keys": {Issuer: "x", Audience: "vitrine"},
	} {
		if err := keys.Trust(bad); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestTheKeysOfATrustedIssuerMayBeAFile(t *testing.T) {
	keys, err := api.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := api.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	other.Issuer = "sister"
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, other.JWKS(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keys.Trust(api.TrustedIssuer{Issuer: "sister", Audience: "vitrine", JWKS: path}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token, err := other.Sign(api.Claims{Subject: "ann", IssuedAt: now, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Verify(t.Context(), token, now); err != nil {
		t.Errorf("a token of the sister: %v", err)
	}
}

func TestA401SaysHowToAuthenticate(t *testing.T) {
	s := open(t)
	for name, tt := range map[string]struct {
		headers   []header
		challenge string
	}{
		"nothing":        {nil, `Bearer realm="vitrine"`},
		"another scheme": {[]header{{"Authorization", "Basic YTpi"}}, `error="invalid_request"`},
		"a bad token":    {[]header{as("nonsense")}, `error="invalid_token"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			r := s.do("GET", "/v1/window", nil, tt.headers...)
			r.problem(401, "unauthorized")
			if got := r.header.Get("WWW-Authenticate"); !strings.Contains(got, tt.challenge) {
				t.Errorf("WWW-Authenticate %q, want %q", got, tt.challenge)
			}
		})
	}
	s.do("GET", "/v1/topics", nil, as("nonsense")).problem(401, "unauthorized")
	old := s.token(t, "ann", api.ScopeWindowRead)
	s.do("GET", "/v1/window", nil, old).is(200)
	s.clock.advance(20 * 365 * 24 * time.Hour)
	s.do("GET", "/v1/window", nil, old).problem(401, "unauthorized")
}

func TestAGuestHasAnOwnWindow(t *testing.T) {
	s := open(t)
	type grant struct{ Token, Sub, Scope string }
	g := into[grant](s.do("POST", "/v1/guests", nil).is(201))
	if g.Scope != "window:read" || g.Sub == into[grant](s.do("POST", "/v1/guests", nil)).Sub {
		t.Errorf("grant %+v, want window:read for a new reader each time", g)
	}
	s.do("GET", "/v1/window", nil, as(g.Token)).is(200)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "home", "weight": 1}}}, as(g.Token)).is(200)
	s.do("POST", "/v1/picks", pickOf("1"), as(g.Token), key("a")).problem(403, "insufficient-scope")
}

func TestASessionCookieWorksForOurPagesOnly(t *testing.T) {
	s := open(t)
	token := strings.TrimPrefix(s.token(t, "ann", api.ScopeWindowRead).value, "Bearer ")
	s.do("POST", "/v1/session", object{"token": token}, header{"Sec-Fetch-Site", "cross-site"}).problem(403, "cross-site-request")
	s.do("POST", "/v1/session", object{"token": "x"}).problem(401, "unauthorized")
	r := s.do("POST", "/v1/session", object{"token": token}, header{"Sec-Fetch-Site", "same-origin"}).is(200)
	set := r.header.Get("Set-Cookie")
	for _, want := range []string{"vitrine_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="} {
		if !strings.Contains(set, want) {
			t.Errorf("Set-Cookie %q lacks %s", set, want)
		}
	}
	if strings.Contains(string(r.body), token) {
		t.Error("the answer holds the token")
	}
	cookie := header{"Cookie", "vitrine_session=" + token}
	s.do("GET", "/v1/window", nil, cookie).is(200)
	if got := into[struct{ Sub string }](s.do("GET", "/v1/session", nil, cookie).is(200)); got.Sub != "ann" {
		t.Errorf("session of %q, want ann", got.Sub)
	}
	body := object{"interests": []object{}}
	s.do("PUT", "/v1/me/interests", body, cookie).problem(403, "cross-site-request")
	s.do("PUT", "/v1/me/interests", body, cookie, header{"Sec-Fetch-Site", "same-site"}).problem(403, "cross-site-request")
	s.do("PUT", "/v1/me/interests", body, cookie, header{"Sec-Fetch-Site", "same-origin"}).is(200)
	s.do("PUT", "/v1/me/interests", body, cookie, header{"X-Vitrine-CSRF", "1"}).is(200)
	s.do("DELETE", "/v1/session", nil, cookie).problem(403, "cross-site-request")
	if out := s.do("DELETE", "/v1/session", nil, cookie, header{"Sec-Fetch-Site", "same-origin"}).is(204).header.Get("Set-Cookie"); !strings.Contains(out, "Max-Age=0") {
		t.Errorf("Set-Cookie %q, want it gone", out)
	}

	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	req.Header.Set("Cookie", cookie.value)
	if sub, scopes, ok := s.keys.Session(req, s.clock.now()); sub != "ann" || len(scopes) != 1 || !ok {
		t.Errorf("Session is %q %v %t, want ann's", sub, scopes, ok)
	}
	s.clock.advance(20 * 365 * 24 * time.Hour)
	if _, _, ok := s.keys.Session(req, s.clock.now()); ok {
		t.Error("the session outlives its token")
	}
	s.do("GET", "/v1/topics", nil, cookie).is(200) // an old session sees what anybody sees
	s.do("GET", "/v1/window", nil, cookie).problem(401, "unauthorized")
	s.do("DELETE", "/v1/session", nil, cookie, header{"Sec-Fetch-Site", "same-origin"}).is(204)
}

func TestTheCookieIsForHTTPSWhereTheServiceIs(t *testing.T) {
	s := open(t, func(c *api.Config) { c.PublicURL = "https://vitrine.example" })
	token := strings.TrimPrefix(s.token(t, "ann", api.ScopeWindowRead).value, "Bearer ")
	if set := s.do("POST", "/v1/session", object{"token": token}).is(200).header.Get("Set-Cookie"); !strings.Contains(set, "Secure") {
		t.Errorf("Set-Cookie %q lacks Secure", set)
	}
}

func TestInADemoAnybodyMayActAsAnExpert(t *testing.T) {
	s := open(t)
	s.expert("mei", "home")
	g := into[struct{ Token string }](s.do("POST", "/v1/demo/tokens", object{"expert": "mei"}).is(201))
	s.do("POST", "/v1/picks", pickOf("1"), as(g.Token), key("a")).is(202)
	s.do("POST", "/v1/demo/tokens", object{"expert": "nobody"}).problem(404, "not-found")
	s.do("POST", "/v1/demo/tokens", object{"expert": "no id"}).problem(404, "not-found")
	plain := open(t, func(c *api.Config) { c.Demo = false })
	plain.do("POST", "/v1/demo/tokens", object{"expert": "mei"}).problem(404, "not-found")
}

func TestWeakKeysOfATrustedIssuerAreRefused(t *testing.T) {
	now := time.Now()
	enc := base64.RawURLEncoding.EncodeToString
	for name, set := range map[string]string{
		"no JSON":             "x",
		"no key":              `{"keys":[]}`,
		"a secret":            `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		"a short RSA key":     `{"keys":[{"kty":"RSA","kid":"k","n":"` + enc(bytes.Repeat([]byte{255}, 128)) + `","e":"AQAB"}]}`,
		"an even exponent":    `{"keys":[{"kty":"RSA","kid":"k","n":"` + enc(bytes.Repeat([]byte{255}, 256)) + `","e":"Ag"}]}`,
		"a point not on it":   `{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"` + enc(make([]byte, 32)) + `","y":"` + enc(make([]byte, 32)) + `"}]}`,
		"a short Ed25519 key": `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AAAA"}]}`,
		"no base64":           `{"keys":[{"kty":"RSA","kid":"k","n":"!","e":"!"}]}`,
		"for encryption":      `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","kid":"k","x":"` + enc(make([]byte, 32)) + `"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := api.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "jwks.json")
			if err := os.WriteFile(path, []byte(set), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := keys.Trust(api.TrustedIssuer{Issuer: "other", Audience: "vitrine", JWKS: path}); err != nil {
				t.Fatal(err)
			}
			token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"iss": "other", "aud": "vitrine", "sub": "ann", "exp": now.Add(time.Hour).Unix()})
			token.Header["typ"] = "at+jwt"
			_, private, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			signed, err := token.SignedString(private)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keys.Verify(t.Context(), signed, now); err == nil || !strings.Contains(err.Error(), "key set") {
				t.Errorf("error %v, want the key set refused", err)
			}
		})
	}
}
