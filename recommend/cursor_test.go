package recommend

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestACursorComesBackAsItWent(t *testing.T) {
	s := signer{key: []byte("key")}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		c := &cursor{
			issued: now.Add(time.Duration(rapid.Int64Range(-1000, 0).Draw(t, "age")) * time.Microsecond), seed: rapid.Uint64().Draw(t, "seed"),
			position: rapid.IntRange(0, 1000).Draw(t, "position"), limit: rapid.IntRange(0, 50).Draw(t, "limit"),
			afterSince: moment(rapid.Int64().Draw(t, "since")), afterID: rapid.StringN(0, 64, 64).Draw(t, "id"),
		}
		copy(c.window[:], rapid.SliceOfN(rapid.Byte(), rawIDSize, rawIDSize).Draw(t, "window"))
		for range rapid.IntRange(0, mostExcluded).Draw(t, "excluded") {
			c.exclude = append(c.exclude, rapid.Uint64Range(0, 1<<40-1).Draw(t, "hash"))
		}
		for range rapid.IntRange(0, 20).Draw(t, "cards") {
			c.served.add(servedCard{what: rapid.Uint64Range(0, 1<<40-1).Draw(t, "what"), expert: rapid.Uint16().Draw(t, "expert")})
		}
		for range rapid.IntRange(0, mostCounted).Draw(t, "topics") {
			c.served.count(rapid.Uint16().Draw(t, "topic"))
		}
		got, err := s.open(s.seal(c, "p", "a", "b"), now, time.Hour, "p", "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		got.issued = got.issued.UTC()
		if diff := cmp.Diff(c, got, cmp.AllowUnexported(cursor{}, served{}, servedCard{}, countedTopic{})); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for _, bound := range [][]string{nil, {"a"}, {"ab", ""}, {"a", "b", ""}, {"b", "a"}} {
			if _, err := s.open(s.seal(c, "p", "a", "b"), now, time.Hour, "p", bound...); err == nil {
				t.Fatalf("a cursor bound to a and b is taken for %q", bound)
			}
		}
	})
}

// FuzzCursor gives parseCursor what a signature let through, and open what
// anybody sends.
func FuzzCursor(f *testing.F) {
	s := signer{key: []byte("key")}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	c := &cursor{issued: now, limit: 3, exclude: []uint64{1}, afterID: "x"}
	c.served.add(servedCard{what: 7, expert: 8})
	f.Add([]byte(s.seal(c, "p")))
	f.Add([]byte{cursorVersion})
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, ok := parseCursor(b); ok && (c.position < 0 || c.limit < 0 || len(c.exclude) > mostExcluded) {
			t.Errorf("parseCursor: got %+v", c)
		}
		if _, err := s.open(string(b), now, time.Hour, "q"); err != nil {
			var r *Refusal
			if !errors.As(err, &r) || r.Code() != "cursor-invalid" {
				t.Errorf("open: got %v, want cursor-invalid", err)
			}
		} else {
			t.Errorf("open took %q, which was not sealed for its purpose", b)
		}
	})
}
