package recommend

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Policy is the rules of the game as data: limits, labels, partners, topics,
// restricted goods and ranking factors. It is public. A Policy is not changed
// after it was loaded.
type Policy struct {
	Version    string         `json:"version" yaml:"version"`
	Publish    PublishRules   `json:"publish" yaml:"publish"`
	Facts      FactRules      `json:"facts" yaml:"facts"`
	Window     WindowRules    `json:"window" yaml:"window"`
	Explore    ExploreRules   `json:"explore" yaml:"explore"`
	Dose       DoseRules      `json:"dose" yaml:"dose"`
	Seen       SeenRules      `json:"seen" yaml:"seen"`
	Reader     ReaderRules    `json:"reader" yaml:"reader"`
	Earnings   EarningRules   `json:"earnings" yaml:"earnings"`
	Disclosure Disclosure     `json:"disclosure" yaml:"disclosure"`
	Rules      []Rule         `json:"rules" yaml:"rules"`
	Restricted []Restriction  `json:"restricted" yaml:"restricted"`
	Partners   []Partner      `json:"partners" yaml:"partners"`
	Criteria   []string       `json:"partner_criteria" yaml:"partner_criteria"`
	Topics     []Topic        `json:"topics" yaml:"topics"`
	Factors    RankingFactors `json:"ranking" yaml:"ranking"`
	// Experiments serve some readers in other ways.
	Experiments []Experiment  `json:"experiments,omitempty" yaml:"experiments"`
	Learning    LearningRules `json:"learning" yaml:"learning"`
}

// PublishRules limit what an expert may publish.
type PublishRules struct {
	PerDay          int       `json:"per_day" yaml:"per_day"`                                 // in any 24 hours
	PerHour         int       `json:"per_hour" yaml:"per_hour"`                               // in any hour
	Spacing         Duration  `json:"spacing" yaml:"spacing"`                                 // between two picks
	SameProduct     Duration  `json:"same_product" yaml:"same_product"`                       // between two picks of one product
	PerPartnerDay   int       `json:"per_partner_per_day" yaml:"per_partner_per_day"`         // in any 24 hours
	Probation       Duration  `json:"probation" yaml:"probation"`                             // after first verification
	ProbationPerDay int       `json:"probation_per_day" yaml:"probation_per_day"`             // in any 24 hours
	PaidShare       PaidShare `json:"paid_share" yaml:"paid_share"`                           // of gift and paid picks
	Reason          Length    `json:"reason" yaml:"reason"`                                   // in characters
	Topics          int       `json:"topics" yaml:"topics"`                                   // per pick
	Images          int       `json:"images" yaml:"images"`                                   // per pick
	Undo            Duration  `json:"undo" yaml:"undo"`                                       // for restoring what was withdrawn
	Similar         Similar   `json:"similar" yaml:"similar"`                                 // reasons of one expert
	ClockSkew       Duration  `json:"clock_skew" yaml:"clock_skew"`                           // of a published_at in the future
	TrustScaling    bool      `json:"limits_scale_with_trust" yaml:"limits_scale_with_trust"` // 0.5 to 2 times
}

// PaidShare bounds the picks made for a gift or for payment.
type PaidShare struct {
	Max    float64  `json:"max" yaml:"max"`       // share of picks within Window
	Free   int      `json:"free" yaml:"free"`     // picks before the rule counts
	Window Duration `json:"window" yaml:"window"` // rolling
}

// Length is a range of characters, both ends allowed.
type Length struct {
	Min int `json:"min" yaml:"min"`
	Max int `json:"max" yaml:"max"`
}

// Similar finds an expert who says the same thing again and again.
type Similar struct {
	Threshold float64  `json:"threshold" yaml:"threshold"` // Jaccard similarity of 4-shingles
	Copies    int      `json:"copies" yaml:"copies"`       // as many earlier ones hold a pick
	Window    Duration `json:"window" yaml:"window"`
}

// FactRules say how long a partner's facts are good for.
type FactRules struct {
	PriceFor      Duration `json:"price_for" yaml:"price_for"`                       // then the price is hidden
	PickFor       Duration `json:"pick_for" yaml:"pick_for"`                         // then the pick is hidden
	UnknownStock  bool     `json:"show_unknown_stock" yaml:"show_unknown_stock"`     // a partner that does not say
	UnknownFacts  bool     `json:"show_unknown_product" yaml:"show_unknown_product"` // a product not in any catalogue
	ShowSoldOut   bool     `json:"show_sold_out" yaml:"show_sold_out"`               // archives only
	StaleIsHidden bool     `json:"hide_stale" yaml:"hide_stale"`
}

