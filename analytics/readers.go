package analytics

import (
	"context"
	"slices"

	"vitrine.dev/recommend"
)

// A readerTally counts readers, each once in a group for a step, and once in
// everything: who is in two groups is one reader.
type readerTally struct {
	tally
	everything *group // nil where nobody is
	did        []did  // of one reader
}

// did are the steps that a reader took by pairs of one class.
type did struct {
	in    *group
	class recommend.Class
	took  uint8
}

// readers asks for the groups of readers. What one did is never apart. Its memory
// grows with the groups, and with what one reader did.
func (a *Analyst) readers(ctx context.Context, p *plan) (*readerTally, error) {
	t := &readerTally{tally: tally{plan: p, groups: make(map[string]*group)}}
	var waiting []recommend.ReaderSteps
	err := a.Counts.Readers(ctx, &p.journeys, func(s recommend.ReaderSteps) error {
		if n := len(waiting); n >= a.many() && waiting[n-1].Reader != s.Reader {
			t.count(a.Picks, waiting)
			waiting = waiting[:0]
		}
		waiting = append(waiting, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.count(a.Picks, waiting)
	return t, nil
}

// count counts what some readers did, each of whom did nothing else.
func (t *readerTally) count(picks Picks, steps []recommend.ReaderSteps) {
	if t.filed {
		t.filedUnder = filedUnder(picks, picksOf(steps, func(s *recommend.ReaderSteps) []string { return s.Key }))
	}
	for i := range steps {
		s := &steps[i]
		if i > 0 && s.Reader != steps[i-1].Reader {
			t.close()
		}
		keys, ok := t.keysOf(s.Key)
		if !ok {
			continue
		}
		if t.everything == nil {
			t.everything = t.newGroup(0, nil)
		}
		t.take(t.everything, s)
		for _, key := range keys {
			t.take(t.group(s.Slot, key), s)
		}
	}
	t.close()
}

// take adds steps of the reader to what he did in a group.
func (t *readerTally) take(in *group, s *recommend.ReaderSteps) {
	i := slices.IndexFunc(t.did, func(d did) bool { return d.in == in && d.class == s.Class })
	if i < 0 {
		i = len(t.did)
		t.did = append(t.did, did{in: in, class: s.Class})
	}
	t.did[i].took |= s.Took
}

// close counts a reader.
func (t *readerTally) close() {
	for _, d := range t.did {
		switch d.class {
		case recommend.ClassOwn:
			d.in.own++
		case recommend.ClassBot:
			d.in.bots++
		case recommend.ClassUnproven:
			d.in.unproven++
		case recommend.ClassCounted:
			for i := range d.in.counts {
				d.in.counts[i] += float64(d.took >> i & 1)
			}
		}
	}
	t.did = t.did[:0]
}
