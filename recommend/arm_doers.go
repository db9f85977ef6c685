package recommend

import (
	"slices"
	"time"
)

// ArmDoers are readers of an arm who did a thing at least once since they came
// into it, each of them once, however often he did it and wherever; an open is
// one in a window of the arm. What readers do depends on what they did before,
// so that readers are what can be compared, not actions.
type ArmDoers struct {
	Open     int64 `json:"open,omitempty"`
	Bookmark int64 `json:"bookmark,omitempty"`
	Cart     int64 `json:"cart,omitempty"`
	Checkout int64 `json:"checkout,omitempty"`
	Purchase int64 `json:"purchase,omitempty"`
	Hide     int64 `json:"hide,omitempty"`
	Mute     int64 `json:"mute,omitempty"`
	Report   int64 `json:"report,omitempty"`
	Complain int64 `json:"complain,omitempty"`
	Refund   int64 `json:"refund,omitempty"`
}

// armDeeds are what [ArmDoers] counts, by the bit in [ReaderArm.Did].
var armDeeds = [...]string{
	ActOpen, ActBookmark, ActCart, ActCheckout, ActPurchase, ActHide, ActMute, ActReport, ActComplain, ActRefund,
}

// of is the count of a deed, nil for what is not counted.
func (d *ArmDoers) of(deed string) *int64 {
	switch deed {
	case ActOpen:
		return &d.Open
	case ActBookmark:
		return &d.Bookmark
	case ActCart:
		return &d.Cart
	case ActCheckout:
		return &d.Checkout
	case ActPurchase:
		return &d.Purchase
	case ActHide:
		return &d.Hide
	case ActMute:
		return &d.Mute
	case ActReport:
		return &d.Report
	case ActComplain:
		return &d.Complain
	case ActRefund:
		return &d.Refund
	}
	return nil
}

func (d *ArmDoers) add(more *ArmDoers) {
	for _, deed := range armDeeds {
		*d.of(deed) += *more.of(deed)
	}
}

// deedOf is what a with its effects was done of [ArmDoers], an open aside; ""
// for nothing. What changed nothing, such as a bookmark of what is bookmarked, is
// nothing.
func deedOf(a *Action, e *Effects) string {
	switch a.Kind {
	case ActHide, ActMute:
		return a.Kind
	case ActReport, ActComplain:
		if e.Report != nil {
			return a.Kind
		}
	case ActBookmark, ActCart, ActMerge, ActCheckout, ActPurchase, ActRefund:
		deed := a.Kind
		if deed == ActMerge {
			deed = ActCart
		}
		if slices.ContainsFunc(e.Steps, func(s Stepped) bool { return s.Kind == deed }) {
			return deed
		}
	}
	return ""
}

// counted reports whether m is one of [ArmTally.Readers].
func (m *ReaderArm) counted() bool { return m.Shown+m.Opened > 0 }

// did notes that the reader did a thing at at, and counts it when it is his
// first in the arm; nil when it is not.
func (m *ReaderArm) did(deed string, at time.Time) *ArmDoers {
	bit := slices.Index(armDeeds[:], deed)
	if bit < 0 || !m.counted() || at.Unix() < m.Since || m.Did&(1<<bit) != 0 {
		return nil
	}
	m.Did |= 1 << bit
	one := new(ArmDoers)
	*one.of(deed) = 1
	return one
}
