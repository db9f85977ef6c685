package ingest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// An ingester that was passed by another one has leaves of its own making that
// are older than those in the store: it must not write on from them.
func TestALaneThatWasPassedByAnotherLosesNothingOfALeaf(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	var codec ingest.Codec
	ms := make([]kafka.Message, 3) // three readers open one pick
	for i := range ms {
		a := recommend.Action{ID: fmt.Sprint("a", i), Reader: fmt.Sprint("r", i), Kind: recommend.ActOpen, Pick: "p", At: at}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if ms[i], err = codec.Encode(recommend.Event{ID: a.ID, Source: "/test", Type: recommend.TypeActed, Key: a.Reader, Time: at, Appended: at, Data: data}); err != nil {
			t.Fatal(err)
		}
		ms[i].Topic, ms[i].Offset = recommend.TopicActions, int64(i)
	}
	store, policy, links := newMemStore(), recommend.DefaultPolicy(), new(link.Registry)
	lane := func() *ingest.Lane {
		l := ingest.NewLane(ingest.Actions(), store, nil, nil)
		l.Play(func() (*recommend.Policy, *link.Registry) { return policy, links }, nil)
		return l
	}
	slow, quick := lane(), lane()
	for _, step := range []struct {
		lane *ingest.Lane
		ms   []kafka.Message
	}{{slow, ms[:1]}, {quick, ms[:2]}, {slow, ms[1:]}} {
		if _, err := step.lane.Fold(t.Context(), step.ms); err != nil {
			t.Fatal(err)
		}
	}
	var pulse recommend.Pulse
	body := store.body(recommend.Ref{Kind: recommend.KindPulse, ID: recommend.PulseID("p", 0)})
	if err := json.Unmarshal([]byte(body), &pulse); err != nil {
		t.Fatal(err)
	}
	if got := pulse.Readers[recommend.ActOpen]; got != 3 {
		t.Errorf("%d readers opened the pick, want 3: %s", got, body)
	}
}
