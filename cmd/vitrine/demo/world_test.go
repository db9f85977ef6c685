package demo_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"vitrine.dev/cmd/vitrine/demo"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func newWorld(t *testing.T, now time.Time) demo.World {
	t.Helper()
	w, err := demo.New(now)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return w
}

func newTopics(t *testing.T) map[string]demo.Topic {
	t.Helper()
	list, err := demo.Topics()
	if err != nil {
		t.Fatalf("Topics: %v", err)
	}
	topics := map[string]demo.Topic{}
	for _, topic := range list {
		if _, ok := topics[topic.ID]; ok {
			t.Errorf("topic %q is there twice", topic.ID)
		}
		if _, ok := topics[topic.Parent]; !ok && topic.Parent != "" {
			t.Errorf("topic %q comes before its parent %q", topic.ID, topic.Parent)
		}
		if topic.Label.ZH == "" || topic.Label.EN == "" {
			t.Errorf("topic %q lacks a label: %+v", topic.ID, topic.Label)
		}
		topics[topic.ID] = topic
	}
	return topics
}

func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestWorldIsLargeEnough(t *testing.T) {
	w := newWorld(t, noon())
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"topics", len(newTopics(t)), 28},
		{"experts", len(w.Experts), 60},
		{"products", len(w.Products), 600},
		{"picks", len(w.Picks), 1500},
		{"readers", len(w.Readers), 40},
		{"partners", len(w.Partners), 4},
	} {
		if c.got < c.want {
			t.Errorf("%d %s, want at least %d", c.got, c.what, c.want)
		}
	}
}

func TestIDsAreUniqueAndReferencesHold(t *testing.T) {
	w, topics := newWorld(t, noon()), newTopics(t)
	seen := map[string]bool{}
	unique := func(kind, id string) {
		if id == "" || seen[kind+id] {
			t.Errorf("%s id %q is empty or there twice", kind, id)
		}
		seen[kind+id] = true
	}
	link := map[string]string{}
	for _, p := range w.Partners {
		unique("partner", p.ID)
		if len(p.Links) != 1 || !strings.Contains(p.Links[0], ".example/") || !strings.Contains(p.About, " / ") {
			t.Errorf("partner %s has links %q and about %q", p.ID, p.Links, p.About)
			continue
		}
		link[p.ID] = p.Links[0]
	}
	experts := map[string]demo.Expert{}
	for _, e := range w.Experts {
		unique("expert", e.ID)
		unique("name", e.Name)
		experts[e.ID] = e
		if len(e.Topics) < 1 || len(e.Topics) > 5 || e.Bio == "" {
			t.Errorf("expert %s has %d topics and bio %q", e.ID, len(e.Topics), e.Bio)
		}
		for _, id := range e.Topics {
			if topics[id].Parent == "" {
				t.Errorf("expert %s has topic %q, which is no leaf", e.ID, id)
			}
		}
	}
	products := map[string]demo.Product{}
	for _, p := range w.Products {
		unique("product", p.Key)
		unique("title", p.Title)
		partner, item, _ := strings.Cut(p.Key, ":")
		if got, want := p.URL, strings.ReplaceAll(link[partner], "{item}", item); got != want {
			t.Errorf("product %s has url %q, want %q", p.Key, got, want)
		}
		if got, want := p.Image, "/pictures/"+p.Key+".svg"; got != want {
			t.Errorf("product %s has image %q, want %q", p.Key, got, want)
		}
		if topics[p.Topic].Parent == "" {
			t.Errorf("product %s has topic %q, which is no leaf", p.Key, p.Topic)
		}
		products[p.URL] = p
	}
	for _, p := range w.Picks {
		unique("pick", p.ID)
		unique("expert and link", p.Expert+p.Link)
		if _, ok := products[p.Link]; !ok {
			t.Errorf("pick %s links to %s, which nobody sells", p.ID, p.Link)
		}
		for _, topic := range p.Topics {
			if !slices.Contains(experts[p.Expert].Topics, topic) {
				t.Errorf("pick %s has topic %q, which is not one of %s", p.ID, topic, p.Expert)
			}
		}
	}
	for _, r := range w.Readers {
		unique("reader", r.ID)
		for topic, weight := range r.Interests {
			if topics[topic].ID == "" || weight <= 0 || weight > 1 {
				t.Errorf("reader %s has interest %q: %v", r.ID, topic, weight)
			}
		}
		for _, id := range r.Follows {
			if experts[id].ID == "" {
				t.Errorf("reader %s follows %q, who does not exist", r.ID, id)
			}
		}
	}
}

