package recommend

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A stage is where a pick stands by its expert's events.
type stage uint8

const (
	stageLive stage = iota // from its since on
	stageHeld
	stageWithdrawn
)

// A pickRow is what every look at a pick needs, without a pointer in it.
type pickRow struct {
	since    moment // from when on readers may see it
	version  int64
	expert   int32
	product  int32
	topics   int32 // number of its topic set
	stage    stage
	ruled    ruled
	approved bool // its expert, for at least one of its topics
	listed   bool // it is in the postings
}

// A pickText is what only a shown pick needs.
type pickText struct {
	reason, link string
	images       []string
	inventory    *int64
	relationship Relationship
	published    moment
	edited       moment
	// original is kept of a pick that is held or has a pending edit: a ruling
	// may release it.
	original *Pick
}

// A pickTable holds picks by row. The row of a pick that was evicted is used
// again.
type pickTable struct {
	rows  map[string]int32
	ids   []string // "" where the row is free
	row   []pickRow
	text  []*pickText     // nil for what was withdrawn
	pulse []*shelvedPulse // nil where nobody has done anything
	free  []int32
	alive int
}

func (t *pickTable) len() int { return t.alive }

// number returns the row of pick id, a new one if need be.
func (t *pickTable) number(id string) (n int32, fresh bool) {
	if n, ok := t.rows[id]; ok {
		return n, false
	}
	if t.rows == nil {
		t.rows = make(map[string]int32)
	}
	if k := len(t.free); k > 0 {
		n, t.free = t.free[k-1], t.free[:k-1]
	} else {
		n = int32(len(t.ids)) //nolint:gosec // memory ends long before 2^31 picks
		t.ids = append(t.ids, "")
		t.row = append(t.row, pickRow{})
		t.text = append(t.text, nil)
		t.pulse = append(t.pulse, nil)
	}
	t.rows[id], t.ids[n] = n, id
	t.row[n] = pickRow{version: -1, since: never, product: -1}
	t.alive++
	return n, true
}

func (t *pickTable) drop(n int32) {
	delete(t.rows, t.ids[n])
	t.ids[n], t.row[n], t.text[n], t.pulse[n] = "", pickRow{}, nil, nil
	t.free = append(t.free, n)
	t.alive--
}

// age orders rows by the time they are visible from, then by id, so that
// every process has the same order.
func (t *pickTable) age(a, b int32) int {
	if c := cmp.Compare(t.row[a].since, t.row[b].since); c != 0 {
		return c
	}
	return strings.Compare(t.ids[a], t.ids[b])
}

func (s *Shelf) putPick(id string, version int64, p *Pick) {
	n, fresh := s.picks.number(id)
	if !fresh && version <= s.picks.row[n].version {
		return
	}
	if fresh {
		s.adopt(n, id)
	}
	s.picks.row[n].version = version
	s.place(n, p)
}

// place makes row n show p as its ruling lets it.
func (s *Shelf) place(n int32, p *Pick) {
	ruling, shown := s.rulings[s.picks.ids[n]], p
	if released := released(p, ruling.moment()); released != nil {
		shown = released
	}
	was := s.picks.row[n]
	row := pickRow{
		version: was.version, since: s.since(shown, was.since), stage: stageOf(shown.State), ruled: ruling.ruled,
		expert: s.expert(shown.Expert), product: s.product(shown.Product), topics: s.topics.set(shown.Topics),
	}
	if was.listed && (!row.mayBeSeen() || !row.samePlace(&was)) {
		s.unlist(n)
	}
	s.refer(row.product, was.product)
	s.want(row.product)
	row.listed = s.picks.row[n].listed
	s.picks.row[n] = row
	s.picks.text[n] = nil
	if row.stage == stageWithdrawn {
		return
	}
	text := s.text(shown)
	if p.State == PickHeld || p.Pending != nil {
		p.History = nil
		text.original = p
	}
	s.picks.text[n] = text
	s.list(n)
}

func stageOf(state PickState) stage {
	switch state {
	case PickPublished, PickDeferred:
		return stageLive
	case PickHeld:
		return stageHeld
	case PickWithdrawn:
		return stageWithdrawn
	}
	return stageWithdrawn // of a later version; better not seen than wrongly seen
}

// mayBeSeen reports whether r belongs into the postings.
func (r *pickRow) mayBeSeen() bool { return r.stage == stageLive && !r.ruled.hides() }

