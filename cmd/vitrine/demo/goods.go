package demo

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// partners are four shops that do not exist; .example never resolves.
func partners() []Partner {
	shop := func(id, name, link, aboutZH, aboutEN string) Partner {
		return Partner{ID: id, Name: name, Links: []string{link}, State: "active", About: aboutEN + " / " + aboutZH}
	}
	return []Partner{
		shop("shanque", "山雀商店", "https://item.shanque.example/i/{item}",
			"什么都卖一点的综合商店,自营仓发货,七天可退。",
			"A general store with its own warehouse. Returns within seven days."),
		shop("nanchuang", "南窗百货", "https://www.nanchuang.example/goods/{item}",
			"百货公司的网店,商品由专柜发出,退换要留好包装。",
			"The web shop of a department store; counters ship, and returns need the packaging."),
		shop("zaoshi", "早市", "https://zaoshi.example/p/{item}",
			"吃的和家里常用的,当天发货,生鲜不退。",
			"Groceries and everyday things, sent the same day. Fresh food cannot be returned."),
		shop("harbourpine", "Harbour & Pine", "https://shop.harbourpine.example/products/{item}",
			"跨境店,保税仓发货约一周,部分商品以美元标价,退货较慢。",
			"Cross-border; about a week from a bonded warehouse, partly priced in US dollars, and slow to return."),
	}
}

// trade says, per topic root, how likely each partner sells a thing (in the
// order of partners) and between which rates the commission lies.
type trade struct {
	partners [4]int
	rateLo   int
	rateHi   int
}

func tradeOf(root string) trade {
	switch root {
	case "home":
		return trade{[4]int{38, 36, 12, 14}, 100, 1200}
	case "food":
		return trade{[4]int{18, 8, 62, 12}, 50, 800}
	case "outdoor":
		return trade{[4]int{36, 18, 0, 46}, 200, 1000}
	case "beauty":
		return trade{[4]int{34, 42, 6, 18}, 500, 2000}
	case "digital":
		return trade{[4]int{48, 16, 0, 36}, 100, 700}
	case "books":
		return trade{[4]int{32, 46, 0, 22}, 50, 400}
	case "pets":
		return trade{[4]int{44, 8, 30, 18}, 200, 1200}
	case "wear":
		return trade{[4]int{28, 34, 0, 38}, 400, 1500}
	default:
		return trade{[4]int{40, 30, 0, 30}, 100, 1000}
	}
}

// A good is a product with what is needed to talk about it.
type good struct {
	kind    *kind
	product Product
	labels  [2]map[string]string // the slots of a phrase
	lines   []*line              // of the kind and of this product's values
	written [2]bool              // the languages its title is in
	said    map[*line]bool       // what somebody has said of it already
	picked  int
	liked   int // how much it is picked, next to others
}

// stock fills the shops: every kind's products, as known shortly before now.
func stock(lib *library, now time.Time) []*good {
	var shelf []*good
	keys, titles := map[string]bool{}, map[string]bool{}
	for _, k := range lib.kinds {
		for i := range k.count {
			for try := 0; ; try++ {
				g := makeGood(k, i, try, now)
				if keys[g.product.Key] || titles[g.product.Title] {
					continue
				}
				keys[g.product.Key], titles[g.product.Title] = true, true
				shelf = append(shelf, g)
				break
			}
		}
	}
	return shelf
}

