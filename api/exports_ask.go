package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

// An exportBody is the body of POST /v1/exports: what to export, and the
// parameters of /v1/metrics/* under their names.
type exportBody struct {
	Dataset string `json:"dataset"`
	Format  string `json:"format"`

	Steps     []string `json:"steps,omitempty"`
	Mode      string   `json:"mode,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Window    string   `json:"window,omitempty"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	TZ        string   `json:"tz,omitempty"`
	Interval  string   `json:"interval,omitempty"`
	Breakdown []string `json:"breakdown,omitempty"`
	By        string   `json:"by,omitempty"`
	AsOf      string   `json:"as_of,omitempty"`
	Times     bool     `json:"times,omitempty"`

	Attribution string `json:"attribution,omitempty"`
	Step        string `json:"step,omitempty"`
	Back        string `json:"back,omitempty"`

	Topic   []string `json:"topic,omitempty"`
	Root    []string `json:"root,omitempty"`
	Expert  []string `json:"expert,omitempty"`
	Partner []string `json:"partner,omitempty"`
	Pick    []string `json:"pick,omitempty"`
	Source  []string `json:"source,omitempty"`
	Arm     []string `json:"arm,omitempty"`
}

// parameters are what the address of /v1/metrics/* would have.
func (b *exportBody) parameters() []pair {
	var ps []pair
	for _, one := range []pair{
		{"steps", strings.Join(b.Steps, ",")},
		{"mode", b.Mode},
		{"unit", b.Unit},
		{"window", b.Window},
		{"from", b.From},
		{"to", b.To},
		{"tz", b.TZ},
		{"interval", b.Interval},
		{"breakdown", strings.Join(b.Breakdown, ",")},
		{"by", b.By},
		{"as_of", b.AsOf},
		{"attribution", b.Attribution},
		{"times", map[bool]string{true: "true"}[b.Times]},
		{"step", b.Step},
		{"back", b.Back},
	} {
		if one.value != "" {
			ps = append(ps, one)
		}
	}
	for _, many := range []struct {
		name   string
		values []string
	}{
		{analytics.ByTopic, b.Topic},
		{analytics.ByRoot, b.Root},
		{analytics.ByExpert, b.Expert},
		{analytics.ByPartner, b.Partner},
		{analytics.ByPick, b.Pick},
		{analytics.BySource, b.Source},
		{analytics.ByArm, b.Arm},
	} {
		for _, v := range many.values {
			ps = append(ps, pair{many.name, v})
		}
	}
	return ps
}

// exportParameters are those that a dataset has.
func exportParameters(dataset string) []string {
	known := []string{"from", "to", "tz", "as_of"}
	switch dataset {
	case exports.DatasetOrders:
		return append(known, "attribution", analytics.ByExpert, analytics.ByPartner, analytics.ByPick)
	case exports.DatasetPicks: // as they are now
		return []string{analytics.ByExpert, analytics.ByPartner, analytics.ByPick}
	case exports.DatasetMoney:
		return append(append(known, "attribution", "breakdown"), analytics.MoneyDimensions()...)
	case exports.DatasetRetention:
		return append(known, "interval", "step", "back", analytics.ByExpert, analytics.ByPick, analytics.BySource, analytics.ByArm)
	}
	own := map[string]string{exports.DatasetFunnel: "breakdown", exports.DatasetSeries: "interval", exports.DatasetTop: "by"}
	return append(append(known, "steps", "mode", "unit", "window", "attribution", "times", own[dataset]), analytics.Dimensions()...)
}

// strange are parameters that the dataset does not have.
func (b *exportBody) strange() []recommend.Problem {
	known := exportParameters(b.Dataset)
	var ps []recommend.Problem
	for _, p := range b.parameters() {
		if !slices.Contains(known, p.name) {
			known = append(known, p.name) // and tells of it once
			ps = append(ps, recommend.Problem{Code: codeValidation, Pointer: "/" + p.name, Message: "the dataset " + b.Dataset + " has no " + p.name, Fix: "leave it out, or ask for another dataset"})
		}
	}
	return ps
}

// exportAsk reads what is to be exported. It is refused now where it could not
// be answered later, and means what it means now: without from, to and as_of
// too.
func (c *call) exportAsk() (*exports.Ask, error) {
	var b exportBody
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	var ps []recommend.Problem
	if !slices.Contains(exports.Datasets(), b.Dataset) {
		ps = append(ps, recommend.Problem{Code: codeValidation, Pointer: "/dataset", Message: "no dataset", Fix: "name one of " + strings.Join(exports.Datasets(), ", ")})
	}
	if b.Format != exports.NDJSON && b.Format != exports.CSV {
		ps = append(ps, recommend.Problem{Code: codeValidation, Pointer: "/format", Message: "no format", Fix: "use ndjson or csv"})
	}
	if len(ps) == 0 {
		ps = b.strange()
	}
	if len(ps) > 0 {
		return nil, recommend.Refuse(ps...)
	}
	asked, err := marshal(b)
	if err != nil {
		return nil, err
	}
	c.query.pairs = b.parameters()
	r, err := c.exported(b.Dataset)
	if err != nil {
		return nil, ofBody(err)
	}
	return &exports.Ask{Dataset: b.Dataset, Format: b.Format, Lang: c.lang, Request: *r, Asked: json.RawMessage(asked)}, nil
}

// exported is the request that /v1/metrics/* would make of the parameters.
func (c *call) exported(dataset string) (*analytics.Request, error) {
	read, steps := c.metrics, true
	switch dataset {
	case exports.DatasetMoney, exports.DatasetRetention, exports.DatasetOrders, exports.DatasetPicks:
		read, steps = c.asked, false
	}
	r, err := read()
	if err != nil {
		return nil, err
	}
	if r.AsOf.IsZero() {
		r.AsOf = c.now().Truncate(time.Millisecond)
	}
	switch dataset {
	case exports.DatasetSeries:
		err = c.intervals(r, "day")
	case exports.DatasetTop:
		err = c.ranked(r)
	case exports.DatasetMoney:
		r.By = c.list("breakdown")
		err = r.ValidateMoney()
	case exports.DatasetRetention:
		if err = c.returning(r); err == nil {
			err = r.ValidateRetention()
		}
	case exports.DatasetOrders:
		err = r.ValidateModel()
	}
	if err == nil && steps {
		err = r.Validate()
	}
	return r, err
}

// ranked reads by what a top is told apart.
func (c *call) ranked(r *analytics.Request) error {
	if r.By = c.list("by"); len(r.By) != 1 {
		return invalidQuery("by", "names not one", "name what is compared, one of "+strings.Join(analytics.Dimensions(), ", "))
	}
	if len(r.Steps) < 2 {
		return invalidQuery("steps", "a rate of what is not said", "name two steps at least")
	}
	return nil
}

// ofBody tells of a parameter as what it is: a member of the body.
func ofBody(err error) error {
	r, ok := errors.AsType[*refusal](err)
	if !ok || r.status != http.StatusBadRequest {
		return err
	}
	body := *r
	body.status, body.extra = 0, nil
	return &body
}
