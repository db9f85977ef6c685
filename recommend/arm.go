package recommend

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// An ArmTally is what readers did in an arm of an experiment: the body of a
// [KindExposure] document named by [ArmTallyID]. It counts of one partition;
// those of all partitions add up. Squares and products over readers let the
// spread of a rate be told although a reader's impressions are alike.
type ArmTally struct {
	Arm          string    `json:"arm"` // experiment and arm, such as "colour:red"
	At           time.Time `json:"at"`  // of the latest event counted
	Readers      int64     `json:"readers"`
	Shown        int64     `json:"shown"`  // impressions within the caps of the policy
	Opened       int64     `json:"opened"` // of picks that were open to be counted
	ShownSquared int64     `json:"shown_squared"`
	OpenSquared  int64     `json:"open_squared"`
	ShownOpened  int64     `json:"shown_opened"`
	// What the arm's readers did against what they were shown, in windows or not.
	Hidden   int64 `json:"hidden"`
	Muted    int64 `json:"muted"`
	Reported int64 `json:"reported"`
	// Did are those of Readers who did a thing at least once; nil for none.
	Did *ArmDoers `json:"did,omitempty"`
}

// A ReaderArm is an arm that a reader was served in, with what he did in it.
type ReaderArm struct {
	Arm    string `json:"arm"`
	Shown  int64  `json:"shown,omitempty"`
	Opened int64  `json:"opened,omitempty"`
	// Since is when he came into it, in seconds since 1970; 0 is before that was
	// noted.
	Since int64 `json:"since,omitempty"`
	// Did says what he is counted for in [ArmDoers], a bit by [armDeeds].
	Did uint16 `json:"did,omitempty"`
}

// maxReaderArms bounds the arms that a document remembers, the latest.
const maxReaderArms = 20

// ArmTallyID names the tally of an arm in a partition of the actions topic.
func ArmTallyID(arm string, partition int) string {
	return "arm:" + arm + "@" + strconv.Itoa(partition)
}

// TallyArms counts an action with its effects in r's arms, and returns what the
// tallies of these count more. An action names arms, which have to be proven;
// what is against something counts in all that the reader was served in. Out of
// the time of its experiment in p an arm counts nothing, and robots are in none.
func (r *Reader) TallyArms(a *Action, e *Effects, proven bool, p *Policy) []ArmTally {
	if !r.Erased.IsZero() || r.Impersonal || a.Bot {
		return nil
	}
	var out []ArmTally
	if proven && a.Arm != "" && (a.Kind == ActImpression || a.Kind == ActOpen) {
		for arm := range strings.SplitSeq(a.Arm, ",") {
			if len(arm) <= 2*maxName+1 && strings.Contains(arm, ":") && p.counts(arm, a.At) {
				out = append(out, r.armOf(arm).tally(a, e))
			}
		}
		return out
	}
	return r.tallyOutside(a, e, p)
}

// tallyOutside counts what was not done in a window of an arm.
func (r *Reader) tallyOutside(a *Action, e *Effects, p *Policy) []ArmTally {
	if len(r.Arms) == 0 {
		return nil
	}
	t := ArmTally{At: a.At.UTC()}
	switch {
	case a.Kind == ActHide:
		t.Hidden = 1
	case a.Kind == ActMute:
		t.Muted = 1
	case a.Kind == ActReport && e.Report != nil:
		t.Reported = 1
	}
	deed := deedOf(a, e)
	var out []ArmTally
	for i := range r.Arms {
		mine := &r.Arms[i]
		if !p.counts(mine.Arm, a.At) {
			continue
		}
		if t.Arm, t.Did = mine.Arm, mine.did(deed, a.At); t.Did != nil || t.Hidden+t.Muted+t.Reported > 0 {
			out = append(out, t)
		}
	}
	return out
}

// maxName is the longest name of an experiment or arm.
const maxName = 32

// armOf is what r did in an arm; new, with nothing, the first time.
func (r *Reader) armOf(arm string) *ReaderArm {
	i := slices.IndexFunc(r.Arms, func(x ReaderArm) bool { return x.Arm == arm })
	if i < 0 {
		r.Arms = bounded(r.Arms, ReaderArm{Arm: arm}, maxReaderArms)
		i = len(r.Arms) - 1
	}
	return &r.Arms[i]
}

// tally counts an impression or open.
func (m *ReaderArm) tally(a *Action, e *Effects) ArmTally {
	before := *m
	switch {
	case e.Shown != nil && !e.Shown.Over:
		m.Shown++
	case slices.ContainsFunc(e.Counts, func(c Count) bool { return c.Kind == ActOpen && c.Events > 0 }):
		m.Opened++
	}
	t := ArmTally{
		Arm: m.Arm, At: a.At.UTC(), Shown: m.Shown - before.Shown, Opened: m.Opened - before.Opened,
		ShownSquared: m.Shown*m.Shown - before.Shown*before.Shown,
		OpenSquared:  m.Opened*m.Opened - before.Opened*before.Opened,
		ShownOpened:  m.Shown*m.Opened - before.Shown*before.Opened,
	}
	if !before.counted() && m.counted() {
		t.Readers, m.Since = 1, a.At.Unix()
	}
	if m.Opened > before.Opened {
		t.Did = m.did(ActOpen, a.At)
	}
	return t
}

// Add counts more.
func (t *ArmTally) Add(more ArmTally) {
	t.Arm = more.Arm
	if more.At.After(t.At) {
		t.At = more.At
	}
	t.Readers += more.Readers
	t.Shown += more.Shown
	t.Opened += more.Opened
	t.ShownSquared += more.ShownSquared
	t.OpenSquared += more.OpenSquared
	t.ShownOpened += more.ShownOpened
	t.Hidden += more.Hidden
	t.Muted += more.Muted
	t.Reported += more.Reported
	if more.Did != nil {
		if t.Did == nil {
			t.Did = new(ArmDoers)
		}
		t.Did.add(more.Did)
	}
}
