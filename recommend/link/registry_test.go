package link_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend/link"
)

func TestATemplateThatCannotBeUsedIsRefusedWithTheFix(t *testing.T) {
	for _, c := range []struct{ link, want string }{
		{"http://a.example/{item}", "does not start with https://"},
		{"a.example/{item}", "does not start with https://"},
		{"ftp://a.example/{item}", "does not start with https://"},
		{"https://me@a.example/{item}", "user information"},
		{"https://me:pw@a.example/{item}", "user information"},
		{"https://a.example:8443/{item}", "port"},
		{"https://a.example", "neither path nor query"},
		{"https://a.example/", "{item} 0 times"},
		{"https://a.example/{item}/{item}", "{item} 2 times"},
		{"https://a.example/{item}?id={item}", "{item} 2 times"},
		{"https://a.example/{id}", "placeholder other than"},
		{"https://a.example/{ITEM}", "placeholder other than"},
		{"https://a.example/{item", "placeholder other than"},
		{"https://{item}.a.example/x", "placeholder in the host"},
		{"https://a.example/#/{item}", "fragment"},
		{"https://a.example#{item}", "fragment"},
		{"https://A.example/{item}", "lower case; write a.example"},
		{"https://a/{item}", "not a domain name"},
		{"https://a..example/{item}", "not a domain name"},
		{"https://a.example./{item}", "not a domain name"},
		{"https://-a.example/{item}", "not a domain name"},
		{"https://a_b.example/{item}", "not a domain name"},
		{"https:///{item}", "not a domain name"},
		{"https://*.example/{item}", "not a domain name"},
		{"https://a.*.example/{item}", "not a domain name"},
		{"https://127.0.0.1/{item}", "is a number"},
		{"https://店.example/{item}", "use only letters"},
		{"https://a.example/商品/{item}", "use only letters"},
		{"https://a.example/%7Bitem%7D", "use only letters"},
		{"https://a.example/a b/{item}", "use only letters"},
		{`https://a.example/a\{item}`, "use only letters"},
		{"https://a.example/x;y/{item}", "use only letters"},
		{"https://a.example//{item}", "//"},
		{"https://a.example/./{item}", ". or .."},
		{"https://a.example/x/../{item}", ". or .."},
		{"https://a.example/id={item}", "parameters begin with ?"},
		{"https://a.example/{item}/{sku}", "{sku} in the path"},
		{"https://a.example/x?{item}", "write name=value"},
		{"https://a.example/x?id={item}&", "write name=value"},
		{"https://a.example/x?={item}", "write name=value"},
		{"https://a.example/x?id={item}&page=", "write name=value"},
		{"https://a.example/x?id=i{item}", "whole value"},
		{"https://a.example/x?id={item}{sku}", "whole value"},
		{"https://a.example/x?id={item}&ID={sku}", "twice"},
		{"https://a.example/x?id={item}&a={sku}&b={sku}", "{sku} twice"},
		{"https://*.a.example/{item}", "put a link with a full host first"},
	} {
		_, err := link.NewRegistry(link.Partner{ID: "shop", Links: []string{c.link}})
		if err == nil {
			t.Errorf("NewRegistry with %q succeeded; want an error with %q", c.link, c.want)
			continue
		}
		for _, want := range []string{`partner "shop"`, c.link, c.want} {
			if !strings.Contains(strings.ReplaceAll(err.Error(), `\\`, `\`), want) {
				t.Errorf("NewRegistry with %q: %v; want it to name %q", c.link, err, want)
			}
		}
	}
}

func TestPartnersThatContradictEachOtherAreRefused(t *testing.T) {
	shop := func(id string, links ...string) link.Partner { return link.Partner{ID: id, Links: links} }
	for name, c := range map[string]struct {
		partners []link.Partner
		want     []string
	}{
		"no id":              {[]link.Partner{shop("", "https://a.example/{item}")}, []string{`partner ""`, "id is not usable"}},
		"upper-case id":      {[]link.Partner{shop("Shop", "https://a.example/{item}")}, []string{`partner "Shop"`, "id is not usable"}},
		"id with a colon":    {[]link.Partner{shop("a:b", "https://a.example/{item}")}, []string{"id is not usable"}},
		"no links":           {[]link.Partner{shop("a")}, []string{`partner "a"`, "has no link"}},
		"same id twice":      {[]link.Partner{shop("a", "https://a.example/{item}"), shop("a", "https://b.example/{item}")}, []string{`partner "a"`, "given twice"}},
		"same host":          {[]link.Partner{shop("a", "https://a.example/{item}"), shop("b", "https://a.example/x/{item}")}, []string{`partner "b"`, "https://a.example/x/{item}", `belongs to partner "a"`}},
		"a built-in host":    {append(link.Builtin(), shop("b", "https://item.jd.com/x/{item}")), []string{`partner "b"`, `belongs to partner "jd"`}},
		"under another's *.": {append(link.Builtin(), shop("b", "https://shop1.v.weidian.com/x/{item}")), []string{`partner "b"`, `host "shop1.v.weidian.com"`, `*.v.weidian.com of partner "weidian"`}},
		"*. under another's *.": {
			[]link.Partner{shop("b", "https://b.example/{item}", "https://*.x.a.example/{item}"), shop("a", "https://a.example/{item}", "https://*.a.example/{item}")},
			[]string{`partner "b"`, `host "x.a.example"`, `*.a.example of partner "a"`},
		},
		"same link twice":           {[]link.Partner{shop("a", "https://a.example/{item}", "https://a.example/{item}")}, []string{`partner "a"`, "says nothing"}},
		"same page, other case":     {[]link.Partner{shop("a", "https://a.example/x?id={item}", "https://a.example/x?ID={item}")}, []string{"says nothing"}},
		"item and variant confused": {[]link.Partner{shop("a", "https://a.example/x?id={item}&v={sku}", "https://a.example/x?v={item}")}, []string{`"v" both item and variant`}},
		"literal inside a pattern":  {[]link.Partner{shop("a", "https://a.example/{item}", "https://a.example/view?id={item}")}, []string{"https://a.example/view?id={item}", "fits addresses that the link with path / fits too"}},
		"pattern around a literal":  {[]link.Partner{shop("a", "https://a.example/view?id={item}", "https://a.example/{item}")}, []string{"fits addresses"}},
		"patterns that meet":        {[]link.Partner{shop("a", "https://a.example/{item}.htm", "https://a.example/i{item}.htm")}, []string{"fits addresses"}},
		"suffixes that meet":        {[]link.Partner{shop("a", "https://a.example/{item}-x", "https://a.example/{item}")}, []string{"fits addresses"}},
		"fixed and free":            {[]link.Partner{shop("a", "https://a.example/?p=x&id={item}", "https://a.example/?id={item}")}, []string{"fits addresses"}},
		"variant not canonical":     {[]link.Partner{shop("a", "https://a.example/{item}", "https://m.a.example/{item}?sku={sku}")}, []string{"https://m.a.example/{item}?sku={sku}", "first link has not"}},
		"wrapped host is a link's":  {[]link.Partner{{ID: "a", Links: []string{"https://a.example/{item}"}, Wrapped: []string{"a.example"}}}, []string{`wrapped host "a.example"`, "one or the other"}},
		"wrapped host of another": {
			[]link.Partner{{ID: "a", Links: []string{"https://a.example/{item}"}}, {ID: "b", Links: []string{"https://b.example/{item}"}, Wrapped: []string{"a.example"}}},
			[]string{`partner "b"`, `belongs to partner "a"`},
		},
		"wrapped host is a URL": {[]link.Partner{{ID: "a", Links: []string{"https://a.example/{item}"}, Wrapped: []string{"https://b.example"}}}, []string{"not a domain name"}},
		"domain of another": {
			[]link.Partner{{ID: "a", Links: []string{"https://x.a.example/{item}"}, Domains: []string{"a.example"}}, {ID: "b", Links: []string{"https://y.a.example/{item}"}, Domains: []string{"a.example"}}},
			[]string{`partner "b"`, `domain "a.example"`, `belongs to partner "a"`},
		},
		"fixed parameters in another order": {[]link.Partner{shop("a", "https://a.example/?p=x&q=y&id={item}", "https://a.example/?q=y&id={item}&p=x")}, []string{"says nothing"}},
		"domain is a URL":                   {[]link.Partner{{ID: "a", Links: []string{"https://a.example/{item}"}, Domains: []string{"https://a.example/"}}}, []string{"not a domain name"}},
		"shorter suffix later":              {[]link.Partner{shop("a", "https://a.example/{item}", "https://a.example/{item}-x")}, []string{"fits addresses"}},
		"every problem is told":             {[]link.Partner{shop("a", "http://a.example/{item}", "https://a.example"), shop("b")}, []string{"https://", "neither path", `partner "b"`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := link.NewRegistry(c.partners...)
			if err == nil {
				t.Fatal("NewRegistry succeeded; want an error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("NewRegistry: %v; want it to say %q", err, want)
				}
			}
		})
	}
}

func TestTemplatesReadWhatTheySay(t *testing.T) {
	r, err := link.NewRegistry(
		link.Partner{ID: "cart", Links: []string{
			"https://cart.example/index.php?route=product/product&product_id={item}&option={sku}",
			"https://cart.example/index.php?route=quick/view&pid={item}",
		}, Wrapped: []string{"go.cart.example"}, Domains: []string{"cart.example"}},
		link.Partner{ID: "mixed", Links: []string{
			"https://mixed.example/{item}",
			"https://mixed.example/item.html?id={item}", // . is in no id, so the two never meet
			"https://*.mixed.example/buy/{item}/",
			"https://m.mixed.example/p-{item}",
			"https://xn--fiq228c.example/{item}",
			"https://mixed.example/?n={item}",
		}},
		link.Partner{ID: "root", Links: []string{"https://root.example?id={item}"}},
		link.Partner{ID: "vfirst", Links: []string{"https://v.example/x?sku={sku}&id={item}&lang=en"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"https://cart.example/index.php?route=product/product&product_id=5&option=xl", "cart:5 xl https://cart.example/index.php?route=product/product&product_id=5&option=xl"},
		{"https://cart.example/index.php?utm_x=1&Product_ID=5&Route=product%2Fproduct", "cart:5  https://cart.example/index.php?route=product/product&product_id=5"},
		{"https://cart.example/index.php?pid=5&route=quick/view", "cart:5  https://cart.example/index.php?route=product/product&product_id=5"},
		{"https://cart.example/index.php?route=product/product&route=product/product&product_id=5", "cart:5  https://cart.example/index.php?route=product/product&product_id=5"},
		{"https://cart.example/index.php?route=product/product&route=quick/view&product_id=5", link.CodeNotItem},
		{"https://cart.example/index.php?route=cart&product_id=5", link.CodeNotItem},
		{"https://cart.example/index.php?product_id=5", link.CodeNotItem},
		{"https://cart.example/index.php?route=product/product&pid=5", link.CodeNotItem},
		{"https://go.cart.example/x", link.CodeNeedsResolving},
		{"https://www.cart.example/x", link.CodeNotItem},
		{"https://mixed.example/abc", "mixed:abc  https://mixed.example/abc"},
		{"https://mixed.example/item.html?id=abc", "mixed:abc  https://mixed.example/abc"},
		{"https://mixed.example/item.html", link.CodeNotItem},
		{"https://mixed.example/?n=abc", "mixed:abc  https://mixed.example/abc"},
		{"https://mixed.example?n=abc", "mixed:abc  https://mixed.example/abc"},
		{"https://a.b.mixed.example/buy/abc/", "mixed:abc  https://mixed.example/abc"},
		{"https://m.mixed.example/p-abc", "mixed:abc  https://mixed.example/abc"},
		{"https://m.mixed.example/buy/abc/", link.CodeNotItem}, // the exact host decides
		{"https://xn--fiq228c.example/abc", "mixed:abc  https://mixed.example/abc"},
		{"https://xn--fiq228c.mixed.example/buy/abc/", link.CodeUnsupported},
		{"https://v.example/x?id=1&lang=en", "vfirst:1  https://v.example/x?id=1&lang=en"},
		{"https://v.example/x?id=1&lang=en&sku=2", "vfirst:1 2 https://v.example/x?sku=2&id=1&lang=en"},
		{"https://v.example/x?id=1&lang=zh", link.CodeNotItem},
		{"https://root.example?id=1", "root:1  https://root.example/?id=1"},
		{"https://root.example/?id=1", "root:1  https://root.example/?id=1"},
		{"https://item.jd.com/1.html", link.CodeUnsupported},
	} {
		l, err := r.Parse(c.text)
		got := l.Key() + " " + l.SKU + " " + l.URL
		if err != nil {
			got = code(err)
		}
		if got != c.want {
			t.Errorf("Parse(%q) = %q (%v); want %q", c.text, got, err, c.want)
		}
	}
}

func TestALinkIsMadeFromItsParts(t *testing.T) {
	r := newRegistry(t)
	for _, c := range []struct{ partner, item, sku, want string }{
		{"taobao", "1", "", "https://item.taobao.com/item.htm?id=1"},
		{"tmall", "1", "2", "https://detail.tmall.com/item.htm?id=1&skuId=2"},
		{"jd", "P0_t-x", "", "https://item.jd.com/P0_t-x.html"},
		{"jd", "1", "2", link.CodeMalformed},
		{"jd", "", "", link.CodeMalformed},
		{"jd", "a/b", "", link.CodeMalformed},
		{"tmall", "1", "a b", link.CodeMalformed},
		{"nobody", "1", "", link.CodeUnsupported},
	} {
		l, err := r.Link(c.partner, c.item, c.sku)
		got := l.URL
		if err != nil {
			got = code(err)
		}
		if got != c.want {
			t.Errorf("Link(%q, %q, %q) = %q (%v); want %q", c.partner, c.item, c.sku, got, err, c.want)
		}
		if c.sku != "" {
			continue
		}
		url, err := r.Canonical(c.partner, c.item)
		if err != nil {
			url = code(err)
		}
		if url != c.want {
			t.Errorf("Canonical(%q, %q) = %q (%v); want %q", c.partner, c.item, url, err, c.want)
		}
	}
}

func TestARegistryCannotBeChangedFromOutside(t *testing.T) {
	given := operators()
	r, err := link.NewRegistry(given...)
	if err != nil {
		t.Fatal(err)
	}
	given[0].Links[0] = "https://evil.example/{item}"
	_, err = r.Parse("nothing")
	var refused *link.Error
	if !errors.As(err, &refused) {
		t.Fatalf("Parse = %v; want a *link.Error", err)
	}
	refused.Accepted[0] = "Evil"
	out := r.Partners()
	out[0].Links[0] = "https://evil.example/{item}"

	want := operators()
	slices.SortFunc(want, func(a, b link.Partner) int { return strings.Compare(a.ID, b.ID) })
	if diff := cmp.Diff(want, r.Partners()); diff != "" {
		t.Errorf("Partners (-want +got):\n%s", diff)
	}
	if _, err := r.Parse("nothing"); strings.Contains(err.Error(), "Evil") {
		t.Errorf("Parse: %v; want the names the registry was made with", err)
	}
}

func TestARegistryWithoutPartnersRefusesEverything(t *testing.T) {
	r, err := link.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	if l, err := r.Parse("https://item.jd.com/1.html"); code(err) != link.CodeUnsupported {
		t.Errorf("Parse = %+v, %v; want %s", l, err, link.CodeUnsupported)
	}
}
