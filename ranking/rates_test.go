package ranking_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

func TestWhatIsOpenedOftenerThanExpectedHasAHighRate(t *testing.T) {
	var r ranking.Rates
	u := r.Usual(start)
	near(t, "usual before anything", u.PerShown, 1./25, 1e-12)
	near(t, "an unknown item", r.Rate(7, 3, u), 0, 1e-12)
	for range 50 {
		r.Shown(0, 0, 1, start)
		r.Shown(1, 0, .5, start) // further down
	}
	for range 2 {
		r.Opened(0, 0, start)
		r.Opened(1, 0, start)
	}
	r.Shown(0, 0, math.NaN(), start)
	r.Shown(-1, -1, 1, start)
	r.Opened(-1, -1, start)
	u = r.Usual(start)
	near(t, "usual", u.PerShown, (4.+1)/(100+25), 1e-12)
	perLook := (4. + 1) / (75 + 25)
	topic := (4 + 10.) / (75*perLook + 10)
	near(t, "the upper one", r.Rate(0, 0, u), math.Log((2+3*topic)/(50*perLook+3)), 1e-12)
	near(t, "the lower one", r.Rate(1, 0, u), math.Log((2+3*topic)/(25*perLook+3)), 1e-12)
	near(t, "another of the topic", r.Rate(9, 0, u), math.Log(topic), 1e-12)
	if upper, lower := r.Rate(0, 0, u), r.Rate(1, 0, u); upper >= lower {
		t.Errorf("as many opens further down: got %.3f, on top %.3f; want more", lower, upper)
	}
	later := r.Usual(start + 30*aDay)
	near(t, "usual, half a life later", later.PerShown, (2.+1)/(50+25), 1e-12)
}

// fact is an impression or an open.
type fact struct {
	item, topic int32
	looks       float64
	open        bool
	at          int64
}

func drawFact(t *rapid.T) fact {
	item := rapid.Int32Range(-1, 5).Draw(t, "item")
	return fact{item, item % 3, rapid.Float64Range(.05, 3).Draw(t, "looks"), rapid.Bool().Draw(t, "open"), start + rapid.Int64Range(0, 90*aDay).Draw(t, "at")}
}

func tell(r *ranking.Rates, facts []fact) {
	for _, f := range facts {
		r.Shown(f.item, f.topic, f.looks, f.at)
		if f.open {
			r.Opened(f.item, f.topic, f.at)
		}
	}
}

func sameRates(t *rapid.T, got, want *ranking.Rates, within float64) {
	at := start + 100*aDay
	u, v := got.Usual(at), want.Usual(at)
	near(t, "usual", u.PerShown, v.PerShown, within)
	for item := range int32(6) {
		near(t, "rate", got.Rate(item, item%3, u), want.Rate(item, item%3, v), within)
	}
}

func TestTheOrderOfImpressionsMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOfN(rapid.Custom(drawFact), 0, 30).Draw(t, "facts")
		var one, other ranking.Rates
		tell(&one, facts)
		tell(&other, rapid.Permutation(facts).Draw(t, "order"))
		sameRates(t, &other, &one, 1e-9)
	})
}

func TestAReplicaOfRatesAnswersAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r, replica ranking.Rates
		var seen, seenTopics uint64
		for _, part := range rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawFact), 0, 8), 1, 4).Draw(t, "facts") {
			tell(&r, part)
			var items, topics []int32
			items, seen = r.Changed(seen)
			topics, seenTopics = r.ChangedTopics(seenTopics)
			for _, item := range items {
				if err := replica.SetRow(item, r.Row(item)); err != nil {
					t.Fatal(err)
				}
			}
			for _, topic := range topics {
				if err := replica.SetTopicRow(topic, r.TopicRow(topic)); err != nil {
					t.Fatal(err)
				}
			}
			sameRates(t, &replica, &r, tolerance)
		}
		if items, _ := r.Changed(seen); len(items) != 0 {
			t.Fatalf("items %v changed since all was said, want none", items)
		}
	})
}

func FuzzRatesRow(f *testing.F) {
	var r ranking.Rates
	r.Shown(0, 0, .5, start)
	f.Add(r.Row(0))
	f.Add(r.Row(9))
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0xc0, 0x7f})
	f.Fuzz(func(t *testing.T, row []byte) {
		var r ranking.Rates
		err := r.SetRow(2, row)
		if err != nil {
			if !errors.Is(err, ranking.ErrRow) {
				t.Fatalf("got the error %v, want ErrRow", err)
			}
			return
		}
		if got := r.Row(2); len(got) > len(row) {
			t.Fatalf("row %x comes back as %x", row, got)
		}
		if err := r.SetTopicRow(0, row); err != nil {
			t.Fatalf("an item's row is no topic's: %v", err)
		}
		if !bytes.Equal(r.TopicRow(0), r.Row(2)) {
			t.Fatalf("row %x comes back as %x of a topic and %x of an item", row, r.TopicRow(0), r.Row(2))
		}
		if v := r.Rate(2, 0, r.Usual(start)); math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("row %x gives %v", row, v)
		}
	})
}
