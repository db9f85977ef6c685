package recommend

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A RemovedPick is what is left to show of a pick that readers do not see any
// more.
type RemovedPick struct {
	Title  string `json:"title"`  // of the product; "" when nobody knows it
	Reason Hidden `json:"reason"` // [HiddenWithdrawn] also for a pick that never was
}

// A BookmarkView is a bookmark with what it leads to: either Item or Removed.
type BookmarkView struct {
	Bookmark
	Item    *Item        `json:"item,omitempty"` // Position and Score are 0
	Removed *RemovedPick `json:"removed,omitempty"`
}

// A BookmarksRequest asks for one page of a reader's bookmarks.
type BookmarksRequest struct {
	Reader string
	Lang   string
	Limit  int    // 0 is the policy's default
	Cursor string // from the page before
}

// A BookmarksPage is one page of bookmarks, latest first.
type BookmarksPage struct {
	Items      []BookmarkView `json:"items"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// Bookmarks returns one page of what a reader keeps, as the store has it now.
// A pick that is gone stays in the list and says why. What is wrong with the
// request is a [*Refusal]; a store that is away wraps [ErrUnavailable].
func (w *Windows) Bookmarks(ctx context.Context, r BookmarksRequest) (*BookmarksPage, error) {
	now := w.now()
	c, err := w.listCursor(r.Cursor, r.Limit, now, "bookmarks", r.Reader)
	if err != nil {
		return nil, err
	}
	reader, err := w.ReaderOf(ctx, r.Reader)
	if err != nil {
		return nil, err
	}
	kept := slices.Clone(reader.Bookmarks)
	slices.SortFunc(kept, func(a, b Bookmark) int {
		return cmp.Or(cmp.Compare(momentOf(b.At), momentOf(a.At)), cmp.Compare(b.Pick, a.Pick))
	})
	kept = slices.DeleteFunc(kept, func(b Bookmark) bool {
		at := momentOf(b.At)
		return c.afterID != "" && (at > c.afterSince || at == c.afterSince && b.Pick >= c.afterID)
	})
	page := &BookmarksPage{Items: []BookmarkView{}}
	more := len(kept) > c.limit
	kept = kept[:min(c.limit, len(kept))]
	picks := make([]string, len(kept))
	for i, b := range kept {
		picks[i] = b.Pick
	}
	found, err := w.keptPicks(ctx, picks)
	if err != nil {
		return nil, err
	}
	scene := w.world.Scene()
	for _, b := range kept {
		v := BookmarkView{Bookmark: b}
		v.Item, v.Removed = found[b.Pick].view(scene.Policy, reader, now, r.Lang)
		page.Items = append(page.Items, v)
	}
	if more {
		last := kept[len(kept)-1]
		c.afterSince, c.afterID, c.issued = momentOf(last.At), last.Pick, now
		page.NextCursor = w.signer.seal(c, "bookmarks", r.Reader)
	}
	return page, nil
}

// ReaderOf returns the whole document of a reader, an empty one for somebody
// nothing is known of. A store that is away wraps [ErrUnavailable].
func (w *Windows) ReaderOf(ctx context.Context, id string) (*Reader, error) {
	r := new(Reader)
	docs, err := w.readerDocs(ctx, id)
	if err != nil || len(docs) == 0 {
		return r, err
	}
	if err := json.Unmarshal(docs[0].Body, r); err != nil {
		return nil, fmt.Errorf("reader's document: %w", err)
	}
	if !r.Erased.IsZero() {
		return new(Reader), w.pseudonyms.Destroy(ctx, id, docs[0].ID)
	}
	return r, nil
}

// Kept is what picks of these ids lead to for reader r, by id: either their
// Item or what is left of them. A store that is away wraps [ErrUnavailable].
func (w *Windows) Kept(ctx context.Context, r *Reader, ids []string, lang string) (map[string]BookmarkView, error) {
	scene, now := w.world.Scene(), w.now()
	found, err := w.keptPicks(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[string]BookmarkView, len(ids))
	for _, id := range ids {
		v := BookmarkView{Bookmark: Bookmark{Pick: id}}
		v.Item, v.Removed = found[id].view(scene.Policy, r, now, lang)
		all[id] = v
	}
	return all, nil
}

// A keptPick is a pick that a reader holds on to, as the store has it now. The
// nil of it is a pick that never was.
type keptPick struct {
	*pickDocs
	shown  *Pick
	hidden Hidden
}

// keptPicks reads many picks with all that decides whether they are shown.
func (w *Windows) keptPicks(ctx context.Context, ids []string) (map[string]*keptPick, error) {
	scene, now := w.world.Scene(), w.now()
	found := make(map[string]*keptPick, len(ids))
	first := make(map[Ref]any)
	for _, id := range ids {
		if found[id] == nil && ValidID(id) {
			k := &keptPick{pickDocs: new(pickDocs)}
			found[id] = k
			first[Ref{KindPick, id}] = &k.pick
			first[Ref{KindRuling, Target{TargetPick, id}.String()}] = &k.ruling
		}
	}
	if err := w.load(ctx, first); err != nil {
		return nil, err
	}
	experts, products := make(map[string]*Expert), make(map[string]*Product)
	for id, k := range found {
		if k.pick == nil {
			delete(found, id)
			continue
		}
		k.shown = k.pick
		if r := released(k.pick, k.approved()); r != nil {
			k.shown = r
		}
		experts[k.shown.Expert], products[k.shown.Product] = nil, nil
	}
	if err := w.loadFacts(ctx, experts, products); err != nil {
		return nil, err
	}
	for _, k := range found {
		k.expert, k.product = experts[k.shown.Expert], products[k.shown.Product]
		x := sightOf(scene, k.shown, k.pickDocs, now)
		k.hidden = x.hidden(momentOf(now), &scene.Policy.Facts)
	}
	return found, nil
}

// loadFacts fills the values of both maps; what does not exist stays nil.
func (w *Windows) loadFacts(ctx context.Context, experts map[string]*Expert, products map[string]*Product) error {
	refs := make([]Ref, 0, len(experts)+len(products))
	for id := range experts {
		refs = append(refs, Ref{KindExpert, id})
	}
	for key := range products {
		refs = append(refs, Ref{KindProduct, key})
	}
	docs, err := w.store.Get(ctx, refs...)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if d.Kind == KindExpert {
			err = unmarshalInto(experts, d)
		} else {
			err = unmarshalInto(products, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func unmarshalInto[T any](all map[string]*T, d Document) error {
	v := new(T)
	if err := json.Unmarshal(d.Body, v); err != nil {
		return fmt.Errorf("document %s: %w", d.Ref, err)
	}
	all[d.ID] = v
	return nil
}

// visible reports whether the pick has a page: it is shown, or sold out.
func (k *keptPick) visible() bool {
	return k != nil && (k.hidden == "" || k.hidden == HiddenSoldOut)
}

// view is the card of k, or what is left of it.
func (k *keptPick) view(policy *Policy, r *Reader, now time.Time, lang string) (*Item, *RemovedPick) {
	switch {
	case k == nil:
		return nil, &RemovedPick{Reason: HiddenWithdrawn}
	case !k.visible():
		gone := &RemovedPick{Reason: k.hidden}
		if k.product != nil {
			gone.Title = k.product.Title
		}
		return nil, gone
	}
	item := k.showing(k.shown).item(policy, now, lang)
	item.Bookmarked = slices.ContainsFunc(r.Bookmarks, func(b Bookmark) bool { return b.Pick == k.pick.ID })
	item.InCart = slices.ContainsFunc(r.Cart.Lines, func(l CartLine) bool { return l.Pick == k.pick.ID })
	return &item, nil
}
