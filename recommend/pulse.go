package recommend

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// Counted are the kinds of action that a pulse counts, in the order of the
// bits of [Trace] and of the members of [Pulse].
func Counted() []string {
	return []string{ActImpression, ActOpen, ActBookmark, ActCart, ActCheckout, ActPurchase, ActRefund, ActHide, ActReport, ActShare}
}

// PulseHalfLives are those that a pulse counts with, shortest first.
func PulseHalfLives() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{time.Hour, day, 7 * day, 30 * day, 120 * day, 365 * day}
}

// A Pulse is what readers do with a pick: the body of a [KindPulse] document.
// It counts of one partition of the log; those of all partitions add up.
type Pulse struct {
	Pick string    `json:"pick"`
	At   time.Time `json:"at"` // that Decayed is as of
	// Readers are how many different readers did something, by kind: a reader
	// counts once, whatever he repeats, and no more once he took it back.
	Readers map[string]int64 `json:"readers,omitempty"`
	// Decayed is Readers with the half-lives of [PulseHalfLives], rounded to a
	// millionth.
	Decayed map[string][]float64 `json:"decayed,omitempty"`
	// Events counts impressions and opens, of one reader in one hour at most as
	// many as the policy says.
	Events map[string]int64 `json:"events,omitempty"`
	// Last is when the latest three readers first opened it, newest first.
	Last []time.Time `json:"last,omitempty"`
}

// A Journey is what one reader did with one pick: the body of a [KindJourney]
// document.
type Journey struct {
	Reader string `json:"reader"` // pseudonym
	Pick   string `json:"pick"`
	Expert string `json:"expert,omitempty"`
	// Steps are by kind of action.
	Steps map[string]Step `json:"steps,omitempty"`
	// Where the first step came from.
	Window   string `json:"window,omitempty"`
	Unproven bool   `json:"unproven,omitempty"` // the window was not made for this reader
	Own      bool   `json:"own,omitempty"`      // the reader published the pick himself
	Bot      bool   `json:"bot,omitempty"`      // a robot did some of it
	Source   string `json:"source,omitempty"`
	Arm      string `json:"arm,omitempty"`
	Position *int   `json:"position,omitempty"`
	// Erased says that the reader had himself forgotten; nothing else is left then.
	Erased bool `json:"erased,omitempty"`
}

// JourneySteps are the kinds of action that a [Journey] may have steps of. An
// impression is one only where it came before another.
func JourneySteps() []string {
	return []string{
		ActImpression, ActOpen, ActBookmark, ActUnbookmark, ActCart, ActCheckout, ActPurchase, ActSettle, ActRefund,
		ActHide, ActUnhide, ActMore, ActReport, ActShare,
	}
}

// A Step is when a reader did something first and last, and how often.
type Step struct {
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	N     int64     `json:"n"`
}

// An Exposure is how often a pick was shown in an hour, from one source and
// arm: the body of a [KindExposure] document. It counts of one partition.
type Exposure struct {
	Hour     time.Time `json:"hour"`
	Pick     string    `json:"pick"`
	Source   string    `json:"source,omitempty"`
	Arm      string    `json:"arm,omitempty"`
	Shown    int64     `json:"shown"`               // within the caps of the policy
	Over     int64     `json:"over,omitempty"`      // beyond them
	Unproven int64     `json:"unproven,omitempty"`  // of Shown, in windows not made for the reader
	Own      int64     `json:"own,omitempty"`       // to their own experts; in nothing else
	Bots     int64     `json:"bots,omitempty"`      // to robots, of other picks than their own; in nothing else
	Position int64     `json:"positions,omitempty"` // sum of those of Shown
	// Chance is the sum of the propensities of Drawn, those of Shown that chance
	// had a part in; of windows made for the reader alone.
	Chance float64 `json:"chance,omitempty"`
	Drawn  int64   `json:"drawn,omitempty"`
}

// A Report is what a reader reported or complained of: the body of a
// [KindReport] document, for moderators.
type Report struct {
	ID       string    `json:"id"`
	Target   string    `json:"target"` // as that of [Reported]
	Reader   string    `json:"reader,omitempty"`
	Category string    `json:"category"`
	Rules    []string  `json:"rule_ids,omitempty"`
	Text     string    `json:"text,omitempty"`
	Order    string    `json:"order,omitempty"`
	Pick     string    `json:"pick,omitempty"`
	Expert   string    `json:"expert,omitempty"`
	At       time.Time `json:"at"`
	// Erased says that the reader had himself forgotten: who and what he said is gone.
	Erased bool `json:"erased,omitempty"`
}

// opaque makes an id that tells nothing of its parts.
func opaque(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// PulseID names the pulse of a pick in a partition of the actions topic.
func PulseID(pick string, partition int) string { return pick + "@" + strconv.Itoa(partition) }

// JourneyID names the journey of a reader with a pick.
func JourneyID(reader, pick string) string { return opaque("journey", reader, pick) }

// ReportID names the report of a reader about a target.
func ReportID(reader, target string) string { return opaque("report", reader, target) }

// ExposureID names an exposure.
func ExposureID(hour time.Time, pick, source, arm string, partition int) string {
	return hour.UTC().Format("2006010215") + ":" + opaque(pick, source, arm)[:16] + "@" + strconv.Itoa(partition)
}
