package recommend_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

func TestEmbeddedPoliciesAreValid(t *testing.T) {
	if p := recommend.DefaultPolicy(); p.Publish.PerDay != 9 || p.Facts.PriceFor.D() != 72*time.Hour || len(p.Partners) < 5 {
		t.Errorf("default policy is %+v, want the published numbers", p.Publish)
	}
	if p := recommend.ArchivePolicy(); p.Facts.StaleIsHidden || p.Publish.PerDay != 9 {
		t.Errorf("archive policy hides stale facts (%v) or lost the rest (%d a day)", p.Facts.StaleIsHidden, p.Publish.PerDay)
	}
}

func TestAPolicyFileSaysOnlyWhatDiffers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	text := "version: mine\npublish: {per_day: 5}\npartners:\n  - {id: teahouse, name: Tea House, links: ['https://tea.example/i/{item}']}\n  - {id: jd, name: JD, state: paused, links: ['https://item.jd.com/{item}.html']}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := recommend.LoadPolicy(path)
	if err != nil {
		t.Fatal(err)
	}
	if p.Publish.PerDay != 5 || p.Publish.PerHour != 3 {
		t.Errorf("%d a day and %d an hour, want 5 and the default 3", p.Publish.PerDay, p.Publish.PerHour)
	}
	partners, refused := recommend.NewPartners(p, nil)
	if len(refused) > 0 {
		t.Errorf("refused %v", refused)
	}
	for id, want := range map[string]recommend.PartnerState{"teahouse": recommend.PartnerActive, "jd": recommend.PartnerPaused, "taobao": recommend.PartnerActive, "nobody": recommend.PartnerRemoved} {
		if got := partners.State(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
}

func TestABadPolicyNamesTheField(t *testing.T) {
	for text, want := range map[string]string{
		"publish: {per_day: 0}":                   "publish.per_day",
		"publish: {per_week: 3}":                  "per_week",
		"publish: {spacing: soon}":                "soon",
		"publish: {paid_share: {max: 2}}":         "publish.paid_share.max",
		"publish: {reason: {min: 50, max: 10}}":   "publish.reason.max",
		"window: {fresh_half_life: 0s}":           "fresh_half_life",
		"disclosure: {label: {zh: ''}}":           "disclosure",
		"topics: [{id: 'Not A Topic'}]":           "topics[0]",
		"partners: [{id: x, name: X, links: []}]": "partners[",
		"restricted: [{id: nothing}]":             "restricted[0]",
		"rules: [{id: r, text: {en: only}}]":      "rules[0]",
		"version: ''":                             "version",
		"window: {default_limit: 60}":             "window.max_limit",
		"facts: {pick_for: -1h}":                  "facts.pick_for",
		"[]":                                      "cannot unmarshal",
		"ranking: {interest: .nan}":               "ranking.interest",
		"ranking: {trust: .inf}":                  "ranking.trust",
		"ranking: {follow: -1}":                   "ranking.follow",
		"ranking: {engagement: .nan}":             "ranking.engagement",
		"reader: {bookmarks: 0}":                  "reader.bookmarks",
		"reader: {bookmarks: 1000000}":            "reader.bookmarks",
		"reader: {cart_lines: 5000}":              "reader.cart_lines",
		"reader: {quantity: -1}":                  "reader.quantity",
		"reader: {cart_for: 0s}":                  "reader.cart_for",
		"reader: {shown_per_hour: 0}":             "reader.shown_per_hour",
		"reader: {faded_until: 1h}":               "reader.faded_until",
		"reader: {faded_from: 1.5}":               "reader.faded_from",
		"reader: {more_factor: .inf}":             "reader.more_factor",
		"earnings: {expert_share_bp: 10001}":      "earnings.expert_share_bp",
		"earnings: {model: most}":                 "earnings.model",
		"earnings: {kept_window: -1h}":            "earnings.kept_window",
		"earnings: {holding_days: -1}":            "earnings.holding_days",
		"earnings: {fast_order: -1s}":             "earnings.fast_order",
		"earnings: {signal_for: 0s}":              "earnings.signal_for",
		"earnings: {burst: {bucket: 7m}}":         "earnings.burst",
		"earnings: {burst: {share: .nan}}":        "earnings.burst",
		"publish: {paid_share: {max: .nan}}":      "publish.paid_share.max",
		"publish: {paid_share: {free: -1}}":       "publish.paid_share.free",
		"publish: {paid_share: {window: -1h}}":    "publish.paid_share.window",
		"publish: {similar: {window: -1h}}":       "publish.similar.window",
		"publish: {clock_skew: -1m}":              "publish.clock_skew",
		"window: {also_recommended_by: -1}":       "window.also_recommended_by",
		"window: {length: 100000}":                "window.length",
		"version: a\n---\nversion: b":             "---",
		"partners: [{id: x, name: X, links: ['https://x.example/{item}']}, {id: x, name: Y, links: ['https://y.example/{item}']}]": "partners[1]",
		"rules: [{id: r, text: {en: a, zh: b}}, {id: r, text: {en: c, zh: d}}]":                                                    "rules[1]",
		"restricted: [{id: r, words: [a]}, {id: r, words: [b]}]":                                                                   "restricted[1]",
	} {
		_, err := recommend.ParsePolicy([]byte(text))
		if !errors.Is(err, recommend.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an invalid policy naming %s", text, err, want)
		}
	}
	if _, err := recommend.LoadPolicy(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("a missing file: %v, want ErrInvalid", err)
	}
}

func TestRegistrationsNeverTakeAHostFromThePolicy(t *testing.T) {
	rulings := []*recommend.Ruling{
		{Target: recommend.Target{Kind: recommend.TargetPartner, ID: "aaa"}, Partner: &recommend.Partner{ID: "aaa", Name: "A", Links: []string{"https://item.jd.com/{item}.html"}, State: recommend.PartnerActive}},
		{Target: recommend.Target{Kind: recommend.TargetPartner, ID: "ciao"}, Partner: &recommend.Partner{ID: "ciao", Name: "Ciao", Links: []string{"https://ciao.example/item/{item}"}, State: recommend.PartnerActive}},
		{Target: recommend.Target{Kind: recommend.TargetPartner, ID: "taobao"}, Action: recommend.ActionPause},
	}
	partners, refused := recommend.NewPartners(recommend.DefaultPolicy(), rulings)
	if len(refused) != 1 || refused[0] != "aaa" {
		t.Errorf("refused %v, want aaa", refused)
	}
	if l, err := partners.Links().Parse("https://item.jd.com/1.html"); err != nil || l.Partner != "jd" {
		t.Errorf("jd's link leads to %q (%v), want jd", l.Partner, err)
	}
	if l, err := partners.Links().Parse("https://ciao.example/item/x"); err != nil || l.Key() != "ciao:x" {
		t.Errorf("got %q, %v, want ciao:x", l.Key(), err)
	}
	if got := partners.State("taobao"); got != recommend.PartnerPaused {
		t.Errorf("taobao is %s, want paused", got)
	}
	if _, err := partners.Links().Parse("https://item.taobao.com/item.htm?id=1"); err != nil {
		t.Errorf("a paused partner's link: %v, want it still understood", err)
	}
}
