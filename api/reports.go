package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"vitrine.dev/recommend"
)

type reported struct {
	did
	ID string `json:"id"`
}

// denounce tells moderators of something that breaks a rule. One report of a
// reader about one target is open at a time; another is the same one.
func (s *Server) denounce(c *call) error {
	var in struct {
		Target struct {
			Kind string `json:"kind"`
			ID   string `json:"id"`
		} `json:"target"`
		Category string   `json:"category"`
		Rules    []string `json:"rule_ids"`
		Text     string   `json:"text"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if err := category(in.Category, "/category", recommend.ReportCategories()); err != nil {
		return err
	}
	policy := s.World.Scene().Policy
	for i, id := range in.Rules {
		if !policy.HasRule(id) {
			return recommend.Refuse(recommend.Problem{
				Code: "rule-unknown", Pointer: fmt.Sprintf("/rule_ids/%d", i), Message: strconv.Quote(shorten(id)) + " is no rule of the policy", Fix: "name rules of GET /v1/policy",
			})
		}
	}
	o, err := objectOf(in.Target.Kind, in.Target.ID)
	if err != nil {
		return err
	}
	if err := s.known(c, o); err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	a := o.action(who.eventID(c), recommend.ActReport, c.now())
	a.Category, a.Rules, a.Text = in.Category, in.Rules, in.Text
	if o.kind == recommend.TargetPick {
		var p recommend.Pick
		ref := recommend.Ref{Kind: recommend.KindPick, ID: o.id}
		docs, err := s.documents(c.ctx(), ref)
		if err != nil {
			return err
		}
		if _, err := body(docs, ref, &p); err != nil {
			return err
		}
		a.Expert = p.Expert
	}
	return s.file(c, who, a)
}

// category refuses a word that is none of known.
func category(word, pointer string, known []string) error {
	if slices.Contains(known, word) {
		return nil
	}
	return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: pointer, Message: fmt.Sprintf("%q is not among them", shorten(word)), Fix: fmt.Sprintf("use one of %v", known)})
}

// file appends a report or complaint, unless one about its target is open.
func (s *Server) file(c *call, who *actor, a recommend.Action) error {
	target := a.Target()
	open := func() bool {
		return slices.ContainsFunc(who.Reports, func(r recommend.Reported) bool { return r.Target == target })
	}
	c.private()
	if open() {
		return c.json(http.StatusAccepted, reported{ID: recommend.ReportID(who.name, target)})
	}
	a.Reader = who.name
	if err := a.Validate(); err != nil {
		return err
	}
	pending, err := s.act(c, who, a)
	if err != nil {
		return err
	}
	return c.json(http.StatusAccepted, reported{did{pending}, recommend.ReportID(who.name, target)})
}

// complain tells of what happened after a checkout. Only who went there may.
func (s *Server) complain(c *call) error {
	var in struct {
		Click string `json:"click_id"`
		Order string `json:"order_ref"`
		Kind  string `json:"kind"`
		Text  string `json:"text"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if err := category(in.Kind, "/kind", recommend.ComplaintCategories()); err != nil {
		return err
	}
	if (in.Click == "") == (in.Order == "") {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/click_id", Message: "one of click_id and order_ref is needed", Fix: "name the click or the order"})
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	a := recommend.Action{ID: who.eventID(c), Kind: recommend.ActComplain, Category: in.Kind, Text: in.Text, Order: in.Order, At: c.now()}
	click, err := s.clickOf(c, who, in.Click, in.Order)
	if err != nil {
		return err
	}
	if click == nil {
		return refuse(codeNotYours, "this is no checkout or order of yours")
	}
	a.Pick, a.Expert, a.Product = click.Pick, click.Expert, click.Product
	if in.Click != "" {
		a.Click = &recommend.Click{ID: click.ID}
	}
	return s.file(c, who, a)
}

// clickOf is the caller's click, by its own id or by that of an order; nil
// when it is none of his.
func (s *Server) clickOf(c *call, who *actor, click, order string) (*recommend.Click, error) {
	if click != "" {
		i := slices.IndexFunc(who.Clicks, func(k recommend.Clicked) bool { return k.ID == click })
		if i < 0 {
			return nil, nil //nolint:nilnil // that it is not his is no failure
		}
		k := who.Clicks[i]
		return &recommend.Click{ID: k.ID, Pick: k.Pick, Expert: k.Expert, Product: k.Product}, nil
	}
	ref := recommend.Ref{Kind: recommend.KindOrder, ID: order}
	docs, err := s.documents(c.ctx(), ref)
	if err != nil {
		return nil, err
	}
	var o recommend.Order
	if _, err := body(docs, ref, &o); err != nil {
		return nil, err
	}
	for i := range o.Lines {
		if k := o.Lines[i].Click; k != nil && k.Reader == who.name {
			return k, nil
		}
	}
	return nil, nil //nolint:nilnil // see above
}

// reports lists what readers reported and no ruling has answered yet, in the
// order in which it can be read.
func (s *Server) reports(c *call) error {
	const look = 200
	limit, err := c.limit()
	if err != nil {
		return err
	}
	if limit == 0 {
		limit = s.World.Scene().Policy.Window.Default
	}
	since := ""
	if cursor := c.Query("cursor"); cursor != "" {
		if since, err = s.cursors.open("reports", cursor); err != nil {
			return err
		}
	}
	page := listOf[*recommend.Report](nil)
	for {
		docs, next, err := s.Store.Changes(c.ctx(), recommend.KindReport, recommend.Mark(since), min(look, limit-len(page.Items)))
		if err != nil {
			return err
		}
		open, err := s.openReports(c, docs)
		if err != nil {
			return err
		}
		page.Items = append(page.Items, open...)
		more := len(docs) > 0 && string(next) != since
		since = string(next)
		if !more {
			break
		}
		if len(page.Items) >= limit {
			page.NextCursor = s.cursors.seal("reports", since)
			break
		}
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}

// openReports are those of docs that still say something and were not followed
// by a ruling on their target.
func (s *Server) openReports(c *call, docs []recommend.Document) ([]*recommend.Report, error) {
	var all []*recommend.Report
	var refs []recommend.Ref
	for _, d := range docs {
		r := new(recommend.Report)
		if _, err := body(map[recommend.Ref]recommend.Document{d.Ref: d}, d.Ref, r); err != nil {
			return nil, err
		}
		if r.Erased {
			continue
		}
		all = append(all, r)
		refs = append(refs, recommend.Ref{Kind: recommend.KindRuling, ID: r.Target})
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortFunc(refs, recommend.Ref.Compare)
	rulings, err := s.documents(c.ctx(), slices.Compact(refs)...)
	if err != nil {
		return nil, err
	}
	var open []*recommend.Report
	for _, r := range all {
		var ruling recommend.Ruling
		known, err := body(rulings, recommend.Ref{Kind: recommend.KindRuling, ID: r.Target}, &ruling)
		if err != nil {
			return nil, err
		}
		if !known || len(ruling.History) == 0 || ruling.History[len(ruling.History)-1].At.Before(r.At) {
			open = append(open, r)
		}
	}
	return open, nil
}
