package recommend

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"vitrine.dev/ranking"
)

// A signer makes and checks the opaque strings that clients carry from page to
// page and from process to process.
type signer struct {
	key    []byte
	hashes *sync.Pool // used again, of this key; nil for none
}

func newSigner(key []byte) signer { return signer{slices.Clone(key), new(sync.Pool)} }

// The sizes of what is signed, in bytes.
const (
	nonceSize    = 8
	idMacSize    = 10
	rawIDSize    = 8 + nonceSize + idMacSize // time, nonce, code
	cursorMac    = 16
	shortSize    = 5 // of a hash of a product or pick
	mostExcluded = 100
)

// A windowID names one window. It says when the window was made, on which
// surface, with which arms and for which question, and the code in it which
// reader for.
type windowID [rawIDSize]byte

// A windowAbout is what a window's id tells of it beside its time.
type windowAbout struct {
	on    Surface
	arms  uint16 // [assignment.code]
	asked uint16 // [askedCode] of what shapes the window
}

func (s signer) newWindowID(about windowAbout, reader string, at time.Time) windowID {
	var id windowID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMicro()))
	_, _ = rand.Read(id[8 : 8+nonceSize]) // never fails
	id[8] = byte(about.on)
	binary.BigEndian.PutUint16(id[9:], about.arms)
	binary.BigEndian.PutUint16(id[11:], about.asked) // three bytes of luck are left
	copy(id[8+nonceSize:], s.idCode(id, reader))
	return id
}

// about is what id tells.
func (id windowID) about() windowAbout {
	return windowAbout{Surface(id[8]), binary.BigEndian.Uint16(id[9:]), binary.BigEndian.Uint16(id[11:])}
}

func (s signer) idCode(id windowID, reader string) []byte {
	return s.sign("window-id", id[:8+nonceSize], reader)[:idMacSize]
}

// String is how clients see the id; it is a [ValidID].
func (id windowID) String() string { return "w" + base64.RawURLEncoding.EncodeToString(id[:]) }

// at is when the window was made.
func (id windowID) at() moment { return moment(binary.BigEndian.Uint64(id[:8])) } //nolint:gosec // as it was put

// verify reports whether text is the id of a window made for reader.
func (s signer) verify(text, reader string) bool {
	_, ok := s.read(text, reader)
	return ok
}

// surface is where the window with an id was shown; ok is false when it was not
// made for reader.
func (s signer) surface(text, reader string) (on Surface, ok bool) {
	id, ok := s.read(text, reader)
	return id.about().on, ok
}

// read is the id that text spells; ok is false when its window was not made for
// reader.
func (s signer) read(text, reader string) (id windowID, ok bool) {
	const size = 1 + (rawIDSize*8+5)/6
	if len(text) != size || text[0] != 'w' {
		return id, false
	}
	n, err := base64.RawURLEncoding.Decode(id[:], []byte(text[1:]))
	if err != nil || n != rawIDSize || !hmac.Equal(id[8+nonceSize:], s.idCode(id, reader)) {
		return windowID{}, false
	}
	return id, id.about().on < surfaces
}

// sign is the code of payload for a purpose, bound to what is not in it.
func (s signer) sign(purpose string, payload []byte, bound ...string) []byte {
	h := s.hash()
	all := make([]byte, 0, 256)                                                 //nolint:mnd // mostly enough
	for _, part := range append([]string{purpose, string(payload)}, bound...) { // with its length, so that no two inputs are alike
		all = binary.BigEndian.AppendUint64(all, uint64(len(part)))
		all = append(all, part...)
	}
	h.Write(all)
	code := h.Sum(all[:0])
	if s.hashes != nil {
		s.hashes.Put(h)
	}
	return code
}

// hash is a keyed hash of nothing.
func (s signer) hash() hash.Hash {
	if s.hashes != nil {
		if h, ok := s.hashes.Get().(hash.Hash); ok {
			h.Reset()
			return h
		}
	}
	return hmac.New(sha256.New, s.key)
}

// A cursor is where a list goes on. It holds all that another process needs
// to, but for the reader and the filters that it is bound to.
type cursor struct {
	issued   time.Time // to the microsecond
	window   windowID  // of a window only
	seed     uint64
	position int
	limit    int
	again    bool // with what the reader has seen
	novel    bool // the cards since the last place for exploration hold a novel one
	served   served
	exclude  []uint64 // short hashes, sorted
	// after is the age of the last pick shown, in a list by age.
	afterSince moment
	afterID    string
}

// served are the cards that earlier pages showed, in their order.
type served struct {
	cards   []servedCard
	by      map[uint64]struct{} // short hashes
	experts map[uint16]int
	topics  []countedTopic
}

// A servedCard is a card in 7 bytes: enough that among 400 cards shown and 1,000
// candidates one in three million windows takes one for another.
type servedCard struct {
	what   uint64 // short hash of the product, in a list of picks of the pick
	expert uint16 // of the expert, for his discount
}

// A countedTopic is a topic and how many cards counted for it.
type countedTopic struct {
	topic uint16
	cards int
}

// mostCounted is how many topics a cursor counts the cards of: those that came
// first.
const mostCounted = 64

// count counts a card for a topic.
func (s *served) count(topic uint16) {
	for i := range s.topics {
		if s.topics[i].topic == topic {
			s.topics[i].cards++
			return
		}
	}
	if len(s.topics) < mostCounted {
		s.topics = append(s.topics, countedTopic{topic, 1})
	}
}

// of is how many cards counted for a topic.
func (s *served) of(topic uint16) int {
	for _, t := range s.topics {
		if t.topic == topic {
			return t.cards
		}
	}
	return 0
}

// short cuts a hash to what cursors carry.
func short(h uint64) uint64 { return h & (1<<(8*shortSize) - 1) }