// WindowRules shape a reader's window.
type WindowRules struct {
	Default        int      `json:"default_limit" yaml:"default_limit"`
	Max            int      `json:"max_limit" yaml:"max_limit"`
	Length         int      `json:"length" yaml:"length"` // cards in a window over all pages
	CursorFor      Duration `json:"cursor_for" yaml:"cursor_for"`
	AlsoBy         int      `json:"also_recommended_by" yaml:"also_recommended_by"`
	AuthorDecay    float64  `json:"author_decay" yaml:"author_decay"` // (1-floor)*decay^n + floor
	AuthorFloor    float64  `json:"author_floor" yaml:"author_floor"`
	ProductDecay   float64  `json:"product_decay" yaml:"product_decay"`
	ProductFloor   float64  `json:"product_floor" yaml:"product_floor"`
	TopicBalance   float64  `json:"topic_balance" yaml:"topic_balance"` // strength, see [ranking.Balance]; 0 is none
	FreshHalfLife  Duration `json:"fresh_half_life" yaml:"fresh_half_life"`
	CandidateLimit int      `json:"candidates" yaml:"candidates"`
}

// ReaderRules bound what a reader keeps and what is counted of him.
type ReaderRules struct {
	Bookmarks     int      `json:"bookmarks" yaml:"bookmarks"`                 // kept at most
	CartLines     int      `json:"cart_lines" yaml:"cart_lines"`               // at most
	Quantity      int      `json:"quantity" yaml:"quantity"`                   // of a line, at most
	CartFor       Duration `json:"cart_for" yaml:"cart_for"`                   // a cart is kept after its last change
	GuestCartFor  Duration `json:"guest_cart_for" yaml:"guest_cart_for"`       // the same of somebody who has not signed in
	ShownPerHour  int      `json:"shown_per_hour" yaml:"shown_per_hour"`       // impressions of a pick that count, by reader
	OpenedPerHour int      `json:"opened_per_hour" yaml:"opened_per_hour"`     // opens of a pick that count, by reader
	HiddenFor     Duration `json:"hidden_for" yaml:"hidden_for"`               // what a reader wants less of
	FadedUntil    Duration `json:"faded_until" yaml:"faded_until"`             // then it counts less, from FadedFrom up to 1
	FadedFrom     float64  `json:"faded_from" yaml:"faded_from"`               // factor of the score
	MoreFactor    float64  `json:"more_factor" yaml:"more_factor"`             // of the score of what a reader wants more of
	CheckFactsAge Duration `json:"check_facts_after" yaml:"check_facts_after"` // then the middle page asks the partner again
}

// EarningRules say what an expert earns when a reader buys.
type EarningRules struct {
	ShareBP      int64    `json:"expert_share_bp" yaml:"expert_share_bp"` // hundredths of a percent of the partner's commission
	Model        Model    `json:"model" yaml:"model"`                     // who of several clicked experts is paid
	DirectWindow Duration `json:"direct_window" yaml:"direct_window"`     // from a click to an order
	KeptWindow   Duration `json:"kept_window" yaml:"kept_window"`         // the same of a pick bookmarked or in the cart
	HoldingDays  int      `json:"holding_days" yaml:"holding_days"`       // from the settlement until it can be paid out
	Notice       Duration `json:"notice" yaml:"notice"`                   // before a lower commission counts for clicks
	FastOrder    Duration `json:"fast_order" yaml:"fast_order"`           // an order sooner after its click is held; 0 holds none
	SignalFor    Duration `json:"signal_for" yaml:"signal_for"`           // then a signal that nobody has decided about holds no more

	Burst BurstRules `json:"burst" yaml:"burst"`
}

// Disclosure is the label that stands beside every purchase link.
type Disclosure struct {
	Label      map[string]string `json:"label" yaml:"label"`             // by language
	ShortLabel map[string]string `json:"short_label" yaml:"short_label"` // by language
}

// A Rule is one rule a ruling can rest on.
type Rule struct {
	ID   string            `json:"id" yaml:"id"`
	Text map[string]string `json:"text" yaml:"text"` // by language
}

// A Restriction keeps goods out that may not be advertised.
type Restriction struct {
	ID     string   `json:"id" yaml:"id"`
	Words  []string `json:"words" yaml:"words"` // in reasons and titles, case folded
	Reason string   `json:"reason" yaml:"reason"`
}

