package recommend_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

var tokenCodes = map[string]bool{"token-malformed": true, "token-foreign": true, "token-tampered": true}

// FuzzOpenRefusesWhatWasNotMinted hands all kinds of tokens back.
func FuzzOpenRefusesWhatWasNotMinted(f *testing.F) {
	good, err := attributionClicks.Mint(recommend.Click{ID: "c1", Pick: "p1", Expert: "mei", At: earningNoon, Path: recommend.PathCart})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, "", "v1.a.b.c", good[:len(good)-1], good + "A", strings.ToUpper(good), strings.Replace(good, "v1.", "v2.", 1), strings.Repeat("a.", 5000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		k, err := attributionClicks.Open(token)
		if token == good {
			if err != nil || k.Expert != "mei" {
				t.Fatalf("a good token: %+v, %v", k, err)
			}
			return
		}
		refusal, ok := errors.AsType[*recommend.Refusal](err)
		if !ok || !tokenCodes[refusal.Code()] {
			t.Fatalf("%q: got %+v, %v, want one of the codes", token, k, err)
		}
	})
}

// FuzzClicksComeBackAsTheyWere mints and opens.
func FuzzClicksComeBackAsTheyWere(f *testing.F) {
	f.Add("c1", "r1", "mei", int64(1_764_000_000), int64(1000), int64(8000), 30, 2, true)
	f.Add("", "\x00é", "\"</script>", int64(0), int64(-1), int64(1<<62), -1, -5, false)
	f.Fuzz(func(t *testing.T, id, reader, expert string, at, commission, share int64, holding, quantity int, self bool) {
		k := recommend.Click{
			ID: strings.ToValidUTF8(id, ""), Reader: strings.ToValidUTF8(reader, ""), Expert: strings.ToValidUTF8(expert, ""),
			At: time.Unix(at%100_000_000_000, 0).UTC(), Path: recommend.PathDirect, Quantity: quantity, Self: self,
			Terms: recommend.Terms{CommissionBP: commission, ShareBP: share, Model: recommend.ModelSplit, HoldingDays: holding},
		}
		token, err := attributionClicks.Mint(k)
		if err != nil {
			return // a time that RFC 3339 has no words for
		}
		if strings.ContainsFunc(token, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", r)
		}) {
			t.Fatalf("%q does not fit in an address", token)
		}
		got, err := attributionClicks.Open(token)
		if len(token) > recommend.MaxToken {
			return
		}
		if diff := cmp.Diff(k, got); err != nil || diff != "" {
			t.Fatalf("%v (-minted +opened):\n%s", err, diff)
		}
	})
}

// FuzzAnyReportHasOneOutcome decodes reports and joins those that are valid.
func FuzzAnyReportHasOneOutcome(f *testing.F) {
	for _, s := range []string{
		`{"id":"o1","partner":"jd","line":"1","amount":{"amount":19900,"currency":"CNY"},"state":"paid","at":"2026-11-23T12:00:00Z"}`,
		`{"id":"o1","partner":"jd","line":"1","refund":"f1","amount":{"amount":1,"currency":"CNY"},"state":"refunded","at":"2026-11-23T12:00:00Z","note":[1]}`,
		`{"id":"o1","partner":"jd","line":"1","token":"v1.x.y.z","quantity":-1,"amount":{"amount":-1,"currency":"yuan"},"state":"","at":"0000-00-00T00:00:00Z"}`,
		`{"id":"o1","Rate":1,"level":2}`, `{}`, `[]`, `<html>`,
	} {
		f.Add([]byte(s))
	}
	with := recommend.Circumstances{Rules: recommend.DefaultPolicy().Earnings, Clicks: attributionClicks, Appended: earningNoon}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r recommend.OrderReport
		if json.Unmarshal(data, &r) != nil || r.Validate() != nil {
			return
		}
		var once, twice recommend.Order
		if _, err := once.Apply(&r, with); err != nil {
			t.Fatalf("the first report of a line: %v", err)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back recommend.OrderReport
		if err := json.Unmarshal(again, &back); err != nil || back.EventID() != r.EventID() {
			t.Fatalf("%s came back as %s, %v", data, again, err)
		}
		for range 2 {
			if _, err := twice.Apply(&back, with); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("once and twice (-once +twice):\n%s", diff)
		}
	})
}