func (s *served) add(c servedCard) {
	if s.by == nil {
		const page = 24 // of that many cards nothing grows
		s.by, s.experts = make(map[uint64]struct{}, page), make(map[uint16]int, page)
		s.cards = slices.Grow(s.cards, page)
	}
	s.cards = append(s.cards, c)
	s.by[c.what] = struct{}{}
	s.experts[c.expert]++
}

// has reports whether what has this hash was shown.
func (s *served) has(h uint64) bool { return has(s.by, short(h)) }

// expertCode is an expert's id as a servedCard holds it.
func expertCode(id string) uint16 { return uint16(ranking.Hash(id)) } //nolint:gosec // the low bits are as good as any

const cursorVersion = 2

// seal writes c, bound to a purpose, a reader and filters.
func (s signer) seal(c *cursor, purpose string, bound ...string) string {
	b := []byte{cursorVersion}
	b = append(b, c.window[:]...)
	b = binary.AppendVarint(b, c.issued.UnixMicro())
	b = binary.BigEndian.AppendUint64(b, c.seed)
	b = binary.AppendUvarint(b, uint64(c.position)) //nolint:gosec // not negative
	b = binary.AppendUvarint(b, uint64(c.limit))    //nolint:gosec // not negative
	b = append(b, flag(c.again), flag(c.novel))
	b = binary.AppendVarint(b, int64(c.afterSince))
	b = binary.AppendUvarint(b, uint64(len(c.afterID)))
	b = append(b, c.afterID...)
	b = binary.AppendUvarint(b, uint64(len(c.exclude)))
	for _, h := range c.exclude {
		b = appendShort(b, h)
	}
	b = binary.AppendUvarint(b, uint64(len(c.served.topics)))
	for _, t := range c.served.topics {
		b = binary.BigEndian.AppendUint16(b, t.topic)
		b = binary.AppendUvarint(b, uint64(t.cards)) //nolint:gosec // not negative
	}
	for _, card := range c.served.cards {
		b = appendShort(b, card.what)
		b = binary.BigEndian.AppendUint16(b, card.expert)
	}
	b = append(b, s.sign("cursor:"+purpose, b, bound...)[:cursorMac]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// open reads what seal wrote. What was not made with this key, for this
// purpose, reader and filters is refused as cursor-invalid, what is older than
// lasts as cursor-expired.
func (s signer) open(text string, now time.Time, lasts time.Duration, purpose string, bound ...string) (*cursor, error) {
	const longest = 16 << 10
	if len(text) > longest {
		return nil, cursorInvalid()
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < cursorMac {
		return nil, cursorInvalid()
	}
	b, code := b[:len(b)-cursorMac], b[len(b)-cursorMac:]
	if !hmac.Equal(code, s.sign("cursor:"+purpose, b, bound...)[:cursorMac]) {
		return nil, cursorInvalid()
	}
	c, ok := parseCursor(b)
	switch {
	case !ok:
		return nil, cursorInvalid()
	case now.Sub(c.issued) > lasts:
		return nil, Refuse(Problem{Code: "cursor-expired", Pointer: "/cursor", Message: fmt.Sprintf("the cursor was good for %s", lasts), Fix: "start again without a cursor"})
	}
	return c, nil
}

func cursorInvalid() error {
	return Refuse(Problem{Code: "cursor-invalid", Pointer: "/cursor", Message: "not a cursor of this list, reader and filters", Fix: "pass next_cursor as it came, with the same parameters, or start again without one"})
}

// parseCursor reads a cursor whose code was right. It can still fail: another
// version may have written it.
func parseCursor(b []byte) (*cursor, bool) {
	r := byteReader{b: b}
	if v := r.take(1); r.failed || v[0] != cursorVersion {
		return nil, false
	}
	c := new(cursor)
	copy(c.window[:], r.take(rawIDSize))
	c.issued = time.UnixMicro(r.varint())
	c.seed = r.fixed(8)
	c.position, c.limit = r.count(), r.count()
	c.again, c.novel = r.fixed(1) == 1, r.fixed(1) == 1
	c.afterSince = moment(r.varint())
	c.afterID = string(r.take(r.count()))
	for range min(r.count(), mostExcluded) {
		c.exclude = append(c.exclude, r.fixed(shortSize))
	}
	for range min(r.count(), mostCounted) {
		c.served.topics = append(c.served.topics, countedTopic{uint16(r.fixed(2)), r.count()}) //nolint:gosec // two bytes were read
	}
	for len(r.b) > 0 && !r.failed {
		c.served.add(servedCard{what: r.fixed(shortSize), expert: uint16(r.fixed(2))}) //nolint:gosec // two bytes were read
	}
	return c, !r.failed
}

// A byteReader takes numbers off b; once one is missing it has failed and
// gives zeros.
type byteReader struct {
	b      []byte
	failed bool
}

func (r *byteReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.failed, r.b = true, nil
		return make([]byte, max(0, min(n, rawIDSize)))
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *byteReader) fixed(n int) uint64 {
	var v uint64
	for _, x := range r.take(n) {
		v = v<<8 | uint64(x)
	}
	return v
}

func (r *byteReader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.take(max(n, -1))
	r.failed = r.failed || n <= 0
	return v
}

// count is a number that is no larger than a list can be long.
func (r *byteReader) count() int {
	const most = 1 << 20
	v, n := binary.Uvarint(r.b)
	r.take(max(n, -1))
	if n <= 0 || v > most {
		r.failed = true
		return 0
	}
	return int(v)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendShort(b []byte, h uint64) []byte {
	return append(b, byte(h>>32), byte(h>>24), byte(h>>16), byte(h>>8), byte(h)) //nolint:gosec // byte by byte
}
