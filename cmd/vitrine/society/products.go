package society

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A product is what a pick leads to.
type product struct {
	n       int
	key     string
	partner int
	topic   int
	style   style
	quality float64 // standard normal; what a buyer finds
	price   int64   // in fen
	soldOut bool
	told    time.Time // when its partner last stated its facts
	fame    fame      // opens, for the popular baseline
}

// A pick is a product recommended by an expert.
type pick struct {
	n         int
	id        string
	expert    *expert
	product   *product
	appeal    float64 // what does not depend on the reader, in a click's logit
	published time.Time
	until     time.Time // then it is taken down
	gone      bool
	wentAt    time.Time // zero while it is live
	newcomer  bool      // of an expert who was new, and published in the watched weeks
}

// ended reports whether p was gone by t.
func (p *pick) ended(t time.Time) bool { return p.gone && !p.wentAt.After(t) }

// A shop is a partner of the default policy and the address of its items.
type shop struct{ id, link string }

func shops() []shop {
	return []shop{
		{"taobao", "https://item.taobao.com/item.htm?id=%d"},
		{"tmall", "https://detail.tmall.com/item.htm?id=%d"},
		{"jd", "https://item.jd.com/%d.html"},
		{"weidian", "https://weidian.com/item.html?itemID=%d"},
	}
}

const firstItem = 700_000_000

func (p *product) link() string { return fmt.Sprintf(shops()[p.partner].link, firstItem+p.n) }

func newProduct(r *rand.Rand, n, topic int, like *style) *product {
	p := &product{n: n, partner: r.IntN(len(shops())), topic: topic, quality: r.NormFloat64(), style: like.near(r, styleWidth)}
	p.key = fmt.Sprintf("%s:%d", shops()[p.partner].id, firstItem+n)
	p.price = 990 + 100*int64(r.IntN(900))
	return p
}

const (
	lifeMean   = 24 * day // of a pick until it is taken down or sold out
	echo       = 0.12     // picks of a product that another expert has picked
	qualityOf  = 0.45     // what shows of a product's quality on its card
	skillOf    = 0.3      // what an expert's skill adds
	accidentOf = 0.3      // what else differs from pick to pick
)

func newPick(r *rand.Rand, n int, x *expert, p *product, at time.Time) *pick {
	return &pick{
		n: n, id: fmt.Sprintf("pick-%05d", n), expert: x, product: p, published: at,
		appeal: qualityOf*p.quality + skillOf*x.skill + accidentOf*r.NormFloat64(),
		until:  at.Add(2*day + time.Duration(r.ExpFloat64()*float64(lifeMean-2*day))),
	}
}
