package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vitrine.dev/recommend"
)

// whyBody is the explanation of a card.
type whyBody struct {
	*recommend.Why
	Moved bool // the score is not the one that was shown
	Parts []part
	Total string
}

// A part is a factor of a score as a row of its page.
type part struct {
	Name    string // of the group
	About   string
	Sum     string // how its number comes about
	Adds    string
	Width   string // of its bar
	Against bool
}

// parts are the factors, the strongest first, but for those that round to nothing.
func (q *request) parts(fs []recommend.WhyFactor) []part {
	const least = 0.0005
	out := make([]part, 0, len(fs))
	for _, f := range fs {
		if math.Abs(f.Product) < least {
			continue
		}
		out = append(out, part{
			Name: q.words.or(f.Group, "factor."+f.Group), About: f.About, Sum: signed(f.Weight, 3) + " × " + signed(f.Value, 3),
			Adds: signed(f.Product, 2), Width: fmt.Sprintf("%.0f%%", 100*math.Abs(f.Product/fs[0].Product)), Against: f.Product < 0,
		})
	}
	return out
}

// signed is v with a minus that is as wide as a digit.
func signed(v float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', digits, 64), "-", "−", 1)
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
	b := whyBody{Why: w, Moved: w.Changed != nil && *w.Changed, Parts: q.parts(w.Factors), Total: signed(w.Score, 2)}
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
