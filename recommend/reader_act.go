package recommend

import (
	"fmt"
	"slices"
	"time"
)

// Bounds of what one reader document lists, beside those of the policy.
const (
	maxFollows  = 20_000
	maxMutes    = 5_000
	maxFeedback = 5_000
	maxReports  = 1_000
	maxClicks   = 200
	clicksFor   = 90 * 24 * time.Hour
	actionSkew  = 24 * time.Hour
)

// Acting is what an action is decided by beside the reader's document.
type Acting struct {
	Rules *ReaderRules
	// Dose are the rules of what is served; nil gives nothing.
	Dose *DoseRules
	// Appended is when the action came: by an event's producer, or now.
	Appended time.Time
	// Trusted says that this installation made the event itself.
	Trusted bool
	// Event is the id of the event, for [Reader.Refused].
	Event string
}

// Effects are what an action changes beside the reader's document.
type Effects struct {
	Counts []Count   // in pulses
	Shown  *Shown    // in an exposure; nil when nothing was shown
	Steps  []Stepped // in journeys
	Report *Report   // that was opened; its Reader is left to the caller
	// Forgotten are picks whose journey, and Targets those whose report, is to
	// lose what it says.
	Forgotten, Targets []string
}

// A Count is what the pulse of a pick counts more or less.
type Count struct {
	Pick, Kind string
	Readers    int64     // 1, -1 or 0
	Events     int64     // of impressions and opens
	At         time.Time // that the reader counts from, to the second; of -1 when he was counted
}

// Shown is an impression as an exposure counts it.
type Shown struct {
	At   time.Time
	Over bool // beyond what counts of one reader in an hour
	Own  bool // to the expert of the pick
	Bot  bool // to a robot
}

// Stepped is a step of a journey.
type Stepped struct {
	Pick, Expert, Kind string
	At                 time.Time
	// Seen is the last impression before the first step, zero if there was none.
	Seen time.Time
}

// Act applies a to r. It changes r only when it returns no error, which is a
// [*Refusal]: clock-skew, purchase-unproven, not-yours, too-many or
// quantity-limit. A change of a cart that was based on another revision leaves
// all but [Reader.Refused] as it is. The form of a is not looked at, see
// [Action.Validate]. Of an erased reader nothing changes and nothing is
// refused.
func (r *Reader) Act(a *Action, c Acting) (Effects, error) {
	if !r.Erased.IsZero() {
		return Effects{}, nil
	}
	if err := c.may(a); err != nil {
		return Effects{}, err
	}
	d := deed{Reader: r, a: a, acting: c, at: c.when(a.At)}
	if err := d.do(); err != nil {
		return Effects{}, err
	}
	if !r.Impersonal && !a.Bot && a.Pick != "" && slices.Contains(Remembered(), a.Kind) {
		r.History.remember(Act{Pick: a.Pick, Kind: a.Kind, At: d.at.Unix()})
	}
	return d.effects, nil
}

// may refuses what nobody may tell.
func (c *Acting) may(a *Action) error {
	if c.Trusted {
		return nil
	}
	if a.Kind == ActPurchase || a.Kind == ActRefund || a.Kind == ActSettle {
		return Refuse(Problem{Code: "purchase-unproven", Pointer: "/kind", Message: "purchases, settlements and refunds are told by the partner's orders", Fix: "report the order instead"})
	}
	if off := a.At.Sub(c.Appended); off > actionSkew || off < -actionSkew {
		return Refuse(Problem{Code: "clock-skew", Pointer: "/at", Message: "more than a day away from when it was told", Fix: "set the client's clock, and send actions within a day"})
	}
	return nil
}

// when is the time that an action counts from: nothing is done in the future.
func (c *Acting) when(at time.Time) time.Time {
	if !c.Appended.IsZero() && at.After(c.Appended) {
		at = c.Appended
	}
	return at.UTC()
}

// A deed is an action on its way into a reader's document.
type deed struct {
	*Reader
	a       *Action
	acting  Acting
	at      time.Time
	effects Effects
}

