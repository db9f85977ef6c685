package recommend_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const goodReason = "Two winters of daily use: the lid still seals, the handle stays cool, the spout drips a little."

func verified(topics ...string) *recommend.Expert {
	x := &recommend.Expert{}
	x.Verify(&recommend.VerifiedExpert{ID: "mei", Name: "Mei", Topics: topics, Verified: true}, noon.AddDate(-1, 0, 0), false, recommend.StandingActive)
	return x
}

var (
	defaultPolicy   = sync.OnceValue(recommend.DefaultPolicy)
	defaultPartners = sync.OnceValue(func() *recommend.Partners {
		partners, _ := recommend.NewPartners(defaultPolicy(), nil)
		return partners
	})
)

func goodCase() recommend.Case {
	return recommend.Case{
		Policy: defaultPolicy(), Links: defaultPartners().Links(), Expert: verified("home"), Publisher: &recommend.Publisher{}, PickID: "p1",
		Content: recommend.PickContent{Link: "https://item.taobao.com/item.htm?id=1", Reason: goodReason, Topics: []string{"home/tea"}},
		At:      noon, Appended: noon,
	}
}

func TestJudgePublishesAGoodPick(t *testing.T) {
	v := recommend.Judge(goodCase())
	if err := v.Refusal(); err != nil {
		t.Fatalf("refused: %v", err)
	}
	if got, want := v.State, recommend.PickPublished; got != want {
		t.Errorf("state %q, want %q", got, want)
	}
	if got, want := v.Link.Key(), "taobao:1"; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
}

func TestJudgeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*recommend.Case)
		code    string
		pointer string
	}{
		{"a missing link", func(c *recommend.Case) { c.Content.Link = " " }, "validation", "/link"},
		{"an unknown shop", func(c *recommend.Case) { c.Content.Link = "https://shop.example/1" }, "unsupported-channel", "/link"},
		{"a missing reason", func(c *recommend.Case) { c.Content.Reason = "" }, "validation", "/reason"},
		{"a short reason", func(c *recommend.Case) { c.Content.Reason = "好用" }, "reason-too-short", "/reason"},
		{"a long reason", func(c *recommend.Case) { c.Content.Reason = strings.Repeat("好", 1001) }, "reason-too-long", "/reason"},
		{"control characters", func(c *recommend.Case) { c.Content.Reason = goodReason + "\x00" }, "validation", "/reason"},
		{"no topic", func(c *recommend.Case) { c.Content.Topics = nil }, "validation", "/topics"},
		{"a topic of another form", func(c *recommend.Case) { c.Content.Topics = []string{"Home Tea"} }, "validation", "/topics/0"},
		{"a topic twice", func(c *recommend.Case) { c.Content.Topics = []string{"home", "home"} }, "validation", "/topics/1"},
		{"a topic not approved", func(c *recommend.Case) { c.Content.Topics = []string{"homeopathy"} }, "topic-not-approved", "/topics/0"},
		{"a negative inventory", func(c *recommend.Case) { c.Content.Inventory = new(int64); *c.Content.Inventory = -1 }, "validation", "/inventory"},
		{"an unknown relationship", func(c *recommend.Case) { c.Content.Relationship = "cousin" }, "validation", "/relationship"},
		{"ten images", func(c *recommend.Case) { c.Content.Images = slices.Repeat([]string{"i"}, 10) }, "validation", "/images"},
		{"somebody never verified", func(c *recommend.Case) { c.Expert = nil }, "expert-not-verified", ""},
		{"a suspended expert", func(c *recommend.Case) { c.Expert.Standing = recommend.StandingSuspended }, "publishing-frozen", ""},
		{"an approval later than the event", func(c *recommend.Case) { c.Appended = noon.AddDate(-2, 0, 0) }, "topic-not-approved", "/topics/0"},
		{"tobacco", func(c *recommend.Case) {
			c.Content.Reason = "比普通电子烟更好抽的一款，味道很纯，续航也久，推荐给大家试试看。"
		}, "restricted-goods", "/reason"},
		{"a restricted product", func(c *recommend.Case) { c.Product = &recommend.Product{Title: "Cigars, box of 10"} }, "restricted-goods", "/link"},
		{"a paused partner", func(c *recommend.Case) { c.Partner = recommend.PartnerPaused }, "partner-paused", "/link"},
		{"a date in the future", func(c *recommend.Case) { c.At = noon.Add(time.Hour) }, "clock-skew", "/published_at"},
		{"the same product twice", func(c *recommend.Case) {
			c.Publisher.Picks = []recommend.PublishedEntry{{Pick: "p0", Product: "taobao:1", State: recommend.PickPublished, Counted: noon.AddDate(0, -2, 0)}}
		}, "duplicate-pick", "/link"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodCase()
			tt.change(&c)
			v := recommend.Judge(c)
			var refusal *recommend.Refusal
			if err := v.Refusal(); !errors.As(err, &refusal) || !errors.Is(err, recommend.ErrInvalid) {
				t.Fatalf("got %v, want a refusal", err)
			}
			for _, p := range refusal.Problems {
				if p.Code == tt.code && p.Pointer == tt.pointer {
					if p.Message == "" || p.Fix == "" {
						t.Errorf("%s says %q and how to mend it %q, want both", p.Code, p.Message, p.Fix)
					}
					return
				}
			}
			t.Errorf("got %v, want %s at %q", refusal, tt.code, tt.pointer)
		})
	}
}

