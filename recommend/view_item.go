package recommend

import (
	"strings"
	"time"
)

// A showing is all that a card is made of.
type showing struct {
	id        string
	content   *PickContent
	published time.Time
	edited    time.Time
	expert    ExpertCard
	key       string   // of the product
	product   *Product // nil when no partner lists it
}

// item is the card of a showing. What it tells of the product is the
// partner's, as far as it is not too old.
func (x *showing) item(policy *Policy, now time.Time, lang string) Item {
	i := Item{
		Pick: x.id, Reasons: []string{}, Expert: x.expert, Product: productCard(policy, x.key, x.product, now),
		Reason: x.content.Reason, Topics: x.content.Topics, Images: x.content.Images, Link: x.content.Link,
		Disclosure:  policy.Disclose(x.content.Relationship, x.product, lang),
		PublishedAt: x.published, EditedAt: x.edited,
	}
	// The expert's claim stands only where the partner has as much to sell.
	if n, p := x.content.Inventory, x.product; n != nil && p != nil && p.Stock != nil && *n <= *p.Stock {
		claim := *n
		i.Inventory = &claim
	}
	return i
}

func productCard(policy *Policy, key string, p *Product, now time.Time) ProductCard {
	c := ProductCard{Key: key, Partner: partnerOf(key), Availability: AvailabilityUnknown}
	if p == nil {
		return c
	}
	checked := p.UpdatedAt.UTC()
	c.Title, c.Image, c.Availability, c.CheckedAt = p.Title, p.Image, p.Availability(), &checked
	c.Price = policy.Facts.price(p, now)
	return c
}

// price is the price of p, or nil when it is not known or too old to be shown.
func (f *FactRules) price(p *Product, now time.Time) *Money {
	if p.Price == nil || f.StaleIsHidden && now.Sub(p.UpdatedAt) > f.PriceFor.D() {
		return nil
	}
	price := *p.Price
	return &price
}

// Disclose is the label that stands beside the link of a pick, never empty. A
// pick that names no relationship, or none, is a commission where the product
// pays one.
func (p *Policy) Disclose(r Relationship, product *Product, lang string) DisclosureOf {
	if r == "" || r == RelationNone || !r.valid() { // a draft may name anything
		r = RelationNone
		if product != nil && product.CommissionBP > 0 {
			r = RelationCommission
		}
	}
	lang = language(lang)
	return DisclosureOf{Label: p.Disclosure.Label[lang], ShortLabel: p.Disclosure.ShortLabel[lang], Relationship: r, Placement: "adjacent"}
}

// language is the one of the two languages that lang, such as "zh-CN", means.
func language(lang string) string {
	if len(lang) >= 2 && strings.EqualFold(lang[:2], "zh") {
		return "zh"
	}
	return "en"
}

// card is the card of row n, without what depends on the list it is in. What its
// pointers and slices lead to is shared.
func (l *look) card(n int32, lang string) Item { return l.face(n, lang).item }

// newCard makes the card of row n.
func (l *look) newCard(n int32, lang string) Item {
	row, text := &l.picks.row[n], l.picks.text[n]
	link := text.link
	if link == "" {
		link = canonical(l.scene, l.products.ids[row.product])
	}
	x := showing{
		id: l.picks.ids[n],
		content: &PickContent{
			Reason: text.reason, Link: link, Images: text.images, Inventory: text.inventory,
			Relationship: text.relationship, Topics: l.topicIDs(l.topics.sets[row.topics].own),
		},
		published: text.published.time(), edited: text.edited.time(), expert: l.expertCard(row.expert),
		key: l.products.ids[row.product], product: l.products.facts[row.product],
	}
	return x.item(l.scene.Policy, l.now.time(), lang)
}

func (l *look) expertCard(n int32) ExpertCard {
	return ExpertCard{ID: l.experts.ids[n], Name: l.experts.rec[n].name, Trust: l.experts.rec[n].trust}
}

func (l *look) topicIDs(topics []int32) []string {
	ids := make([]string, len(topics))
	for i, t := range topics {
		ids[i] = l.topics.ids[t]
	}
	return ids
}

// topicNumbers are the numbers of ids. A known topic that the shelf has
// nothing of has none; nil stands for no ids.
func (l *look) topicNumbers(ids []string) []int32 {
	if len(ids) == 0 {
		return nil
	}
	numbers := make([]int32, 0, len(ids))
	for _, id := range ids {
		if n, ok := l.topics.find(id); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
