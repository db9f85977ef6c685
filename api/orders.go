package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"vitrine.dev/recommend"
)

// A rejectedReport is one that was not taken.
type rejectedReport struct {
	Index   int    `json:"index"` // from 0
	Code    string `json:"code"`
	Pointer string `json:"pointer,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

type orderVerdicts struct {
	Accepted int              `json:"accepted"`
	Rejected []rejectedReport `json:"rejected"`
	Pending  bool             `json:"pending"`
}

func (v *orderVerdicts) reject(index int, p recommend.Problem) {
	v.Rejected = append(v.Rejected, rejectedReport{Index: index, Code: p.Code, Pointer: p.Pointer, Message: p.Message, Fix: p.Fix})
}

// orders takes reports of a partner's orders, one a line.
func (s *Server) orders(c *call) error {
	partner := c.who.PartnerID()
	if s.World.Scene().Partners.Get(partner) == nil {
		return refuse(codeNotYours, strconv.Quote(partner)+" is no approved partner")
	}
	var raws []json.RawMessage
	for _, line := range lines(c.body) {
		if len(line) > 0 {
			raws = append(raws, line)
		}
	}
	if len(raws) == 0 {
		return refuse(codeBadBody, "the batch has no line")
	}
	if len(raws) > mostLines {
		return refuse(codeTooLarge, fmt.Sprintf("%d lines, %d are taken at once", len(raws), mostLines))
	}
	out, err := s.report(c, partner, raws)
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusAccepted, out)
}

// A report is a good one, on its way into the log.
type report struct {
	index int
	recommend.OrderReport
}

// report judges reports of partner one by one, appends those that the fold
// will take, and waits until they can be read.
func (s *Server) report(c *call, partner string, raws []json.RawMessage) (*orderVerdicts, error) {
	out := &orderVerdicts{Rejected: []rejectedReport{}}
	var good []report
	for i, raw := range raws {
		r := report{index: i}
		if err := json.Unmarshal(raw, &r.OrderReport); err != nil {
			out.reject(i, recommend.Problem{Code: codeBadBody, Message: "not a JSON object of a report", Fix: "see OrderReport in /openapi.yaml"})
			continue
		}
		if r.Partner == "" {
			r.Partner = partner
		}
		if r.Partner != partner {
			out.reject(i, recommend.Problem{Code: codeNotYours, Pointer: "/partner", Message: "the report is of another partner", Fix: "report your own orders"})
			continue
		}
		if err := s.formOf(c, &r.OrderReport); err != nil {
			if err := out.refused(i, err); err != nil {
				return nil, err
			}
			continue
		}
		good = append(good, r)
	}
	good, err := s.fitting(c, good, out)
	if err != nil || len(good) == 0 {
		return out, err
	}
	slices.SortFunc(out.Rejected, func(a, b rejectedReport) int { return a.Index - b.Index })
	return out, s.record(c, good, out)
}

// refused notes a refusal; another error is returned.
func (v *orderVerdicts) refused(index int, err error) error {
	r, ok := errors.AsType[*recommend.Refusal](err)
	if !ok || len(r.Problems) == 0 {
		return err
	}
	v.reject(index, r.Problems[0])
	return nil
}

// formOf checks what can be checked of a report by itself.
func (s *Server) formOf(c *call, r *recommend.OrderReport) error {
	if err := r.Validate(); err != nil {
		return err
	}
	const ahead = 24 * time.Hour
	if r.At.Sub(c.now()) > ahead {
		return recommend.Refuse(recommend.Problem{Code: "clock-skew", Pointer: "/at", Message: "more than a day in the future", Fix: "set the clock that tells it"})
	}
	return nil
}

func orderRef(id string) recommend.Ref { return recommend.Ref{Kind: recommend.KindOrder, ID: id} }

// ordersOf reads the orders that reports are about.
func (s *Server) ordersOf(c *call, reports []report) (map[string]*recommend.Order, error) {
	orders := make(map[string]*recommend.Order, len(reports))
	var refs []recommend.Ref
	for i := range reports {
		id := reports[i].ID
		if orders[id] == nil {
			orders[id] = new(recommend.Order)
			refs = append(refs, orderRef(id))
		}
	}
	docs, err := s.documents(c.ctx(), refs...)
	if err != nil {
		return nil, err
	}
	for _, ref := range refs {
		if _, err := body(docs, ref, orders[ref.ID]); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// fitting leaves out what the orders, as they are and as the reports before it
// make them, do not take, such as another currency.
func (s *Server) fitting(c *call, reports []report, out *orderVerdicts) ([]report, error) {
	orders, err := s.ordersOf(c, reports)
	if err != nil {
		return nil, err
	}
	with := recommend.Circumstances{Rules: s.World.Scene().Policy.Earnings, Clicks: s.Clicks, Appended: c.now()}
	var good []report
	for _, r := range reports {
		if _, err := orders[r.ID].Apply(&r.OrderReport, with); err != nil {
			if err := out.refused(r.index, err); err != nil {
				return nil, err
			}
			continue
		}
		good = append(good, r)
	}
	return good, nil
}

// record appends reports and waits until their orders hold them.
func (s *Server) record(c *call, reports []report, out *orderVerdicts) error {
	events := make([]recommend.Event, len(reports))
	for i := range reports {
		e, err := c.event(reports[i].EventID(), recommend.TypeOrderReported, reports[i].ID, reports[i].OrderReport)
		if err != nil {
			return err
		}
		e.Source = recommend.SourceOrders
		events[i] = e
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicOrders, events...)
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	out.Accepted = len(reports)
	waiting := make(map[recommend.Ref][]int, len(reports))
	var refs []recommend.Ref
	for i, e := range events {
		ref := orderRef(e.Key)
		if waiting[ref] == nil {
			refs = append(refs, ref)
		}
		waiting[ref] = append(waiting[ref], i)
	}
	out.Pending, err = s.settle(c.ctx(), wait{topic: recommend.TopicOrders, refs: refs, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		for ref, left := range waiting {
			var o recommend.Order
			known, err := body(docs, ref, &o)
			if err != nil {
				return false, err
			}
			waiting[ref] = slices.DeleteFunc(left, func(i int) bool { return known && (docs[ref].Version >= at[i].Offset || o.Seen.Has(events[i])) })
			if len(waiting[ref]) == 0 {
				delete(waiting, ref)
			}
		}
		return len(waiting) == 0, nil
	}})
	return err
}
