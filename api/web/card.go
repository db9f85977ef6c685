package web

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"net/url"
	"slices"
	"strings"

	"vitrine.dev/recommend"
)

// A card is an item of a list as a template shows it.
type card struct {
	recommend.Item
	Shape     string // class of the picture's box
	Image     string
	Topic     string // label of what the expert is verified for
	Partner   string // name
	Relation  string // in words; "" for an ordinary commission
	Stock     string // availability in words
	Following bool
	Mine      bool // the visitor's own
	Others    int  // experts in AlsoBy beyond the first
	Why       []factor
	WhyAt     string // address of the whole explanation, "" where there is none
	Sold      bool   // out
}

// A factor is one line of the chart that says why a card is where it is.
type factor struct {
	Name  string
	Words string // how much of the score
	Width string // of the bar, such as "62%"
}

// A list is a page of cards and how to get the next.
type list struct {
	Cards []card
	Next  string // address of the next page; "" on the last
	First bool   // no page came before
	End   string // message for the end of the list
	ID    string // of the window, "" for other lists
}

func (q *request) cards(items []recommend.Item) []card {
	out := make([]card, 0, len(items))
	for _, i := range items {
		out = append(out, q.card(i))
	}
	return out
}

func (q *request) card(i recommend.Item) card {
	c := card{
		Item: i, Shape: shape(i.Product.Key), Image: picture(&i.Product), Partner: q.partnerName(i.Product.Partner),
		Stock: q.stock(&i), Following: q.who.Follows(i.Expert.ID), Mine: q.who.ID != "" && q.who.ID == i.Expert.ID,
		Why: q.factors(byGroup(i.Factors)),
	}
	c.Others = len(i.AlsoBy) - 1
	c.Sold = i.Product.Availability == recommend.OutOfStock
	c.Bookmarked, c.InCart = q.who.Keeps(i.Pick), q.inCart(i.Pick)
	if len(i.Topics) > 0 {
		c.Topic = q.topicLabel(i.Topics[0])
	}
	if r := i.Disclosure.Relationship; r != recommend.RelationCommission && r != "" {
		c.Relation = q.words.or(string(r), "relation."+string(r))
	}
	if c.Product.Title == "" {
		c.Product.Title = q.words.or("", "product.untitled", "partner", c.Partner)
	}
	return c
}

// shape gives a product one of three picture boxes, always the same one.
func shape(key string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // never fails
	return fmt.Sprintf("s%d", h.Sum32()%3)
}

// picture is the address of a product's picture: the product's own when it is
// on this site, else the one drawn for it.
func picture(p *recommend.ProductCard) string {
	if img := p.Image; strings.HasPrefix(img, "/") && !strings.HasPrefix(img, "//") && !strings.ContainsAny(img, "\\ \t\r\n") {
		return img
	}
	return "/pictures/" + url.PathEscape(p.Key) + ".svg"
}

// cartLines are those of the visitor's cart, none once its time is over.
func (q *request) cartLines() []recommend.CartLine {
	c := &q.who.Reader.Cart
	if q.site.Now().After(c.Expires(&q.site.World.Scene().Policy.Reader)) {
		return nil
	}
	return c.Lines
}

// inCart reports whether the visitor's cart holds pick.
func (q *request) inCart(pick string) bool {
	return slices.ContainsFunc(q.cartLines(), func(l recommend.CartLine) bool { return l.Pick == pick })
}

func (q *request) partnerName(id string) string { return q.site.partnerName(id) }

func (s *site) partnerName(id string) string {
	if p := s.World.Scene().Partners.Get(id); p != nil {
		return p.Name
	}
	return id
}

// topicLabel is a topic's name in the language of the page.
func (q *request) topicLabel(id string) string {
	if q.labels == nil {
		q.labels = make(map[string]string)
		for _, t := range q.site.Windows.TopicTree(q.lang) {
			q.labels[t.ID] = t.Label
		}
	}
	if l := q.labels[id]; l != "" {
		return l
	}
	return id
}

func (q *request) stock(i *recommend.Item) string {
	if i.Inventory != nil && i.Product.Availability == recommend.InStock {
		return q.words.or("", "stock.claimed", "n", *i.Inventory)
	}
	return q.words.or("", "stock."+string(i.Product.Availability))
}

// byGroup adds factors up by what they tell of.
func byGroup(fs []recommend.Factor) (out []recommend.Factor) {
	at := make(map[string]int)
	for _, f := range fs {
		g := recommend.GroupOf(f.Name)
		i, ok := at[g]
		if !ok {
			i, at[g] = len(out), len(out)
			out = append(out, recommend.Factor{Name: g, Weight: 1})
		}
		out[i].Value += f.Weight * f.Value
	}
	return out
}

// mostBars is how many parts of a score a card shows.
const mostBars = 3

// factors tells how a score came about, by the parts that count most.
func (q *request) factors(fs []recommend.Factor) []factor {
	amount := func(f recommend.Factor) float64 { return math.Abs(f.Weight * f.Value) }
	fs = slices.Clone(fs)
	slices.SortStableFunc(fs, func(a, b recommend.Factor) int { return cmp.Compare(amount(b), amount(a)) })
	sum, top := 0.0, 0.0
	for _, f := range fs {
		sum += amount(f)
		top = max(top, amount(f))
	}
	if top == 0 {
		return nil
	}
	fs = fs[:min(mostBars, len(fs))]
	out := make([]factor, 0, len(fs))
	for _, f := range fs {
		v := f.Weight * f.Value
		key := "amount.little"
		switch part := math.Abs(v) / sum; {
		case part < 0.005:
			continue
		case v < 0:
			key = "amount.against"
		case part >= 0.5:
			key = "amount.most"
		case part >= 0.25:
			key = "amount.much"
		case part >= 0.1:
			key = "amount.some"
		}
		out = append(out, factor{
			Name: q.words.or(f.Name, "factor."+f.Name), Words: q.words.or("", key),
			Width: fmt.Sprintf("%.0f%%", 100*math.Abs(v)/top),
		})
	}
	return out
}
