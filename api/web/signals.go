package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// scopeModerate is who decides about signals; analysts read them too.
const scopeModerate = "moderate"

// shownSignals is how many signals a page has; shownBuckets of how many bursts
// of one it tells.
const (
	shownSignals = 20
	shownBuckets = 5
)

// anyState is the choice of signals whatever their state; without a choice the
// page has those that wait for a decision.
const anyState = "any"

// signalsBody is what the page of signals shows.
type signalsBody struct {
	Allowed  bool
	Persons  []person // nobody: who may see it has a token
	Moderate bool

	Kind, State, Subject string
	Kinds, States        []string

	Figures []signalFigure
	Items   []signalRow
	Next    string // where the following page is, "" of the last
	First   string // where the first is, "" of itself
	Back    string // the query of this page
	Said    string // what came of a decision, "" where none was sent
}

// A signalFigure is how often signals of a kind were right, as
// GET /v1/metrics/signals tells it.
type signalFigure struct {
	Kind      string   `json:"kind"`
	Open      int64    `json:"open"`
	Upheld    int64    `json:"upheld"`
	Dismissed int64    `json:"dismissed"`
	Expired   int64    `json:"expired"`
	Lapsed    int64    `json:"lapsed"`
	Resolved  int64    `json:"resolved"`
	Precision *float64 `json:"precision"`
	Interval  struct {
		Low  float64 `json:"low"`
		High float64 `json:"high"`
	} `json:"interval"`
}

// A listedSignal is one of GET /v1/signals.
type listedSignal struct {
	recommend.Signal
	ETag string `json:"etag"`
}

// A signalRow is a signal with what it is about by name.
type signalRow struct {
	listedSignal
	Line       []string // order, shop and line of its subject, nil where it is none
	ExpertName string   // of Expert
	PickTitle  string   // of Pick
	Payees     string   // names of those who are paid to one account
	Took       recommend.Duration
	Soon       recommend.Duration // what is too few for Took
	Width      recommend.Duration // of its bursts
	Bursts     []recommend.Bucket
	More       int    // bursts that are not shown
	Hold       string // the message "signals.holds.<Hold>"
	Ends       bool   // its end is still to be told
	Decide     bool   // the visitor may decide
	Decided    bool
}

// sees reports whether the visitor may see signals.
func (q *request) sees() bool {
	return q.site.Ask != nil && (q.may(scopeModerate) || q.may(scopeMetrics))
}

// signals shows what is odd about traffic to those who judge it. What it shows
// is what the API answers the visitor.
func (s *site) signals(q *request) error {
	if s.Ask == nil {
		return errNowhere
	}
	b := &signalsBody{Allowed: q.sees(), Moderate: q.may(scopeModerate), Kinds: recommend.SignalKinds()}
	title, err := q.words.text("signals.title")
	if err != nil {
		return err
	}
	v := view{Title: title, Nav: "signals", Script: "signals.js", Body: b}
	if !b.Allowed {
		return q.show(http.StatusForbidden, "signals", v)
	}
	for _, state := range recommend.SignalStates() {
		b.States = append(b.States, string(state))
	}
	if err := b.fill(q); err != nil {
		return err
	}
	return q.show(http.StatusOK, "signals", v)
}

