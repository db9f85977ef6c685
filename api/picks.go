package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// pick shows one pick: to readers while it is shown at all, to its own expert
// always.
func (s *Server) pick(c *call) error {
	id, err := c.id("id", "pick")
	if err != nil {
		return err
	}
	viewer, err := c.viewer()
	if err != nil {
		return err
	}
	v, err := s.Windows.Pick(c.ctx(), id, viewer)
	if err != nil {
		return err
	}
	c.public()
	return c.tagged("r"+strconv.FormatInt(v.Revision, 10)+"-", v)
}

// A version is one content that a pick had, has, or is to have.
type version struct {
	recommend.PickRevision
	State      string                 `json:"state"` // "live", "pending" or "past"
	Disclosure recommend.DisclosureOf `json:"disclosure"`
}

// versions lists what a pick said when, latest first, to its expert and to
// moderators.
func (s *Server) versions(c *call) error {
	id, err := c.id("id", "pick")
	if err != nil {
		return err
	}
	ref := recommend.Ref{Kind: recommend.KindPick, ID: id}
	docs, err := s.documents(c.ctx(), ref)
	if err != nil {
		return err
	}
	var p recommend.Pick
	found, err := body(docs, ref, &p)
	switch {
	case err != nil:
		return err
	case !found:
		return notFound("pick", id)
	case p.Expert != c.who.Subject && !c.who.Has(ScopeModerate):
		return refuse(codeNotYours, "this pick belongs to another expert")
	}
	policy := s.World.Scene().Policy
	var items []version
	add := func(r recommend.PickRevision, state string) {
		items = append(items, version{r, state, policy.Disclose(r.Relationship, nil, c.lang)})
	}
	for _, r := range p.History {
		add(r, "past")
	}
	since := p.EditedAt
	if since.IsZero() {
		since = p.PublishedAt
	}
	live := recommend.PickRevision{Revision: p.Revision, PickContent: p.PickContent, Product: p.Product, At: since}
	if p.Pending != nil {
		live.Revision = p.Pending.Revision - 1
	}
	add(live, "live")
	if p.Pending != nil {
		add(*p.Pending, "pending")
	}
	slices.Reverse(items)
	c.private()
	return c.tagged("r"+strconv.FormatInt(p.Revision, 10)+"-", listOf(items))
}

// myPicks lists the caller's picks, latest first, whatever their state.
func (s *Server) myPicks(c *call) error {
	limit, err := c.limit()
	if err != nil {
		return err
	}
	if limit == 0 {
		limit = s.World.Scene().Policy.Window.Default
	}
	text, given := c.GetQuery("state")
	state := recommend.PickState(text)
	if given && !slices.Contains([]recommend.PickState{recommend.PickPublished, recommend.PickHeld, recommend.PickDeferred, recommend.PickWithdrawn}, state) {
		return invalidQuery("state", "no state of a pick", "give published, held, deferred or withdrawn")
	}
	d, err := s.desk(c.ctx(), s.World.Scene(), c.who.Subject, nil)
	if err != nil {
		return err
	}
	entries := slices.Clone(d.publisher.Picks)
	slices.Reverse(entries)
	entries = slices.DeleteFunc(entries, func(e recommend.PublishedEntry) bool { return state != "" && e.State != state })
	scope := "me/picks " + c.who.Subject + " " + string(state)
	if entries, err = s.after(c, scope, entries); err != nil {
		return err
	}
	page := listOf[*recommend.PickView](nil)
	for i, e := range entries {
		if len(page.Items) == limit {
			page.NextCursor = s.cursors.seal(scope, entryPlace(entries[i-1]))
			break
		}
		v, err := s.ownView(c, e.Pick)
		if err != nil {
			return err
		}
		if v != nil {
			page.Items = append(page.Items, v)
		}
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}

// entryPlace names an entry's place in the list of its publisher.
func entryPlace(e recommend.PublishedEntry) string {
	return e.Counted.UTC().Format(time.RFC3339Nano) + " " + e.Pick
}

// after cuts entries, latest first, to those that follow the cursor. The entry
// it names may have gone since; what is older has not moved.
func (s *Server) after(c *call, scope string, entries []recommend.PublishedEntry) ([]recommend.PublishedEntry, error) {
	cursor := c.Query("cursor")
	if cursor == "" {
		return entries, nil
	}
	last, err := s.cursors.open(scope, cursor)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(entries, func(e recommend.PublishedEntry) bool { return entryPlace(e) == last }); i >= 0 {
		return entries[i+1:], nil
	}
	stamp, _, _ := strings.Cut(last, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return nil, fmt.Errorf("cursor of our own: %w", err)
	}
	i := slices.IndexFunc(entries, func(e recommend.PublishedEntry) bool { return e.Counted.Before(at) })
	if i < 0 {
		return nil, nil
	}
	return entries[i:], nil
}

// myLimits says what the caller may publish now.
func (s *Server) myLimits(c *call) error {
	scene := s.World.Scene()
	d, err := s.desk(c.ctx(), scene, c.who.Subject, nil)
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusOK, struct {
		recommend.Limits
		Verified bool     `json:"verified"`
		Topics   []string `json:"topics"`
	}{recommend.LimitsOf(scene.Policy, d.expert, d.publisher, c.now()), d.expert != nil && d.expert.Verified, approvedTopics(d.expert)})
}

func approvedTopics(x *recommend.Expert) []string {
	topics := []string{}
	if x != nil {
		for _, a := range x.Topics {
			topics = append(topics, a.Topic)
		}
	}
	return topics
}
