package recommend

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"vitrine.dev/ranking"
)

// An ExperimentReport is how an experiment of the policy stands.
type ExperimentReport struct {
	ID       string      `json:"id"`
	Surfaces []string    `json:"surfaces"`
	Arms     []ArmReport `json:"arms"`
	// Ratio tests whether readers came to the arms in the shares that these have:
	// when they did not, nothing else here can be believed.
	Ratio RatioCheck `json:"ratio_check"`
	// Plan is when it is to end; nil where it is not.
	Plan *ExperimentPlan `json:"plan,omitempty"`
	// Method is how arms are compared.
	Method ArmMethod `json:"method"`
	// Withheld says why arms are not compared; "" where they are.
	Withheld string `json:"withheld,omitempty"`
	// AsOf is the latest event counted; zero when there is none.
	AsOf time.Time `json:"as_of,omitzero"`
	// Complete says what the counts are of, and what is not in them.
	Complete string `json:"completeness"`
}

// A RatioCheck is a test by chi-square over readers.
type RatioCheck struct {
	Statistic float64 `json:"statistic"`
	P         float64 `json:"p"`
	Mismatch  bool    `json:"mismatch"` // p is under 0.001
}

// An ArmReport is what was counted of an arm. Of few readers rates are left out.
type ArmReport struct {
	Name        string  `json:"name"`
	Share       float64 `json:"share"`
	Readers     int64   `json:"readers"`
	Impressions int64   `json:"impressions"`
	Opens       int64   `json:"opens"`
	OpenRate    *Rate   `json:"open_rate,omitempty"` // opens per impression
	// The guardrails, by readers of the arm, wherever they did it.
	Hides   int64 `json:"hides"`
	Mutes   int64 `json:"mutes"`
	Reports int64 `json:"reports"`
	// Metrics are what its readers did, goals first; none of few readers.
	Metrics []ArmMetric `json:"metrics,omitempty"`
}

// A Rate is a rate with the interval that it lies in with 95 % confidence.
type Rate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int64   `json:"n"` // readers
}

// Bounds of reports.
const (
	fewestReaders  = 5     // of whom rates are told
	mostPartitions = 64    // of the actions topic that are looked at
	ratioMismatch  = 0.001 // of p
)

// Experiments reports on the experiments of the policy in force. The error
// wraps [ErrUnavailable].
func (w *Windows) Experiments(ctx context.Context, lang string) ([]ExperimentReport, error) {
	out := []ExperimentReport{}
	for i := range w.world.Scene().Policy.Experiments {
		e := &w.world.Scene().Policy.Experiments[i]
		r, err := w.experiment(ctx, e, lang)
		if err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, nil
}

func (w *Windows) experiment(ctx context.Context, e *Experiment, lang string) (*ExperimentReport, error) {
	r := &ExperimentReport{ID: e.ID, Surfaces: slices.Clone(e.Surfaces), Complete: completeness(lang)}
	if len(r.Surfaces) == 0 {
		for _, s := range Surfaces() {
			r.Surfaces = append(r.Surfaces, s.String())
		}
	}
	var counts, shares []float64
	var tallies []*ArmTally
	for i := range e.Arms {
		arm := &e.Arms[i]
		t, err := w.tally(ctx, e.ID+":"+arm.Name)
		if err != nil {
			return nil, err
		}
		r.Arms = append(r.Arms, ArmReport{
			Name: arm.Name, Share: arm.Share, Readers: t.Readers, Impressions: t.Shown, Opens: t.Opened, OpenRate: t.openRate(),
			Hides: t.Hidden, Mutes: t.Muted, Reports: t.Reported,
		})
		tallies = append(tallies, t)
		counts, shares = append(counts, float64(t.Readers)), append(shares, arm.Share)
		if t.At.After(r.AsOf) {
			r.AsOf = t.At
		}
	}
	r.Plan = e.plan(w.now(), r.AsOf)
	r.Method = armMethod(r.Plan)
	r.Ratio.Statistic, r.Ratio.P = ranking.ChiSquare(counts, shares)
	r.Ratio.Mismatch = r.Ratio.P < ratioMismatch
	r.Ratio.Statistic = min(r.Ratio.Statistic, math.MaxFloat64) // JSON has no infinity
	if r.Ratio.Mismatch {
		r.Withheld = withheld(lang)
	}
	for i := range r.Arms {
		r.Arms[i].Metrics = armMetrics(r, tallies, i)
	}
	return r, nil
}

// tally adds up what the partitions counted of an arm.
func (w *Windows) tally(ctx context.Context, arm string) (*ArmTally, error) {
	refs := make([]Ref, mostPartitions)
	for p := range refs {
		refs[p] = Ref{KindExposure, ArmTallyID(arm, p)}
	}
	docs, err := w.store.Get(ctx, refs...)
	if err != nil {
		return nil, err
	}
	sum := new(ArmTally)
	for _, d := range docs {
		var t ArmTally
		if err := json.Unmarshal(d.Body, &t); err != nil {
			return nil, fmt.Errorf("document %s: %w", d.Ref, err)
		}
		sum.Add(t)
	}
	return sum, nil
}

// openRate is opens per impression. Its spread is that of a ratio over readers
// (the delta method), for the impressions of one reader are alike.
func (t *ArmTally) openRate() *Rate {
	if t.Readers < fewestReaders || t.Shown == 0 {
		return nil
	}
	n, shown := float64(t.Readers), float64(t.Shown)
	rate := float64(t.Opened) / shown
	squares := float64(t.OpenSquared) - 2*rate*float64(t.ShownOpened) + rate*rate*float64(t.ShownSquared)
	const confident = 1.96
	off := confident * math.Sqrt(max(0, squares)*n/(n-1)) / shown
	return &Rate{Value: rate, Low: max(0, rate-off), High: rate + off, N: t.Readers}
}

func completeness(lang string) string {
	if language(lang) == "zh" {
		return "统计读者在所见橱窗中上报的展示与打开（在政策上限之内），截至 as_of；未上报者、关闭个性化者和尚未折叠的事件不在其中。隐藏、屏蔽与举报计入读者到过的每个分组。指标按读者计：读者进入分组后至少做过一次，每人只计一次；打开仅计本组橱窗中的，其余不限途径。"
	}
	return "Impressions and opens that readers report of windows they were given, within the caps of the policy, up to as_of; readers who report nothing, who have personalisation off, and events not folded yet are not in them. Hides, mutes and reports count in every arm that their reader was served in. Metrics are of readers who did a thing at least once since they came into the arm, each once: opens in the arm's windows, all else by whatever way."
}
