package recommend

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Bounds of traces. The oldest tenth of what is beyond is forgotten: a reader
// who comes back to such a pick counts as another one.
const (
	maxShownTraces = 1_000  // of picks that were only seen
	maxActedTraces = 20_000 // of the others
)

// countedBit is the bit of a kind in [Trace.Did].
func countedBit(kind string) uint16 {
	if i := slices.Index(Counted(), kind); i >= 0 {
		return 1 << i
	}
	return 0
}

// count counts the reader once for a kind of action. It reports whether he was
// not counted before.
func (d *deed) count(pick, kind string) bool {
	t, bit := d.Traces[pick], countedBit(kind)
	if d.Impersonal || d.apart(pick) || t.Did&bit != 0 {
		return false
	}
	t.Did |= bit
	if kind == ActCart {
		t.Carted = d.at.Unix()
	}
	d.put(pick, t)
	d.effects.Counts = append(d.effects.Counts, Count{Pick: pick, Kind: kind, Readers: 1, At: d.at.Truncate(time.Second)})
	return true
}

// own reports whether the reader published the pick: what experts do with their
// own says nothing of others.
func (d *deed) own(pick string) bool { return d.a.Own && pick == d.a.Pick }

// apart reports whether what is done to a pick moves no pulse: the experts' own
// does not, nor does anything that a robot does.
func (d *deed) apart(pick string) bool { return d.a.Bot || d.own(pick) }

// uncount takes back that the reader was counted at a time. A robot does so too:
// what it took from him he does not have any more.
func (d *deed) uncount(pick, kind string, at time.Time) {
	t := d.Traces[pick]
	if bit := countedBit(kind); t.Did&bit != 0 {
		t.Did &^= bit
		if kind == ActCart {
			at, t.Carted = time.Unix(t.Carted, 0).UTC(), 0
		}
		d.put(pick, t)
		d.effects.Counts = append(d.effects.Counts, Count{Pick: pick, Kind: kind, Readers: -1, At: at.Truncate(time.Second)})
	}
}

// event adds one impression or open to the last count, or makes one.
func (d *deed) event(kind string) {
	if d.apart(d.a.Pick) {
		return
	}
	if n := len(d.effects.Counts); n > 0 {
		d.effects.Counts[n-1].Events++
		return
	}
	d.effects.Counts = []Count{{Pick: d.a.Pick, Kind: kind, Events: 1, At: d.at.Truncate(time.Second)}}
}

// show takes an impression.
func (d *deed) show() {
	if d.Impersonal {
		return
	}
	d.count(d.a.Pick, ActImpression)
	t := d.Traces[d.a.Pick]
	within := hourly(&t.Shown, &t.Seen, d.at.Unix(), d.acting.Rules.ShownPerHour)
	d.put(d.a.Pick, t)
	if within {
		d.event(ActImpression)
	}
	d.effects.Shown = &Shown{At: d.at, Over: !within, Own: d.own(d.a.Pick), Bot: d.a.Bot}
}

// open takes the opening of a middle page.
func (d *deed) open() {
	if d.Impersonal {
		return
	}
	d.count(d.a.Pick, ActOpen)
	t := d.Traces[d.a.Pick]
	within := hourly(&t.Opened, &t.Acted, d.at.Unix(), d.acting.Rules.OpenedPerHour)
	d.put(d.a.Pick, t)
	if within {
		d.event(ActOpen)
		d.step(d.a.Pick, d.a.Expert, ActOpen)
	}
}

// hourly counts n up in the hour of last, or from 1 in a later one, as far as
// most. One of an earlier hour counts as one of that of last.
func hourly(n *int, last *int64, at int64, most int) (within bool) {
	const hour = 3600
	if at/hour > *last/hour {
		*n = 0
	}
	*last = max(*last, at)
	if *n >= most {
		return false
	}
	*n++
	return true
}

// step notes that the reader acted on a pick, as a step of his journey.
func (d *deed) step(pick, expert, kind string) {
	if d.Impersonal {
		return
	}
	t := d.Traces[pick]
	s := Stepped{Pick: pick, Expert: expert, Kind: kind, At: d.at}
	if !t.Journey && t.Seen > 0 {
		s.Seen = time.Unix(t.Seen, 0).UTC()
	}
	t.Journey = true
	if at := d.at.Unix(); at > t.Acted {
		if at/3600 > t.Acted/3600 {
			t.Opened = 0
		}
		t.Acted = at
	}
	d.put(pick, t)
	d.effects.Steps = append(d.effects.Steps, s)
}

func (d *deed) put(pick string, t Trace) {
	_, known := d.Traces[pick]
	if d.Traces == nil {
		d.Traces = make(Traces)
	}
	d.Traces[pick] = t
	if !known && len(d.Traces) > maxShownTraces {
		d.forget()
	}
}

// forget drops the oldest traces beyond the bounds, with their journeys. What
// would have to be taken back from a pulse one day stays.
func (d *deed) forget() {
	var shown, acted []string
	lasting := countedBit(ActBookmark) | countedBit(ActCart) | countedBit(ActHide)
	n := 0
	for pick, t := range d.Traces {
		switch {
		case pick == d.a.Pick:
		case t.Acted == 0 && t.Did&lasting == 0:
			shown = append(shown, pick)
		case t.Did&lasting == 0:
			n++
			acted = append(acted, pick)
		default:
			n++
		}
	}
	if len(shown) > maxShownTraces {
		d.drop(shown, maxShownTraces/10, func(t Trace) int64 { return t.Seen })
	}
	if n > maxActedTraces {
		d.drop(acted, maxActedTraces/10, func(t Trace) int64 { return t.Acted })
	}
}

func (d *deed) drop(picks []string, n int, last func(Trace) int64) {
	slices.SortFunc(picks, func(a, b string) int {
		return cmp.Or(cmp.Compare(last(d.Traces[a]), last(d.Traces[b])), strings.Compare(a, b))
	})
	for _, pick := range picks[:min(n, len(picks))] {
		if d.Traces[pick].Journey {
			d.effects.Forgotten = append(d.effects.Forgotten, pick)
		}
		delete(d.Traces, pick)
	}
}

// An ErasedReader is the value of a [TypeReaderErased] event.
type ErasedReader struct {
	ID string    `json:"id"` // the pseudonym
	At time.Time `json:"at"`
}

// Validate reports what is wrong with the form of e as a [*Refusal].
func (e *ErasedReader) Validate() error {
	return Refuse(append(idProblem(e.ID, "/id"), timeProblem(e.At, "/at")...)...)
}

// Erase leaves nothing of r but that it was erased. Nothing that is counted of
// readers in sum changes by it.
func (r *Reader) Erase(at time.Time) Effects {
	if !r.Erased.IsZero() {
		return Effects{}
	}
	var e Effects
	for _, pick := range slices.Sorted(maps.Keys(r.Traces)) {
		if r.Traces[pick].Journey {
			e.Forgotten = append(e.Forgotten, pick)
		}
	}
	for _, rep := range r.Reports {
		e.Targets = append(e.Targets, rep.Target)
	}
	*r = Reader{ID: r.ID, Erased: at.UTC()}
	return e
}
