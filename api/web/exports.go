package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// shownFiles is how many of the visitor's exports the page lists.
const shownFiles = 10

// filesBody is the part of the page for analysts that makes files of it.
type filesBody struct {
	Asks    []fileAsk
	Formats []string
	Key     string // of the form: sent twice it makes one file
	Back    string // the query of the page
	Jobs    []fileJob
	Again   string // where to look again, "" when nothing is being made
	Said    string // what came of the form, "" where none was sent
}

// A fileAsk is a file that can be made: the body of POST /v1/exports, but for
// its format.
type fileAsk struct {
	Dataset string
	JSON    string
}

// A fileJob is one of GET /v1/exports.
type fileJob struct {
	ID       string    `json:"id"`
	Dataset  string    `json:"dataset"`
	Format   string    `json:"format"`
	State    string    `json:"state"`
	Created  time.Time `json:"created_at"`
	Expires  time.Time `json:"expires_at"`
	Rows     int64     `json:"rows"`
	Bytes    int64     `json:"bytes"`
	Download *struct {
		URL string `json:"url"`
	} `json:"download"`
	Error *struct {
		Message string `json:"message"`
		Fix     string `json:"fix"`
	} `json:"error"`
}

// files fills b with the files that the visitor can make, and has made, of what
// the page shows. There are none for a visitor of a demo who is no analyst, nor
// in a process that makes none.
func (b *analyticsBody) files(q *request) error {
	if q.site.Ask == nil || !q.may(scopeMetrics) {
		return nil
	}
	var jobs struct {
		Items []fileJob `json:"items"`
	}
	err := q.site.Ask(q.Request, "/v1/exports?limit="+strconv.Itoa(shownFiles), &jobs)
	if refused, ok := errors.AsType[*recommend.Refusal](err); ok && refused.Code() == "exports-off" {
		return nil
	}
	if err != nil {
		return err
	}
	f := &filesBody{Formats: []string{"csv", "ndjson"}, Key: rand.Text(), Jobs: jobs.Items}
	if said := q.URL.Query().Get("said"); said != "" {
		f.Said = q.words.or(q.words.or("", "metrics.files.said.other"), "metrics.files.said."+said)
	}
	f.Back = url.Values{"days": {strconv.Itoa(b.Days)}, "by": {b.By}, "model": {b.Model}}.Encode()
	if slices.ContainsFunc(f.Jobs, func(j fileJob) bool { return j.State == "queued" || j.State == "running" }) {
		f.Again = "/analytics?" + f.Back + "#files"
	}
	if f.Asks, err = b.asks(q.site.Now()); err != nil {
		return err
	}
	b.Files = f
	return nil
}

// asks are the questions behind what the page shows, as POST /v1/exports takes
// them.
func (b *analyticsBody) asks(now time.Time) ([]fileAsk, error) {
	type question map[string]any
	edges := b.request(now, nil).Edges
	of := func(more question) question {
		more["from"], more["to"], more["as_of"] = edges[0].Format(time.RFC3339), edges[1].Format(time.RFC3339), now.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
		return more
	}
	window := fmt.Sprintf("%dd", b.Days)
	sold := []string{recommend.ActOpen, "order"}
	money := question{"dataset": "money", "attribution": b.Model}
	if b.moneyBy() != nil {
		money["breakdown"] = b.moneyBy()
	}
	interval := "week"
	if b.cohorts() < 7*24*time.Hour {
		interval = "day"
	}
	var asks []fileAsk
	for _, ask := range []question{
		of(question{"dataset": "funnel", "steps": pageSteps(), "window": window, "breakdown": []string{b.By}, "times": true}),
		of(question{"dataset": "series", "steps": sold, "window": window, "interval": "day"}),
		of(question{"dataset": "top", "steps": sold, "window": window, "by": analytics.ByPick}),
		of(money),
		of(question{"dataset": "retention", "interval": interval}),
		of(question{"dataset": "orders", "attribution": b.Model}),
		{"dataset": "picks"},
	} {
		text, err := json.Marshal(ask)
		if err != nil {
			return nil, err
		}
		asks = append(asks, fileAsk{Dataset: fmt.Sprint(ask["dataset"]), JSON: string(text)})
	}
	return asks, nil
}

// size is how large a file is.
func size(n int64) string {
	const kilo = 1024
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"MiB", kilo * kilo}, {"KiB", kilo}} {
		if n >= unit.bytes {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(unit.bytes), unit.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
