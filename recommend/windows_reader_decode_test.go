package recommend

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLearningReadsOfAReaderWhatTastesAreMadeOf: what it leaves out of the
// document makes no difference to a taste.
func TestLearningReadsOfAReaderWhatTastesAreMadeOf(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	r := Reader{
		ID: "r", Interests: []Interest{{"home", .5, "declared"}}, Follows: []Since{{"e1", at}}, Mutes: []Mute{{"pick", "p3", at}},
		Feedback: []Feedback{{Kind: "topic", ID: "home", At: at}}, Bookmarks: []Bookmark{{Pick: "p1", At: at}}, Impersonal: true,
		Traces: Traces{"p1": {Did: 1, Seen: 7}, "p2": {Seen: 9, Acted: 11}}, History: History{{"p2", ActOpen, 11}}, Erased: at,
	}
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want, err := decodeTaste(body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeTaught(body)
	if err != nil {
		t.Fatal(err)
	}
	want.Bookmarks, want.Follows[0].At, want.Mutes[0].At = nil, time.Time{}, time.Time{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what pages look at, then what is learned with:\n%s", diff)
	}
}
