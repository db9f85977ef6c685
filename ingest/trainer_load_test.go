package ingest_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// A classroom is a trainer without anything around it: so many actions come in a
// second, and so many can be learned from.
type classroom struct {
	come, can, backlog, share float64
}

// second passes. What is passed over takes a fiftieth of what is learned from.
func (c *classroom) second() (passed, taken float64) {
	c.backlog += c.come
	each := c.share + (1-c.share)/50
	passed = min(c.backlog, c.can/each)
	c.backlog -= passed
	return passed, passed * c.share
}

// run goes on for a while, and tells of the lag once it has had time to settle.
func (c *classroom) run(seconds int, lagging func(lag float64)) {
	var came, passed, taken float64
	for i := range seconds {
		p, t := c.second()
		came, passed, taken = came+c.come, passed+p, taken+t
		lag := 0.
		if c.come > 0 {
			lag = c.backlog / c.come
		} else if c.backlog > 0 {
			lag = 3600
		}
		if i%5 == 4 {
			s := ingest.Stretch{Lag: time.Duration(lag * float64(time.Second)), Came: int64(came), Passed: int64(passed), Taken: int64(taken)}
			c.share = s.Share(c.share)
			came, passed, taken = 0, 0, 0
		}
		lagging(lag)
	}
}

// TestLearningIsNotLateForLong: however many actions come, learning is about
// half a minute late, and learns from not much less than it has time for.
func TestLearningIsNotLateForLong(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		can := float64(rapid.IntRange(100, 2_000).Draw(r, "can"))
		c := &classroom{can: can, come: can * rapid.Float64Range(1.05, 20).Draw(r, "load"), share: 1}
		most, learned := 0., 0.
		c.run(3_600, func(lag float64) {
			most = max(most, lag)
			learned += c.share * c.come
		})
		if most > 45 {
			r.Errorf("%g a second come and %g can be learned from: %g s late, want 45 at most", c.come, can, most)
		}
		if part := learned / 3_600 / can; part < .6 {
			r.Errorf("%g a second come: learned from %g of what there is time for, want most", c.come, part)
		}
	})
}

// TestNothingIsLeftOutWhileThereIsTime: neither where fewer come than can be
// learned from, nor for a long backlog that goes away.
func TestNothingIsLeftOutWhileThereIsTime(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		can := float64(rapid.IntRange(100, 2_000).Draw(r, "can"))
		c := &classroom{can: can, come: can * rapid.Float64Range(0, .95).Draw(r, "load"), share: 1}
		c.backlog = can * float64(rapid.IntRange(0, 10_000).Draw(r, "backlog"))
		c.run(600, func(float64) {
			if c.share != 1 {
				r.Fatalf("learns from %g of the actions", c.share)
			}
		})
	})
}

func TestAllIsLearnedFromAgainOnceThereIsTime(t *testing.T) {
	c := &classroom{can: 100, come: 2_000, share: 1}
	c.run(300, func(float64) {})
	if c.share > .05 {
		t.Fatalf("learns from %g of twenty times as much as there is time for", c.share)
	}
	c.come = 50
	c.run(300, func(float64) {})
	if c.share != 1 {
		t.Errorf("learns from %g of the actions when few come again, want all", c.share)
	}
}

// TestATrainerThatIsLateLearnsFromAPart lets more actions come than are learned
// from: what is passed over is counted, and everything is gone through.
func TestATrainerThatIsLateLearnsFromAPart(t *testing.T) {
	s := newSchool(t, 2)
	const first, waves = 200, 20
	s.act(0, first)
	acted := first
	s.train(func() ingest.Pupil {
		c := s.counter().(*counter)
		c.prepare = func([]*recommend.Action) error { // a while passes
			s.ahead.Add(int64(10 * time.Second))
			if acted < first*waves {
				s.act(acted, first)
				acted += first
			}
			return nil
		}
		return c
	})
	figure := func(name string) float64 { return gather(t, s.reg)["vitrine_learning_"+name+"{}"] }
	await(t, "all to be gone through", func() bool { return figure("actions_total")+figure("shed_total") == first*waves })
	if shed := figure("shed_total"); shed == 0 || shed == first*waves {
		t.Errorf("%g of %d actions passed over, want some", shed, first*waves)
	}
	await(t, "the offsets to be published", func() bool {
		m := s.model()
		return len(m.Offsets) == 2 && m.Offsets[0]+m.Offsets[1] >= first*waves-1_000
	})
	if n, rows, want := s.learned(), s.counts(), figure("actions_total"); n != rows || float64(n) > want {
		t.Errorf("%d learned and %d in rows, want as many of %g", n, rows, want)
	}
}

// TestImportsAreLearnedFromWhole although learning is late.
func TestImportsAreLearnedFromWhole(t *testing.T) {
	s := newSchool(t, 1)
	const first, waves = 200, 10
	bring := func(from int) {
		events := make([]recommend.Event, first)
		for i := range events {
			a := recommend.Action{ID: fmt.Sprint("a", from+i), Reader: fmt.Sprint("r", from+i), Kind: recommend.ActOpen, Pick: "p1", Product: fmt.Sprint("jd:", (from+i)%5), At: noon}
			events[i] = event(recommend.TypeActed, a.Reader, noon, a)
			events[i].ID, events[i].Trusted = a.ID, true
		}
		appendAll(t, s.log, recommend.TopicActions, events...)
	}
	bring(0)
	acted := first
	s.train(func() ingest.Pupil {
		c := s.counter().(*counter)
		c.prepare = func([]*recommend.Action) error {
			s.ahead.Add(int64(10 * time.Second))
			if acted < first*waves {
				bring(acted)
				acted += first
			}
			return nil
		}
		return c
	})
	s.await(first * waves)
}
