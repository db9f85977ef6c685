package recommend_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// A desk publishes and edits picks of one expert as the fold does.
type desk struct {
	t   testing.TB
	pub recommend.Publisher
	n   int
}

// open is a case of the desk whose reason is like no other.
func (d *desk) open(shop string, at time.Time) recommend.Case {
	d.n++
	c := goodCase()
	c.Publisher, c.PickID, c.At, c.Appended = &d.pub, fmt.Sprint("p", d.n), at, at
	c.Content.Link = shop
	c.Content.Reason = strings.Repeat(fmt.Sprintf("%c%c%c%c ", 'a'+d.n%26, 'a'+d.n/26%26, 'b'+d.n%20, 'c'+d.n%13), 12)
	return c
}

func (d *desk) publish(c recommend.Case) recommend.Verdict {
	d.t.Helper()
	v := recommend.Judge(c)
	if err := v.Refusal(); err != nil {
		d.t.Fatalf("publish %s: %v", c.PickID, err)
	}
	d.pub.Record(c, &v)
	return v
}

// edit changes a pick; what content leaves out stays.
func (d *desk) edit(pick string, content recommend.PickContent, at time.Time) recommend.Verdict {
	c := goodCase()
	c.Publisher, c.PickID, c.At, c.Appended, c.Content = &d.pub, pick, at, at, content
	c.Edit = d.pub.Entry(pick)
	v := recommend.Judge(c)
	if v.Refusal() == nil {
		c.Edit.RecordEdit(c, &v)
	}
	return v
}

func (d *desk) withdraw(pick string, at time.Time) {
	e := d.pub.Entry(pick)
	e.Was, e.State, e.WithdrawnAt = e.State, recommend.PickWithdrawn, at
}

func jd(item int) string { return fmt.Sprintf("https://item.jd.com/%d.html", item) }

func violated(v recommend.Verdict) []string {
	for _, c := range v.Checks {
		if c.Problem != nil && c.Code == "quota-exceeded" {
			names, _ := c.Details["violated_policies"].([]string)
			return names
		}
	}
	return nil
}

func TestAnEditDoesNotDodgeTheLimits(t *testing.T) {
	t.Run("a shop that is full for the day", func(t *testing.T) {
		d := &desk{t: t}
		for i := range 3 {
			d.publish(d.open(jd(i+1), noon.Add(time.Duration(i)*time.Hour)))
		}
		d.publish(d.open("https://weidian.com/item.html?itemID=9", noon.Add(4*time.Hour)))
		v := d.edit("p4", recommend.PickContent{Link: jd(4)}, noon.Add(5*time.Hour))
		if got, want := violated(v), []string{"per-partner-per-day"}; !slices.Equal(got, want) || v.Refusal() == nil {
			t.Errorf("moving a pick to a full shop violates %v (%v), want %v refused", got, v.Refusal(), want)
		}
		if v := d.edit("p3", recommend.PickContent{Link: jd(5)}, noon.Add(5*time.Hour)); v.Refusal() != nil {
			t.Errorf("another product of the same shop: %v, want taken", v.Refusal())
		}
	})
	t.Run("a product shown lately", func(t *testing.T) {
		d := &desk{t: t}
		d.publish(d.open(jd(1), noon))
		d.withdraw("p1", noon.Add(time.Hour))
		d.publish(d.open(jd(2), noon.Add(26*time.Hour)))
		v := d.edit("p2", recommend.PickContent{Link: jd(1)}, noon.Add(27*time.Hour))
		if got, want := violated(v), []string{"same-product"}; !slices.Equal(got, want) {
			t.Errorf("editing a withdrawn product into another pick violates %v, want %v", got, want)
		}
	})
	t.Run("a product edited away", func(t *testing.T) {
		d := &desk{t: t}
		d.publish(d.open(jd(1), noon))
		if v := d.edit("p1", recommend.PickContent{Link: jd(2)}, noon.Add(time.Hour)); v.Refusal() != nil {
			t.Fatal(v.Refusal())
		}
		v := d.publish(d.open(jd(1), noon.Add(2*time.Hour)))
		if got, want := violated(v), []string{"same-product"}; !slices.Equal(got, want) {
			t.Errorf("publishing it again violates %v, want %v", got, want)
		}
	})
	t.Run("old picks made to say the same", func(t *testing.T) {
		d := &desk{t: t}
		for i := range 5 {
			d.publish(d.open(jd(i+1), noon.AddDate(0, 0, i)))
		}
		later := noon.AddDate(0, 1, 0)
		var last recommend.Verdict
		for i := range 4 {
			last = d.edit(fmt.Sprint("p", i+1), recommend.PickContent{Reason: goodReason}, later.Add(time.Duration(i)*time.Minute))
		}
		if got, want := last.State, recommend.PickHeld; got != want {
			t.Errorf("the fourth pick edited to one text is %s, want %s", got, want)
		}
	})
}

