package exports_test

import (
	"bytes"
	"errors"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/exports"
)

func TestLinksAreGoodForTheirTimeAndTheirExport(t *testing.T) {
	links := exports.NewLinks(bytes.Repeat([]byte{7}, 32))
	until := noon.Add(24 * time.Hour)
	expires, good := strconv.FormatInt(until.Unix(), 10), links.Sign("a", until)
	for _, c := range []struct {
		name, id, expires, signature string
		now                          time.Time
		want                         error
	}{
		{"as it was made", "a", expires, good, noon, nil},
		{"to the last second", "a", expires, good, until.Add(-time.Second), nil},
		{"when it ends", "a", expires, good, until, exports.ErrExpired},
		{"of another export", "b", expires, good, noon, exports.ErrForged},
		{"for longer", "a", strconv.FormatInt(until.Unix()+1, 10), good, noon, exports.ErrForged},
		{"cut", "a", expires, good[:20], noon, exports.ErrForged},
		{"without", "a", expires, "", noon, exports.ErrForged},
		{"of another key", "a", expires, exports.NewLinks(bytes.Repeat([]byte{8}, 32)).Sign("a", until), noon, exports.ErrForged},
	} {
		if err := links.Check(c.id, c.expires, c.signature, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
