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
}

// A ReaderArm is an arm that a reader was served in, with what he did in it.
type ReaderArm struct {
	Arm    string `json:"arm"`
	Shown  int64  `json:"shown,omitempty"`
	Opened int64  `json:"opened,omitempty"`
}

// maxReaderArms bounds the arms that a document remembers, the latest.
const maxReaderArms = 20

// ArmTallyID names the tally of an arm in a partition of the actions topic.
func ArmTallyID(arm string, partition int) string {
	return "arm:" + arm + "@" + strconv.Itoa(partition)
}

// TallyArms counts an action with its effects in r's arms, and returns what the
// tallies of these count more. An action names arms, which have to be proven;
// what is against something counts in all that the reader was served in.
func (r *Reader) TallyArms(a *Action, e *Effects, proven bool) []ArmTally {
	if !r.Erased.IsZero() || r.Impersonal {
		return nil
	}
	var out []ArmTally
	if proven && a.Arm != "" && (a.Kind == ActImpression || a.Kind == ActOpen) {
		for arm := range strings.SplitSeq(a.Arm, ",") {
			if len(arm) <= 2*maxName+1 && strings.Contains(arm, ":") {
				out = append(out, r.armOf(arm).tally(a, e))
			}
		}
		return out
	}
	against := ArmTally{At: a.At.UTC()}
	switch a.Kind {
	case ActHide:
		against.Hidden = 1
	case ActMute:
		against.Muted = 1
	case ActReport:
		if e.Report == nil {
			return nil
		}
		against.Reported = 1
	default:
		return nil
	}
	for _, mine := range r.Arms {
		against.Arm = mine.Arm
		out = append(out, against)
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
	if before.Shown == 0 && before.Opened == 0 && m.Shown+m.Opened > 0 {
		t.Readers = 1
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
}