// RankingFactors are the published weights of a window's score.
type RankingFactors struct {
	Interest     float64  `json:"interest" yaml:"interest"`
	Follow       float64  `json:"follow" yaml:"follow"`
	Freshness    float64  `json:"freshness" yaml:"freshness"`
	Trust        float64  `json:"trust" yaml:"trust"`
	Availability float64  `json:"availability" yaml:"availability"`
	Engagement   float64  `json:"engagement" yaml:"engagement"`
	Notes        []string `json:"notes,omitempty" yaml:"notes"`
}

// LearningRules say how what readers do moves the weights.
type LearningRules struct {
	Publish Duration `json:"publish" yaml:"publish"` // between two publications of what was learned
	Share   float64  `json:"share" yaml:"share"`     // of one processor that learning takes at most
}

// Duration is a time.Duration that reads and writes as "72h" or "10m".
type Duration time.Duration

// D is d as a time.Duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// MarshalText writes d as Go does, such as "72h0m0s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

//go:embed policy/default.yaml
var defaultPolicy []byte

//go:embed policy/archive.yaml
var archivePolicy []byte

// DefaultPolicy is the policy that ships with Vitrine.
func DefaultPolicy() *Policy { return mustPolicy(nil) }

// ArchivePolicy is the default policy for data that has no live partner: no
// pick is hidden because a product's facts are old, missing or sold out. The
// publishing limits stay; what an archive is trusted with does not meet them.
func ArchivePolicy() *Policy { return mustPolicy(archivePolicy) }

func mustPolicy(overlay []byte) *Policy {
	p, err := ParsePolicy(overlay)
	if err != nil {
		panic("embedded policy: " + err.Error())
	}
	return p
}

// DefaultPolicyYAML is the text of the default policy, to start an own one from.
func DefaultPolicyYAML() []byte { return bytes.Clone(defaultPolicy) }

// LoadPolicy reads the policy file at path; "" is the default policy,
// "archive" the archive policy. What the file does not say is as in the
// default; partners add to those of the default, by id. An error names what is
// wrong and wraps [ErrInvalid].
func LoadPolicy(path string) (*Policy, error) {
	switch path {
	case "":
		return ParsePolicy(nil)
	case "archive":
		return ParsePolicy(archivePolicy)
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("policy: %w: %w", ErrInvalid, err)
	}
	p, err := ParsePolicy(b)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", path, err)
	}
	return p, nil
}

// ParsePolicy reads a policy as LoadPolicy does.
func ParsePolicy(overlay []byte) (*Policy, error) {
	p := new(Policy)
	for _, text := range [][]byte{defaultPolicy, overlay} {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		before := p.Partners
		p.Partners = nil
		dec := yaml.NewDecoder(bytes.NewReader(text))
		dec.KnownFields(true)
		if err := dec.Decode(p); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: a policy is one YAML document; there is more behind ---", ErrInvalid)
		}
		for i, o := range p.Partners {
			if slices.ContainsFunc(p.Partners[:i], func(b Partner) bool { return b.ID == o.ID }) {
				return nil, fmt.Errorf("%w: partners[%d]: %q comes twice", ErrInvalid, i, o.ID)
			}
		}
		p.Partners = mergePartners(before, p.Partners)
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return p, nil
}

// mergePartners replaces and adds by id, keeping the order.
func mergePartners(base, over []Partner) []Partner {
	out := slices.Clone(base)
	for _, p := range over {
		if i := slices.IndexFunc(out, func(b Partner) bool { return b.ID == p.ID }); i >= 0 {
			out[i] = p
		} else {
			out = append(out, p)
		}
	}
	return out
}

// Restricts returns the restriction that text falls under, or nil.
func (p *Policy) Restricts(text string) (*Restriction, string) {
	folded := strings.ToLower(text)
	for i := range p.Restricted {
		for _, w := range p.Restricted[i].Words {
			if containsWord(folded, strings.ToLower(w)) {
				return &p.Restricted[i], w
			}
		}
	}
	return nil, ""
}

// containsWord finds w in text: as a whole word where w is Latin, anywhere
// where it is Chinese, which has no spaces.
func containsWord(text, w string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], w)
		if i < 0 {
			return false
		}
		i += from
		if !isLatinWordByte(w[0]) || i == 0 || !isLatinWordByte(text[i-1]) {
			if end := i + len(w); !isLatinWordByte(w[len(w)-1]) || end == len(text) || !isLatinWordByte(text[end]) {
				return true
			}
		}
		from = i + 1
	}
}

func isLatinWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

// HasRule reports whether a ruling can rest on the rule id.
func (p *Policy) HasRule(id string) bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.ID == id })
}