func TestARestrictedWordIsAWholeWord(t *testing.T) {
	c := goodCase()
	c.Content.Reason = "The cigarette-box hinge squeaks, Alcigarette is not a word, yet vaper is one; this lamp is fine."
	if v := recommend.Judge(c); !v.Has("restricted-goods") {
		t.Error("cigarette before a hyphen passed, want it found")
	}
	c.Content.Reason = "Alcigarettes is not a word and vapersville no shop; this lamp is simply a good lamp."
	if v := recommend.Judge(c); v.Has("restricted-goods") {
		t.Error("parts of other words were taken for restricted ones")
	}
}

func TestTrustedCasesSkipLimitsOnly(t *testing.T) {
	c := goodCase()
	c.Trusted = true
	for i := range 50 {
		c.Publisher.Picks = append(c.Publisher.Picks, recommend.PublishedEntry{Pick: strconv.Itoa(i), Product: fmt.Sprint("taobao:", i+10), Counted: noon})
	}
	if v := recommend.Judge(c); v.Refusal() != nil || v.State != recommend.PickPublished {
		t.Errorf("got %s %v, want published", v.State, v.Refusal())
	}
	c.Expert = nil
	if v := recommend.Judge(c); !v.Has("expert-not-verified") {
		t.Error("a trusted pick of nobody passed, want identities checked")
	}
}

func TestSayingTheSameAgainIsHeld(t *testing.T) {
	pub := &recommend.Publisher{}
	var last recommend.Verdict
	for i := range 4 {
		c := goodCase()
		c.Publisher, c.PickID = pub, fmt.Sprint("p", i)
		c.Content.Link = fmt.Sprintf("https://item.taobao.com/item.htm?id=%d", i)
		c.At = noon.Add(time.Duration(i) * 13 * time.Hour)
		c.Appended = c.At
		last = recommend.Judge(c)
		if err := last.Refusal(); err != nil {
			t.Fatal(err)
		}
		pub.Record(c, &last)
	}
	if got, want := last.State, recommend.PickHeld; got != want {
		t.Errorf("the fourth copy is %s, want %s", got, want)
	}
	if got := recommend.Judge(func() recommend.Case {
		c := goodCase()
		c.Publisher, c.PickID, c.At, c.Appended = pub, "px", noon.Add(60*time.Hour), noon.Add(60*time.Hour)
		c.Content.Link = "https://item.taobao.com/item.htm?id=99"
		c.Content.Reason = "The brush head lasted four months with two cats; the battery a weekend. It is loud on wooden floors."
		return c
	}()).State; got != recommend.PickPublished {
		t.Errorf("something new to say is %s, want published", got)
	}
}

// However an expert publishes, what gets through breaks no limit.
func TestLimitsHoldForEverySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pub := &recommend.Publisher{}
		rules := defaultPolicy().Publish
		at := noon
		for i := range rapid.IntRange(1, 60).Draw(t, "picks") {
			at = at.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "minutes")) * time.Minute)
			c := goodCase()
			c.Publisher, c.PickID, c.At, c.Appended = pub, fmt.Sprint("p", i), at, at
			shop := rapid.SampledFrom([]string{"https://item.taobao.com/item.htm?id=%d", "https://item.jd.com/%d.html", "https://weidian.com/item.html?itemID=%d"}).Draw(t, "shop")
			c.Content.Link = fmt.Sprintf(shop, i+1)
			c.Content.Reason = fmt.Sprintf("%s %s", goodReason, rapid.StringMatching(`[a-z]{40,80}`).Draw(t, "reason"))
			v := recommend.Judge(c)
			if err := v.Refusal(); err != nil {
				t.Fatal(err)
			}
			if v.State == recommend.PickDeferred && !v.DeferredUntil.After(at) {
				t.Fatalf("deferred until %v, which is not after %v", v.DeferredUntil, at)
			}
			pub.Record(c, &v)
		}
		within := func(window time.Duration, most int, which func(recommend.PublishedEntry) bool) {
			var times []time.Time
			for _, e := range pub.Picks {
				if which(e) {
					times = append(times, e.Counted)
				}
			}
			for i := most; i < len(times); i++ {
				if gap := times[i].Sub(times[i-most]); gap < window {
					t.Fatalf("%d picks within %v, want at most %d in %v", most+1, gap, most, window)
				}
			}
		}
		all := func(recommend.PublishedEntry) bool { return true }
		within(24*time.Hour, rules.PerDay, all)
		within(time.Hour, rules.PerHour, all)
		within(rules.Spacing.D(), 1, all)
		for _, shop := range []string{"taobao", "jd", "weidian"} {
			within(24*time.Hour, rules.PerPartnerDay, func(e recommend.PublishedEntry) bool { return strings.HasPrefix(e.Product, shop+":") })
		}
	})
}

