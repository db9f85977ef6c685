package web

import (
	"net/http"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// windowBody is what the reader's window shows.
type windowBody struct {
	list
	Topic    string // that the window is limited to, "" when it is not
	Label    string // of Topic
	Chips    []chip
	Chosen   int // interests declared
	Degraded bool
	Tired    bool      // the reader has had his dose
	Again    time.Time // when there is more; zero is never
}

// A chip is an interest that a reader can take up or drop.
type chip struct {
	ID     string
	Label  string
	Weight float64 // 0 when the reader has not declared it
}

func (q *request) window() (windowBody, error) {
	topic := q.FormValue("topic")
	ask := recommend.WindowRequest{Reader: q.who.ID, Cursor: q.FormValue("cursor"), Lang: q.lang}
	if topic != "" {
		ask.Topics = []string{topic}
	}
	if q.site.Admit != nil && q.who.ID != "" && q.site.World.Scene().Policy.Dose.Windows {
		ask.Admit = q.site.Admit(q.Request, q.who.ID)
	}
	w, err := q.site.Windows.Window(q.ctx(), ask)
	if err != nil {
		return windowBody{}, err
	}
	b := windowBody{
		list:  list{Cards: q.cards(w.Items), First: ask.Cursor == "", End: "window", ID: w.ID},
		Topic: topic, Degraded: w.Degraded, Chips: q.chips(),
		Tired: w.Reason == recommend.ReasonFatigue, Again: w.NextAllowedAt,
	}
	for i := range b.Cards {
		b.Cards[i].WhyAt = q.whyAt(&b.Cards[i].Item, w.ID)
	}
	for _, c := range b.Chips {
		if c.Weight > 0 {
			b.Chosen++
		}
	}
	if topic != "" {
		b.Label = q.topicLabel(topic)
	}
	if w.NextCursor != "" {
		b.Next = q.with("cursor", w.NextCursor)
	}
	return b, nil
}

// window shows the reader what fits his interests.
func (s *site) window(q *request) error {
	b, err := q.window()
	if err != nil {
		return err
	}
	title, err := q.words.text("window.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "window", view{Title: title, Nav: "window", Script: "window.js", Say: acting(), Body: b})
}

// chips are the topics that have none below them, and those that the reader
// has declared: these first, then what there is most of.
func (q *request) chips() []chip {
	tree := q.site.Windows.TopicTree(q.lang)
	parents := make(map[string]bool)
	for _, t := range tree {
		parents[t.Parent] = true
	}
	var kept []recommend.TopicInfo
	for _, t := range tree {
		if q.who.Interest(t.ID) > 0 || !parents[t.ID] {
			kept = append(kept, t)
		}
	}
	slices.SortStableFunc(kept, func(a, b recommend.TopicInfo) int {
		if x, y := q.who.Interest(a.ID) > 0, q.who.Interest(b.ID) > 0; x != y {
			if x {
				return -1
			}
			return 1
		}
		return b.Picks - a.Picks
	})
	out := make([]chip, 0, len(kept))
	for _, t := range kept {
		out = append(out, chip{ID: t.ID, Label: t.Label, Weight: q.who.Interest(t.ID)})
	}
	return out
}
