package recommend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Tab is an order of a storefront.
type Tab string

// The tabs of a storefront.
const (
	TabLatest  Tab = "latest"  // newest first
	TabPopular Tab = "popular" // what most other experts pick too, then what readers act on
	TabForYou  Tab = "for_you" // by the viewer's interests
)

// A StorefrontRequest asks for the picks of one expert.
type StorefrontRequest struct {
	Expert string
	Viewer
	Tab    Tab    // "" is [TabLatest]
	Query  string // words that all occur in the reason or the title
	Limit  int    // 0 is the policy's default
	Cursor string // from the page before; tab and query must be the same
}

// A Storefront is one page of an expert's picks. What is sold out is among
// them and says so.
type Storefront struct {
	Expert        ExpertProfile `json:"expert"`
	Tab           Tab           `json:"tab"`
	Items         []Item        `json:"items"`
	NextCursor    string        `json:"next_cursor,omitempty"`
	PolicyVersion string        `json:"policy_version"`
	Degraded      bool          `json:"degraded"`
	Missing       []string      `json:"missing,omitempty"`
}

// An ExpertProfile is an expert as his storefront shows him.
type ExpertProfile struct {
	ExpertCard
	Bio       string      `json:"bio,omitempty"`
	Verified  bool        `json:"verified"`
	Topics    []TopicInfo `json:"topics"` // verified for; Picks are this expert's
	Picks     int         `json:"picks"`  // in the storefront
	Following bool        `json:"following"`
	// TrustedBy is how many readers bought what the expert recommends within a
	// year and kept it; 0 while they are too few to be told. It is not of the
	// shelf: whoever answers sets it.
	TrustedBy int `json:"trusted_by,omitempty"`
}

// Storefront returns one page of an expert's picks. An expert who is hidden is
// a [*GoneError], an unknown one wraps [ErrNotFound]; what is wrong with the
// request is a [*Refusal].
func (w *Windows) Storefront(ctx context.Context, r StorefrontRequest) (*Storefront, error) {
	scene, now := w.world.Scene(), w.now()
	if err := r.check(); err != nil {
		return nil, err
	}
	bound := []string{r.Reader, r.Expert, string(r.Tab), r.Query}
	c, err := w.listCursor(r.Cursor, r.Limit, now, "storefront", bound...)
	if err != nil {
		return nil, err
	}
	reader, missing := w.reader(ctx, r.Reader)
	page := &Storefront{Tab: r.Tab, PolicyVersion: scene.Policy.Version, Missing: missing, Degraded: len(missing) > 0}
	p := &pager{cursor: c, lang: r.Lang, source: "storefront", items: []Item{}}
	w.shelf.read(scene, now, func(l *look) {
		p.look = l
		s := storefront{pager: p, taste: l.tasteOf(r.Reader, reader), words: searchWords(r.Query)}
		if page.Expert, err = s.profile(r.Expert); err == nil {
			s.fill(r.Tab)
		}
	})
	if err != nil {
		return nil, err
	}
	reader.mark(p.items, now, scene.Policy)
	page.Items, page.NextCursor = p.items, p.next(w.signer, now, "storefront", bound...)
	return page, nil
}

// check sets the default tab and reports what is wrong.
func (r *StorefrontRequest) check() error {
	if r.Tab == "" {
		r.Tab = TabLatest
	}
	if r.Tab != TabLatest && r.Tab != TabPopular && r.Tab != TabForYou {
		return Refuse(Problem{Code: "validation", Pointer: "/tab", Message: fmt.Sprintf("%q is no tab", clip(string(r.Tab))), Fix: "use latest, popular or for_you"})
	}
	return checkQuery(r.Query)
}

// A storefront is one being made.
type storefront struct {
	*pager
	taste  *taste
	words  []string
	expert int32
}

// profile finds the expert and describes him.
func (s *storefront) profile(id string) (ExpertProfile, error) {
	n, ok := s.experts.find(id)
	if !ok || s.experts.rec[n].version < 0 {
		return ExpertProfile{}, fmt.Errorf("expert %q: %w", clip(id), ErrNotFound)
	}
	rec := &s.experts.rec[n]
	if rec.hidden {
		return ExpertProfile{}, &GoneError{Kind: "expert", ID: id, Reason: HiddenExpert}
	}
	s.expert = n
	profile := ExpertProfile{
		ExpertCard: s.expertCard(n), Bio: rec.bio, Verified: rec.verified, Topics: []TopicInfo{}, Following: has(s.taste.followed, n),
	}
	counts := make([]int, len(rec.approvals))
	for _, row := range rec.picks {
		if !s.showable(row) {
			continue
		}
		profile.Picks++
		for i, t := range rec.approvals {
			if slices.Contains(s.topics.sets[s.picks.row[row].topics].closure, t) {
				counts[i]++
			}
		}
	}
	for i, t := range rec.approvals {
		profile.Topics = append(profile.Topics, topicInfo(s.look.scene.Policy, s.topics.ids[t], s.lang, counts[i]))
	}
	return profile, nil
}

// fill takes the page in the order of the tab.
func (s *storefront) fill(tab Tab) {
	picks := s.experts.rec[s.expert].picks
	if tab == TabLatest {
		w := walk{chunk: picks}
		s.byAge(w.next, func(n int32) bool { return s.older(n) && s.keeps(n) })
		return
	}
	rows := slices.DeleteFunc(slices.Clone(picks), func(n int32) bool { return !s.keeps(n) })
	worth := make(map[int32]float64, len(rows))
	for _, n := range rows {
		if tab == TabPopular {
			worth[n] = float64(len(s.otherPicks(n, s.taste))) + s.engagement(n, s.look.now)
		} else {
			worth[n], _ = s.taste.interest(s.look, n)
		}
	}
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Or(cmp.Compare(worth[b], worth[a]), s.picks.age(b, a)) })
	s.ranked(rows, s.pickKey)
}

// keeps reports whether the storefront holds row n and the query finds it.
func (s *storefront) keeps(n int32) bool {
	if !s.showable(n) {
		return false
	}
	title := ""
	if p := s.products.facts[s.picks.row[n].product]; p != nil {
		title = p.Title
	}
	text := ""
	for _, word := range s.words {
		if text == "" {
			text = strings.ToLower(s.picks.text[n].reason + "\n" + title)
		}
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
