package recommend_test

import (
	"encoding/json"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// What a freeze, a withdrawn approval or a lost verification changes holds
// from then on: an event from before is judged as it was, also when the log is
// folded anew years later.
func TestAnExpertIsJudgedAsOfTheEvent(t *testing.T) {
	frozen, thawed, narrowed, ended := noon, noon.Add(24*time.Hour), noon.Add(48*time.Hour), noon.Add(72*time.Hour)
	x := verified("home")
	x.Stand(recommend.StandingFrozen, frozen)
	x.Stand(recommend.StandingActive, thawed)
	x.Verify(&recommend.VerifiedExpert{ID: "mei", Name: "Mei", Topics: []string{"books"}, Verified: true}, narrowed, false, recommend.StandingActive)
	x.Verify(&recommend.VerifiedExpert{ID: "mei", Name: "Mei", Topics: []string{"books"}}, ended, false, recommend.StandingActive)
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		at   time.Time
		want string // code; "" for none
	}{
		{"before the freeze", frozen.Add(-time.Second), ""},
		{"frozen", frozen.Add(time.Hour), "publishing-frozen"},
		{"thawed", thawed.Add(time.Second), ""},
		{"an approval taken back", narrowed.Add(time.Second), "topic-not-approved"},
		{"no longer verified", ended.Add(time.Second), "expert-not-verified"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodCase()
			c.Expert = new(recommend.Expert)
			if err := json.Unmarshal(b, c.Expert); err != nil {
				t.Fatal(err)
			}
			c.At, c.Appended = tt.at, tt.at
			v := recommend.Judge(c)
			if got := v.Refusal() == nil; got != (tt.want == "") || tt.want != "" && !v.Has(tt.want) {
				t.Errorf("got %v, want %q", v.Refusal(), tt.want)
			}
		})
	}
}
