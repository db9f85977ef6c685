package web

import (
	"encoding/json"
	"net/http"

	"vitrine.dev/recommend"
)

// earningsBody is what the page about an expert's earnings shows; the figures
// come to its script from the API.
type earningsBody struct {
	desk
	Holding  int    // days from the settlement of an order until it can be paid out
	Share    int    // of the partner's commission, in percent
	Partners string // names by id, as JSON
	Reasons  string // in words by code, as JSON
}

// earnings shows an expert what he has earned.
func (s *site) earnings(q *request) error {
	b := earningsBody{}
	var err error
	if b.desk, err = q.desk(); err != nil {
		return err
	}
	if b.Partners, err = s.partnerNames(); err != nil {
		return err
	}
	reasons := make(map[string]string)
	for _, code := range recommend.EarningReasons() {
		reasons[code] = recommend.EarningReason(code, q.lang)
	}
	text, err := json.Marshal(reasons)
	if err != nil {
		return err
	}
	b.Reasons = string(text)
	rules := &s.World.Scene().Policy.Earnings
	b.Holding, b.Share = rules.HoldingDays, int(rules.ShareBP/100)
	title, err := q.words.text("earn.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "earnings", view{Title: title, Nav: "earnings", Script: "earnings.js", Say: []string{"earn."}, Body: b})
}
