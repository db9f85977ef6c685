// Package link tells which item of which approved partner a pasted link means.
//
// Every form of one item's address gives one [Link]: the same key
// ("partner:item") and the same canonical URL. What is not certainly an item
// page of an approved partner is refused with an [*Error] that names the fix
// and the channels that are accepted. The rules are data, the [Partner] values;
// the package knows no shop by itself except those that [Builtin] lists.
//
// The package reads text only. It opens no connection, follows no redirect and
// does not know whether the item exists, is in stock or its partner is paused.
package link

import "strings"

// A Link is an item of an approved partner. Links that mean the same item and
// the same variant are equal.
type Link struct {
	Partner string // the partner's id
	Item    string // the partner's id of the item, 1 to 64 of A-Z a-z 0-9 _ -
	SKU     string // the variant, "" when the link names none or the partner's links have none
	URL     string // the canonical address; it parses to this very Link
}

// Key is "partner:item", the name of the product. All variants of an item share
// it.
func (l Link) Key() string { return l.Partner + ":" + l.Item }

// ParseKey splits a key that [Link.Key] made. It checks the form, not whether
// the partner is approved. The error is an [*Error] with [CodeKey].
func ParseKey(key string) (partner, item string, err error) {
	partner, item, found := strings.Cut(key, ":")
	if !found || !validPartner(partner) || !validItem(item) {
		return "", "", &Error{
			Code:    CodeKey,
			Message: show(key) + " is not a product key",
			Fix:     "write partner:item, for example jd:100012043978",
		}
	}
	return partner, item, nil
}

const (
	maxText    = 4096 // bytes of pasted text
	maxItem    = 64   // bytes of an item or variant id
	maxPartner = 64   // bytes of a partner id
	maxNested  = 2    // links inside links inside a parameter
)

// validItem reports whether s can be the id of an item or a variant. Partners
// hand out opaque strings as well as numbers, so an id is never a number here.
func validItem(s string) bool {
	if s == "" || len(s) > maxItem {
		return false
	}
	return isIDText(s)
}

func isIDText(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isAlnum(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func validPartner(s string) bool {
	if s == "" || len(s) > maxPartner || s[0] == '-' || s[0] == '_' {
		return false
	}
	for i := range len(s) {
		if isUpper(s[i]) {
			return false
		}
	}
	return isIDText(s)
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isAlnum(c byte) bool { return isUpper(c) || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