func TestEveryTopicHasThingsAndPeople(t *testing.T) {
	w := newWorld(t, noon())
	things, people, words := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range w.Products {
		things[p.Topic]++
	}
	for _, e := range w.Experts {
		for _, topic := range e.Topics {
			people[topic]++
		}
	}
	for _, p := range w.Picks {
		words[p.Topics[0]]++
	}
	for _, topic := range newTopics(t) {
		if topic.Parent == "" {
			continue
		}
		if things[topic.ID] < 10 || people[topic.ID] < 4 || words[topic.ID] < 25 {
			t.Errorf("%s has %d products, %d experts and %d picks, want at least 10, 4 and 25",
				topic.ID, things[topic.ID], people[topic.ID], words[topic.ID])
		}
	}
}

func TestProductFactsLookLikeAShop(t *testing.T) {
	w := newWorld(t, noon())
	soldOut, scarce, dollars, chinese, english, both := 0, 0, 0, 0, 0, 0
	for _, p := range w.Products {
		if age := noon().Sub(p.UpdatedAt); age < 0 || age > 6*time.Hour {
			t.Errorf("facts of %s are %v old, want under six hours", p.Key, age)
		}
		if p.Price.Amount <= 0 || (p.Price.Currency != "CNY" && p.Price.Currency != "USD") {
			t.Errorf("price of %s is %+v", p.Key, p.Price)
		}
		if p.Price.Currency == "USD" {
			dollars++
			if !strings.HasPrefix(p.Key, "harbourpine:") {
				t.Errorf("%s is priced in dollars", p.Key)
			}
		}
		if p.CommissionBP < 0 || p.CommissionBP > 2000 {
			t.Errorf("commission of %s is %d", p.Key, p.CommissionBP)
		}
		switch {
		case p.Stock == 0:
			soldOut++
		case p.Stock < 10:
			scarce++
		}
		zhPart, enPart, _ := strings.Cut(p.Title, " / ")
		switch {
		case enPart != "" && isChinese(zhPart) && !isChinese(enPart):
			both++
		case isChinese(p.Title):
			chinese++
		default:
			english++
		}
	}
	for what, n := range map[string]int{
		"sold out": soldOut, "scarce": scarce, "priced in dollars": dollars,
		"with a Chinese title": chinese, "with an English title": english, "with both titles": both,
	} {
		if n < 10 || (what != "with a Chinese title" && n > len(w.Products)/3) {
			t.Errorf("%d of %d products are %s", n, len(w.Products), what)
		}
	}
}

func TestSeveralExpertsPickTheSameThing(t *testing.T) {
	w := newWorld(t, noon())
	by := map[string]int{}
	for _, p := range w.Picks {
		by[p.Link]++
	}
	shared := 0
	for _, n := range by {
		if n > 1 {
			shared++
		}
	}
	if got, want := shared, len(w.Products)/3; got < want {
		t.Errorf("%d products were picked by several experts, want at least %d", got, want)
	}
	if got, want := len(by), len(w.Products)*9/10; got < want {
		t.Errorf("%d products were picked at all, want at least %d", got, want)
	}
}