func (b *signalsBody) fill(q *request) error {
	asked := q.URL.Query()
	b.Kind, b.State, b.Subject = asked.Get("kind"), cmp.Or(asked.Get("state"), string(recommend.SignalOpen)), asked.Get("subject")
	if said := asked.Get("said"); said != "" {
		b.Said = q.words.or(q.words.or("", "signals.said.other"), "signals.said."+said)
	}
	state := b.State
	if state == anyState {
		state = ""
	}
	target := url.Values{"limit": {strconv.Itoa(shownSignals)}}
	for name, value := range map[string]string{"kind": b.Kind, "state": state, "subject": b.Subject, "cursor": asked.Get("cursor")} {
		if value != "" {
			target.Set(name, value)
		}
	}
	var page struct {
		Items []listedSignal `json:"items"`
		Next  string         `json:"next_cursor"`
	}
	if err := q.site.Ask(q.Request, "/v1/signals?"+target.Encode(), &page); err != nil {
		return err
	}
	var figures struct {
		Kinds []signalFigure `json:"kinds"`
	}
	if err := q.site.Ask(q.Request, "/v1/metrics/signals", &figures); err != nil {
		return err
	}
	b.Figures = figures.Kinds
	if page.Next != "" {
		b.Next = q.with("cursor", page.Next)
	}
	if asked.Get("cursor") != "" {
		b.First = q.with("cursor", "")
	}
	back := make(url.Values)
	for _, name := range []string{"kind", "state", "subject", "cursor"} {
		if value := asked.Get(name); value != "" {
			back.Set(name, value)
		}
	}
	b.Back = back.Encode()
	return b.rows(q, page.Items)
}

// rows are signals with the names of whom and what they are about.
func (b *signalsBody) rows(q *request, signals []listedSignal) error {
	var experts []string
	for i := range signals {
		experts = append(append(experts, signals[i].Expert), signals[i].Evidence.Experts...)
	}
	names, err := q.expertNames(experts)
	if err != nil {
		return err
	}
	titles := make(map[string]string)
	for _, s := range signals {
		if _, known := titles[s.Pick]; s.Pick != "" && !known {
			titles[s.Pick] = q.named(s.Pick, "pick")
		}
		r := signalRow{
			listedSignal: s, ExpertName: names[s.Expert], PickTitle: titles[s.Pick], Hold: holdOf(&s.Signal), Width: seconds(s.Evidence.Width), Soon: seconds(s.Evidence.Limit),
			Decided: s.State == recommend.SignalUpheld || s.State == recommend.SignalDismissed, Decide: b.Moderate && s.State != recommend.SignalExpired,
		}
		r.Ends = s.State == recommend.SignalOpen && (r.Hold == "nothing" || r.Hold == "experts")
		if s.Evidence.Seconds != nil {
			r.Took = seconds(*s.Evidence.Seconds)
		}
		if parts := strings.Split(s.Subject.ID, "/"); s.Subject.Kind == recommend.SubjectLine && len(parts) == 3 {
			r.Line = parts
		}
		payees := make([]string, 0, len(s.Evidence.Experts))
		for _, id := range s.Evidence.Experts {
			payees = append(payees, names[id])
		}
		r.Payees = strings.Join(payees, q.words.or(", ", "signals.and"))
		r.Bursts = s.Evidence.Buckets[:min(len(s.Evidence.Buckets), shownBuckets)]
		r.More = len(s.Evidence.Buckets) - len(r.Bursts)
		b.Items = append(b.Items, r)
	}
	return nil
}

func seconds(n float64) recommend.Duration {
	return recommend.Duration(time.Duration(n * float64(time.Second)))
}

// holdOf says what a signal holds. One about experts holds nothing by itself:
// what one buys by a pick of the other has a signal of its own.
func holdOf(s *recommend.Signal) string {
	switch {
	case !s.Holds():
		return "nothing"
	case s.Subject.Kind == recommend.TargetExpert:
		return "experts"
	case s.State == recommend.SignalUpheld:
		return "ruling"
	case s.Subject.Kind == recommend.TargetPick:
		return "pick"
	}
	return "line"
}

// expertNames are the names of experts, or what they are called by where they
// are not known.
func (q *request) expertNames(ids []string) (map[string]string, error) {
	names := make(map[string]string)
	for _, id := range ids {
		if id != "" {
			names[id] = id
		}
	}
	known, err := q.persons(slices.Sorted(maps.Keys(names)))
	for _, p := range known {
		names[p.ID] = p.Name
	}
	return names, err
}
