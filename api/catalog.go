package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

const mostLines = 1000

// A listing is one good line of a catalogue batch.
type listing struct {
	line    int
	product *recommend.Product
	raw     json.RawMessage // as it came: fields we do not know are kept
}

// A rejectedLine is one that was not taken.
type rejectedLine struct {
	Line    int    `json:"line"` // from 1
	Code    string `json:"code"`
	Pointer string `json:"pointer,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

type batchAnswer struct {
	Accepted int            `json:"accepted"`
	Ignored  int            `json:"ignored"` // older than, or the same as, what is known
	Rejected []rejectedLine `json:"rejected"`
	Pending  bool           `json:"pending"`
}

// catalog takes a partner's facts, one product a line.
func (s *Server) catalog(c *call) error {
	scene := s.World.Scene()
	partner := c.who.PartnerID()
	if scene.Partners.Get(partner) == nil {
		return refuse(codeNotYours, strconv.Quote(partner)+" is no approved partner")
	}
	out := batchAnswer{Rejected: []rejectedLine{}}
	listings, err := c.listings(partner, scene.Partners.Links(), &out)
	if err != nil {
		return err
	}
	if listings, err = s.newest(c, listings, &out); err != nil {
		return err
	}
	if len(listings) > 0 {
		if err := s.list(c, listings, &out); err != nil {
			return err
		}
	}
	return c.did(out.Pending, out)
}

// listings sorts the lines into good and rejected ones. Facts about
// another partner's product refuse the whole batch.
func (c *call) listings(partner string, links *link.Registry, out *batchAnswer) ([]listing, error) {
	all := lines(c.body)
	if len(all) > mostLines {
		return nil, refuse(codeTooLarge, fmt.Sprintf("%d lines, %d are taken at once", len(all), mostLines))
	}
	var good []listing
	empty := 0
	for i, raw := range all {
		if len(raw) == 0 {
			empty++
			continue
		}
		p := new(recommend.Product)
		if err := json.Unmarshal(raw, p); err != nil {
			out.Rejected = append(out.Rejected, rejectedLine{Line: i + 1, Code: codeBadBody, Message: "not a JSON object of a product", Fix: "see the schema in /openapi.yaml"})
			continue
		}
		if owner := p.Partner(); owner != partner && owner != p.Key {
			return nil, refuse(codeNotYours, fmt.Sprintf("line %d: product %q is not of partner %q", i+1, shorten(p.Key), partner)).with("line", i+1)
		}
		if err := errors.Join(p.Validate(), p.ValidateAge(c.now()), ownPage(links, partner, p)); err != nil {
			var r *recommend.Refusal
			var foreign *refusal
			switch {
			case errors.As(err, &foreign):
				return nil, foreign.with("line", i+1)
			case errors.As(err, &r):
				bad := r.Problems[0]
				out.Rejected = append(out.Rejected, rejectedLine{Line: i + 1, Code: bad.Code, Pointer: bad.Pointer, Message: bad.Message, Fix: bad.Fix})
			}
			continue
		}
		good = append(good, listing{i + 1, p, raw})
	}
	if empty == len(all) {
		return nil, refuse(codeBadBody, "the batch has no line")
	}
	return good, nil
}

// ownPage refuses a page that is not the product's: rejected when it is the
// partner's own, forbidden when it is another's.
func ownPage(links *link.Registry, partner string, p *recommend.Product) error {
	if p.URL == "" {
		return nil
	}
	l, err := links.Parse(p.URL)
	if err == nil && l.Partner != partner {
		return refuse(codeNotYours, fmt.Sprintf("the page of %q is on the hosts of another partner", shorten(p.Key)))
	}
	if err != nil || l.Key() != p.Key {
		return recommend.Refuse(recommend.Problem{
			Code: "url-mismatch", Pointer: "/url", Message: "the address does not lead to this item", Fix: "give the item's own page, or leave it out",
		})
	}
	return nil
}

func productRef(key string) recommend.Ref { return recommend.Ref{Kind: recommend.KindProduct, ID: key} }

// newest leaves out what is older than the facts known or than another line.
func (s *Server) newest(c *call, listings []listing, out *batchAnswer) ([]listing, error) {
	latest := make(map[string]int, len(listings))
	refs := make([]recommend.Ref, 0, len(listings))
	for i, l := range listings {
		if j, ok := latest[l.product.Key]; !ok || l.product.UpdatedAt.After(listings[j].product.UpdatedAt) {
			latest[l.product.Key] = i
		}
	}
	for key := range latest {
		refs = append(refs, productRef(key))
	}
	slices.SortFunc(refs, recommend.Ref.Compare)
	docs, err := s.documents(c.ctx(), refs...)
	if err != nil {
		return nil, err
	}
	var keep []listing
	for i, l := range listings {
		var old recommend.Product
		known, err := body(docs, productRef(l.product.Key), &old)
		if err != nil {
			return nil, err
		}
		if latest[l.product.Key] != i || known && !l.product.UpdatedAt.After(old.UpdatedAt) {
			out.Ignored++
			continue
		}
		keep = append(keep, l)
	}
	return keep, nil
}

// list appends listings and waits until their facts can be read.
func (s *Server) list(c *call, listings []listing, out *batchAnswer) error {
	slices.SortFunc(listings, func(a, b listing) int { return cmp.Compare(a.product.Key, b.product.Key) })
	events := make([]recommend.Event, 0, len(listings))
	waiting := make(map[recommend.Ref]*recommend.Product, len(listings))
	refs := make([]recommend.Ref, 0, len(listings))
	for _, l := range listings {
		e, err := c.event(derive("c", c.who.PartnerID(), string(l.raw)), recommend.TypeProductListed, l.product.Key, l.raw)
		if err != nil {
			return err
		}
		events = append(events, e)
		refs = append(refs, productRef(l.product.Key))
		waiting[productRef(l.product.Key)] = l.product
	}
	if _, err := s.Log.Append(c.ctx(), recommend.TopicCatalog, events...); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	out.Accepted = len(listings)
	var err error
	out.Pending, err = s.settle(c.ctx(), wait{topic: recommend.TopicCatalog, refs: refs, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		for ref, want := range waiting {
			var got recommend.Product
			known, err := body(docs, ref, &got)
			if err != nil {
				return false, err
			}
			if known && !got.UpdatedAt.Before(want.UpdatedAt) {
				delete(waiting, ref)
			}
		}
		return len(waiting) == 0, nil
	}})
	return err
}
