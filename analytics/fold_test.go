package analytics_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// counts are documents in memory, folded by the rules of the ingester.
type counts struct {
	recommend.Scan

	fold   ingest.Folder
	policy *recommend.Policy
	docs   map[recommend.Ref]recommend.Document
}

func newCounts(policy *recommend.Policy) *counts {
	c := &counts{fold: ingest.Actions(), policy: policy, docs: make(map[recommend.Ref]recommend.Document)}
	c.Scan = c.each
	return c
}

// take folds an event that lies at its offset in the one partition there is.
func (c *counts) take(t *testing.T, e recommend.Event) {
	t.Helper()
	decoded, err := c.fold.Check(e)
	if err != nil {
		t.Fatal(err)
	}
	ref := recommend.Ref{Kind: c.fold.Kind, ID: e.Key}
	state, err := c.fold.Load(c.docs[ref].Body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.fold.Decide(ingest.Scene{Policy: c.policy}, state, e, decoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range out.Leaves {
		body, err := leaf.Apply(c.docs[leaf.Ref].Body)
		if err != nil {
			t.Fatal(err)
		}
		c.docs[leaf.Ref] = recommend.Document{Ref: leaf.Ref, Version: e.Offset, Body: body}
	}
	if !out.Changed {
		return
	}
	body, err := c.fold.Save(state)
	if err != nil {
		t.Fatal(err)
	}
	c.docs[ref] = recommend.Document{Ref: ref, Version: e.Offset, Body: body}
}

func (c *counts) each(_ context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	for ref, d := range c.docs {
		if ref.Kind != kind {
			continue
		}
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}

// sell has an order for every sale.
func (c *counts) sell(t *testing.T, sales []sale) {
	t.Helper()
	for i := range sales {
		o := recommend.Order{ID: fmt.Sprint("o", i), Lines: []recommend.OrderLine{sales[i].line(i)}}
		body, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		ref := recommend.Ref{Kind: recommend.KindOrder, ID: o.ID}
		c.docs[ref] = recommend.Document{Ref: ref, Body: body}
	}
}

func (c *counts) Get(_ context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	var docs []recommend.Document
	for _, ref := range refs {
		if d, ok := c.docs[ref]; ok {
			docs = append(docs, d)
		}
	}
	return docs, nil
}
