package society

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// An expert publishes picks in a style of his own.
type expert struct {
	n       int
	id      string
	topics  []int
	fame    float64 // how easily readers have heard of him; 1 is nobody
	skill   float64 // of choosing and of telling why, standard normal
	rhythm  float64 // picks a day
	style   style
	since   time.Time
	posts   []post // of the last day, oldest first
	founder bool   // was there before the first week
	left    bool   // publishes nothing any more
}

// A post is what a publishing limit counts.
type post struct {
	at      time.Time
	partner int
}

const (
	fameTail   = 1.1  // Pareto exponent of fame: few have most of the followers
	rhythmMean = 0.45 // median picks a day
	rhythmTail = 0.8  // standard deviation of its logarithm
	mostADay   = 3.0  // what the policy lets a newcomer publish
	styleWidth = 0.8  // how far a pick lies from its expert's style
	joining    = 0.5  // experts that join during the watched weeks, per expert at the start; as many leave
	newFor     = 14 * day
)

func newExpert(r *rand.Rand, n, topics int, since time.Time, founder bool) *expert {
	x := &expert{
		n: n, id: fmt.Sprintf("expert-%03d", n), fame: 1, skill: r.NormFloat64(), style: normal(r).unit(), since: since, founder: founder,
		rhythm: min(rhythmMean*math.Exp(rhythmTail*r.NormFloat64()), mostADay),
	}
	for range 1 + r.IntN(3) {
		if t := r.IntN(topics); !slices.Contains(x.topics, t) {
			x.topics = append(x.topics, t)
		}
	}
	if fame := pareto(r, fameTail); founder {
		x.fame = min(fame, 200)
	}
	return x
}

// isNew reports whether x joined not long before t.
func (x *expert) isNew(t time.Time) bool { return !x.founder && t.Sub(x.since) < newFor }

// may reports whether the publishing limits of the policy for newcomers let x
// publish something of a partner at t: at most so many a day, two an hour and
// two of one partner, half an hour between them. A well-behaved expert looks at
// his limits before.
func (x *expert) may(t time.Time, partner int) bool {
	x.posts = slices.DeleteFunc(x.posts, func(p post) bool { return t.Sub(p.at) > day })
	same, hour := 0, 0
	for _, p := range x.posts {
		if t.Sub(p.at) < 30*time.Minute {
			return false
		}
		if t.Sub(p.at) < time.Hour {
			hour++
		}
		if p.partner == partner {
			same++
		}
	}
	return len(x.posts) < mostADay && same < 2 && hour < 2
}

// biggest are the k experts of most fame, in the order of their numbers.
func biggest(experts []*expert, k int) map[int]bool {
	byFame := slices.Clone(experts)
	slices.SortStableFunc(byFame, func(a, b *expert) int {
		switch {
		case a.fame > b.fame:
			return -1
		case a.fame < b.fame:
			return 1
		}
		return a.n - b.n
	})
	top := make(map[int]bool, k)
	for _, x := range byFame[:min(k, len(byFame))] {
		top[x.n] = true
	}
	return top
}
