package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// isWatch reports whether a key of the orders topic is that of a watch.
func isWatch(key string) bool { return strings.HasPrefix(key, recommend.WatchID("")) }

// watchSeen is how long a watch remembers events: what comes again does so after
// a crash, within moments, and clicks are many.
const watchSeen = 2 * 24 * time.Hour

// decideWatch folds what is counted of a pick.
func decideWatch(s Scene, o *recommend.Order, e recommend.Event, decoded any) (Outcome, error) {
	rules := s.Policy.Earnings
	if o.Watch == nil {
		o.Watch = &recommend.Watch{}
	}
	var change recommend.WatchChange
	var err error
	switch v := decoded.(type) {
	case *recommend.ClickCounted:
		if err := notAhead(e, v.At, "/at"); err != nil {
			return Outcome{}, err
		}
		change = o.Watch.Count(v, rules)
	case *recommend.LineWatched:
		change = o.Watch.Line(v, rules)
	case *recommend.SignalResolved:
		change, err = o.Watch.Resolve(v, rules)
	case *recommend.SignalEnded:
		change, err = o.Watch.End(v, e.Appended, rules)
	default:
		err = unknownType(e)
	}
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Changed: true}
	for _, sig := range change.Signals {
		out.Leaves = append(out.Leaves, signalLeaf(sig))
	}
	for i := range change.Tell {
		if err := flagged(&out, e, &change.Tell[i]); err != nil {
			return Outcome{}, err
		}
	}
	o.ID = e.Key
	o.Seen.Add(e)
	for day := range o.Seen {
		if day < e.Appended.Add(-watchSeen).UTC().Format(time.DateOnly) {
			delete(o.Seen, day)
		}
	}
	return out, nil
}

// flagged tells a line of a signal. Its id is that of what it tells.
func flagged(out *Outcome, e recommend.Event, f *recommend.LineFlagged) error {
	s := &f.Signal
	id := fmt.Sprint(s.ID, "-", s.Revision, "-", f.Order, "-", f.Partner, "-", f.Line, "-", s.Click)
	return out.tell(recommend.TypeLineFlagged, id, f.Order, e.Time, f)
}

// watched tells the watch of the pick that a line is credited to.
func watched(out *Outcome, order string, l *recommend.OrderLine) error {
	k := l.Click
	w := recommend.LineWatched{Pick: k.Pick, Order: order, Partner: l.Partner, Line: l.Line, Click: k.ID, At: k.At.UTC()}
	id := strings.Join([]string{"watch", order, l.Partner, l.Line, k.ID}, "-")
	return out.tell(recommend.TypeLineWatched, id, recommend.WatchID(k.Pick), k.At.UTC(), w)
}

// counted tells the watch of a pick of a way to its checkout. An expert's own
// and those of robots are no traffic, and those of archives no news.
func counted(out *Outcome, s Scene, r *recommend.Reader, a *recommend.Action, e recommend.Event) error {
	k := a.Click
	if a.Kind != recommend.ActCheckout || k == nil || k.Self || a.Bot || e.Trusted || r.Clicked(k.ID) || !recommend.ValidID(k.Expert) {
		return nil
	}
	width := s.Policy.Earnings.Burst.Bucket.D()
	again := slices.ContainsFunc(r.Clicks, func(c recommend.Clicked) bool {
		return c.Pick == k.Pick && c.At.Truncate(width).Equal(k.At.UTC().Truncate(width))
	})
	data := recommend.ClickCounted{Pick: k.Pick, Expert: k.Expert, At: k.At.UTC(), Again: again, Near: a.Near}
	return out.tell(recommend.TypeClickCounted, "click-"+k.ID, recommend.WatchID(k.Pick), k.At.UTC(), data)
}

// tell adds an event for the orders topic.
func (o *Outcome) tell(kind, id, key string, at time.Time, data any) error {
	b, err := marshal(data)
	if err != nil {
		return err
	}
	if o.Appends == nil {
		o.Appends = map[string][]recommend.Event{}
	}
	o.Appends[recommend.TopicOrders] = append(o.Appends[recommend.TopicOrders], recommend.Event{
		ID: id, Source: recommend.SourceSignals, Type: kind, Key: key, Time: at, Data: b,
	})
	return nil
}