func (d *deed) do() error {
	kind, id := d.a.Object()
	switch d.a.Kind {
	case ActFollow:
		if len(d.Follows) >= maxFollows && !d.follows(id) {
			return tooMany("/expert", maxFollows)
		}
		d.Follow(id, d.at)
	case ActUnfollow:
		d.Unfollow(id)
	case ActMute:
		if len(d.Mutes) >= maxMutes && !d.Muted(kind, id) {
			return tooMany("/"+kind, maxMutes)
		}
		d.Mute(Mute{Kind: kind, ID: id, At: d.at})
	case ActUnmute:
		if kind == "" {
			d.Mutes = nil
		} else {
			d.Unmute(kind, id)
		}
	case ActHide, ActMore:
		return d.feed(kind, id)
	case ActUnhide:
		d.unfeed(kind, id)
	case ActImpression:
		d.show()
	case ActOpen:
		d.open()
	case ActShare, ActPurchase, ActRefund:
		d.count(d.a.Pick, d.a.Kind)
		d.step(d.a.Pick, d.a.Expert, d.a.Kind)
	case ActSettle:
		d.step(d.a.Pick, d.a.Expert, d.a.Kind)
	case ActCheckout:
		d.checkout()
	case ActBookmark:
		return d.bookmark()
	case ActUnbookmark:
		d.unbookmark()
	case ActCart, ActUncart, ActMerge:
		return d.cart()
	case ActReport, ActComplain:
		return d.report()
	case ActServed, ActDose:
		d.dose()
	case ActPersonal, ActImpersonal:
		d.Impersonal = d.a.Kind == ActImpersonal
	}
	return nil
}

func (r *Reader) follows(expert string) bool {
	return slices.ContainsFunc(r.Follows, func(s Since) bool { return s.ID == expert })
}

// Bookmarked reports whether r keeps pick.
func (r *Reader) Bookmarked(pick string) bool { return r.bookmarkOf(pick) >= 0 }

func (r *Reader) bookmarkOf(pick string) int {
	return slices.IndexFunc(r.Bookmarks, func(b Bookmark) bool { return b.Pick == pick })
}

func (d *deed) bookmark() error {
	pick := d.a.Pick
	if d.Bookmarked(pick) {
		return nil
	}
	if most := d.acting.Rules.Bookmarks; len(d.Bookmarks) >= most {
		return tooMany("/pick", most)
	}
	d.Bookmarks = append(d.Bookmarks, Bookmark{Pick: pick, At: d.at})
	d.count(pick, ActBookmark)
	d.step(pick, d.a.Expert, ActBookmark)
	return nil
}

func (d *deed) unbookmark() {
	i := d.bookmarkOf(d.a.Pick)
	if i < 0 {
		return
	}
	d.uncount(d.a.Pick, ActBookmark, d.Bookmarks[i].At)
	d.Bookmarks = slices.Delete(d.Bookmarks, i, i+1)
	d.step(d.a.Pick, d.a.Expert, ActUnbookmark)
}

// FeedbackOn returns what r wants less or more of, nil if it is neither.
func (r *Reader) FeedbackOn(kind, id string) *Feedback {
	for i := range r.Feedback {
		if f := &r.Feedback[i]; f.Kind == kind && f.ID == id {
			return f
		}
	}
	return nil
}

// feed notes that the reader wants less or more of something. Wanting less
// again is wanting it from now on; it is counted from the first time.
func (d *deed) feed(kind, id string) error {
	now := Feedback{Kind: kind, ID: id, More: d.a.Kind == ActMore, At: d.at}
	changed := true
	switch old := d.FeedbackOn(kind, id); {
	case old == nil && len(d.Feedback) >= maxFeedback:
		return tooMany("/"+kind, maxFeedback)
	case old == nil:
	case old.More != now.More:
		d.dropFeedback(func(f *Feedback) bool { return f.Kind == kind && f.ID == id })
	default:
		changed = now.At.After(old.At)
		if !changed {
			now.At = old.At
		}
		now.Counted = old.Counted
		d.Feedback = slices.DeleteFunc(d.Feedback, func(f Feedback) bool { return f.Kind == kind && f.ID == id })
	}
	if kind == "pick" && !now.More && d.count(id, ActHide) {
		now.Counted = d.at
	}
	d.Feedback = append(d.Feedback, now)
	if kind == "pick" && changed {
		d.step(id, d.a.Expert, d.a.Kind)
	}
	return nil
}

