package recommend_test

import (
	"testing"

	"vitrine.dev/recommend"
)

func TestWindowsCountTheirStagesAndSources(t *testing.T) {
	kept, _ := keeping(t)
	brief := recommend.WindowRequest{Reader: "r", Limit: 5, Brief: true}
	first := kept.window(t, brief) // scored
	cards := len(first.Items)
	cards += len(kept.window(t, brief).Items) // kept
	for _, s := range recommend.WindowStages() {
		want := map[recommend.WindowStage]uint64{
			recommend.StageReader: 2, recommend.StageKept: 1, recommend.StageTurn: 1, recommend.StageCandidates: 1,
			recommend.StageScore: 1, recommend.StageMix: 1, recommend.StageCards: 2,
		}[s]
		if n, took := kept.StageTime(s); n != want || took < 0 {
			t.Errorf("stage %s: %d times, %v; want %d times", s, n, took, want)
		}
	}
	var offered, shown uint64
	for _, name := range recommend.WindowSources() {
		o, s := kept.SourceFigures(name)
		offered, shown = offered+o, shown+s
	}
	if shown != uint64(cards) || offered < uint64(len(first.Items)) {
		t.Errorf("%d cards of %d candidates; %d cards were shown", shown, offered, cards)
	}
	if o, s := kept.SourceFigures("elsewhere"); o != 0 || s != 0 {
		t.Errorf("a source that there is not has %d candidates and %d cards", o, s)
	}
}
