package recommend

import (
	"slices"
	"sync"
	"time"
)

// TopicTree returns every known topic, each before those that lie in it: those
// of the policy, those on the shelf and all above them.
func (w *Windows) TopicTree(lang string) []TopicInfo {
	scene, now := w.world.Scene(), w.now()
	counts := w.counts.of(w.shelf, scene, now)
	known := make(map[string]bool)
	add := func(id string) {
		for ; id != "" && !known[id]; id = ParentTopic(id) {
			known[id] = true
		}
	}
	for _, t := range scene.Policy.Topics {
		add(t.ID)
	}
	for id := range counts {
		add(id)
	}
	all := make([]TopicInfo, 0, len(known))
	for id := range known {
		all = append(all, topicInfo(scene.Policy, id, lang, counts[id]))
	}
	slices.SortFunc(all, func(a, b TopicInfo) int { return compareTopics(a.ID, b.ID) })
	return all
}

// TopicKnown reports whether id may be asked for: it, or a topic in it, is in
// the policy or on the shelf.
func (w *Windows) TopicKnown(id string) bool { return w.knows(w.world.Scene(), id) }

func (w *Windows) knows(scene *Scene, id string) bool {
	if !ValidTopic(id) {
		return false
	}
	return w.shelf.hasTopic(id) || slices.ContainsFunc(scene.Policy.Topics, func(t Topic) bool { return TopicWithin(t.ID, id) })
}

// hasTopic reports whether the shelf has, or had, anything in the topic.
func (s *Shelf) hasTopic(id string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.topics.find(id)
	return ok
}

func topicInfo(policy *Policy, id, lang string, picks int) TopicInfo {
	t := policy.topic(id)
	return TopicInfo{ID: id, Parent: ParentTopic(id), Label: t.Label(language(lang)), Labels: t.Labels, Picks: picks}
}

// compareTopics orders ids as a tree is read: "a", "a/b", "a-b".
func compareTopics(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			switch {
			case a[i] == '/':
				return -1
			case b[i] == '/':
				return 1
			}
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}

// topicCounts remember for a moment how many visible picks each topic has:
// counting looks at every pick.
type topicCounts struct {
	mu    sync.Mutex
	scene *Scene
	at    time.Time
	count map[string]int
}

const countsFor = 30 * time.Second

// of returns the counts, which nobody may change.
func (c *topicCounts) of(s *Shelf, scene *Scene, now time.Time) map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.at); c.count == nil || c.scene != scene || age < 0 || age > countsFor {
		c.scene, c.at, c.count = scene, now, s.countTopics(scene, now)
	}
	return c.count
}

// countTopics counts, by topic, the picks that somebody unknown can see. It
// reads a part of the shelf at a time, so that nobody waits long.
func (s *Shelf) countTopics(scene *Scene, now time.Time) map[string]int {
	const part = 4096
	var count []int
	var ids []string
	unknown := &taste{self: -1}
	for from, done := 0, false; !done; from += part {
		s.read(scene, now, func(l *look) {
			ids = l.topics.ids
			for len(count) < len(ids) {
				count = append(count, 0)
			}
			end := min(from+part, len(l.picks.row))
			for n := from; n < end; n++ {
				row := int32(n) //nolint:gosec // a row
				if !l.picks.row[n].listed || l.hidden(row) != "" || !unknown.allows(l, row) {
					continue
				}
				for _, t := range l.topics.sets[l.picks.row[n].topics].closure {
					count[t]++
				}
			}
			done = end >= len(l.picks.row)
		})
	}
	byID := make(map[string]int, len(ids))
	for t, id := range ids {
		byID[id] = count[t]
	}
	return byID
}
