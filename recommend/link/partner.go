package link

import "slices"

// A Partner describes where the item pages of one approved shop platform live.
//
// A link template is an https address with {item} where the item's id stands:
//
//	https://item.example/i/{item}
//	https://item.example/{item}.html?sku={sku}
//	https://item.example/shop.php?page=item&id={item}
//	https://*.shops.example/item?id={item}
//
// {item} stands once, alone or with text around it in one path segment, or as
// the whole value of a parameter. {sku}, the variant, is optional and always
// the value of a parameter. Other parameters of a template must be in the link
// with that value. "*." stands for one or more labels of a host name; where an
// exact host and a "*." both fit, the exact host decides. Links may be http or
// https; parameter names match in any case; what a template does not mention is
// ignored.
type Partner struct {
	ID   string // lower-case letters, digits, - and _, at most 64; the first part of every key
	Name string // for people

	// Links are templates. The first is the canonical form: no "*.", and with
	// {sku} if any other has it.
	Links []string

	// Wrapped are hosts of short and tracking links that stand for an item of
	// this partner and must be resolved by it.
	Wrapped []string

	// Domains are the partner's domains. A page there that is no item page is
	// refused as such instead of as an unknown shop; nothing is accepted
	// because of a domain.
	Domains []string
}

func (p Partner) clone() Partner {
	p.Links = slices.Clone(p.Links)
	p.Wrapped = slices.Clone(p.Wrapped)
	p.Domains = slices.Clone(p.Domains)
	return p
}

// Builtin returns the partners that need no configuration: taobao, tmall,
// tmall-hk, jd and weidian. Tmall Global is apart from Tmall because its
// after-sales terms differ. Only pages on which an item can be bought are
// listed: the same hosts serve second-hand items, auctions, reviews and shops
// under an id parameter too.
func Builtin() []Partner {
	return []Partner{
		{
			ID:   "taobao",
			Name: "Taobao",
			Links: []string{
				"https://item.taobao.com/item.htm?id={item}&skuId={sku}",
				"https://item.taobao.com/item.html?id={item}&skuId={sku}",
				"https://item.m.taobao.com/item.htm?id={item}&skuId={sku}",
				"https://item.m.taobao.com/item.htm?itemId={item}&skuId={sku}",
				"https://world.taobao.com/item/{item}.htm?skuId={sku}",
				"https://m.intl.taobao.com/detail/detail.html?id={item}&skuId={sku}",
				"https://a.m.taobao.com/i{item}.htm?skuId={sku}",
				"https://h5.m.taobao.com/awp/core/detail.htm?id={item}&skuId={sku}",
				"https://h5.m.taobao.com/awp/core/detail.htm?itemId={item}&skuId={sku}",
				"https://h5.m.taobao.com/awp/core/detail.html?id={item}&skuId={sku}",
				"https://h5.m.taobao.com/awp/core/detail.html?itemId={item}&skuId={sku}",
				"https://h5.m.taobao.com/need/weex/container.html?itemId={item}&skuId={sku}",
				"https://market.m.taobao.com/app/dinamic/h5-tb-detail/index.html?id={item}&skuId={sku}",
				"https://market.m.taobao.com/app/mtb/h5-tb-detail-old/index.html?id={item}&skuId={sku}",
			},
			Wrapped: []string{"m.tb.cn", "e.tb.cn", "s.click.taobao.com", "click.simba.taobao.com", "uland.taobao.com"},
			Domains: []string{"taobao.com"},
		},
		{
			ID:   "tmall",
			Name: "Tmall",
			Links: []string{
				"https://detail.tmall.com/item.htm?id={item}&skuId={sku}",
				"https://*.detail.tmall.com/item.htm?id={item}&skuId={sku}",
				"https://detail.m.tmall.com/item.htm?id={item}&skuId={sku}",
				"https://world.tmall.com/item/{item}.htm?skuId={sku}",
			},
			Domains: []string{"tmall.com"},
		},
		{
			ID:   "tmall-hk",
			Name: "Tmall Global",
			Links: []string{
				"https://detail.tmall.hk/hk/item.htm?id={item}&skuId={sku}",
				"https://detail.tmall.hk/item.htm?id={item}&skuId={sku}",
				"https://detail.m.tmall.hk/item.htm?id={item}&skuId={sku}",
				"https://detail.m.tmall.hk/hk/item.htm?id={item}&skuId={sku}",
			},
			Domains: []string{"tmall.hk"},
		},
		{
			// At JD every variant is an item of its own, so there is no {sku}.
			ID:   "jd",
			Name: "JD",
			Links: []string{
				"https://item.jd.com/{item}.html",
				"https://i-item.jd.com/{item}.html",
				"https://item.m.jd.com/product/{item}.html",
				"https://item.m.jd.com/ware/view.action?wareId={item}",
				"https://wqitem.jd.com/item/view?sku={item}",
				"https://wq.jd.com/item/view?sku={item}",
				"https://item.jd.hk/{item}.html",
				"https://npcitem.jd.hk/{item}.html",
				"https://mitem.jd.hk/product/{item}.html",
				"https://mitem.jd.hk/ware/view.action?wareId={item}",
			},
			Wrapped: []string{"u.jd.com", "union-click.jd.com", "3.cn", "3.jd.hk"},
			Domains: []string{"jd.com", "jd.hk"},
		},
		{
			ID:   "weidian",
			Name: "Weidian",
			Links: []string{
				"https://weidian.com/item.html?itemID={item}",
				"https://weidian.com/item.html?item_id={item}",
				"https://weidian.com/i/{item}",
				"https://*.v.weidian.com/item.html?itemID={item}",
				"https://*.v.weidian.com/item.html?item_id={item}",
			},
			Wrapped: []string{"k.youshop10.com"},
			Domains: []string{"weidian.com"},
		},
	}
}
