package api

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A TrustedIssuer is another party whose tokens are taken.
type TrustedIssuer struct {
	Issuer   string // the iss of its tokens
	Audience string // the aud they must name
	// JWKS is where its public keys are: a file, or an http or https address.
	JWKS string
	// Client fetches an address; nil is a client with a timeout of 5 s.
	Client *http.Client
}

// Trust adds an issuer. Its keys (RSA of 2048 bits and more for RS256, P-256
// for ES256, Ed25519 for EdDSA) are read at the first token, kept for five
// minutes, and read again, at most every ten seconds, when a token names a key
// that is not among them.
func (k *Keys) Trust(t TrustedIssuer) error {
	if t.Issuer == "" || t.Issuer == k.Issuer || t.Audience == "" || t.JWKS == "" {
		return fmt.Errorf("trusted issuer %q: a name other than ours, an audience and a key set are needed", t.Issuer)
	}
	if t.Client == nil {
		t.Client = &http.Client{Timeout: fetchTimeout}
	}
	k.trusted = append(k.trusted, &issuer{
		name: t.Issuer, audience: t.Audience, read: t.read,
		methods: []string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()},
	})
	return nil
}

const fetchTimeout = 5 * time.Second

func (t *TrustedIssuer) read(ctx context.Context) (keySet, error) {
	u, err := url.Parse(t.JWKS)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		b, err := os.ReadFile(t.JWKS)
		if err != nil {
			return nil, err
		}
		return parseKeySet(b)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.JWKS, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := t.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("key set: status %d", resp.StatusCode)
	}
	const most = 1 << 20
	b, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return nil, err
	}
	return parseKeySet(b)
}

// An issuer is a party whose tokens are taken, ourselves included, with its
// keys as last read.
type issuer struct {
	name     string
	audience string
	methods  []string
	read     func(context.Context) (keySet, error) // nil: set never changes

	mu  sync.Mutex
	set keySet
	at  time.Time // of the last attempt to read
}

const (
	keysFor      = 5 * time.Minute
	keysNotAfter = 10 * time.Second // of the last attempt: unknown keys are not a way to make us fetch
)

// key finds the key for a token, reading the set when it is due. A set that
// cannot be read is used on.
func (i *issuer) key(ctx context.Context, want wanted) (crypto.PublicKey, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := i.set.find(want.kid, want.alg)
	age := want.now.Sub(i.at)
	if i.read != nil && (i.at.IsZero() || age > keysFor || key == nil && age > keysNotAfter) {
		i.at = want.now
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		set, err := i.read(ctx)
		if err != nil && key == nil {
			return nil, fmt.Errorf("keys of %s: %w", i.name, err)
		}
		if err == nil {
			i.set = set
			key = set.find(want.kid, want.alg)
		}
	}
	if key == nil {
		return nil, fmt.Errorf("no %s key %q", want.alg, shorten(want.kid))
	}
	return key, nil
}

// wanted is the key a token was signed with.
type wanted struct {
	kid, alg string
	now      time.Time
}
