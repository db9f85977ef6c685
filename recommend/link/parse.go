package link

import (
	"strings"
	"unicode/utf8"
)

// Parse reads a link, or the first http or https link in a pasted text. The
// error is an [*Error].
func (r *Registry) Parse(text string) (Link, error) {
	raw, refused := find(text)
	if refused != nil {
		return Link{}, r.refuse(refused)
	}
	l, refused := r.read(split(raw))
	if refused != nil {
		return Link{}, r.refuse(refused)
	}
	return l, nil
}

// An address is a link taken apart, without scheme and fragment. Nothing in it
// is decoded.
type address struct{ host, path, query string }

func split(raw string) address {
	raw, _, _ = strings.Cut(raw, "#")
	var a address
	raw, a.query, _ = strings.Cut(raw, "?")
	a.host, a.path = raw, "/"
	if i := strings.IndexByte(raw, '/'); i >= 0 {
		a.host, a.path = raw[:i], raw[i:]
	}
	return a
}

func (r *Registry) read(a address) (Link, *Error) {
	at, refused := r.site(a.host)
	switch {
	case refused != nil:
		return Link{}, refused
	case nestsTooDeep(a.query):
		return Link{}, malformed("the link carries links inside links", "open it and paste the address of the item page")
	case at.wrapped:
		return Link{}, &Error{
			Code:    CodeNeedsResolving,
			Message: "the short or tracking link does not say which item of " + at.owner.Name + " it leads to",
			Fix:     "open it and paste the address of the item page, such as " + at.owner.example,
			Partner: at.owner.ID,
			URL:     a.String(),
		}
	}
	var half *Error // a page that fits but for the item's id
	for i := range at.rules {
		u := &at.rules[i]
		item, fit := u.cut(a.path)
		if !fit || !u.fits(a.query) {
			continue
		}
		found := u.read(a.query)
		if u.inPath {
			found.item, found.items = item, found.items+1
		}
		refused := found.check(at.owner)
		if refused == nil {
			return at.owner.canonical.link(at.owner.ID, found.item, found.sku), nil
		}
		if half == nil || !u.inPath {
			half = refused
		}
	}
	if half != nil {
		return Link{}, half
	}
	return Link{}, notItem(at.owner, a)
}

// check refuses what does not name exactly one item and at most one variant.
func (f *ids) check(o *owner) *Error {
	var e *Error
	switch {
	case f.items > 1 || f.skus > 1:
		what := "item"
		if f.items < 2 {
			what = "variant"
		}
		e = &Error{Code: CodeAmbiguous, Message: "the link names the " + what + " more than once", Fix: "open the item and paste its address, such as " + o.example}
	case f.loose > 0:
		e = malformed("the link writes the id's parameter in a way that not every server reads", "open the item and paste its address, such as "+o.example)
	case f.item == "":
		e = &Error{Code: CodeNotItem, Message: "the link leads to the item page of " + o.Name + " but names no item", Fix: "open the item and paste its address, such as " + o.example}
	case !validItem(f.item):
		e = badID("item", f.item)
	case f.sku != "" && !validItem(f.sku):
		e = badID("variant", f.sku)
	default:
		return nil
	}
	e.Partner = o.ID
	return e
}

func notItem(o *owner, a address) *Error {
	return &Error{
		Code:    CodeNotItem,
		Message: show(a.host+a.path) + " is not an item page of " + o.Name,
		Fix:     "open the item and paste its address, such as " + o.example,
		Partner: o.ID,
	}
}

func (a address) String() string {
	s := "https://" + a.host + a.path
	if a.query != "" {
		s += "?" + a.query
	}
	return s
}

// site finds whose host it is. Hosts are compared whole, so most links need one
// look; only the others are looked at closely.
func (r *Registry) site(host string) (*site, *Error) {
	if at := r.exact[host]; at != nil {
		return at, nil
	}
	switch {
	case strings.IndexByte(host, '@') >= 0:
		return nil, malformed("the link carries user information before an @, which hides where it leads", "paste the address from the browser's address bar")
	case strings.IndexByte(host, ':') >= 0:
		return nil, malformed("the link carries a port", "remove the colon and the number after the host")
	case host == "":
		return nil, malformed("the link has no host", "paste the full address of the item page, beginning with https://")
	}
	if !isASCII(host) {
		return nil, r.unknown(host)
	}
	name := strings.ToLower(host)
	if at := r.exact[name]; at != nil {
		return at, nil
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return nil, malformed(show(host)+" is not a host name", "paste the address from the browser's address bar")
		}
	}
	for parent := range parents(name) {
		if at := r.wild[parent]; at != nil && !strings.Contains(name[:len(name)-len(parent)], "xn--") {
			return at, nil
		}
	}
	for domain := range parents("." + name) { // name itself comes first
		if o := r.domains[domain]; o != nil {
			return nil, notItem(o, address{host: host})
		}
	}
	return nil, r.unknown(host)
}

// unknown refuses a host that is nobody's, and says so when it resembles one.
func (r *Registry) unknown(host string) *Error {
	message := show(host) + " is not an approved shop"
	if like := r.resembles(strings.ToLower(host)); like != "" {
		message += ", it only looks like " + like
	} else if !isASCII(host) || strings.Contains(host, "xn--") {
		message += "; its letters may not be what they look like"
	}
	return &Error{Code: CodeUnsupported, Message: message, Fix: "recommend an item of an accepted shop"}
}

// resembles finds the longest known host or domain inside name.
func (r *Registry) resembles(name string) (like string) {
	better := func(known string) {
		if strings.Contains(name, known) && (len(known) > len(like) || len(known) == len(like) && known < like) {
			like = known
		}
	}
	for known := range r.domains {
		better(known)
	}
	for known := range r.exact {
		better(known)
	}
	return like
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