// samePlace reports whether r and o are at the same place of the same postings.
func (r *pickRow) samePlace(o *pickRow) bool {
	return r.since == o.since && r.expert == o.expert && r.product == o.product && r.topics == o.topics
}

func (s *Shelf) text(p *Pick) *pickText {
	t := &pickText{
		reason: p.Reason, link: p.Link, images: p.Images, inventory: p.Inventory, relationship: p.Relationship,
		published: momentOf(p.PublishedAt), edited: momentOf(p.EditedAt),
	}
	if canonical(s.scene(), p.Product) == p.Link {
		t.link = "" // can be made again
	}
	return t
}

// canonical is the address that the key of a product stands for, "" when its
// partner is not known.
func canonical(scene *Scene, key string) string {
	partner, item, _ := strings.Cut(key, ":")
	url, err := scene.Partners.Links().Canonical(partner, item)
	if err != nil {
		return ""
	}
	return url
}

// since is when readers may see p from; was is what it has been so far.
func (s *Shelf) since(p *Pick, was moment) moment {
	now := s.now()
	since := sinceOf(s.scene(), p, now)
	if since == momentOf(now) && was != never && was < since && momentOf(p.PublishedAt) > since {
		return was // and did not have to wait before
	}
	return since
}

// sinceOf is when readers may see p from. A publisher whose clock is a little
// ahead does not have to wait for it: then it is now.
func sinceOf(scene *Scene, p *Pick, now time.Time) moment {
	if p.State == PickDeferred {
		return momentOf(p.DeferredUntil)
	}
	if ahead := p.PublishedAt.Sub(now); ahead > 0 && ahead <= scene.Policy.Publish.ClockSkew.D() {
		return momentOf(now)
	}
	return momentOf(p.PublishedAt)
}

// released is p as an approval given at approved shows it, or nil when that
// changes nothing.
func released(p *Pick, approved moment) *Pick {
	lets := func(asked time.Time) bool { return approved != never && approved >= momentOf(asked) }
	switch {
	case p.Pending != nil && lets(p.Pending.At):
		return p.Released()
	case p.State == PickHeld && lets(p.PublishedAt):
		q := *p
		q.State = PickPublished
		return &q
	}
	return nil
}

// list puts row n into the postings, unless nobody may ever see it.
func (s *Shelf) list(n int32) {
	row := &s.picks.row[n]
	s.approve(n)
	if row.listed || !row.mayBeSeen() {
		return
	}
	row.listed = true
	if s.loading > 0 {
		s.waiting = append(s.waiting, n)
		return
	}
	s.post(n)
}

// post puts row n, which is listed, where readers find it.
func (s *Shelf) post(n int32) {
	row := &s.picks.row[n]
	s.arrivals.add(n)
	s.newest.insert(n, s.picks.age)
	for _, t := range s.topics.sets[row.topics].closure {
		s.topics.topics[t].picks.insert(n, s.picks.age)
	}
	s.experts.rec[row.expert].picks = s.insert(s.experts.rec[row.expert].picks, n)
	s.products.changed(row.product)
	s.products.rec[row.product].insert(n, &s.picks)
}

// unlist undoes list.
func (s *Shelf) unlist(n int32) {
	row := &s.picks.row[n]
	if !row.listed {
		return
	}
	row.listed = false
	s.newest.remove(n, s.picks.age)
	for _, t := range s.topics.sets[row.topics].closure {
		s.topics.topics[t].picks.remove(n, s.picks.age)
	}
	s.experts.rec[row.expert].picks = s.remove(s.experts.rec[row.expert].picks, n)
	s.products.changed(row.product)
	s.products.rec[row.product].remove(n, &s.picks)
}

// insert and remove keep a short list by age, oldest first.
func (s *Shelf) insert(list []int32, n int32) []int32 {
	if k := len(list); k == 0 || s.picks.age(list[k-1], n) < 0 { // the usual case
		return append(list, n)
	}
	at, found := slices.BinarySearchFunc(list, n, s.picks.age)
	if found {
		return list
	}
	return slices.Insert(list, at, n)
}

func (s *Shelf) remove(list []int32, n int32) []int32 {
	if at, found := slices.BinarySearchFunc(list, n, s.picks.age); found {
		return slices.Delete(list, at, at+1)
	}
	return list
}
