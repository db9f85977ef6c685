package ingest_test

import (
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

func TestALowerCommissionCountsAfterItsNotice(t *testing.T) {
	b := newBench()
	list := func(day int, bp int64) {
		t.Helper()
		at := noon.AddDate(0, 0, day)
		b.mustFold(t, ingest.Catalog(), event(recommend.TypeProductListed, "jd:1", at, recommend.Product{
			Key: "jd:1", Title: "Kettle", CommissionBP: bp, UpdatedAt: at,
			Notice: &recommend.Notice{CommissionBP: 8000, Until: noon.AddDate(9, 0, 0)}, // nobody's to claim
		}))
	}
	counts := func(day int, want int64) {
		t.Helper()
		p := doc[recommend.Product](t, b, recommend.KindProduct, "jd:1")
		if got := p.CommissionAt(noon.AddDate(0, 0, day)); got != want {
			t.Errorf("day %d: %d counts, want %d; notice %+v", day, got, want, p.Notice)
		}
	}
	list(0, 1000)
	counts(0, 1000)
	list(1, 600)
	counts(1, 1000)
	counts(7, 1000)
	counts(8, 600)
	list(3, 600) // told again: the notice runs on
	counts(7, 1000)
	counts(8, 600)
	list(4, 500) // lowered again: the whole time for it
	counts(10, 1000)
	counts(11, 500)
	list(5, 700) // raised, and still under what counts
	counts(10, 1000)
	counts(11, 700)
	list(6, 1200)
	counts(6, 1200)
	list(30, 100)
	counts(36, 1200)
	list(50, 100)
	counts(50, 100)
	if p := (*recommend.Product)(nil); p.CommissionAt(noon) != 0 {
		t.Error("an unknown product has a commission")
	}
	if d := noon.AddDate(0, 0, 7).Sub(noon); d != recommend.DefaultPolicy().Earnings.Notice.D() || d != 7*24*time.Hour {
		t.Error("the notice of the default policy is not seven days")
	}
}
