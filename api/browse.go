package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// topics lists the tree of interests.
func (s *Server) topics(c *call) error {
	c.public()
	return c.tagged("", listOf(s.Windows.TopicTree(c.lang)))
}

const mostQuery = 200 // characters of a search

// search finds picks by text and filters.
func (s *Server) search(c *call) error {
	req := recommend.SearchRequest{
		Query: c.Query("q"), Topic: c.Query("topic"), Partner: c.Query("partner"), Cursor: c.Query("cursor"), Lang: c.lang,
	}
	if n := utf8.RuneCountInString(req.Query); n > mostQuery || !utf8.ValidString(req.Query) {
		return invalidQuery("q", strconv.Itoa(n)+" characters", "give at most "+strconv.Itoa(mostQuery))
	}
	var err error
	if req.Reader, err = c.reader(); err != nil {
		return err
	}
	if req.Limit, err = c.limit(); err != nil {
		return err
	}
	if req.PriceMin, err = c.amount("price_min"); err != nil {
		return err
	}
	if req.PriceMax, err = c.amount("price_max"); err != nil {
		return err
	}
	switch v, given := c.GetQuery("in_stock"); {
	case !given, v == "false":
	case v == "true":
		req.InStock = true
	default:
		return invalidQuery("in_stock", "neither true nor false", "give true or false")
	}
	if req.Topic != "" && !recommend.ValidTopic(req.Topic) {
		return refuse(codeTopicUnknown, "no topic "+strconv.Quote(shorten(req.Topic)))
	}
	page, err := s.Windows.Search(c.ctx(), req)
	if err != nil {
		return fresh(c, err)
	}
	c.public()
	c.next(page.NextCursor)
	return c.tagged("", page)
}

// amount is a parameter in minor units.
func (c *call) amount(name string) (*int64, error) {
	s, given := c.GetQuery(name)
	if !given {
		return nil, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return nil, invalidQuery(name, "not a whole number of 0 or more", "give minor units, such as 1999")
	}
	return &n, nil
}

// expert is who an expert is.
func (s *Server) expert(c *call) error {
	req, err := c.storefrontRequest()
	if err != nil {
		return err
	}
	req.Limit = 1
	page, err := s.Windows.Storefront(c.ctx(), req)
	if errors.Is(err, recommend.ErrNotFound) { // verified a moment ago, or gone
		return s.newcomer(c, req.Expert, err)
	}
	if err != nil {
		return err
	}
	page.Expert.TrustedBy = s.trustedBy(c.ctx(), req.Expert, c.now())
	c.public()
	return c.tagged("", page.Expert)
}

// newcomer is an expert whom the storefronts do not know yet.
func (s *Server) newcomer(c *call, id string, unknown error) error {
	ref := recommend.Ref{Kind: recommend.KindExpert, ID: id}
	docs, err := s.documents(c.ctx(), ref)
	if err != nil {
		return err
	}
	var x recommend.Expert
	if known, err := body(docs, ref, &x); err != nil || !known || x.Hidden() {
		return errors.Join(unknown, err)
	}
	profile := recommend.ExpertProfile{
		ExpertCard: recommend.ExpertCard{ID: x.ID, Name: x.Name, Trust: x.Trust}, Bio: x.Bio, Verified: x.Verified, Topics: []recommend.TopicInfo{},
	}
	tree := s.Windows.TopicTree(c.lang)
	for _, topic := range approvedTopics(&x) {
		t := recommend.TopicInfo{ID: topic, Parent: recommend.ParentTopic(topic), Label: topic}
		if i := slices.IndexFunc(tree, func(t recommend.TopicInfo) bool { return t.ID == topic }); i >= 0 {
			t = tree[i]
			t.Picks = 0
		}
		profile.Topics = append(profile.Topics, t)
	}
	c.private()
	return c.tagged("", profile)
}

func (c *call) storefrontRequest() (req recommend.StorefrontRequest, err error) {
	if req.Expert, err = c.id("id", "expert"); err != nil {
		return req, err
	}
	req.Viewer, err = c.viewer()
	return req, err
}

// storefront is the picks of one expert.
func (s *Server) storefront(c *call) error {
	req, err := c.storefrontRequest()
	if err != nil {
		return err
	}
	if req.Limit, err = c.limit(); err != nil {
		return err
	}
	req.Tab, req.Query, req.Cursor = recommend.Tab(c.DefaultQuery("tab", string(recommend.TabLatest))), c.Query("q"), c.Query("cursor")
	switch req.Tab {
	case recommend.TabLatest, recommend.TabPopular, recommend.TabForYou:
	default:
		return invalidQuery("tab", "no tab of this name", "give latest, popular or for_you")
	}
	if n := utf8.RuneCountInString(req.Query); n > mostQuery || !utf8.ValidString(req.Query) {
		return invalidQuery("q", strconv.Itoa(n)+" characters", "give at most "+strconv.Itoa(mostQuery))
	}
	page, err := s.Windows.Storefront(c.ctx(), req)
	if err != nil {
		return fresh(c, err)
	}
	page.Expert.TrustedBy = s.trustedBy(c.ctx(), req.Expert, c.now())
	c.public()
	c.next(page.NextCursor)
	return c.tagged("", page)
}

// product is a product with everybody's picks of it.
func (s *Server) product(c *call) error {
	req := recommend.ProductRequest{Key: c.Param("key"), Cursor: c.Query("cursor")}
	if _, _, err := link.ParseKey(req.Key); err != nil {
		return notFound("product", req.Key)
	}
	var err error
	if req.Viewer, err = c.viewer(); err != nil {
		return err
	}
	if req.Limit, err = c.limit(); err != nil {
		return err
	}
	page, err := s.Windows.Product(c.ctx(), req)
	if err != nil {
		return fresh(c, err)
	}
	c.public()
	c.next(page.NextCursor)
	return c.tagged("", page)
}

// partners lists the approved shops and what they are approved for.
func (s *Server) partners(c *call) error {
	scene := s.World.Scene()
	c.public()
	return c.tagged("", struct {
		list[*recommend.Partner]
		Criteria      []string `json:"criteria"`
		PolicyVersion string   `json:"policy_version"`
	}{listOf(scene.Partners.All()), listOf(scene.Policy.Criteria).Items, scene.Policy.Version})
}

// policy is the rules of the game.
func (s *Server) policy(c *call) error {
	c.Header("Cache-Control", "public, max-age=30")
	return c.tagged("", s.World.Scene().Policy)
}

func (s *Server) jwks(c *call) error {
	c.Header("Cache-Control", "public, max-age=300")
	return c.raw(http.StatusOK, "application/jwk-set+json", s.Keys.JWKS())
}
