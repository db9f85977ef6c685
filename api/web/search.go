package web

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"vitrine.dev/recommend"
)

// searchBody is what the search page shows.
type searchBody struct {
	list
	Query    string
	Topic    string
	Partner  string
	Min, Max string // in whole units of money, as typed
	InStock  bool
	Filtered bool
	Topics   []recommend.Facet
	Partners []recommend.Facet
	Degraded bool
}

// mostQuery is how much text a search takes, in characters.
const mostQuery = 200

// clip cuts what was typed to what a search takes.
func clip(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if utf8.RuneCountInString(s) > mostQuery {
		s = string([]rune(s)[:mostQuery])
	}
	return s
}

func (s *site) search(q *request) error {
	b := searchBody{
		Query: clip(q.FormValue("q")), Topic: q.FormValue("topic"), Partner: q.FormValue("partner"),
		Min: q.FormValue("min"), Max: q.FormValue("max"), InStock: q.FormValue("in_stock") == "1",
	}
	ask := recommend.SearchRequest{
		Reader: q.who.ID, Query: b.Query, Topic: b.Topic, Partner: b.Partner, InStock: b.InStock,
		Cursor: q.FormValue("cursor"), Lang: q.lang,
	}
	ask.PriceMin, b.Min = price(b.Min)
	ask.PriceMax, b.Max = price(b.Max)
	b.Filtered = b.Topic != "" || b.Partner != "" || b.InStock || b.Min != "" || b.Max != ""
	found, err := s.Windows.Search(q.ctx(), ask)
	if err != nil {
		return err
	}
	b.list = list{Cards: q.cards(found.Items), First: ask.Cursor == "", End: "search"}
	if found.NextCursor != "" {
		b.Next = q.with("cursor", found.NextCursor)
	}
	b.Topics, b.Partners, b.Degraded = found.Facets.Topics, found.Facets.Partners, found.Degraded
	title, err := q.words.text("search.title")
	if err != nil {
		return err
	}
	if b.Query != "" {
		if title, err = q.words.text("search.title.for", "query", b.Query); err != nil {
			return err
		}
	}
	return q.show(http.StatusOK, "search", view{Title: title, Nav: "search", Query: b.Query, Script: "window.js", Say: acting(), Body: b})
}

// price reads whole units as hundredths, as nearly all currencies have them.
// What is no price is no filter.
func price(typed string) (*int64, string) {
	n, err := strconv.ParseInt(strings.TrimSpace(typed), 10, 64)
	const most = 10_000_000
	if err != nil || n < 0 || n > most {
		return nil, ""
	}
	minor := n * 100
	return &minor, strconv.FormatInt(n, 10)
}
