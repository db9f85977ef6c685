package analytics_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// A sale is a line of an order, whose steps are events as well: those of the
// pick that was clicked last.
type sale struct {
	reader                    string
	picks                     []string // clicked, one after the other
	bought, settled, cameBack time.Time
	paid, refunded            int64
}

// drawSales draws lines of orders, and adds the events that are made of them.
func drawSales(rnd *rand.Rand, all []deed) ([]sale, []deed) {
	var sales []sale
	for range rnd.IntN(24) {
		s := sale{reader: fmt.Sprint("r", rnd.IntN(14)), bought: drawTime(rnd), paid: rnd.Int64N(10_000)}
		for _, p := range rnd.Perm(picks)[:1+rnd.IntN(3)] {
			s.picks = append(s.picks, fmt.Sprint("p", p))
		}
		if rnd.IntN(2) == 0 {
			s.settled = drawTime(rnd)
		}
		if rnd.IntN(3) == 0 {
			s.cameBack, s.refunded = drawTime(rnd), rnd.Int64N(s.paid+1)
		}
		sales = append(sales, s)
		for kind, at := range s.times() {
			all = append(all, deed{reader: s.reader, pick: s.picks[len(s.picks)-1], kind: kind, at: at})
		}
	}
	return sales, all
}

func (s *sale) times() map[string]time.Time {
	times := map[string]time.Time{recommend.ActPurchase: s.bought, recommend.ActSettle: s.settled, recommend.ActRefund: s.cameBack}
	maps.DeleteFunc(times, func(_ string, at time.Time) bool { return at.IsZero() })
	return times
}

// shares are the picks that the line is of by a model, all in equal parts.
func (s *sale) shares(model string) []string {
	switch model {
	case "first":
		return s.picks[:1]
	case "split":
		return s.picks
	}
	return s.picks[len(s.picks)-1:]
}

// line is s as the ingester keeps it.
func (s *sale) line(i int) recommend.OrderLine {
	credits := make(map[recommend.Model][]recommend.Credit)
	for _, model := range analytics.Models() {
		for _, pick := range s.shares(model) {
			credits[recommend.Model(model)] = append(credits[recommend.Model(model)], recommend.Credit{Expert: filed()[pick].Expert, Pick: pick})
		}
	}
	last := s.picks[len(s.picks)-1]
	l := recommend.OrderLine{
		Partner: "taobao", Line: strconv.Itoa(i), State: recommend.OrderPaid, Currency: "CNY", FirstAt: s.bought, PaidAt: s.bought, Paid: &recommend.Money{Amount: s.paid, Currency: "CNY"},
		Click:   &recommend.Click{Reader: s.reader, Pick: last, Expert: filed()[last].Expert, Terms: recommend.Terms{CommissionBP: 1_000, ShareBP: 5_000}},
		Credits: credits, Purchased: true, SettleAt: s.settled, SettleTold: !s.settled.IsZero(), SentBack: !s.cameBack.IsZero(), SentBackAt: s.cameBack,
	}
	if l.SentBack {
		l.Refunded, l.RefundedBy = s.refunded, []recommend.RefundReport{{Amount: s.refunded, At: s.cameBack}}
	}
	return l
}

func drawTime(rnd *rand.Rand) time.Time {
	return morning().Add(time.Duration(rnd.IntN(days*24*4)) * 15 * time.Minute)
}
