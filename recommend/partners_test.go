package recommend_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// registration is a ruling that registers a shop with the hosts given.
func registration(id string, since time.Time, hosts ...string) *recommend.Ruling {
	p := &recommend.Partner{ID: id, Name: id, State: recommend.PartnerActive, Since: since}
	for _, h := range hosts {
		p.Links = append(p.Links, "https://"+h+"/i/{item}")
	}
	return &recommend.Ruling{Target: recommend.Target{Kind: recommend.TargetPartner, ID: id}, Partner: p}
}

func TestAHostBelongsToWhoRegisteredItFirst(t *testing.T) {
	rulings := []*recommend.Ruling{
		registration("aaa", noon.Add(time.Hour), "shop.example"),
		registration("zzz", noon, "shop.example"),
		registration("mmm", noon, "item.jd.com"),
	}
	for i := range 50 {
		rulings = append(rulings, registration(fmt.Sprint("shop", i), noon, fmt.Sprintf("s%d.example", i)))
	}
	partners, refused := recommend.NewPartners(defaultPolicy(), rulings)
	if want := []string{"mmm", "aaa"}; !slices.Equal(refused, want) {
		t.Errorf("left out %v, want %v: the policy's go first, then the earlier", refused, want)
	}
	if l, err := partners.Links().Parse("https://shop.example/i/1"); err != nil || l.Partner != "zzz" {
		t.Errorf("the host is of %q (%v), want zzz", l.Partner, err)
	}
	for i := range 50 {
		if partners.Get(fmt.Sprint("shop", i)) == nil {
			t.Errorf("shop%d is left out, want only those whose hosts are taken", i)
		}
	}
}
