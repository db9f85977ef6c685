package link

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// find returns what follows :// in the first http or https link of text. The
// link ends at white space, at a CJK character, or where it plainly ends for
// people: at a quote, an emoji, closing punctuation.
func find(text string) (string, *Error) {
	if len(text) > maxText {
		return "", malformed("the text is longer than 4096 bytes", "paste the link alone")
	}
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return "", malformed("there is no http or https link in the text", "paste the full address of the item page, beginning with https://")
		}
		i += from
		scheme := schemeBefore(text[:i])
		if scheme == 0 {
			from = i + len("://")
			continue
		}
		if !standsApart(text[:i-scheme]) {
			return "", malformed("the link does not stand on its own", "put a space before it, or paste it alone")
		}
		return cutLink(text[i+len("://"):])
	}
}

// schemeBefore returns the length of http or https at the end of s, 0 if
// neither is there.
func schemeBefore(s string) int {
	for _, scheme := range [...]string{"https", "http"} {
		if n := len(scheme); len(s) >= n && foldsTo(s[len(s)-n:], scheme) {
			return n
		}
	}
	return 0
}

// standsApart reports whether a link can begin after s. It cannot inside
// another address, and not after a scheme, as in view-source:https://….
func standsApart(s string) bool {
	if s == "" {
		return true
	}
	c := s[len(s)-1]
	switch {
	case c >= utf8.RuneSelf, c <= ' ':
		return true
	case c == ':':
		return len(s) == 1 || !isAlnum(s[len(s)-2])
	}
	return strings.IndexByte("\"'`(<[{,;|>!*", c) >= 0
}

// cutLink returns the link at the beginning of s, without its scheme.
func cutLink(s string) (string, *Error) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '\\':
				return "", malformed("the link has a backslash, which browsers read as /", "paste the address from the browser's address bar")
			case c == '"' || c == '<' || c == '>' || c == '`' || c == ' ' || '\t' <= c && c <= '\r':
				return trimEnd(s[:i]), nil
			case c < ' ' || c == 0x7f:
				return "", invisible()
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return "", malformed("the link is not valid UTF-8", "paste the address from the browser's address bar")
		case endsLink(r):
			return trimEnd(s[:i]), nil
		case unicode.In(r, unicode.Cc, unicode.Cf):
			if !endsAfterInvisible(s[i:]) {
				return "", invisible()
			}
			return trimEnd(s[:i]), nil
		}
		i += size
	}
	return trimEnd(s), nil
}

func invisible() *Error {
	return malformed("the link has an invisible character inside", "paste the address from the browser's address bar")
}

// endsLink reports whether r, which is not ASCII, ends a link in running text.
// Letters, digits and dashes do not, unless they are CJK: a link cut off in the
// middle of an id would silently mean another item.
func endsLink(r rune) bool {
	switch {
	case 0x3000 <= r && r <= 0x30ff: // CJK punctuation, kana
		return true
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Bopomofo, unicode.Katakana, unicode.Hiragana):
		return true
	case unicode.IsSpace(r):
		return true
	}
	return unicode.In(r, unicode.S, unicode.Pi, unicode.Pf, unicode.Ps, unicode.Pe, unicode.Po)
}

// endsAfterInvisible reports whether nothing of a link follows the invisible
// characters at the beginning of s: copying often leaves some at the end.
func endsAfterInvisible(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.Cc, unicode.Cf) && !unicode.IsSpace(r) {
			continue
		}
		return r <= ' ' || r >= utf8.RuneSelf && endsLink(r)
	}
	return true
}

// trimEnd takes off the punctuation of the sentence around a link.
func trimEnd(s string) string {
	return strings.TrimRight(s, ".,;:!?)]}'*")
}

// foldsTo reports whether s is lower in any case. Only ASCII letters fold:
// Unicode would make ſ an s and the Kelvin sign a k.
func foldsTo(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if isUpper(c) {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
