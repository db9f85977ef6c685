package recommend_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/stats"
)

// reportOf is the report of the experiment colour when its arms were tallied so,
// each in two partitions.
func reportOf(t *testing.T, plain, bold recommend.ArmTally) recommend.ExperimentReport {
	t.Helper()
	return plannedReportOf(t, plain, bold, time.Time{}, time.Time{})
}

// plannedReportOf is that when the experiment is from one time until another.
func plannedReportOf(t *testing.T, plain, bold recommend.ArmTally, from, until time.Time) recommend.ExperimentReport {
	t.Helper()
	f := newShopFloor(t)
	p := testPolicy(t, colours)
	p.Experiments[0].From, p.Experiments[0].Until = from, until
	f.world.SetPolicy(t.Context(), p)
	for arm, tally := range map[string]recommend.ArmTally{"colour:plain": plain, "colour:bold": bold} {
		one := recommend.ArmTally{Arm: arm, At: opening(), Readers: 1, Did: &recommend.ArmDoers{Open: 1}}
		tally.Readers--
		did := *tally.Did
		did.Open--
		tally.Arm, tally.Did = arm, &did
		f.put(t, recommend.KindExposure, recommend.ArmTallyID(arm, 0), &one)
		f.put(t, recommend.KindExposure, recommend.ArmTallyID(arm, 7), &tally)
	}
	all, err := f.Experiments(t.Context(), "en")
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v", all, err)
	}
	return all[0]
}

