package recommend

import (
	"time"

	"github.com/maypok86/otter/v2"
)

// A face is the card of a pick as everybody sees it in one language, with the
// JSON of it: most of a page is made of them, and they change when the pick, its
// expert, its product or the policy does, not from reader to reader. It never
// changes.
type face struct {
	text     *pickText
	facts    *Product
	policy   *Policy
	partners *Partners
	expert   ExpertCard
	until    moment // up to when the price is new enough to be shown; never: it does not age
	item     Item
	// before is the JSON of the fields from expert to link, after that of those
	// that say when, each without braces.
	before, after []byte
}

// A faceKey says whose face it is.
type faceKey struct {
	row     int32
	chinese bool
}

// faces are kept by bytes, those asked for before others.
type faces struct{ all *otter.Cache[faceKey, *face] }

const mostFaceBytes = 64 << 20

func newFaces() faces {
	return faces{otter.Must(&otter.Options[faceKey, *face]{
		MaximumWeight: mostFaceBytes,
		Weigher: func(_ faceKey, f *face) uint32 {
			const fixed = 900
			return uint32(fixed + cap(f.before) + cap(f.after)) //nolint:gosec // some thousands
		},
	})}
}

// face is the face of row n, made if there is none that still holds.
func (l *look) face(n int32, lang string) *face {
	key := faceKey{n, language(lang) == "zh"}
	if f, ok := l.faces.all.GetIfPresent(key); ok && f.holds(l, n) {
		return f
	}
	f := l.newFace(n, lang)
	l.faces.all.Set(key, f)
	return f
}

// holds reports whether f is what would be made of row n now.
func (f *face) holds(l *look, n int32) bool {
	row, scene := &l.picks.row[n], l.scene.origin()
	expert := &l.experts.rec[row.expert]
	return f.text == l.picks.text[n] && f.facts == l.products.facts[row.product] &&
		f.policy == scene.Policy && f.partners == scene.Partners &&
		f.expert.Trust == expert.trust && f.expert.Name == expert.name &&
		(f.until == never || (l.now > f.until) == (f.item.Product.Price == nil))
}

func (l *look) newFace(n int32, lang string) *face {
	row, scene := &l.picks.row[n], l.scene.origin()
	f := &face{
		text: l.picks.text[n], facts: l.products.facts[row.product], policy: scene.Policy, partners: scene.Partners,
		expert: l.expertCard(row.expert), until: never, item: l.newCard(n, lang),
	}
	if rules := &scene.Policy.Facts; f.facts != nil && f.facts.Price != nil && rules.StaleIsHidden {
		f.until = momentOf(f.facts.UpdatedAt.Add(rules.PriceFor.D()))
	}
	f.encode()
	return f
}

// encode makes the JSON of f, which stays nil when a field has none: then cards
// are encoded as a whole, which tells what is wrong.
func (f *face) encode() {
	i := &f.item
	before, err := fieldsJSON(struct {
		Expert     *ExpertCard   `json:"expert"`
		Product    *ProductCard  `json:"product"`
		Reason     string        `json:"reason"`
		Topics     []string      `json:"topics"`
		Disclosure *DisclosureOf `json:"disclosure"`
		Inventory  *int64        `json:"inventory,omitempty"`
		Images     []string      `json:"images,omitempty"`
		Link       string        `json:"link"`
	}{&i.Expert, &i.Product, i.Reason, i.Topics, &i.Disclosure, i.Inventory, i.Images, i.Link})
	if err != nil {
		return
	}
	after, err := fieldsJSON(struct {
		PublishedAt time.Time `json:"published_at"`
		EditedAt    time.Time `json:"edited_at,omitzero"`
	}{i.PublishedAt, i.EditedAt})
	if err != nil {
		return
	}
	f.before, f.after = before, after
}
