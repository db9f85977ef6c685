package link

import (
	"bytes"
	"strings"
)

// ids are what a query says about item and variant.
type ids struct {
	item, sku   string
	items, skus int // how often each was named
	loose       int // how many of them only some servers would find
}

// read collects the parameters of query that carry item or variant.
func (u *rule) read(query string) ids {
	var found ids
	for query != "" {
		var piece string
		piece, query, _ = strings.Cut(query, "&")
		found.note(u, piece, true)
		_, rest, split := strings.Cut(piece, ";")
		for split {
			piece, rest, split = strings.Cut(rest, ";")
			found.note(u, piece, false) // most servers split at & alone
		}
	}
	return found
}

// note keeps what piece says. It is certain that all servers find it only if
// its key is written plainly too.
func (f *ids) note(u *rule, piece string, certain bool) {
	key, value, _ := strings.Cut(piece, "=")
	plain := plainKey(key)
	switch {
	case isOneOf(plain, u.items):
		f.item = value
		f.items++
	case isOneOf(plain, u.skus):
		f.sku = value
		f.skus++
	default:
		return
	}
	if !certain || plain != key {
		f.loose++
	}
}

// fits reports whether query has every parameter that the rule's page needs,
// and none of them with another value as well.
func (u *rule) fits(query string) bool {
	for _, want := range u.fixed {
		found := false
		for piece := range strings.SplitSeq(query, "&") {
			key, value, _ := strings.Cut(piece, "=")
			if !foldsTo(plainKey(key), want.key) {
				continue
			}
			if unescape(value) != want.value {
				return false
			}
			found = true
		}
		if !found {
			return false
		}
	}
	return true
}

func isOneOf(key string, lower []string) bool {
	for _, s := range lower {
		if foldsTo(key, s) {
			return true
		}
	}
	return false
}

// plainKey is the name some server may take key for: %69d, id[] and +id are all
// id to one or another.
func plainKey(key string) string {
	for i := range len(key) {
		if c := key[i]; !isAlnum(c) && c != '_' && c != '-' && c != '.' {
			key, _, _ = strings.Cut(unescape(strings.ReplaceAll(key, "+", " ")), "[")
			return strings.TrimFunc(key, func(r rune) bool { return r <= ' ' })
		}
	}
	return key
}

// unescape decodes percent escapes once and leaves what is none as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	return string(decode([]byte(s)))
}

// decode is unescape in place.
func decode(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '%' && i+2 < len(b) {
			hi, isHex := hexValue(b[i+1])
			lo, isToo := hexValue(b[i+2])
			if isHex && isToo {
				c = hi<<4 | lo
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}

func hexValue(c byte) (value byte, isHex bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// nestsTooDeep reports whether a parameter carries a link that carries a link
// that carries another, or is escaped so often that nobody can tell.
func nestsTooDeep(query string) bool {
	const (
		shortest = (maxNested + 1) * len("http://")
		rounds   = 8
	)
	if len(query) < shortest || strings.IndexByte(query, '%') < 0 && strings.IndexByte(query, ':') < 0 {
		return false
	}
	var buffer [maxText]byte
	for query != "" {
		var piece string
		piece, query, _ = strings.Cut(query, "&")
		if len(piece) < shortest {
			continue
		}
		b := buffer[:copy(buffer[:], piece)]
		for round := 0; ; round++ {
			if countLinks(b) > maxNested || round == rounds {
				return true
			}
			n := len(b)
			if b = decode(b); len(b) == n {
				break
			}
		}
	}
	return false
}

func countLinks(b []byte) (n int) {
	for {
		i := bytes.Index(b, []byte("://"))
		if i < 0 {
			return n
		}
		if schemeBefore(string(b[max(0, i-len("https")):i])) > 0 {
			n++
		}
		b = b[i+len("://"):]
	}
}