// makeGood makes the i-th product of k. The axis with most values goes round, so
// that every one of them appears; try varies the rest.
func makeGood(k *kind, i, try int, now time.Time) *good {
	d := throw("good", k.id, strconv.Itoa(i), strconv.Itoa(try))
	wide := k.widest()
	g := &good{kind: k, lines: k.lines, said: map[*line]bool{}}
	g.labels = [2]map[string]string{{}, {}}
	factor, namedBy := 1000, ""
	for n, a := range k.axes {
		v := one(d, a.values)
		if n == wide {
			v = a.values[i%len(a.values)]
		}
		if a.naming {
			namedBy = v.label.EN
		}
		g.labels[zh][a.name], g.labels[en][a.name] = v.label.ZH, v.label.EN
		g.lines = append(slices.Clip(g.lines), v.lines...)
		factor = factor * v.price / 1000
	}
	maker := one(d, k.makers)
	if namedBy != "" { // a book has one publisher
		maker = one(throw("maker", k.id, namedBy), k.makers)
	}
	g.labels[zh]["m"], g.labels[en]["m"] = maker.ZH, maker.EN

	root, _, _ := strings.Cut(k.topic, "/")
	t := tradeOf(root)
	shop := partners()[d.weighted(t.partners[:])]
	g.product = Product{
		Topic:     k.topic,
		Price:     g.price(d, shop.ID, factor),
		Stock:     pieces(d),
		UpdatedAt: now.Add(-time.Duration(d.between(60, 6*3600-60)) * time.Second),
	}
	if d.chance(76) {
		g.product.CommissionBP = d.between(t.rateLo/50, t.rateHi/50) * 50
	}
	g.offer(d, shop)
	g.liked = []int{1, 2, 2, 3, 4, 6, 9}[d.below(7)]
	return g
}

func (k *kind) widest() int {
	best := 0
	for i, a := range k.axes {
		if a.naming {
			return i
		}
		if len(a.values) > len(k.axes[best].values) {
			best = i
		}
	}
	return best
}

// offer writes title, key, link and picture as shop does.
func (g *good) offer(d *dice, shop Partner) {
	titleZH := g.kind.title[zh].fill(d, zh, lists{}, g.labels[zh])
	titleEN := g.kind.title[en].fill(d, en, lists{}, g.labels[en])
	var item string
	switch shop.ID {
	case "nanchuang":
		item = "nc" + token(6, "item", titleZH)
		g.product.Title, g.written = titleZH, [2]bool{true, false}
		if d.chance(45) {
			g.product.Title, g.written = titleZH+" / "+titleEN, [2]bool{true, true}
		}
	case "harbourpine":
		item = g.kind.id + "-" + token(4, "item", titleEN)
		g.product.Title, g.written = titleEN, [2]bool{false, true}
	case "zaoshi":
		item = strconv.Itoa(d.between(100000, 999999))
		g.product.Title, g.written = titleZH, [2]bool{true, false}
	default:
		item = strconv.Itoa(d.between(20000000, 89999999))
		g.product.Title, g.written = titleZH, [2]bool{true, false}
	}
	g.product.Title = capital(g.product.Title)
	g.product.Key = shop.ID + ":" + item
	g.product.URL = strings.ReplaceAll(shop.Links[0], "{item}", item)
	g.product.Image = fmt.Sprintf("/pictures/%s.svg", url.PathEscape(g.product.Key))
}

// price draws a price as shops write them. Cheap is more likely than dear.
func (g *good) price(d *dice, shop string, factor int) Money {
	u := d.below(1000)
	yuan := g.kind.lo + (g.kind.hi-g.kind.lo)*u/1000*u/1000*6/10
	fen := yuan * factor / 10 // 100 fen a yuan, factor in per mille
	if shop == "harbourpine" && d.chance(40) {
		return Money{Amount: int64(max(fen*14/10000*100-5, 295)), Currency: "USD"}
	}
	switch {
	case fen < 5000:
		fen = fen/100*100 + 90
	case fen < 20000:
		fen = fen / 100 * 100
	case fen < 100000:
		fen = fen/1000*1000 + 900
	default:
		fen = fen/10000*10000 + 9900
	}
	return Money{Amount: int64(fen), Currency: "CNY"}
}

// pieces draws a stock: now and then nothing, sometimes little.
func pieces(d *dice) int {
	switch n := d.below(100); {
	case n < 4:
		return 0
	case n < 15:
		return d.between(1, 9)
	case n < 60:
		return d.between(10, 120)
	default:
		return d.between(120, 1800)
	}
}

func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}
