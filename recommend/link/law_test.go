package link_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/recommend/link"
)

// forms are the addresses of one item at each built-in partner, ready to take
// more parameters.
func forms() map[string][]string {
	return map[string][]string{
		"taobao": {
			"item.taobao.com/item.htm?id={}", "item.taobao.com/item.html?id={}", "item.m.taobao.com/item.htm?itemId={}",
			"world.taobao.com/item/{}.htm?", "m.intl.taobao.com/detail/detail.html?id={}", "a.m.taobao.com/i{}.htm?",
			"h5.m.taobao.com/awp/core/detail.htm?id={}", "h5.m.taobao.com/awp/core/detail.htm?itemId={}",
			"h5.m.taobao.com/need/weex/container.html?itemId={}", "market.m.taobao.com/app/dinamic/h5-tb-detail/index.html?id={}",
		},
		"tmall": {
			"detail.tmall.com/item.htm?id={}", "www.detail.tmall.com/item.htm?id={}", "xx.detail.tmall.com/item.htm?id={}",
			"chaoshi.detail.tmall.com/item.htm?id={}", "detail.m.tmall.com/item.htm?id={}", "world.tmall.com/item/{}.htm?",
		},
		"tmall-hk": {"detail.tmall.hk/hk/item.htm?id={}", "detail.tmall.hk/item.htm?id={}", "detail.m.tmall.hk/item.htm?id={}"},
		"jd": {
			"item.jd.com/{}.html?", "item.m.jd.com/product/{}.html?", "wqitem.jd.com/item/view?sku={}", "item.jd.hk/{}.html?",
			"npcitem.jd.hk/{}.html?", "mitem.jd.hk/product/{}.html?", "item.m.jd.com/ware/view.action?wareId={}",
		},
		"weidian": {
			"weidian.com/item.html?itemID={}", "weidian.com/item.html?itemId={}", "weidian.com/item.html?item_id={}",
			"shop317730822.v.weidian.com/item.html?itemId={}", "weidian.com/i/{}?",
		},
	}
}

