package recommend_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/stats"
)

// reportOf is the report of the experiment colour when its arms were tallied so,
// each in two partitions.
func reportOf(t *testing.T, plain, bold recommend.ArmTally) recommend.ExperimentReport {
	t.Helper()
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, colours))
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
