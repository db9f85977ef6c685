package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// meBody is what a reader's own page shows.
type meBody struct {
	Guest     bool
	Interests []interest
	Follows   []person
	Feedback  []opinion
	Bookmarks []bookmark
	Kept      int // bookmarks in all
	Next      string
	First     bool
	Clicks    []way
	Dose      dose
}

// An interest is a topic that a reader cares about, as far as is known.
type interest struct {
	ID, Label string
	Percent   int
	Width     string // of its bar
	Source    string // in words
	Declared  bool
}

// A dose is how many picks a day a reader wants among other things.
type dose struct {
	Limited bool   // the policy bounds them at all
	Most    int    // what that allows
	Own     string // what he set; "" is what the policy says
	Windows bool   // cards of windows count too
}

func (q *request) dose() dose {
	rules := &q.site.World.Scene().Policy.Dose
	d := dose{Limited: rules.Limited, Most: rules.PerDay, Windows: rules.Windows}
	if n := q.who.Reader.Dose.PerDay; n != nil {
		d.Own = strconv.Itoa(min(*n, d.Most))
	}
	return d
}

// An opinion is what a reader wants less or more of, or nothing.
type opinion struct {
	Kind, ID string
	What     string // in words
	Name     string
	At       time.Time
}

// A bookmark is a row of the list of those.
type bookmark struct {
	recommend.BookmarkView
	Card   *card  // nil of a pick that is gone
	Title  string // of the product
	Reason string // why it is gone
}

// A way is one to a checkout that the reader was given.
type way struct {
	recommend.Clicked
	Title, Partner string
}

// bookmarks leads to the part of the reader's own page that has them.
func bookmarks(q *request) error {
	http.Redirect(q.w, q.Request, "/me#bookmarks", http.StatusSeeOther)
	return nil
}

// mostShown bounds the lists of a reader's own page that have no pages.
const mostShown = 200

// me shows a reader what is known of him, with a way to change each.
func (s *site) me(q *request) error {
	if q.who.Unread != nil {
		return q.who.Unread
	}
	b := meBody{Guest: !q.who.Expert, First: q.FormValue("cursor") == "", Kept: len(q.who.Reader.Bookmarks), Interests: q.interests(), Dose: q.dose()}
	var err error
	if b.Follows, err = q.followed(); err != nil {
		return err
	}
	if b.Feedback, b.Clicks, err = q.acted(); err != nil {
		return err
	}
	page, err := s.Windows.Bookmarks(q.ctx(), recommend.BookmarksRequest{Reader: q.who.ID, Lang: q.lang, Cursor: q.FormValue("cursor")})
	if err != nil {
		return err
	}
	for _, v := range page.Items {
		b.Bookmarks = append(b.Bookmarks, q.bookmark(v))
	}
	if page.NextCursor != "" {
		b.Next = q.with("cursor", page.NextCursor)
	}
	title, err := q.words.text("me.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "me", view{Title: title, Nav: "me", Script: "me.js", Say: append(acting(), "me.say."), Body: b})
}

func (q *request) interests() []interest {
	out := make([]interest, 0, len(q.who.Reader.Interests))
	for _, i := range q.who.Reader.Interests {
		p := int(100*i.Weight + 0.5)
		out = append(out, interest{
			ID: i.Topic, Label: q.topicLabel(i.Topic), Percent: p, Width: strconv.Itoa(p) + "%", Declared: i.Source == "declared",
			Source: q.words.or(i.Source, "me.source."+i.Source),
		})
	}
	slices.SortStableFunc(out, func(a, b interest) int { return b.Percent - a.Percent })
	return out
}

// followed are the experts that the visitor follows, the latest first.
func (q *request) followed() ([]person, error) {
	ids := make([]string, 0, len(q.who.Reader.Follows))
	for _, f := range slices.Backward(q.who.Reader.Follows) {
		ids = append(ids, f.ID)
	}
	return q.persons(ids[:min(mostShown, len(ids))])
}

// acted are what the visitor wants less or more of, and his ways to checkouts,
// the latest first.
func (q *request) acted() ([]opinion, []way, error) {
	r := &q.who.Reader
	var out []opinion
	for _, f := range slices.Backward(r.Feedback) {
		what := "me.less"
		if f.More {
			what = "me.more"
		}
		out = append(out, opinion{Kind: f.Kind, ID: f.ID, What: q.words.or("", what), At: f.At})
	}
	for _, m := range slices.Backward(r.Mutes) {
		out = append(out, opinion{Kind: m.Kind, ID: m.ID, What: q.words.or("", "me.mute"), At: m.At})
	}
	out = out[:min(mostShown, len(out))]
	clicks := slices.Clone(r.Clicks)
	slices.Reverse(clicks)
	clicks = clicks[:min(20, len(clicks))]
	var picks, experts []string
	for _, o := range out {
		switch o.Kind {
		case "pick":
			picks = append(picks, o.ID)
		case "expert":
			experts = append(experts, o.ID)
		}
	}
	for _, c := range clicks {
		picks = append(picks, c.Pick)
	}
	titles, err := q.site.Windows.Kept(q.ctx(), r, picks, q.lang)
	if err != nil {
		return nil, nil, err
	}
	persons, err := q.persons(experts)
	if err != nil {
		return nil, nil, err
	}
	for i := range out {
		out[i].Name = q.nameOf(&out[i], titles, persons)
	}
	ways := make([]way, 0, len(clicks))
	for _, c := range clicks {
		ways = append(ways, way{Clicked: c, Title: q.titleOf(titles[c.Pick]), Partner: q.partnerName(c.Partner)})
	}
	return out, ways, nil
}

// nameOf is what people call the object of an opinion.
func (q *request) nameOf(o *opinion, titles map[string]recommend.BookmarkView, persons []person) string {
	switch o.Kind {
	case "pick":
		return q.titleOf(titles[o.ID])
	case "topic":
		return q.topicLabel(o.ID)
	case "partner":
		return q.partnerName(o.ID)
	}
	if i := slices.IndexFunc(persons, func(p person) bool { return p.ID == o.ID }); i >= 0 {
		return persons[i].Name
	}
	return o.ID
}

// titleOf is the title of the product that a pick led to.
func (q *request) titleOf(v recommend.BookmarkView) string {
	switch {
	case v.Item != nil:
		return q.card(*v.Item).Product.Title
	case v.Removed != nil && v.Removed.Title != "":
		return v.Removed.Title
	}
	return q.words.or("", "cart.untitled")
}

func (q *request) bookmark(v recommend.BookmarkView) bookmark {
	b := bookmark{BookmarkView: v, Title: q.titleOf(v)}
	if v.Item != nil {
		c := q.card(*v.Item)
		b.Card = &c
	} else {
		b.Reason = q.words.or(strings.ReplaceAll(string(v.Removed.Reason), "-", " "), "hidden."+string(v.Removed.Reason))
	}
	return b
}