// unfeed takes feedback on one object back, or all of it.
func (d *deed) unfeed(kind, id string) {
	n := len(d.Feedback)
	d.dropFeedback(func(f *Feedback) bool { return kind == "" || f.Kind == kind && f.ID == id })
	if len(d.Feedback) < n && kind == "pick" {
		d.step(id, d.a.Expert, ActUnhide)
	}
}

func (d *deed) dropFeedback(drop func(*Feedback) bool) {
	d.Feedback = slices.DeleteFunc(d.Feedback, func(f Feedback) bool {
		if !drop(&f) {
			return false
		}
		if f.Kind == "pick" && !f.More {
			d.uncount(f.ID, ActHide, f.Counted)
		}
		return true
	})
}

// checkout notes a way to a checkout, for the touches of the next.
func (d *deed) checkout() {
	if k := d.a.Click; k != nil {
		if d.Clicked(k.ID) {
			return
		}
		d.Clicks = slices.DeleteFunc(d.Clicks, func(c Clicked) bool { return d.at.Sub(c.At) > clicksFor })
		d.Clicks = bounded(d.Clicks, Clicked{
			ID: k.ID, Pick: k.Pick, Expert: k.Expert, Product: k.Product, Partner: partnerOf(k.Product), At: k.At.UTC(), Path: k.Path,
		}, maxClicks)
	}
	d.count(d.a.Pick, ActCheckout)
	d.step(d.a.Pick, d.a.Expert, ActCheckout)
}

// Clicked reports whether the click with id is one of r's of the last 90 days.
func (r *Reader) Clicked(id string) bool {
	return slices.ContainsFunc(r.Clicks, func(c Clicked) bool { return c.ID == id })
}

// Target is what a report or complaint is about, as [Reported] names it.
func (a *Action) Target() string {
	switch {
	case a.Kind == ActComplain && a.Click != nil && a.Click.ID != "":
		return "click:" + a.Click.ID
	case a.Kind == ActComplain:
		return "order:" + a.Order
	}
	kind, id := a.Object()
	return kind + ":" + id
}

// report opens a report, unless one about the same is open.
func (d *deed) report() error {
	target := d.a.Target()
	if d.a.Kind == ActComplain && d.a.Click != nil && !d.Clicked(d.a.Click.ID) && !d.acting.Trusted {
		return Refuse(Problem{Code: "not-yours", Pointer: "/click_id", Message: "this is no way to a checkout that you were given in the last 90 days", Fix: "complain of an order instead"})
	}
	if slices.ContainsFunc(d.Reports, func(r Reported) bool { return r.Target == target }) {
		return nil
	}
	if len(d.Reports) >= maxReports {
		return tooMany("", maxReports)
	}
	a := d.a
	d.Reports = append(d.Reports, Reported{Target: target, Category: a.Category, At: d.at})
	d.effects.Report = &Report{
		Target: target, Category: a.Category, Rules: a.Rules, Text: a.Text, Order: a.Order, Pick: a.Pick, Expert: a.Expert, At: d.at,
	}
	if kind, id := a.Object(); kind == "pick" && a.Kind == ActReport {
		d.count(id, ActReport)
		d.step(id, a.Expert, ActReport)
	}
	return nil
}

func tooMany(pointer string, most int) error {
	return Refuse(Problem{
		Code: "too-many", Pointer: pointer, Message: fmt.Sprintf("at most %d are kept", most), Fix: "remove some first",
		Details: map[string]any{"limit": most},
	})
}
