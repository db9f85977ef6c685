package exports

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

var (
	errTooLarge = errors.New("exports: too large")
	errNoRoom   = errors.New("exports: no room is left")
)

// A bounded writer counts and digests what goes through it, and ends at its
// bounds.
type bounded struct {
	w          io.Writer
	n          int64
	most, room int64
	sum        hash.Hash
}

func newBounded(w io.Writer, most, room int64) *bounded {
	return &bounded{w: w, most: most, room: room, sum: sha256.New()}
}

// Write writes all of b or, beyond a bound, nothing.
func (b *bounded) Write(p []byte) (int, error) {
	switch end := b.n + int64(len(p)); {
	case end > b.most:
		return 0, errTooLarge
	case end > b.room:
		return 0, errNoRoom
	}
	n, err := b.w.Write(p)
	b.n += int64(n)
	_, _ = b.sum.Write(p[:n]) // never fails
	return n, err
}

func (b *bounded) digest() string { return hex.EncodeToString(b.sum.Sum(nil)) }
