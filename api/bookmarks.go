package api

import (
	"net/http"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

type bookmarking struct {
	did
	Pick       string    `json:"pick"`
	Bookmarked bool      `json:"bookmarked"`
	At         time.Time `json:"at,omitzero"`
}

// bookmark keeps a pick for the caller: 201 for the first time, 200 when he
// has it. Requests of one reader wait for one another, so that a hundred at
// once are one event; on several processes they are one event in the fold.
func (s *Server) bookmark(c *call) error {
	id, err := c.id("pick", "pick")
	if err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	if at, ok := bookmarkOf(who, id); who.has(ok) {
		return c.bookmarked(http.StatusOK, bookmarking{Pick: id, Bookmarked: true, At: at})
	}
	event := who.sameID(c, recommend.ActBookmark, id)
	defer s.readers.take(c.ctx(), who.name, s.Wait)()
	if who, err = s.acting(c); err != nil {
		return err
	}
	if at, ok := bookmarkOf(who, id); who.has(ok) {
		return c.bookmarked(http.StatusOK, bookmarking{Pick: id, Bookmarked: true, At: at})
	}
	v, err := s.Windows.Pick(c.ctx(), id, recommend.Viewer{Reader: who.subject, Lang: c.lang})
	if err != nil {
		return err
	}
	if most := s.World.Scene().Policy.Reader.Bookmarks; len(who.Bookmarks) >= most {
		return full("bookmarks", "", most)
	}
	a := recommend.Action{ID: event, Kind: recommend.ActBookmark, Pick: id, Expert: v.Expert.ID, Product: v.Product.Key, At: c.now()}
	out := bookmarking{Pick: id, Bookmarked: true, At: a.At}
	if out.Pending, err = s.act(c, who, a); err != nil {
		return err
	}
	if at, ok := bookmarkOf(who, id); ok {
		out.At = at
	}
	return c.bookmarked(http.StatusCreated, out)
}

func (c *call) bookmarked(status int, b bookmarking) error {
	c.private()
	if b.Pending {
		status = http.StatusAccepted
	}
	return c.json(status, b)
}

func bookmarkOf(a *actor, pick string) (at time.Time, ok bool) {
	i := slices.IndexFunc(a.Bookmarks, func(b recommend.Bookmark) bool { return b.Pick == pick })
	if i < 0 {
		return at, false
	}
	return a.Bookmarks[i].At, true
}

// full refuses one more of what a reader keeps.
func full(what, pointer string, most int) error {
	return recommend.Refuse(recommend.Problem{
		Code: "too-many", Pointer: pointer, Message: "no more " + what + " are kept", Fix: "remove some first", Details: map[string]any{"limit": most},
	})
}

// unbookmark keeps a pick no more. What is not kept needs no event.
func (s *Server) unbookmark(c *call) error {
	id, err := c.id("pick", "pick")
	if err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	event := who.sameID(c, recommend.ActUnbookmark, id)
	defer s.readers.take(c.ctx(), who.name, s.Wait)()
	if who, err = s.acting(c); err != nil {
		return err
	}
	pending := false
	if _, ok := bookmarkOf(who, id); !who.has(!ok) {
		if pending, err = s.act(c, who, recommend.Action{ID: event, Kind: recommend.ActUnbookmark, Pick: id, At: c.now()}); err != nil {
			return err
		}
	}
	return c.done(pending)
}

// done answers a change that leaves nothing to say.
func (c *call) done(pending bool) error {
	c.private()
	if pending {
		return c.json(http.StatusAccepted, did{pending})
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// bookmarks lists what the caller keeps, latest first, also what is gone.
func (s *Server) bookmarks(c *call) error {
	limit, err := c.limit()
	if err != nil {
		return err
	}
	page, err := s.Windows.Bookmarks(c.ctx(), recommend.BookmarksRequest{
		Reader: c.who.Subject, Lang: c.lang, Limit: limit, Cursor: c.Query("cursor"),
	})
	if err != nil {
		return fresh(c, err)
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}