func TestThePaidShareIsNotDodged(t *testing.T) {
	paid := recommend.PickContent{Relationship: recommend.RelationPaid}
	own := recommend.PickContent{Relationship: recommend.RelationNone}
	publish := func(d *desk, n int) {
		for range n {
			d.publish(d.open(jd(d.n+1), noon.Add(time.Duration(d.n)*9*time.Hour)))
		}
	}
	later := noon.AddDate(0, 0, 20)
	t.Run("by calling a paid pick unpaid for a while", func(t *testing.T) {
		d := &desk{t: t}
		publish(d, 6)
		if v := d.edit("p1", paid, later); v.Refusal() != nil {
			t.Fatal(v.Refusal())
		}
		d.edit("p1", own, later)
		if v := d.edit("p2", paid, later); !v.Has("paid-share-exceeded") {
			t.Errorf("got %v, want 2 of 6 refused", v.Checks)
		}
	})
	t.Run("by counting the edited pick twice", func(t *testing.T) {
		d := &desk{t: t}
		publish(d, 9)
		d.edit("p1", paid, later)
		if v := d.edit("p2", paid, later); !v.Has("paid-share-exceeded") {
			t.Errorf("got %v, want 2 of 9 refused", v.Checks)
		}
	})
	t.Run("by publishing and taking back", func(t *testing.T) {
		d := &desk{t: t}
		publish(d, 10)
		for i := 3; i <= 10; i++ {
			d.withdraw(fmt.Sprint("p", i), later)
		}
		publish(d, 4)
		d.edit("p1", paid, later)
		if v := d.edit("p2", paid, later); !v.Has("paid-share-exceeded") {
			t.Errorf("got %v, want 2 of 6 left refused", v.Checks)
		}
		if got, want := recommend.LimitsOf(defaultPolicy(), verified("home"), &d.pub, later).PaidShare, 1.0/6; got != want {
			t.Errorf("the limits tell a share of %v, want %v", got, want)
		}
	})
}

// One product shown again too soon waits for its own turn; nothing else does.
func TestADeferredPickHoldsUpNoOther(t *testing.T) {
	d := &desk{t: t}
	d.publish(d.open(jd(1), noon))
	d.withdraw("p1", noon.Add(time.Minute))
	again := d.publish(d.open(jd(1), noon.Add(time.Hour)))
	if got, want := again.DeferredUntil, noon.Add(defaultPolicy().Publish.SameProduct.D()); !got.Equal(want) {
		t.Errorf("the same product waits until %v, want %v", got, want)
	}
	if v := d.publish(d.open(jd(2), noon.Add(2*time.Hour))); v.State != recommend.PickPublished {
		t.Errorf("another product is %s until %v, want published", v.State, v.DeferredUntil)
	}
	if got, want := recommend.LimitsOf(defaultPolicy(), verified("home"), &d.pub, noon.Add(3*time.Hour)).NextAllowedAt, noon.Add(3*time.Hour); !got.Equal(want) {
		t.Errorf("next allowed at %v, want %v", got, want)
	}
}
