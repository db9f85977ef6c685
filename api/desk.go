package api

import (
	"context"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A desk holds what a verdict depends on, as last folded.
type desk struct {
	scene     *recommend.Scene
	docs      map[recommend.Ref]recommend.Document
	expert    *recommend.Expert // nil: never verified
	publisher *recommend.Publisher
}

// desk reads, with one call of the store, what is needed to judge contents,
// and the documents of also.
func (s *Server) desk(ctx context.Context, scene *recommend.Scene, expert string, also []recommend.Ref, contents ...recommend.PickContent) (*desk, error) {
	expertRef := recommend.Ref{Kind: recommend.KindExpert, ID: expert}
	publisherRef := recommend.Ref{Kind: recommend.KindPublisher, ID: expert}
	refs := append([]recommend.Ref{expertRef, publisherRef}, also...)
	d := &desk{scene: scene, publisher: &recommend.Publisher{}}
	for _, content := range contents {
		if l, ok := d.link(content); ok {
			refs = append(refs, recommend.Ref{Kind: recommend.KindProduct, ID: l.Key()})
		}
	}
	var err error
	if d.docs, err = s.documents(ctx, refs...); err != nil {
		return nil, err
	}
	var x recommend.Expert
	known, err := body(d.docs, expertRef, &x)
	if err != nil {
		return nil, err
	}
	if known {
		d.expert = &x
	}
	_, err = body(d.docs, publisherRef, d.publisher)
	return d, err
}

func (d *desk) link(content recommend.PickContent) (link.Link, bool) {
	if content.Link == "" {
		return link.Link{}, false
	}
	l, err := d.scene.Partners.Links().Parse(content.Link)
	return l, err == nil
}

// open puts content before the judge.
func (d *desk) open(content recommend.PickContent, now time.Time) recommend.Case {
	cs := recommend.Case{
		Policy: d.scene.Policy, Links: d.scene.Partners.Links(), Expert: d.expert, Publisher: d.publisher,
		Content: content, At: now, Appended: now,
	}
	if l, ok := d.link(content); ok {
		cs.Partner = d.scene.Partners.State(l.Partner)
		cs.Product = d.product(l.Key())
	}
	return cs
}

// product is what the partner says of key; nil when nothing.
func (d *desk) product(key string) *recommend.Product {
	var p recommend.Product
	if ok, err := body(d.docs, recommend.Ref{Kind: recommend.KindProduct, ID: key}, &p); !ok || err != nil {
		return nil
	}
	return &p
}