func metric(t *testing.T, a recommend.ArmReport, name string) recommend.ArmMetric {
	t.Helper()
	for _, m := range a.Metrics {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("arm %s has no metric %s: %+v", a.Name, name, a.Metrics)
	return recommend.ArmMetric{}
}

func TestAReportComparesArmsByReaders(t *testing.T) {
	plain := recommend.ArmTally{Readers: 2000, Did: &recommend.ArmDoers{Open: 400, Bookmark: 200, Purchase: 10, Hide: 100}}
	bold := recommend.ArmTally{Readers: 2050, Did: &recommend.ArmDoers{Open: 600, Bookmark: 205, Purchase: 12, Hide: 250}}
	r := reportOf(t, plain, bold)
	var names []string
	for _, m := range r.Arms[1].Metrics {
		names = append(names, m.Name)
	}
	want := []string{"open", "bookmark", "cart", "clickout", "purchase", "hide", "mute", "report", "complaint", "refund"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	open := metric(t, r.Arms[1], "open")
	own := stats.Wilson(stats.Share{K: 600, N: 2050}, .95)
	if open.Did != 600 || open.Guardrail || open.Rate != (recommend.Rate{Value: 600. / 2050, Low: own.Low, High: own.High, N: 2050}) {
		t.Errorf("open: %+v", open)
	}
	d := open.Difference
	if d == nil || math.Abs(d.Value-(600./2050-.2)) > 1e-12 || d.Low <= 0 || d.High <= d.Value || d.P >= .05 || !d.ExcludesZero || open.Lacks != 0 {
		t.Errorf("open: difference %+v, want one that is shown", d)
	}
	if n := open.ReadersForTenth; n < 10_000 || n > 30_000 {
		t.Errorf("open: %d readers for a tenth more than .2", n)
	}
	if d := metric(t, r.Arms[1], "bookmark").Difference; d == nil || d.ExcludesZero || d.P != 1 || d.Low >= 0 || d.High <= 0 {
		t.Errorf("bookmark: difference %+v, want none to be shown", d)
	}
	if m := metric(t, r.Arms[1], "purchase"); m.Difference != nil || m.Lacks != 78 {
		t.Errorf("purchase: %+v, want 78 to be lacking", m)
	}
	if m := metric(t, r.Arms[1], "hide"); !m.Guardrail || m.Difference == nil || !m.Difference.ExcludesZero || m.Difference.Low <= 0 {
		t.Errorf("hide: %+v, want more to be shown", m)
	}
	if m := metric(t, r.Arms[0], "open"); m.Did != 400 || m.Difference != nil || m.Lacks != 0 || m.ReadersForTenth != 0 {
		t.Errorf("the first arm is compared: %+v", m)
	}
	if r.Withheld != "" || r.Method.Name == "" || r.Method.Source == "" || r.Method.Level != .05 || r.Method.Start != 100 {
		t.Errorf("withheld %q, method %+v", r.Withheld, r.Method)
	}
}

// What is planned is compared by how much of the time is over, and once it is
// with half the readers.
func TestAPlannedExperimentIsComparedByItsPlan(t *testing.T) {
	plain := recommend.ArmTally{Readers: 8000, Did: &recommend.ArmDoers{Open: 1600}}
	bold := recommend.ArmTally{Readers: 8000, Did: &recommend.ArmDoers{Open: 1763}}
	const day = 24 * time.Hour
	from := opening().Add(-14 * day)
	for name, c := range map[string]struct {
		until time.Time
		part  float64
		shown bool
	}{
		"half of it": {opening().Add(14 * day), .5, false},
		"to its end": {opening().Add(-time.Minute), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := plannedReportOf(t, plain, bold, from, c.until)
			if r.Plan == nil || r.Plan.Part != c.part || r.Plan.Over != (c.part == 1) || !r.Plan.From.Equal(from) || !r.Plan.Until.Equal(c.until) {
				t.Fatalf("plan %+v, want part %v", r.Plan, c.part)
			}
			got := metric(t, r.Arms[1], "open")
			want, _ := stats.NewPlanned(.05, 100).At(c.part).Compare(stats.Share{K: 1600, N: 8000}, stats.Share{K: 1763, N: 8000})
			if d := got.Difference; d == nil || d.Low != want.Low || d.P != want.P || d.ExcludesZero != c.shown {
				t.Errorf("difference %+v, want that of the plan %+v", d, want)
			}
			always := metric(t, reportOf(t, plain, bold).Arms[1], "open")
			if always.Difference.ExcludesZero || always.ReadersForTenth < 18*got.ReadersForTenth/10 {
				t.Errorf("without an end: %+v, and %d readers for a tenth; with one %d", always.Difference, always.ReadersForTenth, got.ReadersForTenth)
			}
			if r.Method.Name == reportOf(t, plain, bold).Method.Name {
				t.Error("both say that they are compared by the same method")
			}
		})
	}
}

func TestArmsThatReadersCameToByOtherSharesAreNotCompared(t *testing.T) {
	did := &recommend.ArmDoers{Open: 400}
	r := reportOf(t, recommend.ArmTally{Readers: 2000, Did: did}, recommend.ArmTally{Readers: 2400, Did: did})
	if !r.Ratio.Mismatch || r.Withheld == "" {
		t.Fatalf("ratio %+v, withheld %q", r.Ratio, r.Withheld)
	}
	for _, m := range r.Arms[1].Metrics {
		if m.Difference != nil || m.Lacks != 0 || m.ReadersForTenth != 0 {
			t.Errorf("a conclusion nonetheless: %+v", m)
		}
	}
	if m := metric(t, r.Arms[1], "open"); m.Did != 400 {
		t.Errorf("what was counted is not told: %+v", m)
	}
}

func TestFewReadersHaveNoMetrics(t *testing.T) {
	r := reportOf(t, recommend.ArmTally{Readers: 4, Did: &recommend.ArmDoers{Open: 3}}, recommend.ArmTally{Readers: 5, Did: &recommend.ArmDoers{Open: 3}})
	if r.Arms[0].Metrics != nil {
		t.Errorf("of 4 readers: %+v", r.Arms[0].Metrics)
	}
	if m := metric(t, r.Arms[1], "open"); m.Did != 3 || m.Difference != nil || m.Lacks != 0 {
		t.Errorf("of 5 readers beside 4: %+v, want no comparison", m)
	}
}
