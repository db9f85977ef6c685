package link

import (
	"bytes"
	"strings"
)

// ids are what a query says about item and variant.
type ids struct {
	item, sku   string
	items, skus int // how often each was named
	loose       int // how many of them stood behind a ; where only some servers look
}

// read collects the parameters of query that carry item or variant.
func (u *rule) read(query string) ids {
	var found ids
	for query != "" {
		var piece string
		piece, query, _ = strings.Cut(query, "&")
		found.note(u, piece)
		_, rest, split := strings.Cut(piece, ";")
		for split {
			piece, rest, split = strings.Cut(rest, ";")
			if found.note(u, piece) {
				found.loose++
			}
		}
	}
	return found
}

// note reports whether piece carries item or variant, and keeps it.
func (f *ids) note(u *rule, piece string) bool {
	key, value, _ := strings.Cut(piece, "=")
	key = plainKey(key)
	switch {
	case isOneOf(key, u.items):
		f.item = value
		f.items++
	case isOneOf(key, u.skus):
		f.sku = value
		f.skus++
	default:
		return false
	}
	return true
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
		if b[i] == '%' && i+2 < len(b) {
			hi, lo := hexValue(b[i+1]), hexValue(b[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
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
