package recommend

import (
	"time"

	"vitrine.dev/ranking"
)

// A taste is what a reader's document says, in the numbers of a look.
type taste struct {
	self      int32 // the expert that the reader is, or -1
	interests []taughtInterest
	match     []float64          // by topic: how well it fits the interests, 0 to 1
	follows   map[int32]struct{} // experts whose picks he is to find
	followed  map[int32]struct{} // experts that he follows

	mutedPicks    map[string]struct{}
	mutedExperts  map[int32]struct{}
	mutedTopics   []int32
	mutedPartners map[int32]struct{}

	fed  feedback
	past past
	// answers are summed up when they are asked for; nil before, and for a reader
	// who was shown nothing.
	answers *answers
	spared  spared

	company *ranking.Company // see [ask.company]; nil until it is asked

	traces Traces
}

type taughtInterest struct {
	topic  int32
	weight float64
}

// tasteOf resolves r, which may be nil, for the reader with id.
func (l *look) tasteOf(id string, r *Reader) *taste { return l.tasteAt(l.now, id, r) }

// tasteAt is tasteOf with what fades as of at.
func (l *look) tasteAt(at moment, id string, r *Reader) *taste {
	var acts []pastAct
	if r != nil && !r.Impersonal {
		acts = l.pastActs(r, at)
	}
	return l.tasteOfActs(at, id, r, acts)
}

// tasteOfActs is tasteAt of a reader whose acts up to at are known.
func (l *look) tasteOfActs(at moment, id string, r *Reader, acts []pastAct) *taste {
	t := &taste{self: -1}
	if n, ok := l.experts.find(id); ok && id != "" {
		t.self = n
	}
	if r == nil {
		return t
	}
	t.followed = make(map[int32]struct{}, len(r.Follows))
	for _, f := range r.Follows {
		if n, ok := l.experts.find(f.ID); ok {
			t.followed[n] = struct{}{}
		}
	}
	for _, m := range r.Mutes {
		l.addMute(t, m)
	}
	l.addFeedback(t, r, at)
	if r.Impersonal {
		return t
	}
	t.follows = t.followed
	t.match = make([]float64, len(l.topics.topics))
	for _, i := range r.Interests {
		l.addInterest(t, i)
	}
	t.past = pastOf(acts)
	t.traces = r.Traces
	return t
}

// addInterest marks the topic and all in it with the interest's weight, and
// the topics that it lies in with half of that.
func (l *look) addInterest(t *taste, i Interest) {
	n, ok := l.topics.find(i.Topic)
	up := i.Topic
	if ok {
		t.interests = append(t.interests, taughtInterest{n, i.Weight})
		l.markBelow(t.match, n, i.Weight)
	}
	for up = ParentTopic(up); up != ""; up = ParentTopic(up) {
		if n, ok := l.topics.find(up); ok {
			t.match[n] = max(t.match[n], i.Weight/2)
		}
	}
}

func (l *look) markBelow(match []float64, topic int32, weight float64) {
	match[topic] = max(match[topic], weight)
	for _, c := range l.topics.topics[topic].children {
		l.markBelow(match, c, weight)
	}
}

func (l *look) addMute(t *taste, m Mute) {
	switch m.Kind {
	case "pick":
		t.mutedPicks = with(t.mutedPicks, m.ID)
	case "expert":
		if n, ok := l.experts.find(m.ID); ok {
			t.mutedExperts = with(t.mutedExperts, n)
		}
	case "topic":
		if n, ok := l.topics.find(m.ID); ok {
			t.mutedTopics = append(t.mutedTopics, n)
		}
	case "partner":
		if n, ok := l.partners.find(m.ID); ok {
			t.mutedPartners = with(t.mutedPartners, n)
		}
	}
}

// with is set with k in it, which may be nil before.
func with[K comparable](set map[K]struct{}, k K) map[K]struct{} {
	if set == nil {
		set = make(map[K]struct{})
	}
	set[k] = struct{}{}
	return set
}

// blank reports whether nothing is known that candidates could be found by.
func (t *taste) blank() bool {
	return len(t.interests) == 0 && len(t.follows) == 0 && len(t.past.acts) == 0
}

// may reports whether the reader may find the pick of row n: an expert who is
// limited is found by those who follow him only.
func (t *taste) may(l *look, n int32) bool {
	expert := l.picks.row[n].expert
	return !l.experts.rec[expert].limited || expert == t.self || has(t.follows, expert)
}

// finds reports whether the reader may find the pick of row n and has muted
// nothing of it.
func (t *taste) finds(l *look, n int32) bool {
	row := &l.picks.row[n]
	switch {
	case !t.may(l, n), has(t.mutedExperts, row.expert), has(t.mutedPartners, l.products.rec[row.product].partner):
		return false
	case len(t.mutedTopics) > 0 && l.in(row.topics, t.mutedTopics):
		return false
	}
	return len(t.mutedPicks) == 0 || !has(t.mutedPicks, l.picks.ids[n])
}

// allows reports whether the pick of row n may be put before the reader
// unasked: he finds it, it is not his own, and he did not just ask for less of it.
func (t *taste) allows(l *look, n int32) bool {
	return l.picks.row[n].expert != t.self && t.finds(l, n) && t.fed.factor(l, n) > 0
}

func has[K comparable](set map[K]struct{}, k K) bool {
	if len(set) == 0 {
		return false
	}
	_, ok := set[k]
	return ok
}

// interest is how well the pick of row n fits the interests, and the topic
// that does.
func (t *taste) interest(l *look, n int32) (fit float64, topic int32) {
	topic = -1
	if t.match == nil {
		return 0, topic
	}
	for _, own := range l.topics.sets[l.picks.row[n].topics].own {
		if m := t.match[own]; m > fit {
			fit, topic = m, own
		}
	}
	return fit, topic
}

// shown are the rows of the picks that the reader was shown before.
func (a *ask) shown() map[int32]struct{} {
	shown := make(map[int32]struct{}, len(a.taste.traces))
	for pick := range a.taste.traces {
		if n, ok := a.picks.rows[pick]; ok && a.taste.seen(pick, a.horizon) {
			shown[n] = struct{}{}
		}
	}
	return shown
}

// seen reports whether the reader was shown a pick before at.
func (t *taste) seen(pick string, at moment) bool {
	trace, ok := t.traces[pick]
	return ok && trace.Seen > 0 && momentOf(time.Unix(trace.Seen, 0)) < at-at%1_000_000
}