func TestPaidShareIsBoundedAfterTheFreePicks(t *testing.T) {
	pub := &recommend.Publisher{}
	publish := func(i int, rel recommend.Relationship) recommend.Verdict {
		c := goodCase()
		c.Publisher, c.PickID = pub, fmt.Sprint("p", i)
		c.At = noon.Add(time.Duration(i) * 25 * time.Hour)
		c.Appended = c.At
		c.Content.Link = fmt.Sprintf("https://item.jd.com/%d.html", i+1)
		c.Content.Reason = fmt.Sprint(strings.Repeat(string(rune('a'+i)), 30), goodReason[i:])
		c.Content.Relationship = rel
		v := recommend.Judge(c)
		if v.Refusal() == nil {
			pub.Record(c, &v)
		}
		return v
	}
	for i := range 5 {
		rel := recommend.RelationNone
		if i == 0 {
			rel = recommend.RelationGift
		}
		if v := publish(i, rel); v.Refusal() != nil {
			t.Fatalf("pick %d: %v", i, v.Refusal())
		}
	}
	if v := publish(5, recommend.RelationPaid); !v.Has("paid-share-exceeded") {
		t.Errorf("2 of 6 paid passed with %v, want paid-share-exceeded", v.Checks)
	}
	if v := publish(5, recommend.RelationCommission); v.Refusal() != nil {
		t.Errorf("an ordinary commission was refused: %v", v.Refusal())
	}
}

func TestProbationAndTrustScaleTheLimits(t *testing.T) {
	policy := recommend.DefaultPolicy()
	for _, tt := range []struct {
		name   string
		change func(*recommend.Expert)
		want   int
	}{
		{"somebody nothing is known about", func(*recommend.Expert) {}, 9},
		{"full trust", func(x *recommend.Expert) { x.Trust = 100 }, 18},
		{"no trust", func(x *recommend.Expert) { x.Trust = 0 }, 4},
		{"probation", func(x *recommend.Expert) { x.Since = noon.AddDate(0, 0, -1) }, 3},
		{"an archive's expert has none", func(x *recommend.Expert) { x.Since, x.Archived = noon, true }, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := verified("home")
			tt.change(x)
			if got := recommend.LimitsOf(policy, x, &recommend.Publisher{}, noon).PerDay.Limit; got != tt.want {
				t.Errorf("%d a day, want %d", got, tt.want)
			}
		})
	}
}

func TestLimitsOfAgreesWithTheJudge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := goodCase()
		at := noon.Add(-48 * time.Hour)
		for i := range rapid.IntRange(0, 20).Draw(t, "picks") {
			at = at.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "minutes")) * time.Minute)
			c.Publisher.Picks = append(c.Publisher.Picks, recommend.PublishedEntry{Pick: fmt.Sprint("q", i), Product: fmt.Sprint("jd:", i), State: recommend.PickPublished, Counted: at})
		}
		c.At = at.Add(time.Minute)
		c.Appended = c.At
		next := recommend.LimitsOf(c.Policy, c.Expert, c.Publisher, c.At).NextAllowedAt
		v := recommend.Judge(c)
		if v.State == recommend.PickPublished && !next.Equal(c.At) || v.State == recommend.PickDeferred && !next.Equal(v.DeferredUntil) {
			t.Fatalf("limits say %v, the judge %s until %v", next, v.State, v.DeferredUntil)
		}
	})
}

func TestUnknownFieldsSurvive(t *testing.T) {
	in := `{"id":"p1","expert":"mei","link":"https://item.jd.com/1.html","reason":"r","topics":["home"],"published_at":"2026-11-23T12:00:00Z","campaign":{"b":1,"a":[2]},"z":null}`
	var p recommend.PublishedPick
	if err := p.UnmarshalJSON([]byte(in)); err != nil {
		t.Fatal(err)
	}
	c := goodCase()
	v := recommend.Judge(c)
	pick := recommend.NewPick(&p, &v, "e1")
	out, err := pick.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(out), `,"campaign":{"b":1,"a":[2]},"z":null}`) {
		t.Errorf("got %s, want the unknown fields at the end", out)
	}
	var again recommend.Pick
	if err := again.UnmarshalJSON(out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pick, again); diff != "" {
		t.Errorf("decoding the document again (-want +got):\n%s", diff)
	}
}
