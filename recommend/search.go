package recommend

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A SearchRequest asks for picks by text and filters. Without text it browses,
// newest first.
type SearchRequest struct {
	Reader   string // "" is somebody unknown
	Query    string // at most 200 characters
	Topic    string // takes its subtopics in
	Partner  string
	PriceMin *int64 // minor units; a product without a fresh price matches no price filter
	PriceMax *int64
	InStock  bool   // the partner says so, or takes orders ahead
	Limit    int    // 0 is the policy's default
	Cursor   string // from the page before; the filters must be the same
	Lang     string // "zh" or "en"
}

// A SearchPage is one page of what was found, one card per product.
type SearchPage struct {
	Items         []Item   `json:"items"`
	NextCursor    string   `json:"next_cursor,omitempty"`
	Facets        Facets   `json:"facets"`
	PolicyVersion string   `json:"policy_version"`
	Degraded      bool     `json:"degraded"`
	Missing       []string `json:"missing,omitempty"`
}

// Facets count cards by topic and by partner. Each count leaves out the filter
// on its own facet, so that it says what choosing another value would give.
type Facets struct {
	Topics   []Facet `json:"topics"`
	Partners []Facet `json:"partners"`
}

// A Facet is one value to filter by.
type Facet struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Count int    `json:"count"`
}

// mostFound is how many hits of the store a search looks at.
const mostFound = 2000

// Search returns one page of what was found. What is wrong with the request is
// a [*Refusal]; a store that cannot search is an error that wraps
// [ErrUnavailable]. Nothing found is an empty page.
func (w *Windows) Search(ctx context.Context, r SearchRequest) (*SearchPage, error) {
	scene, now := w.world.Scene(), w.now()
	if err := w.checkSearch(scene, &r); err != nil {
		return nil, err
	}
	c, err := w.listCursor(r.Cursor, r.Limit, now, "search", r.bound()...)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	if r.Query != "" {
		if hits, err = w.store.Search(ctx, Search{Text: r.Query, Limit: mostFound}); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
	}
	reader, missing := w.reader(ctx, r.Reader)
	page := &SearchPage{PolicyVersion: scene.Policy.Version, Missing: missing, Degraded: len(missing) > 0}
	p := &pager{cursor: c, lang: r.Lang, source: "search", items: []Item{}}
	w.shelf.read(scene, now, func(l *look) {
		p.look = l
		s := searching{pager: p, taste: l.tasteOf(r.Reader, reader), filters: l.filters(&r)}
		if r.Query != "" {
			s.find(hits)
		} else {
			s.browse()
		}
		page.Facets = s.facets()
	})
	reader.mark(p.items, now, scene.Policy)
	page.Items, page.NextCursor = p.items, p.next(w.signer, now, "search", r.bound()...)
	return page, nil
}

func (w *Windows) checkSearch(scene *Scene, r *SearchRequest) error {
	r.Query = strings.TrimSpace(r.Query)
	if err := checkQuery(r.Query); err != nil {
		return err
	}
	if r.Topic != "" && !w.knows(scene, r.Topic) {
		return topicUnknown(r.Topic)
	}
	for _, f := range []struct {
		pointer string
		v       *int64
	}{{"/price_min", r.PriceMin}, {"/price_max", r.PriceMax}} {
		if f.v != nil && *f.v < 0 {
			return Refuse(Problem{Code: "validation", Pointer: f.pointer, Message: fmt.Sprintf("price %d is negative", *f.v), Fix: "give minor units, 0 or more"})
		}
	}
	return nil
}

// checkQuery reports a query that is too long.
func checkQuery(q string) error {
	const most = 200
	if n := utf8.RuneCountInString(q); n > most {
		return Refuse(Problem{Code: "validation", Pointer: "/q", Message: fmt.Sprintf("query has %d characters, %d are allowed", n, most), Fix: "search for fewer words"})
	}
	return nil
}

// bound is what the cursor of a search is bound to.
func (r *SearchRequest) bound() []string {
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	return []string{r.Reader, r.Query, r.Topic, r.Partner, number(r.PriceMin), number(r.PriceMax), strconv.FormatBool(r.InStock)}
}

// searchWords are the words of a query, case folded.
func searchWords(q string) []string { return strings.Fields(strings.ToLower(q)) }
