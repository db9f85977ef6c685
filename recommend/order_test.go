package recommend_test

import (
	"encoding/json"
	"errors"
	"testing"

	"vitrine.dev/recommend"
)

func TestAnOrderReportKnowsNoUpline(t *testing.T) {
	good := `{"id":"o1","partner":"jd","line":"1","pick":"p1","amount":{"amount":1999,"currency":"CNY"},"state":"paid","at":"2026-11-23T12:00:00Z"`
	for text, code := range map[string]string{
		good + `}`:                        "",
		good + `,"coupon":"x"}`:           "",
		good + `,"referrer_expert":"e2"}`: "multi-level-forbidden",
		good + `,"level":2}`:              "multi-level-forbidden",
		good + `,"Up\u006cine":"e3"}`:     "multi-level-forbidden",
		good + `,"rate":0.2}`:             "terms-frozen",
		good + `,"Commission_BP":1}`:      "terms-frozen",
		good + `,"quantity":3}`:           "",
		good + `,"quantity":-1}`:          "validation",
		good + `,"quantity":1000001}`:     "validation",
		good + `,"refund":"f1"}`:          "validation",
		`{"id":"o1","partner":"jd","line":"1","refund":"f 1","amount":{"amount":1,"currency":"CNY"},"state":"refunded","at":"2026-11-23T12:00:00Z"}`: "validation",
		`{"id":"o1","partner":"jd","line":"1","refund":"f1","amount":{"amount":1,"currency":"CNY"},"state":"refunded","at":"2026-11-23T12:00:00Z"}`:  "",
		`{"id":"o1","partner":"jd","line":"a/b","amount":{"amount":1,"currency":"CNY"},"state":"paid","at":"2026-11-23T12:00:00Z"}`:                  "validation",
		`{"id":"o1","partner":"jd","amount":{"amount":9000000000000000000,"currency":"CNY"},"state":"paid","at":"2026-11-23T12:00:00Z"}`:             "validation",
		`{"id":"o1","partner":"jd","amount":{"amount":-1,"currency":"CNY"},"state":"paid","at":"2026-11-23T12:00:00Z"}`:                              "validation",
		`{"id":"o1","partner":"jd","amount":{"amount":1,"currency":"yuan"},"state":"paid","at":"2026-11-23T12:00:00Z"}`:                              "validation",
		`{"id":"o1","partner":"jd","amount":{"amount":1,"currency":"CNY"},"state":"lost","at":"2026-11-23T12:00:00Z"}`:                               "validation",
		`{"id":"","partner":"jd","amount":{"amount":1,"currency":"CNY"},"state":"paid","at":"2026-11-23T12:00:00Z"}`:                                 "validation",
		`{"id":"o1","partner":"jd","amount":{"amount":1,"currency":"CNY"},"state":"refunded"}`:                                                       "validation",
	} {
		var o recommend.OrderReport
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		got := ""
		if r, ok := errors.AsType[*recommend.Refusal](o.Validate()); ok {
			got = r.Code()
		}
		if got != code {
			t.Errorf("%s: got %q, want %q", text, got, code)
		}
	}
}

func TestTopicsLieInTopics(t *testing.T) {
	for _, tt := range []struct {
		id, root string
		want     bool
	}{
		{"home/tea", "home", true},
		{"home", "home", true},
		{"homeopathy", "home", false},
		{"home", "home/tea", false},
		{"home/tea/green", "home/tea", true},
	} {
		if got := recommend.TopicWithin(tt.id, tt.root); got != tt.want {
			t.Errorf("%s within %s: %v, want %v", tt.id, tt.root, got, tt.want)
		}
	}
	for id, want := range map[string]bool{
		"home": true, "home/tea": true, "ciao-cafe": true, "a/b/c/d": true, "a/b/c/d/e": false, "": false, "Home": false, "/home": false, "home/": false, "ho me": false, "茶": false,
	} {
		if got := recommend.ValidTopic(id); got != want {
			t.Errorf("valid %q: %v, want %v", id, got, want)
		}
	}
	tea := recommend.Topic{ID: "home/tea", Labels: map[string]string{"zh": "茶", "en": "Tea"}}
	if tea.Label("zh") != "茶" || tea.Label("fr") != "Tea" || (recommend.Topic{ID: "x"}).Label("en") != "x" {
		t.Error("labels fall back to English, then to the id")
	}
}
