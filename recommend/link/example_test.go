package link_test

import (
	"errors"
	"fmt"

	"vitrine.dev/recommend/link"
)

func Example() {
	r, err := link.NewRegistry(append(link.Builtin(), link.Partner{
		ID:    "ciao",
		Name:  "Ciao",
		Links: []string{"https://ciao.example/item/{item}"},
	})...)
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := r.Parse("【淘宝】https://item.taobao.com/item.htm?spm=a1z09&id=682042505030 「新中式书桌」")
	fmt.Println(l.Key(), l.URL, err)
	// Output: taobao:682042505030 https://item.taobao.com/item.htm?id=682042505030 <nil>
}

func ExampleRegistry_Parse_variant() {
	r, _ := link.NewRegistry(link.Builtin()...)
	red, _ := r.Parse("https://detail.m.tmall.com/item.htm?id=539003048162&skuId=3561403886285")
	plain, _ := r.Parse("https://detail.tmall.com/item.htm?id=539003048162")
	fmt.Println(red.Key() == plain.Key(), red.SKU)
	fmt.Println(red.URL)
	// Output:
	// true 3561403886285
	// https://detail.tmall.com/item.htm?id=539003048162&skuId=3561403886285
}

func ExampleRegistry_Parse_refused() {
	r, _ := link.NewRegistry(link.Builtin()...)
	_, err := r.Parse("https://item.taobao.com.evil.example/item.htm?id=1")
	if refused, ok := errors.AsType[*link.Error](err); ok {
		fmt.Println(refused.Code)
		fmt.Println(refused.Message)
		fmt.Println(refused.Accepted)
	}
	// Output:
	// unsupported-channel
	// "item.taobao.com.evil.example" is not an approved shop, it only looks like item.taobao.com
	// [JD Taobao Tmall Tmall Global Weidian]
}

// A short link is refused with what its partner needs to resolve it. The
// partner's answer goes through Parse like a link somebody pasted.
func ExampleRegistry_Parse_resolving() {
	r, _ := link.NewRegistry(link.Builtin()...)
	resolved := map[string]string{ // what the partner's interface says
		"taobao https://m.tb.cn/h.8IcTrtZ": "https://item.taobao.com/item.htm?id=993154784090",
	}
	l, err := r.Parse("https://m.tb.cn/h.8IcTrtZ")
	if refused, ok := errors.AsType[*link.Error](err); ok && refused.Code == link.CodeNeedsResolving {
		l, err = r.Parse(resolved[refused.Partner+" "+refused.URL])
	}
	fmt.Println(l.Key(), err)
	// Output: taobao:993154784090 <nil>
}

func ExampleNewRegistry_mistake() {
	_, err := link.NewRegistry(link.Partner{ID: "ciao", Links: []string{"http://ciao.example/item/{item}"}})
	fmt.Println(err)
	// Output: partner "ciao": link "http://ciao.example/item/{item}": does not start with https://; write the https address of an item page
}

func ExampleParseKey() {
	partner, item, err := link.ParseKey("tmall-hk:520928380305")
	fmt.Println(partner, item, err)
	// Output: tmall-hk 520928380305 <nil>
}
