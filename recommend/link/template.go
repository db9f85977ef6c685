package link

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	itemMark = "{item}"
	skuMark  = "{sku}"
)

type pair struct{ key, value string }

// A template is a parsed link template: a rule for reading and a form for
// writing.
type template struct {
	host   string // without "*."
	wild   bool
	prefix string // the path up to the item, or all of it when the item is in the query
	suffix string // the path after the item
	inPath bool
	query  []pair // as written; a value may be itemMark or skuMark
}

func parseTemplate(s string) (template, error) {
	var t template
	rest, found := strings.CutPrefix(s, "https://")
	if !found {
		return t, errors.New("does not start with https://; write the https address of an item page")
	}
	if err := checkTemplateText(rest); err != nil {
		return t, err
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		return t, errors.New("has neither path nor query; add where {item} stands")
	}
	t.host, t.wild = strings.CutPrefix(rest[:end], "*.")
	if err := checkHost(t.host); err != nil {
		return t, err
	}
	path, query, _ := strings.Cut(rest[end:], "?")
	if err := t.setPath(path); err != nil {
		return t, err
	}
	if err := t.setQuery(query); err != nil {
		return t, err
	}
	if n := strings.Count(s, itemMark); n != 1 {
		return t, fmt.Errorf("has %s %d times; put it once where the item's id stands", itemMark, n)
	}
	return t, nil
}

// checkTemplateText refuses what no part of a template may hold.
func checkTemplateText(rest string) error {
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	switch {
	case strings.Contains(host, "@"):
		return errors.New("carries user information; remove everything up to the @")
	case strings.Contains(host, ":"):
		return errors.New("carries a port; remove it, item pages are on the standard one")
	case strings.Contains(host, "{"):
		return errors.New("has a placeholder in the host; write the host out, or begin it with *. for any label")
	case strings.Contains(rest, "#"):
		return errors.New("has a fragment, which shops never see; use an address without #")
	}
	left := strings.NewReplacer(itemMark, "", skuMark, "").Replace(rest)
	if i := strings.IndexAny(left, "{}"); i >= 0 {
		return fmt.Errorf("has a placeholder other than %s and %s; use these two", itemMark, skuMark)
	}
	for i := range len(left) {
		if c := left[i]; !isAlnum(c) && !strings.ContainsRune("._~-/?&=*", rune(c)) {
			return fmt.Errorf("has %q; use only letters, digits and . _ ~ - / ? & = besides the placeholders", rune(c))
		}
	}
	return nil
}

// checkHost accepts host names in the one form the registry compares: ASCII,
// lower case, no trailing dot, a domain name rather than a number.
func checkHost(host string) error {
	labels := strings.Split(host, ".")
	switch {
	case host != strings.ToLower(host):
		return fmt.Errorf("host %q is not in lower case; write %s", host, strings.ToLower(host))
	case len(host) > 253 || len(labels) < 2 || slices.ContainsFunc(labels, func(l string) bool { return !isLabel(l) }):
		return fmt.Errorf("host %q is not a domain name; write one such as item.example (xn--… for other scripts)", host)
	case strings.Trim(labels[len(labels)-1], "0123456789") == "":
		return fmt.Errorf("host %q is a number; write the shop's domain name", host)
	}
	return nil
}

// isLabel reports whether s is one part of a host name in lower case.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (!isAlnum(c) || isUpper(c)) {
			return false
		}
	}
	return true
}

func (t *template) setPath(path string) error {
	if path == "" {
		path = "/"
	}
	segments := strings.Split(path, "/")[1:]
	for i, s := range segments {
		switch {
		case s == "" && i < len(segments)-1:
			return errors.New("has // in the path; write a single /")
		case s == "." || s == "..":
			return errors.New("has . or .. in the path; write the path they lead to")
		case strings.ContainsAny(s, "=&*"):
			return errors.New("has =, & or * in the path; parameters begin with ?")
		}
	}
	if strings.Contains(path, skuMark) {
		return fmt.Errorf("has %s in the path; variants are understood as the value of a parameter, such as ?sku=%s", skuMark, skuMark)
	}
	t.prefix, t.suffix, t.inPath = strings.Cut(path, itemMark)
	return nil
}

func (t *template) setQuery(query string) error {
	if query == "" {
		return nil
	}
	var seen []string
	for piece := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(piece, "=")
		mark := value == itemMark || value == skuMark
		switch {
		case key == "" || strings.ContainsAny(key, "{}/?*") || value == "":
			return fmt.Errorf("has the parameter %q; write name=value", piece)
		case !mark && strings.ContainsAny(value, "{}=?*"):
			return fmt.Errorf("has the parameter %q; a placeholder is the whole value", piece)
		case slices.Contains(seen, strings.ToLower(key)):
			return fmt.Errorf("has the parameter %q twice; keep one", key)
		}
		if value == skuMark && t.hasSKU() {
			return fmt.Errorf("has %s twice; keep one", skuMark)
		}
		seen = append(seen, strings.ToLower(key))
		t.query = append(t.query, pair{key, value})
	}
	return nil
}

func (t *template) hasSKU() bool {
	return slices.ContainsFunc(t.query, func(p pair) bool { return p.value == skuMark })
}

// link writes the canonical link. Item and SKU are parts of URL, so a link
// keeps one short string alive and not the text it was read from.
func (t *template) link(partner, item, sku string) Link {
	var b strings.Builder
	b.Grow(len("https://") + len(t.host) + len(t.prefix) + len(t.suffix) + len(item) + len(sku) + 16*len(t.query))
	b.WriteString("https://")
	b.WriteString(t.host)
	b.WriteString(t.prefix)
	itemAt, skuAt := b.Len(), 0
	if t.inPath {
		b.WriteString(item)
		b.WriteString(t.suffix)
	}
	separator := byte('?')
	for _, p := range t.query {
		value := p.value
		if value == skuMark && sku == "" {
			continue
		}
		b.WriteByte(separator)
		separator = '&'
		b.WriteString(p.key)
		b.WriteByte('=')
		switch value {
		case itemMark:
			itemAt, value = b.Len(), item
		case skuMark:
			skuAt, value = b.Len(), sku
		}
		b.WriteString(value)
	}
	url := b.String()
	return Link{
		Partner: partner,
		Item:    url[itemAt : itemAt+len(item)],
		SKU:     url[skuAt : skuAt+len(sku)],
		URL:     url,
	}
}
