package web

import (
	"net/http"
	"net/url"
	"strconv"

	"vitrine.dev/recommend"
)

// whyBody is the explanation of a card.
type whyBody struct {
	*recommend.Why
	Moved bool // the score is not the one that was shown
}

// why explains a card of the visitor's window.
func (s *site) why(q *request) error {
	ask := recommend.WhyRequest{Pick: q.PathValue("id"), Window: q.FormValue("window_id")}
	ask.Reader, ask.Lang = q.who.ID, q.lang
	if topic := q.FormValue("topic"); topic != "" {
		ask.Topics = []string{topic}
	}
	if v, err := strconv.ParseFloat(q.FormValue("score"), 64); err == nil {
		ask.Shown = &v
	}
	w, err := s.Windows.Why(q.ctx(), ask)
	if err != nil {
		return err
	}
	b := whyBody{Why: w, Moved: w.Changed != nil && *w.Changed}
	title, err := q.words.text("why.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "why", view{Title: title, Nav: "window", Body: b})
}

// whyAt is where a card of a window is explained.
func (q *request) whyAt(i *recommend.Item, window string) string {
	v := url.Values{"window_id": {window}, "score": {strconv.FormatFloat(i.Score, 'f', 7, 64)}}
	if topic := q.FormValue("topic"); topic != "" {
		v.Set("topic", topic)
	}
	return "/picks/" + url.PathEscape(i.Pick) + "/why?" + v.Encode()
}