func TestVisitorsDoOneThingAfterTheOther(t *testing.T) {
	w := newWorld(t, noon())
	published := make(map[string]time.Time)
	for _, p := range w.Picks {
		published[p.ID] = p.PublishedAt
	}
	n, before := make(map[string]int), make(map[string]bool)
	for i, d := range w.Deeds {
		n[d.Kind]++
		if at, ok := published[d.Pick]; !ok || d.At.Before(at) || d.At.After(noon()) || noon().Sub(d.At) > 31*24*time.Hour {
			t.Errorf("deed %s lies at %v, its pick at %v", d.ID, d.At, at)
		}
		if i > 0 && d.At.Before(w.Deeds[i-1].At) {
			t.Errorf("deed %s comes after a later one", d.ID)
		}
		must := map[string]string{"open": "impression", "bookmark": "open", "cart": "open", "checkout": "cart"}[d.Kind]
		if must != "" && !before[d.Reader+d.Pick+must] {
			t.Errorf("%s did %s without %s before", d.Reader, d.Kind, must)
		}
		before[d.Reader+d.Pick+d.Kind] = true
	}
	if n["impression"] < 2_000 || n["open"] < 400 || n["checkout"] < 30 || n["checkout"] >= n["cart"] {
		t.Errorf("visitors did %v: too little for figures", n)
	}
	var settled, paidBack, rivals int
	for _, s := range w.Sales {
		switch {
		case !before[s.Reader+s.Pick.ID+"checkout"] || s.Paid.Before(s.Clicked) || s.Paid.After(noon()):
			t.Errorf("%s was bought at %v, without a way to the checkout before", s.Order, s.Paid)
		case s.Settled.After(noon()) || s.PaidBackAt.After(noon()) || s.PaidBack > s.Product.Price.Amount:
			t.Errorf("%+v lies in the future, or is paid back more than once", s)
		case s.Before != nil && (s.Before.Expert == s.Pick.Expert || s.Before.Link != s.Pick.Link):
			t.Errorf("%s: the pick clicked before is no other expert's for the same", s.Order)
		}
		settled, paidBack = settled+map[bool]int{true: 1}[!s.Settled.IsZero()], paidBack+map[bool]int{true: 1}[s.PaidBack > 0]
		rivals += map[bool]int{true: 1}[s.Before != nil]
	}
	if len(w.Sales) < 30 || settled == 0 || paidBack == 0 || rivals == 0 {
		t.Errorf("%d sales, %d settled, %d paid back, %d after a click on another expert's pick: too little for figures", len(w.Sales), settled, paidBack, rivals)
	}
}

func TestTimesArePlausible(t *testing.T) {
	for _, now := range []time.Time{
		noon(),
		time.Date(2027, 3, 1, 16, 0, 1, 0, time.UTC), // just after midnight in Shanghai
		time.Date(2028, 2, 29, 3, 4, 5, 6, time.FixedZone("", -5*3600)),
	} {
		w := newWorld(t, now)
		last := map[string][]time.Time{}
		for i, p := range w.Picks {
			if age := now.Sub(p.PublishedAt); age < 0 || age > 60*24*time.Hour {
				t.Errorf("pick %s is %v old at %v, want within 60 days", p.ID, age, now)
			}
			if p.PublishedAt.Location() != time.UTC || p.PublishedAt.Nanosecond() != 0 {
				t.Errorf("pick %s was published at %v, want whole seconds in UTC", p.ID, p.PublishedAt)
			}
			if i > 0 && p.PublishedAt.Before(w.Picks[i-1].PublishedAt) {
				t.Errorf("pick %s comes after a later one", p.ID)
			}
			mine := last[p.Expert]
			if n := len(mine); n > 0 && p.PublishedAt.Sub(mine[n-1]) < 10*time.Minute {
				t.Errorf("%s published twice within ten minutes of %v", p.Expert, p.PublishedAt)
			}
			if n := len(mine); n > 2 && p.PublishedAt.Sub(mine[n-3]) < 24*time.Hour {
				t.Errorf("%s published more than three times in the day before %v", p.Expert, p.PublishedAt)
			}
			last[p.Expert] = append(mine, p.PublishedAt)
		}
	}
}

func TestRelationshipsAreHonest(t *testing.T) {
	w := newWorld(t, noon())
	products := map[string]demo.Product{}
	for _, p := range w.Products {
		products[p.URL] = p
	}
	special, all := map[string]int{}, map[string]int{}
	kinds := map[string]int{}
	for _, p := range w.Picks {
		kinds[p.Relationship]++
		all[p.Expert]++
		if p.Relationship == "gift" || p.Relationship == "paid" {
			special[p.Expert]++
			// The share may not be exceeded at any time, not only at the end.
			if got, limit := special[p.Expert]*5, all[p.Expert]; got > limit {
				t.Errorf("%s has %d gifts and paid picks among %d", p.Expert, special[p.Expert], all[p.Expert])
			}
		}
		if pays := products[p.Link].CommissionBP > 0; p.Relationship == "none" && pays || p.Relationship == "commission" && !pays {
			t.Errorf("pick %s is declared %q, commission of the product is %d", p.ID, p.Relationship, products[p.Link].CommissionBP)
		}
		if p.Inventory > products[p.Link].Stock {
			t.Errorf("pick %s claims %d of %d in stock", p.ID, p.Inventory, products[p.Link].Stock)
		}
	}
	if got, want := slices.Sorted(maps.Keys(kinds)), []string{"commission", "gift", "none", "paid"}; !slices.Equal(got, want) {
		t.Errorf("relationships are %v, want %v", got, want)
	}
}
