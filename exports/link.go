package exports

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"time"
)

// Links sign ways to results, for clients that have no token of their own, as
// spreadsheets do. Who has a link can download until it ends. They are safe for
// concurrent use.
type Links struct{ key []byte }

// NewLinks returns Links that sign with key, of 32 bytes.
func NewLinks(key []byte) *Links { return &Links{slices.Clone(key)} }

// What is wrong with a link.
var (
	ErrForged  = errors.New("exports: the link is not one of ours")
	ErrExpired = errors.New("exports: the link has expired")
)

// Sign returns the signature of a link to the result of a job that is good
// before expires, which counts by the second: letters, digits, '-' and '_'.
func (l *Links) Sign(id string, expires time.Time) string {
	return base64.RawURLEncoding.EncodeToString(l.mac(id, strconv.FormatInt(expires.Unix(), 10)))
}

// Check judges a link as it came. The error is [ErrForged] or [ErrExpired].
func (l *Links) Check(id, expires, signature string, now time.Time) error {
	seal, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !hmac.Equal(seal, l.mac(id, expires)) {
		return ErrForged
	}
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return ErrForged
	}
	if now.Unix() >= until {
		return ErrExpired
	}
	return nil
}

func (l *Links) mac(id, expires string) []byte {
	h := hmac.New(sha256.New, l.key)
	h.Write([]byte("vitrine export link\x00" + id + "\x00" + expires))
	return h.Sum(nil)
}
