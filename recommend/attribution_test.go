package recommend_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vitrine.dev/recommend"
)

// A vector is a case of testdata/attribution.json, which is published: other
// implementations can check themselves by it.
type vector struct {
	Name    string           `json:"name"`
	Click   *recommend.Click `json:"click"`
	Reports []struct {
		State    string    `json:"state"`
		Amount   int64     `json:"amount"`
		Currency string    `json:"currency"`
		At       time.Time `json:"at"`
		Token    *string   `json:"token"`
		Refund   string    `json:"refund"`
		Reader   string    `json:"reader"`
		Pick     string    `json:"pick"`
	} `json:"reports"`
	Want struct {
		State        recommend.EarningState `json:"state"`
		Reason       string                 `json:"reason"`
		Unattributed string                 `json:"unattributed"`
		Earns        map[string]int64       `json:"earns"`
		Problems     []string               `json:"problems"`
		Refused      []string               `json:"refused"`
	} `json:"want"`
}

var attributionClicks = recommend.NewClicks([]byte("the key of this installation ..."))

func minted(t *testing.T, clicks *recommend.Clicks, k *recommend.Click) string {
	t.Helper()
	if k == nil {
		k = &recommend.Click{ID: "c9"}
	}
	token, err := clicks.Mint(*k)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// token is what a report of v hands back.
func (v *vector) token(t *testing.T, says *string) string {
	switch {
	case says == nil && v.Click == nil:
		return ""
	case says == nil:
		return minted(t, attributionClicks, v.Click)
	case *says == "foreign":
		return minted(t, recommend.NewClicks([]byte("that of another")), v.Click)
	case *says == "tampered":
		token := []byte(minted(t, attributionClicks, v.Click))
		token[20] ^= 1
		return string(token)
	case *says == "later":
		later := *v.Click
		later.ID, later.Expert, later.At = "c3", "eve", later.At.AddDate(0, 0, 1)
		return minted(t, attributionClicks, &later)
	}
	return *says
}

func TestAttributionIsThatOfThePublishedTable(t *testing.T) {
	b, err := os.ReadFile("testdata/attribution.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Cases []vector `json:"cases"`
	}
	if err := json.Unmarshal(b, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Cases) < 40 {
		t.Fatalf("%d cases", len(table.Cases))
	}
	for _, v := range table.Cases {
		t.Run(v.Name, func(t *testing.T) { v.check(t) })
	}
}

func (v *vector) check(t *testing.T) {
	var order recommend.Order
	days := map[string]*recommend.LedgerDay{}
	var refused []string
	with := recommend.Circumstances{Rules: recommend.DefaultPolicy().Earnings, Clicks: attributionClicks, Appended: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)}
	for _, r := range v.Reports {
		if r.Currency == "" {
			r.Currency = "CNY"
		}
		report := recommend.OrderReport{
			ID: "o1", Partner: "jd", Line: "1", State: r.State, Amount: recommend.Money{Amount: r.Amount, Currency: r.Currency}, At: r.At,
			Token: v.token(t, r.Token), Refund: r.Refund, Reader: r.Reader, Pick: r.Pick,
		}
		if err := report.Validate(); err != nil {
			t.Fatal(err)
		}
		change, err := order.Apply(&report, with)
		if refusal, ok := errors.AsType[*recommend.Refusal](err); ok {
			refused = append(refused, refusal.Code())
		}
		for _, m := range change.Movements {
			if days[m.Expert] == nil {
				days[m.Expert] = new(recommend.LedgerDay)
			}
			days[m.Expert].Apply(m)
		}
	}
	line := order.Find("jd", "1")
	earns := map[string]int64{}
	for x, d := range days {
		earns[x] = d.Lines[0].Amount
		if d.Lines[0].State != v.Want.State {
			t.Errorf("%s: state %q, want %q", x, d.Lines[0].State, v.Want.State)
		}
		if reason := d.Lines[0].ReasonAt(with.Appended); v.Want.Reason != "" && reason != v.Want.Reason {
			t.Errorf("%s: reason %q, want %q", x, reason, v.Want.Reason)
		}
	}
	if diff := cmp.Diff(v.Want.Earns, earns, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("earns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v.Want.Problems, line.Problems, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v.Want.Refused, refused, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if line.Unattributed != v.Want.Unattributed {
		t.Errorf("unattributed %q, want %q", line.Unattributed, v.Want.Unattributed)
	}
}
