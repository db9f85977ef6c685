package recommend

import (
	"slices"
	"strings"
)

// ruled is what a ruling makes of a pick.
type ruled uint8

const (
	ruledNothing ruled = iota
	ruledRemoved
	ruledHeld
	ruledApproved
)

func (r ruled) hides() bool { return r == ruledRemoved || r == ruledHeld }

func ruledBy(r *Ruling) ruled {
	if r == nil {
		return ruledNothing
	}
	switch r.Action {
	case ActionRemove:
		return ruledRemoved
	case ActionHold:
		return ruledHeld
	case ActionApprove:
		return ruledApproved
	}
	return ruledNothing
}

// A shelvedRuling is a ruling on a pick, kept whether or not the pick is here.
type shelvedRuling struct {
	version int64
	at      moment
	ruled   ruled
}

// moment is when the ruling approved its pick, never if it did not.
func (r shelvedRuling) moment() moment {
	if r.ruled == ruledApproved {
		return r.at
	}
	return never
}

func (s *Shelf) putRuling(version int64, r *Ruling) {
	if r.Target.Kind != TargetPick { // the others act through experts and the world
		return
	}
	if old, ok := s.rulings[r.Target.ID]; ok && version <= old.version {
		return
	}
	ruling := shelvedRuling{version: version, at: momentOf(r.At), ruled: ruledBy(r)}
	s.rulings[r.Target.ID] = ruling
	n, ok := s.picks.rows[r.Target.ID]
	switch {
	case !ok:
	case s.picks.text[n] != nil && s.picks.text[n].original != nil:
		s.place(n, s.picks.text[n].original)
	default:
		s.unlist(n)
		s.picks.row[n].ruled = ruling.ruled
		s.list(n)
	}
}

// An expertRec is an expert with the picks listed of him, oldest first.
type expertRec struct {
	version   int64 // -1 until his document has come
	name, bio string
	trust     float64
	hidden    bool
	limited   bool
	verified  bool
	approvals []int32 // topics
	picks     []int32
}

type expertTable struct {
	index
	rec []expertRec
}

// expert returns the number of an expert.
func (s *Shelf) expert(id string) int32 {
	n, fresh := s.experts.number(id)
	if fresh {
		s.experts.rec = append(s.experts.rec, expertRec{version: -1, hidden: true})
	}
	return n
}

func (s *Shelf) putExpert(id string, version int64, e *Expert) {
	n := s.expert(id)
	rec := &s.experts.rec[n]
	if version <= rec.version {
		return
	}
	approvals := make([]int32, 0, len(e.Topics))
	for _, a := range e.Topics {
		approvals = append(approvals, s.topics.number(a.Topic))
	}
	was := *rec
	*rec = expertRec{
		version: version, name: e.Name, bio: e.Bio, trust: e.Trust, hidden: e.Hidden(), verified: e.Verified,
		limited: e.Standing == StandingLimited, approvals: approvals, picks: rec.picks,
	}
	for _, row := range rec.picks {
		s.approve(row)
	}
	if was.hidden != rec.hidden || was.limited != rec.limited || !slices.Equal(was.approvals, rec.approvals) {
		s.arrivals.again(rec.picks)
	}
}

// approve notes whether the expert of row n is approved for one of its topics.
func (s *Shelf) approve(n int32) {
	row := &s.picks.row[n]
	closure := s.topics.sets[row.topics].closure
	row.approved = slices.ContainsFunc(s.experts.rec[row.expert].approvals, func(t int32) bool {
		return slices.Contains(closure, t)
	})
}

// A topicRec is a topic with everything listed in it and below it.
type topicRec struct {
	parent   int32 // -1 at the top
	children []int32
	picks    posting
}

// A topicSet is the topics of a pick; many picks share one.
type topicSet struct {
	own     []int32 // in the expert's order
	closure []int32 // own and all topics they lie in, each once
}

type topicTable struct {
	index
	topics []topicRec
	sets   []topicSet
	setOf  map[string]int32
}

func newTopicTable() topicTable { return topicTable{setOf: make(map[string]int32)} }

// number returns the number of a topic. Topics that it lies in get one too.
func (t *topicTable) number(id string) int32 {
	if n, ok := t.find(id); ok {
		return n
	}
	parent := int32(-1)
	if up := ParentTopic(id); up != "" {
		parent = t.number(up)
	}
	n, _ := t.index.number(id)
	t.topics = append(t.topics, topicRec{parent: parent})
	if parent >= 0 {
		t.topics[parent].children = append(t.topics[parent].children, n)
	}
	return n
}

// set returns the number of a set of topics.
func (t *topicTable) set(ids []string) int32 {
	key := strings.Join(ids, "\n")
	if n, ok := t.setOf[key]; ok {
		return n
	}
	var set topicSet
	for _, id := range ids {
		n := t.number(id)
		set.own = append(set.own, n)
		for ; n >= 0 && !slices.Contains(set.closure, n); n = t.topics[n].parent {
			set.closure = append(set.closure, n)
		}
	}
	n := int32(len(t.sets)) //nolint:gosec // memory ends long before 2^31 sets
	t.sets = append(t.sets, set)
	t.setOf[key] = n
	return n
}
