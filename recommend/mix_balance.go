package recommend

import (
	"maps"
	"math"
	"slices"

	"vitrine.dev/ranking"
)

// leastShare is what a topic has of a page in which the reader has shown no
// interest: one card in twenty.
const leastShare = 0.05

// A topicShares says how much of a page the topics should have that a reader
// cares about: what he declared and what he did count half each, where there is
// both. Nil is a reader of whom nothing is known: no balance is kept for him.
type topicShares map[int32]float64

// topicShares are those of the reader's taste, as of the start of the window.
func (a *ask) topicShares() topicShares {
	declared, done := make(topicShares), make(topicShares)
	for _, i := range a.taste.interests {
		declared[i.topic] += i.weight
	}
	for _, act := range a.taste.past.acts {
		own := a.topics.sets[act.topics].own
		for _, t := range own {
			const halfLife = 30.0 // days
			done[t] += historyWeight(act.kind) * math.Exp2(-days(act.at, a.horizon)/halfLife) / float64(len(own))
		}
	}
	shares := make(topicShares, len(declared)+len(done))
	for _, part := range []topicShares{declared, done} {
		sum := 0.0
		for _, t := range slices.Sorted(maps.Keys(part)) { // in one order, for sums depend on it
			sum += part[t]
		}
		for t, w := range part {
			if sum > 0 && w > 0 {
				shares[t] += w / sum
			}
		}
	}
	switch {
	case len(shares) == 0:
		return nil
	case len(declared) > 0 && len(done) > 0:
		for t := range shares {
			shares[t] /= 2
		}
	}
	return shares
}

// of is the topic that a card with this topic set counts for, and its share:
// that of its topics, or of those they lie in, which the reader cares about
// most.
func (ts topicShares) of(a *ask, set int32) (topic int32, share float64) {
	own := a.topics.sets[set].own
	if ts == nil || len(own) == 0 {
		return -1, 0
	}
	topic, share = own[0], 0
	for _, t := range a.topics.sets[set].closure {
		if s := ts[t]; s > share {
			topic, share = t, s
		}
	}
	return topic, max(share, leastShare)
}

// topicCode is a topic's id as a cursor holds it.
func (l *look) topicCode(topic int32) uint16 { return expertCode(l.topics.ids[topic]) }

// balance has the mixer count topics, those of earlier pages included.
func (s *scored) balance(m *ranking.Mixer, cards []ranking.Card) {
	rules := &s.scene.Policy.Window
	if rules.TopicBalance == 0 {
		return
	}
	m.Balance(ranking.Balance{Strength: rules.TopicBalance, Span: float64(rules.Default)})
	seen := make(map[int32]struct{})
	for k := range cards {
		t := cards[k].Topic
		if cards[k].Share == 0 || has(seen, t) || len(s.served.topics) == 0 {
			continue
		}
		seen[t] = struct{}{}
		m.HoldTopic(t, s.served.of(s.topicCode(t)))
	}
}
