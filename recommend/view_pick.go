package recommend

import (
	"context"
	"encoding/json"
	"fmt"
)

// Pick returns one pick in full, as the store has it now. One that is hidden is
// a [*GoneError] for all but its own expert and moderators; a sold-out one is
// shown and says so. One that never was wraps [ErrNotFound], a store that is
// away [ErrUnavailable].
func (w *Windows) Pick(ctx context.Context, id string, v Viewer) (*PickView, error) {
	scene, now := w.world.Scene(), w.now()
	d, err := w.pickDocs(ctx, id)
	if err != nil {
		return nil, err
	}
	shown := d.pick
	if r := released(d.pick, d.approved()); r != nil {
		shown = r
	}
	if err := w.pickFacts(ctx, d, shown); err != nil {
		return nil, err
	}
	x := sightOf(scene, shown, d, now)
	hidden := x.hidden(momentOf(now), &scene.Policy.Facts)
	inside := v.Moderator || v.Reader != "" && v.Reader == shown.Expert
	if hidden != "" && hidden != HiddenSoldOut && !inside {
		gone := &GoneError{Kind: "pick", ID: id, Reason: hidden}
		if hidden == HiddenRemoved {
			gone.Rule = d.ruling.Rule
		}
		return nil, gone
	}
	view := &PickView{
		Item: d.showing(shown).item(scene.Policy, now, v.Lang), State: shown.State, Hidden: hidden,
		Revision: d.pick.Revision, Versions: len(d.pick.History) + 1,
	}
	if shown.State == PickDeferred && shown.Live(now) {
		view.State = PickPublished
	}
	view.Seller, view.AfterSales = terms(scene, shown.Product, d.product)
	if inside {
		view.DeferredUntil, view.WithdrawnAt, view.Problems, view.Pending = shown.DeferredUntil, shown.WithdrawnAt, d.pick.Problems, shown.Pending
	}
	reader, _ := w.reader(ctx, v.Reader)
	w.shelf.read(scene, now, func(l *look) {
		if n, ok := l.picks.rows[id]; ok && l.picks.row[n].listed {
			view.AlsoBy = l.alsoBy(firstOf(l.otherPicks(n, l.tasteOf(v.Reader, reader)), scene.Policy.Window.AlsoBy), nil)
		}
	})
	marked := []Item{view.Item}
	reader.mark(marked, now, scene.Policy)
	view.Item = marked[0]
	return view, nil
}

// pickDocs are the documents that a pick is joined from.
type pickDocs struct {
	pick    *Pick
	ruling  *Ruling
	expert  *Expert
	product *Product
}

func (d *pickDocs) approved() moment {
	if d.ruling == nil || ruledBy(d.ruling) != ruledApproved {
		return never
	}
	return momentOf(d.ruling.At)
}

func (d *pickDocs) showing(p *Pick) *showing {
	x := &showing{
		id: p.ID, content: &p.PickContent, published: p.PublishedAt, edited: p.EditedAt,
		expert: ExpertCard{ID: p.Expert}, key: p.Product, product: d.product,
	}
	if d.expert != nil {
		x.expert.Name, x.expert.Trust = d.expert.Name, d.expert.Trust
	}
	return x
}

// pickDocs reads the pick and what is ruled on it.
func (w *Windows) pickDocs(ctx context.Context, id string) (*pickDocs, error) {
	if !ValidID(id) {
		return nil, fmt.Errorf("pick %q: %w", clip(id), ErrNotFound)
	}
	d := new(pickDocs)
	ruling := Ref{KindRuling, Target{TargetPick, id}.String()}
	if err := w.load(ctx, map[Ref]any{{KindPick, id}: &d.pick, ruling: &d.ruling}); err != nil {
		return nil, err
	}
	if d.pick == nil {
		return nil, fmt.Errorf("pick %s: %w", id, ErrNotFound)
	}
	return d, nil
}

// pickFacts adds expert and product of the content that is shown.
func (w *Windows) pickFacts(ctx context.Context, d *pickDocs, shown *Pick) error {
	return w.load(ctx, map[Ref]any{{KindExpert, shown.Expert}: &d.expert, {KindProduct, shown.Product}: &d.product})
}

// load reads documents into the pointers they belong to; what does not exist
// stays nil.
func (w *Windows) load(ctx context.Context, into map[Ref]any) error {
	refs := make([]Ref, 0, len(into))
	for ref := range into {
		refs = append(refs, ref)
	}
	docs, err := w.store.Get(ctx, refs...)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if err := json.Unmarshal(d.Body, into[d.Ref]); err != nil {
			return fmt.Errorf("document %s: %w", d.Ref, err)
		}
	}
	return nil
}

// terms are who sells a product and what he promises, the partner's own terms
// where the product states none.
func terms(scene *Scene, key string, p *Product) (seller, afterSales string) {
	if p != nil {
		seller, afterSales = p.Seller, p.AfterSales
	}
	if partner := scene.Partners.Get(partnerOf(key)); partner != nil && afterSales == "" {
		afterSales = partner.AfterSales
	}
	return seller, afterSales
}
