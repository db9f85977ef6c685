package web

import (
	"net/http"
	"time"

	"vitrine.dev/recommend"
)

// aboutBody is the rules of the game in public.
type aboutBody struct {
	*recommend.Policy
	Channels []*recommend.Partner
	Weights  []factor
	Share    int // of the partner's commission, to the expert, in percent
}

func (s *site) about(q *request) error {
	scene := s.World.Scene()
	f := scene.Policy.Factors
	b := aboutBody{Policy: scene.Policy, Channels: scene.Partners.All(), Share: int(scene.Policy.Earnings.ShareBP / 100)}
	b.Weights = q.factors([]recommend.Factor{
		{Name: "interest", Weight: f.Interest, Value: 1},
		{Name: "follow", Weight: f.Follow, Value: 1},
		{Name: "freshness", Weight: f.Freshness, Value: 1},
		{Name: "trust", Weight: f.Trust, Value: 1},
		{Name: "availability", Weight: f.Availability, Value: 1},
		{Name: "engagement", Weight: f.Engagement, Value: 1},
	})
	title, err := q.words.text("about.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "about", view{Title: title, Nav: "about", Body: b})
}

// span writes a rule's duration in words.
func (c *catalog) span(d recommend.Duration) (string, error) {
	switch v := d.D(); {
	case v >= 24*time.Hour && v%(24*time.Hour) == 0:
		return c.text("span.days", "n", int(v/(24*time.Hour)))
	case v >= time.Hour && v%time.Hour == 0:
		return c.text("span.hours", "n", int(v/time.Hour))
	case v < time.Minute:
		return c.text("span.seconds", "n", int(v/time.Second))
	default:
		return c.text("span.minutes", "n", int(v/time.Minute))
	}
}
