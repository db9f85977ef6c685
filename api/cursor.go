package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// A sealer makes opaque cursors for lists that this package pages itself. A
// cursor says what it belongs to, so that one of another list or another
// person is refused.
type sealer struct{ key []byte }

const sealSize = 12

func (s sealer) mac(scope string, payload []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write(payload)
	return h.Sum(nil)[:sealSize]
}

// seal makes a cursor of payload.
func (s sealer) seal(scope, payload string) string {
	p := []byte(payload)
	return base64.RawURLEncoding.EncodeToString(append(s.mac(scope, p), p...))
}

// open returns the payload of a cursor that seal made for scope.
func (s sealer) open(scope, cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < sealSize || !hmac.Equal(b[:sealSize], s.mac(scope, b[sealSize:])) {
		return "", refuse("cursor-invalid", "the cursor is not one of this list")
	}
	return string(bytes.Clone(b[sealSize:])), nil
}
