package recommend

import (
	"math"
	"time"

	"vitrine.dev/stats"
)

// An ArmMetric is how many readers of an arm did a thing at least once since
// they came into it, and how far that is from the first arm.
type ArmMetric struct {
	Name string `json:"name"`
	// Guardrail says that it is against what readers were shown: more is worse.
	Guardrail bool  `json:"guardrail,omitempty"`
	Did       int64 `json:"did"`  // readers
	Rate      Rate  `json:"rate"` // of the arm's readers, with Wilson's interval of one look
	// Difference is that to the first arm; nil of the first arm itself, where too
	// few did it, and where conclusions are withheld.
	Difference *ArmDifference `json:"difference,omitempty"`
	// Lacks is how many readers more have to do it in this arm and the first
	// together before there is a difference to tell.
	Lacks int64 `json:"lacks,omitempty"`
	// ReadersForTenth is how many readers this arm needs for a rate that is a
	// tenth above that of the first to be shown four times in five; 0 is unknown.
	ReadersForTenth int64 `json:"readers_for_tenth,omitempty"`
}

// An ArmDifference is how far a rate is above that of the first arm. Interval
// and P hold however often they are looked at, see [stats.Sequential].
type ArmDifference struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	P     float64 `json:"p"`
	// ExcludesZero says that there is a difference, by the interval.
	ExcludesZero bool `json:"excludes_zero"`
}

// An ExperimentPlan is the time of an experiment that has an end.
type ExperimentPlan struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Part of the time is over, 0 to 1, as of the latest event counted.
	Part float64 `json:"part"`
	// Over says that all of it is: what is shown now is the result, and stays.
	Over bool `json:"over"`
}

// plan is that of e when the latest event counted was at asOf; nil without one.
func (e *Experiment) plan(now, asOf time.Time) *ExperimentPlan {
	if e.Until.IsZero() {
		return nil
	}
	p := &ExperimentPlan{From: e.From.UTC(), Until: e.Until.UTC(), Over: !now.Before(e.Until)}
	if p.Over {
		asOf = e.Until
	}
	p.Part = min(1, max(0, float64(asOf.Sub(e.From))/float64(e.Until.Sub(e.From))))
	return p
}

// An ArmMethod says how arms are compared.
type ArmMethod struct {
	Name   string  `json:"name"`
	Source string  `json:"source"`
	Level  float64 `json:"level"` // of a metric, over all looks
	Start  int64   `json:"start"` // readers who did it, of two arms, before anything is told
}

// How arms are compared.
const (
	armLevel  = 0.05
	armStart  = 100
	armTenth  = 0.1 // the lift of ArmMetric.ReadersForTenth
	armPower  = 0.8
	armBelief = 1 - armLevel // of the intervals of rates
)

func armMethod(plan *ExperimentPlan) ArmMethod {
	if plan != nil {
		return ArmMethod{
			Name:   "group sequential test of a planned time, O'Brien and Fleming's boundary for looks at every moment, by readers",
			Source: "O'Brien, Fleming 1979, Biometrics 35; repeated confidence intervals: Jennison, Turnbull 1989, J. R. Statist. Soc. B 51",
			Level:  armLevel, Start: armStart,
		}
	}
	return ArmMethod{
		Name:   "asymptotic confidence sequence (normal mixture with a delayed start), by readers",
		Source: "Robbins 1970; Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024, Annals of Statistics 52; Bibaut, Kallus, Lindon 2022, arXiv 2212.14411",
		Level:  armLevel, Start: armStart,
	}
}

// armGoals and armGuards are metrics by the deed that they are of, see
// [ArmDoers].
func armGoals() []string { return []string{ActOpen, ActBookmark, ActCart, ActCheckout, ActPurchase} }

func armGuards() []string { return []string{ActHide, ActMute, ActReport, ActComplain, ActRefund} }

// metricName is what analysts call a deed.
func metricName(deed string) string {
	switch deed {
	case ActCheckout:
		return "clickout"
	case ActComplain:
		return "complaint"
	}
	return deed
}

// armMetrics are those of an arm of r, by the tallies of all.
func armMetrics(r *ExperimentReport, tallies []*ArmTally, arm int) []ArmMetric {
	if tallies[arm].Readers < fewestReaders {
		return nil
	}
	test := stats.NewSequential(armLevel, armStart)
	if r.Plan != nil {
		test = stats.NewPlanned(armLevel, armStart).At(r.Plan.Part)
	}
	var out []ArmMetric
	for i, deed := range append(armGoals(), armGuards()...) {
		share := tallies[arm].share(deed)
		m := ArmMetric{Name: metricName(deed), Guardrail: i >= len(armGoals()), Did: int64(share.K), Rate: rateOf(share)}
		if first := tallies[0]; arm > 0 && r.Withheld == "" && first.Readers >= fewestReaders {
			m.compare(test, first.share(deed), share)
			m.ReadersForTenth = forTenth(test, first.share(deed), r.Arms[0].Share, r.Arms[arm].Share)
		}
		out = append(out, m)
	}
	return out
}

func (m *ArmMetric) compare(test stats.Sequential, first, share stats.Share) {
	m.Lacks = test.Lacks(first, share)
	if d, ok := test.Compare(first, share); ok {
		m.Difference = &ArmDifference{Value: d.Value, Low: d.Low, High: d.High, P: d.P, ExcludesZero: d.Shown()}
	}
}

// forTenth is [ArmMetric.ReadersForTenth], of arms with these shares.
func forTenth(test stats.Sequential, first stats.Share, firstShare, share float64) int64 {
	if firstShare <= 0 || share <= 0 {
		return 0
	}
	of := share / firstShare
	n := test.Readers(stats.Plan{Base: first.Rate(), Lift: armTenth, Second: of}, armPower)
	return int64(math.Ceil(float64(n) * of))
}

// share is how many of t's readers did a thing.
func (t *ArmTally) share(deed string) stats.Share {
	s := stats.Share{N: float64(t.Readers)}
	if t.Did != nil {
		s.K = min(float64(*t.Did.of(deed)), s.N)
	}
	return s
}

func rateOf(s stats.Share) Rate {
	i := stats.Wilson(s, armBelief)
	return Rate{Value: s.Rate(), Low: i.Low, High: i.High, N: int64(s.N)}
}

func withheld(lang string) string {
	if language(lang) == "zh" {
		return "读者到达各分组的比例与设定不符（卡方检验 p 小于 0.001），比较不可信，因此不给出。请先查明原因，再用另一个 id 重新开始。"
	}
	return "Readers did not come to the arms in their shares (chi-square, p under 0.001), so that the arms are not alike and no comparison can be believed: find out why, and begin again under another id."
}
