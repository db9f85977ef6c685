package society

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// source is the CloudEvents source of what the society does.
const source = "/vitrine/society"

// event is an event of its topic with value, which has to encode as JSON; all
// of ours do.
func event(e recommend.Event, value any) recommend.Event {
	data, err := json.Marshal(value)
	if err != nil {
		panic("society: " + err.Error())
	}
	e.Source, e.Data = source, data
	return e
}

func (s *society) verified(x *expert) recommend.Event {
	v := recommend.VerifiedExpert{ID: x.id, Name: fmt.Sprintf("Expert %d", x.n), Verified: true}
	for _, t := range x.topics {
		v.Topics = append(v.Topics, s.Topics[t])
	}
	key := recommend.Target{Kind: recommend.TargetExpert, ID: x.id}.String()
	return event(recommend.Event{Topic: recommend.TopicRulings, Type: recommend.TypeExpertVerified, Key: key, ID: "verified:" + x.id, Time: x.since}, v)
}

// listed is what a partner says of p at a time.
func (s *society) listed(p *product, at time.Time) recommend.Event {
	stock := int64(20)
	if p.soldOut {
		stock = 0
	}
	v := recommend.Product{
		Key: p.key, Title: fmt.Sprintf("Product %d", p.n), URL: p.link(), Topic: s.Topics[p.topic], Stock: &stock,
		Price: &recommend.Money{Amount: p.price, Currency: "CNY"}, CommissionBP: int64(100 * (p.n % 12)), UpdatedAt: at,
	}
	id := fmt.Sprintf("listed:%s:%d", p.key, at.UnixMilli())
	return event(recommend.Event{Topic: recommend.TopicCatalog, Type: recommend.TypeProductListed, Key: p.key, ID: id, Time: at}, v)
}

func (s *society) published(p *pick) recommend.Event {
	v := recommend.PublishedPick{ID: p.id, Expert: p.expert.id, PublishedAt: p.published, PickContent: recommend.PickContent{
		Link: p.product.link(), Reason: reason(s.Seed, p), Topics: []string{s.Topics[p.product.topic]},
	}}
	return event(recommend.Event{Topic: recommend.TopicPicks, Type: recommend.TypePickPublished, Key: p.expert.id, ID: "published:" + p.id, Time: p.published}, v)
}

func (s *society) withdrawn(p *pick) recommend.Event {
	v := recommend.PickMark{ID: p.id, Expert: p.expert.id, At: p.until}
	return event(recommend.Event{Topic: recommend.TopicPicks, Type: recommend.TypePickWithdrawn, Key: p.expert.id, ID: "withdrawn:" + p.id, Time: p.until}, v)
}

func (s *society) declared(rd *reader, at time.Time) recommend.Event {
	v := recommend.DeclaredReader{ID: rd.id, Interests: map[string]float64{}, At: at}
	for t, w := range rd.declared {
		v.Interests[s.Topics[t]] = w
	}
	for _, x := range s.experts { // in order
		if rd.follows[x.n] {
			v.Follows = append(v.Follows, x.id)
		}
	}
	return event(recommend.Event{Topic: recommend.TopicActions, Type: recommend.TypeReaderDeclared, Key: rd.id, ID: "declared:" + rd.id, Time: at}, v)
}

// A showing is a card on a page that was served.
type showing struct {
	window, arm, source string
	position            int
	propensity          float64
	pick                *pick
}

// acted is what a reader did with a card. A purchase is told by the partner, so
// it comes with the trust that the fold of orders gives it.
func (s *society) acted(rd *reader, kind string, c showing, at time.Time) recommend.Event {
	s.deeds++
	id := fmt.Sprintf("act-%d", s.deeds)
	a := recommend.Action{
		ID: id, Reader: rd.id, Kind: kind, Pick: c.pick.id, Expert: c.pick.expert.id, At: at,
		Window: c.window, Position: &c.position, Source: c.source, Arm: c.arm, Propensity: c.propensity, Product: c.pick.product.key,
	}
	if kind == recommend.ActFollow {
		a.Pick, a.Product = "", ""
	}
	partners := kind == recommend.ActPurchase || kind == recommend.ActRefund
	return event(recommend.Event{Topic: recommend.TopicActions, Type: recommend.TypeActed, Key: rd.id, ID: id, Time: at, Trusted: partners}, a)
}

// reason is why somebody should have p. Reasons of one expert have to differ,
// or they are held as copies of each other.
func reason(seed uint64, p *pick) string {
	said := strings.Fields("light sturdy quiet warm simple honest small bright soft plain neat deep calm dry rich clear cool even firm fair " +
		"handle colour weight finish smell seam cover lining spout hinge grain taste sound strap page edge base grip clasp label")
	words := make([]string, 12)
	for i := range words {
		at := ranking.Jitter(seed+uint64(i), ranking.Hash(p.id))
		words[i] = said[int(at%uint64(len(said)))] //nolint:gosec // below the length
	}
	return "What I found in use: " + strings.Join(words, ", ") + "."
}
