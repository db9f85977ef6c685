package recommend

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// ReportCategories are what a pick, expert, topic or partner can be reported for.
func ReportCategories() []string {
	return []string{"spam", "fraud", "counterfeit", "mlm", "undisclosed_ad", "legal", "other"}
}

// ComplaintCategories are what can have gone wrong after a checkout.
func ComplaintCategories() []string {
	return []string{"refund_refused", "not_as_described", "not_delivered", "damaged", "counterfeit", "other"}
}

// Bounds of what an action says, in bytes but for the text.
const (
	maxReportText  = 1000 // characters
	maxReportRules = 20
	maxWindowText  = 200
	maxKeyText     = 200
	maxMergeLines  = 1000
	maxArmText     = 400
)

// namePattern is the form of a candidate source, of an experiment and of an arm
// of it.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,31}$`)

// armPattern is the form of the arms that a window was made with.
var armPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:,-]*$`)

// detailProblems are those of all but who, what, about what and when.
func (a *Action) detailProblems() []Problem {
	var ps []Problem
	bad := func(pointer, message, fix string) {
		ps = append(ps, Problem{Code: "validation", Pointer: pointer, Message: message, Fix: fix})
	}
	for _, f := range []struct {
		pointer, v string
		most       int
	}{{"/window", a.Window, maxWindowText}, {"/product", a.Product, maxKeyText}, {"/sku", a.SKU, maxKeyText}, {"/order", a.Order, maxKeyText}} {
		if len(f.v) > f.most || !utf8.ValidString(f.v) {
			bad(f.pointer, fmt.Sprintf("%d bytes, %d allowed", len(f.v), f.most), "send it as it was given to you")
		}
	}
	if a.Source != "" && !namePattern.MatchString(a.Source) {
		bad("/source", fmt.Sprintf("%q is not a name", clip(a.Source)), "give 1 to 32 of small letters, digits, '.', '_' and '-'")
	}
	if a.Arm != "" && (len(a.Arm) > maxArmText || !armPattern.MatchString(a.Arm)) {
		bad("/arm", fmt.Sprintf("%q is no arm", clip(a.Arm)), "give what the window says, such as colour:red, or leave it out")
	}
	if !(a.Propensity >= 0 && a.Propensity <= 1) {
		bad("/propensity", fmt.Sprintf("propensity %v", a.Propensity), "give that of the card, above 0 and at most 1")
	}
	if n := utf8.RuneCountInString(a.Text); n > maxReportText {
		bad("/text", fmt.Sprintf("%d characters, %d allowed", n, maxReportText), "say it shorter")
	}
	if len(a.Rules) > maxReportRules {
		bad("/rule_ids", fmt.Sprintf("%d rules, %d allowed", len(a.Rules), maxReportRules), "name fewer")
	}
	for i, id := range a.Rules {
		ps = append(ps, idProblem(id, fmt.Sprintf("/rule_ids/%d", i))...)
	}
	if a.Price != nil {
		ps = append(ps, a.Price.Problems("/price")...)
	}
	switch a.Kind {
	case ActReport:
		ps = append(ps, a.categoryProblem(ReportCategories())...)
	case ActComplain:
		ps = append(ps, a.categoryProblem(ComplaintCategories())...)
		if a.Order == "" && (a.Click == nil || a.Click.ID == "") {
			bad("/click_id", "a complaint about nothing", "name the click or the order")
		}
	case ActCheckout:
		if k := a.Click; k != nil && (k.Pick != a.Pick || k.Reader != "" && k.Reader != a.Reader) {
			bad("/click", "the click is of another pick or reader", "send the click of this checkout")
		} else if k != nil {
			ps = append(ps, idProblem(k.ID, "/click/id")...)
		}
	case ActServed:
		ps = append(ps, a.servedProblems()...)
	case ActDose:
		if a.Dose != nil && (*a.Dose < 0 || *a.Dose > mostDose) {
			bad("/dose", fmt.Sprintf("dose %d", *a.Dose), fmt.Sprintf("give 0 to %d picks a day, or leave it out", mostDose))
		}
	case ActMerge:
		ps = append(ps, a.lineProblems()...)
	}
	return ps
}

// categoryProblem: an archive may leave the category out.
func (a *Action) categoryProblem(known []string) []Problem {
	if a.Category == "" || slices.Contains(known, a.Category) {
		return nil
	}
	return []Problem{{Code: "validation", Pointer: "/category", Message: fmt.Sprintf("%q is no category", clip(a.Category)), Fix: fmt.Sprintf("use one of %v", known)}}
}

func (a *Action) servedProblems() []Problem {
	const most = 100
	if n := len(a.Served); n == 0 || n > most {
		return []Problem{{Code: "validation", Pointer: "/served", Message: fmt.Sprintf("%d picks", n), Fix: fmt.Sprintf("name 1 to %d", most)}}
	}
	var ps []Problem
	for i, p := range a.Served {
		ps = append(ps, idProblem(p.Pick, fmt.Sprintf("/served/%d/pick", i))...)
		ps = append(ps, idProblem(p.Expert, fmt.Sprintf("/served/%d/expert", i))...)
	}
	return ps
}

func (a *Action) lineProblems() []Problem {
	if len(a.Lines) > maxMergeLines {
		return []Problem{{Code: "validation", Pointer: "/lines", Message: fmt.Sprintf("%d lines, %d allowed", len(a.Lines), maxMergeLines), Fix: "send the lines of one cart"}}
	}
	var ps []Problem
	for i := range a.Lines {
		l, at := &a.Lines[i], fmt.Sprintf("/lines/%d", i)
		ps = append(ps, idProblem(l.Pick, at+"/pick")...)
		if len(l.Product) > maxKeyText || len(l.SKU) > maxKeyText {
			ps = append(ps, Problem{Code: "validation", Pointer: at, Message: "product or sku too long", Fix: "send the lines as the cart has them"})
		}
		if l.Price != nil {
			ps = append(ps, l.Price.Problems(at+"/price")...)
		}
	}
	return ps
}
