package ingest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// TestRobotsMoveNothingThatIsCounted folds any history of readers twice: once
// alone and once with what some robots do in between. Every document that is not
// of a robot is the same, but that exposures tell of robots.
func TestRobotsMoveNothingThatIsCounted(t *testing.T) {
	policy := tightPolicy()
	rapid.Check(t, func(t *rapid.T) {
		doings := drawDoings(t)
		var alone, among []kafka.Message
		shown := 0
		for i := range doings {
			for range rapid.IntRange(0, 2).Draw(t, "robots") {
				d := doings[rapid.IntRange(0, i).Draw(t, "like")]
				d.id, d.reader = fmt.Sprint("bot-", len(among)), rapid.SampledFrom([]string{"robot1", "robot2"}).Draw(t, "robot")
				d.ID, d.Reader, d.At, d.Bot = d.id, d.reader, doings[i].At, true
				d.erase = false
				if d.Kind == "erase" || d.Kind == recommend.ActImpersonal {
					d.Kind = recommend.ActImpression
				}
				d.Position, d.Propensity = new(3), .5
				if d.Kind == recommend.ActImpression && d.Pick != "" {
					shown++
				}
				among = append(among, d.message(t, len(among)))
			}
			alone = append(alone, doings[i].message(t, len(alone)))
			among = append(among, doings[i].message(t, len(among)))
		}
		without, with := actionWorld(policy), actionWorld(policy)
		foldOnce(t, without, alone)
		foldOnce(t, with, among)
		told := 0
		want, got := countedIn(t, without, nil), countedIn(t, with, &told)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("robots change what is counted (-without +with):\n%s", diff)
		}
		if told != shown {
			t.Errorf("exposures tell of %d to robots, want %d", told, shown)
		}
	})
}

// countedIn are the bodies of documents that are not of robots; what exposures
// tell of these is added to told, and one that tells of nothing else is none.
func countedIn(t *rapid.T, w *world, told *int) map[string]string {
	bodies := make(map[string]string)
	for ref, d := range w.store.docs {
		switch ref.Kind {
		case recommend.KindExposure:
			var e recommend.Exposure
			mustDecode(t, d.Body, &e)
			if e.Bots > 0 {
				if told == nil {
					t.Fatalf("%s tells of robots, and there are none: %s", ref, d.Body)
				}
				*told += int(e.Bots)
				e.Bots = 0
				if e.Shown+e.Over+e.Own == 0 {
					continue
				}
			}
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			bodies[ref.String()] = string(b)
			continue
		case recommend.KindPulse:
		default:
			var of struct {
				ID     string `json:"id"`
				Reader string `json:"reader"`
				Bot    bool   `json:"bot"`
			}
			mustDecode(t, d.Body, &of)
			robots := of.ID == "robot1" || of.ID == "robot2" || of.Reader == "robot1" || of.Reader == "robot2"
			if ref.Kind == recommend.KindJourney && of.Bot != robots {
				t.Errorf("%s: %s", ref, d.Body)
			}
			if robots {
				continue
			}
		}
		bodies[ref.String()] = string(d.Body)
	}
	return bodies
}

func TestARobotsJourneyIsItsOwnWhateverElseItIs(t *testing.T) {
	b := newBench()
	b.mustDo(t, "lin", noon, on(recommend.ActOpen, "p1"), recommend.Action{Kind: recommend.ActBookmark, Pick: "p1", Bot: true}, on(recommend.ActShare, "p1"))
	b.mustDo(t, "lin", noon, on(recommend.ActOpen, "p2"))
	for pick, want := range map[string]bool{"p1": true, "p2": false} {
		if j := doc[recommend.Journey](t, b, recommend.KindJourney, recommend.JourneyID("lin", pick)); j.Bot != want {
			t.Errorf("the journey with %s: %+v, want a robot in it: %t", pick, j, want)
		}
	}
	for _, a := range []recommend.Action{
		{Kind: recommend.ActImpression, Pick: "p3", Own: true, Bot: true},
		{Kind: recommend.ActImpression, Pick: "p3", Bot: true},
		{Kind: recommend.ActImpression, Pick: "p3"},
	} {
		b.mustDo(t, "lin", noon, a)
	}
	x := doc[recommend.Exposure](t, b, recommend.KindExposure, recommend.ExposureID(noon, "p3", "", "", 0))
	if diff := cmp.Diff(recommend.Exposure{Hour: noon, Pick: "p3", Shown: 1, Own: 1, Bots: 1}, x); diff != "" {
		t.Errorf("exposure (-want +got):\n%s", diff)
	}
}

// A click tells the order that a robot went, and so what is bought is the robot's.
func TestWhatARobotBuysMovesNoRank(t *testing.T) {
	for _, bot := range []bool{true, false} {
		b := newOrderBench()
		at := noon.Add(-30 * time.Minute)
		k := aClick()
		k.ID, k.Reader, k.At, k.Bot = "k1", "lin", at, bot
		r := aReport(t, "paid", 10000, at.Add(10*time.Minute))
		r.Token = mint(t, k)
		sold := reported(r)
		sold.Appended = noon
		var bought []recommend.Action
		for _, e := range b.mustFold(t, ingest.Orders(), sold).Appends[recommend.TopicActions] {
			var a recommend.Action
			if err := json.Unmarshal(e.Data, &a); err != nil {
				t.Fatal(err)
			}
			bought = append(bought, a)
			b.mustFold(t, ingest.Actions(), e)
		}
		if len(bought) != 1 || bought[0].Kind != recommend.ActPurchase || bought[0].Bot != bot {
			t.Fatalf("a robot: %t: told %+v, want one purchase that says so", bot, bought)
		}
		_, counted := b.docs[recommend.Ref{Kind: recommend.KindPulse, ID: recommend.PulseID(k.Pick, 0)}]
		if counted == bot {
			t.Errorf("a robot: %t: its purchase moves the pulse: %t", bot, counted)
		}
	}
}