func TestAllFormsOfAnItemGiveOneKey(t *testing.T) {
	r := newRegistry(t)
	all := forms()
	partners := rapid.SampledFrom([]string{"taobao", "tmall", "tmall-hk", "jd", "weidian"})
	noise := rapid.StringMatching(`(spm|scm|pvid|utparam|utm_source|ad_od|gx|pid|_u|x[0-9])=[A-Za-z0-9._:,%/-]{0,20}`)
	before := rapid.SampledFrom([]string{"", "【淘宝】", "书桌很好 ", "看\n", "(", "链接:"})
	after := rapid.SampledFrom([]string{"", " 复制这段描述", "「书桌」", "，推荐", "\n下一行", "。", ")", "#detail", "#id=9"})
	rapid.Check(t, func(t *rapid.T) {
		partner := partners.Draw(t, "partner")
		item := rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`).Draw(t, "item")
		want, err := r.Link(partner, item, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range all[partner] {
			host, rest, _ := strings.Cut(form, "/")
			path, query, _ := strings.Cut(rest, "?")
			if rapid.Bool().Draw(t, "shout") {
				host = strings.ToUpper(host)
			}
			pieces := rapid.SliceOfN(noise, 0, 4).Draw(t, "noise")
			if query != "" {
				key, value, _ := strings.Cut(query, "=")
				if rapid.Bool().Draw(t, "shout key") {
					key = strings.ToUpper(key)
				}
				at := rapid.IntRange(0, len(pieces)).Draw(t, "at")
				pieces = append(pieces[:at:at], append([]string{key + "=" + value}, pieces[at:]...)...)
			}
			text := rapid.SampledFrom([]string{"https://", "http://", "HTTPS://"}).Draw(t, "scheme") + host + "/" + path
			if len(pieces) > 0 {
				text += "?" + strings.Join(pieces, "&")
			}
			text = strings.Replace(text, "{}", item, 1)
			text = before.Draw(t, "before") + text + after.Draw(t, "after")
			got, err := r.Parse(text)
			if err != nil || got != want {
				t.Fatalf("Parse(%q) = %+v, %v; want %+v", text, got, err, want)
			}
		}
	})
}

func TestNoHostButAPartnersIsAccepted(t *testing.T) {
	r := newRegistry(t)
	var hosts []string
	for _, list := range forms() {
		for _, form := range list {
			host, _, _ := strings.Cut(form, "/")
			hosts = append(hosts, host)
		}
	}
	known := rapid.SampledFrom(hosts)
	extra := rapid.StringMatching(`[a-z0-9-]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		host := known.Draw(t, "host")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			host = extra.Draw(t, "extra") + host // no dot between
		case 1:
			host += "." + extra.Draw(t, "extra") + ".example"
		case 2:
			host += "-" + extra.Draw(t, "extra") + ".example"
		case 3:
			host = extra.Draw(t, "extra") + ".example/" + host
		}
		for _, tail := range []string{"/item.htm?id=1", "/item.html?itemID=1", "/1.html", "/hk/item.htm?id=1"} {
			l, err := r.Parse("https://" + host + tail)
			// A label in front can make another shop of Weidian or Tmall.
			if err == nil && !strings.HasSuffix(host, ".v.weidian.com") && !strings.HasSuffix(host, ".detail.tmall.com") {
				t.Fatalf("Parse of host %q = %+v; want a refusal", host, l)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, v := range golden(f) {
		f.Add(v.text)
	}
	r := newRegistry(f)
	f.Fuzz(func(t *testing.T, text string) {
		if err := lawful(r, text); err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
	})
}

// lawful checks what holds for every text.
func lawful(r *link.Registry, text string) error {
	l, err := r.Parse(text)
	if err != nil {
		e, ok := errors.AsType[*link.Error](err)
		if !ok {
			return fmt.Errorf("%w is no *link.Error", err)
		}
		if e.Code == "" || e.Message == "" || e.Fix == "" || len(e.Accepted) == 0 {
			return fmt.Errorf("incomplete: %w", e)
		}
		if (e.Code == link.CodeNeedsResolving) != (e.URL != "") {
			return fmt.Errorf("URL to resolve is %q: %w", e.URL, e)
		}
		if again, err := r.Parse(e.URL); e.URL != "" && code(err) != link.CodeNeedsResolving {
			return fmt.Errorf("the URL to resolve, %q, is read as %+v, %w", e.URL, again, err)
		}
		return nil
	}
	again, err := r.Parse(l.URL)
	if err != nil || again != l {
		return fmt.Errorf("%+v parses to %+v, %w", l, again, err)
	}
	partner, item, err := link.ParseKey(l.Key())
	if err != nil || partner != l.Partner || item != l.Item {
		return fmt.Errorf("key %q comes apart as %q, %q, %w", l.Key(), partner, item, err)
	}
	if made, err := r.Link(l.Partner, l.Item, l.SKU); err != nil || made != l {
		return fmt.Errorf("%+v is made again as %+v, %w", l, made, err)
	}
	for _, c := range []byte(l.URL) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"<>\^{|}%#`, c) >= 0 {
			return fmt.Errorf("canonical URL %q has %q", l.URL, c)
		}
	}
	return nil
}

// FuzzTemplate states what makes a template safe to accept from an operator:
// what it writes it reads, and nothing but it.
func FuzzTemplate(f *testing.F) {
	f.Add("https://ciao.example/item/{item}", "https://ciao.example/i{item}.htm?sku={sku}", "p1", "https://ciao.example/item/p1?x=y")
	f.Add("https://shop.example/p?id={item}&page=1", "https://*.shop.example/{item}", "A_1-b", "https://m.shop.example/A_1-b")
	f.Add("https://x.example/{item}.html?sku={sku}", "https://x.example/?p=item&id={item}", "77", "https://x.example/?p=item&id=77")
	f.Add("https://x.example/view?id={item}", "https://x.example/{item}", "view", "https://x.example/view")
	f.Fuzz(func(t *testing.T, first, second, item, text string) {
		r, err := link.NewRegistry(link.Partner{ID: "p", Name: "P", Links: []string{first, second}})
		if err != nil {
			return
		}
		if err := lawful(r, text); err != nil {
			t.Errorf("templates %q and %q: Parse(%q): %v", first, second, text, err)
		}
		l, err := r.Link("p", item, "")
		if err != nil {
			return
		}
		if got, err := r.Parse(l.URL); err != nil || got != l {
			t.Errorf("templates %q and %q: item %q is written %q, read as %+v, %v", first, second, item, l.URL, got, err)
		}
	})
}
