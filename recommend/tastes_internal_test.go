package recommend

import "testing"

// Of a reader who has himself forgotten nothing is kept.
func TestTastesForget(t *testing.T) {
	known := newTastes()
	defer known.close()
	for _, step := range []struct {
		body string
		kept bool
	}{
		{`{"interests":[{"topic":"home","weight":1}]}`, true},
		{`{"erased":"2026-01-02T03:04:05Z"}`, false},
	} {
		if _, err := known.decode("r", []byte(step.body)); err != nil {
			t.Fatal(err)
		}
		if _, kept := known.all.GetIfPresent("r"); kept != step.kept {
			t.Errorf("after %s something is kept: %v, want %v", step.body, kept, step.kept)
		}
	}
}
