package api

import (
	"crypto/rand"
	"encoding/hex"
)

// randomID is chance that nobody guesses, in hex.
func randomID() string {
	b := make([]byte, traceSize)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
