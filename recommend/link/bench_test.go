package link_test

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	r := newRegistry(b)
	for _, c := range []struct{ name, text string }{
		{"template", "https://ciao.example/item/phshokn7b27"},
		{"canonical", "https://item.taobao.com/item.htm?id=521493640182"},
		{"tracked", "https://detail.tmall.com/item.htm?spm=a220m.1000858.0.0.767c2420x1wsEJ&id=520928380305&skuId=3561403886285&areaId=330106&is_b=1&user_id=2541315686&cat_id=55916001&rn=6e62dabd7"},
		{"escaped", "https://item.taobao.com/item.htm?utparam=%7B%22x_hestia_source%22%3A%22tao%22%2C%22url%22%3A%22https%3A%2F%2Fa.example%22%7D&id=521493640182&scm=1007.12493.92624"},
		{"shop", "https://shop317730822.v.weidian.com/item.html?itemID=4412176101&spider_token=a986"},
		{"share", "【淘宝】书桌很好，推荐给大家 https://item.taobao.com/item.htm?id=682042505030 「新中式书桌」点击链接直接打开"},
		{"adversarial", "https://item.jd.com/1.html?u=" + strings.Repeat("%25", 1355)},
		{"refused", "https://taobao.com.evil.io/item.htm?id=1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Parse(c.text)
			}
		})
	}
}
