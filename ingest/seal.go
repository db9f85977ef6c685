package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"vitrine.dev/recommend"
)

// seal signs what a fold looks at. Every part is preceded by its length, so
// that no two events have the same input, and the whole by a label, so that a
// key used elsewhere too signs nothing else by accident.
func (c Codec) seal(e recommend.Event) string {
	return base64.RawURLEncoding.EncodeToString(c.mac(e))
}

// verify reports whether seal is that of e. Without a key nothing is.
func (c Codec) verify(e recommend.Event, seal string) bool {
	if len(c.SealKey) == 0 || seal == "" {
		return false
	}
	got, err := base64.RawURLEncoding.DecodeString(seal)
	return err == nil && hmac.Equal(got, c.mac(e))
}

func (c Codec) mac(e recommend.Event) []byte {
	h := hmac.New(sha256.New, c.SealKey)
	h.Write([]byte("vitrine seal 1"))
	var size [8]byte
	for _, part := range []string{e.Source, e.ID, e.Type, formatTime(e.Time), e.Key, string(e.Data)} {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}
