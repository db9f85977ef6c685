package web

import (
	"net/http"

	"vitrine.dev/recommend"
)

// storefrontBody is what an expert's page shows.
type storefrontBody struct {
	list
	Expert recommend.ExpertProfile
	Trust  int  // of 100
	Known  bool // enough is known for a figure of trust
	Tabs   []tab
	Query  string
	Mine   bool
}

// A tab is an order of a storefront.
type tab struct {
	Label   string
	URL     string
	Current bool
}

func (s *site) storefront(q *request) error {
	ask := recommend.StorefrontRequest{
		Expert: q.PathValue("id"), Viewer: recommend.Viewer{Reader: q.who.ID, Lang: q.lang},
		Tab: recommend.Tab(q.FormValue("tab")), Query: clip(q.FormValue("q")), Cursor: q.FormValue("cursor"),
	}
	f, err := s.Windows.Storefront(q.ctx(), ask)
	if err != nil {
		return err
	}
	b := storefrontBody{
		list:   list{Cards: q.cards(f.Items), First: ask.Cursor == "", End: "storefront"},
		Expert: f.Expert, Trust: int(f.Expert.Trust + 0.5), Known: f.Expert.Trust != recommend.PriorTrust,
		Query: ask.Query, Mine: q.who.ID == f.Expert.ID,
	}
	if f.NextCursor != "" {
		b.Next = q.with("cursor", f.NextCursor)
	}
	for _, t := range []recommend.Tab{recommend.TabLatest, recommend.TabPopular, recommend.TabForYou} {
		label, err := q.words.text("tab." + string(t))
		if err != nil {
			return err
		}
		b.Tabs = append(b.Tabs, tab{Label: label, URL: q.with("tab", string(t)), Current: t == f.Tab})
	}
	return q.show(http.StatusOK, "storefront", view{Title: f.Expert.Name, About: f.Expert.Bio, Nav: "window", Script: "window.js", Say: acting(), Body: b})
}
