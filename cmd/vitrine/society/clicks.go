package society

import (
	"math"
	"time"
)

// examine is the chance that a reader looks at the card in position k, from 0:
// 1/(k+1)^haste, the curve that Joachims, Swaminathan and Schnabel (2017) use.
// A reader in no haste looks at every card.
func examine(haste float64, k int) float64 { return math.Pow(float64(k+1), -haste) }

const (
	clickBase  = -3.6 // logit of opening what neither fits nor repels
	stylePull  = 0.9  // of how a product's style fits
	followPull = 0.3  // of trusting whom one follows
	tiring     = 0.5  // a look without an open takes so much from the logit of the next
	tiredFor   = 7 * day
	openedPull = -2.5 // of having opened it already
	openedFor  = 14 * day
	keptPull   = 0.5 // instead, of having kept it without buying it yet: readers come back to what they consider
	keptFor    = 5 * day
	boughtPull = -3.0 // of having bought it
	boughtFor  = 60 * day
)

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// fading halves with every half-life.
func fading(since, now time.Time, halfLife time.Duration) float64 {
	if since.IsZero() {
		return 0
	}
	return math.Exp2(-float64(now.Sub(since)) / float64(halfLife))
}

// liking is the logit of a reader opening a pick once he looks at it, were it
// new to him: taste times product plus quality. The noise of the logistic is
// all that is left to chance.
func (rd *reader) liking(p *pick) float64 {
	x := clickBase + rd.taste.fit[p.product.topic] + stylePull*rd.taste.style.dot(&p.product.style) + p.appeal
	if rd.follows[p.expert.n] {
		x += followPull
	}
	return x
}

// attraction is the chance that a reader who looks at p opens it now.
func (rd *reader) attraction(p *pick, now time.Time) float64 {
	return logistic(rd.liking(p) + rd.weariness(p.product, now))
}

// weariness is what having seen, opened, kept or bought p before adds to the
// logit; mostly it takes from it.
func (rd *reader) weariness(p *product, now time.Time) float64 {
	m := rd.known[p.n]
	if m == nil {
		return 0
	}
	x := boughtPull*fading(m.bought, now, boughtFor) - tiring*m.tired*fading(m.at, now, tiredFor)
	if kept := fading(m.kept, now, keptFor); kept > 0.25 && m.bought.IsZero() {
		return x + keptPull*kept
	}
	return x + openedPull*fading(m.opened, now, openedFor)
}

// memoryOf is what the reader remembers of a product, ready to be changed.
func (rd *reader) memoryOf(p *product, now time.Time) *memory {
	m := rd.known[p.n]
	if m == nil {
		m = &memory{}
		rd.known[p.n] = m
	}
	m.tired *= fading(m.at, now, tiredFor)
	m.at = now
	return m
}

// A deed is what a reader does with a card.
type deed struct {
	examined, opened, bookmarked, carted, bought, refunded, followed, hidden bool
}

// respond is what the reader does with p in position k. After the open it is
// the product itself that counts, so quality counts more: attraction and
// satisfaction differ (Chapelle and Zhang, 2009).
func (rd *reader) respond(p *pick, k int, now time.Time, chance func(decision int) float64) (d deed) {
	if d.examined = chance(luckExamine) < rd.page[k]; !d.examined {
		return d
	}
	attraction := rd.attraction(p, now)
	if d.opened = chance(luckOpen) < attraction; !d.opened {
		d.hidden = attraction < 0.01 && chance(luckHide) < 0.01
		return d
	}
	content := rd.liking(p) - clickBase - p.appeal + 1.2*p.product.quality
	d.bookmarked = chance(luckBookmark) < logistic(content-4)
	d.carted = chance(luckCart) < logistic(content-4.5)
	d.bought = d.carted && chance(luckBuy) < 0.5
	d.refunded = d.bought && chance(luckRefund) < logistic(-2.5-1.2*p.product.quality)
	d.followed = (d.bookmarked || d.bought) && !rd.follows[p.expert.n] && chance(luckFollow) < 0.15
	return d
}
