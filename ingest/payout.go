package ingest

import (
	"fmt"
	"strings"

	"vitrine.dev/recommend"
)

func isPayout(key string) bool {
	return strings.HasPrefix(key, recommend.PayoutID("")) || strings.HasPrefix(key, recommend.AccountUseID(""))
}

// decidePayout folds where experts are paid to, and who shares an account.
func decidePayout(s Scene, o *recommend.Order, e recommend.Event, decoded any) (Outcome, error) {
	with := recommend.Circumstances{Rules: s.Policy.Earnings, Appended: e.Appended}
	out := Outcome{Changed: true}
	use := o.Account
	if use == nil {
		use = &recommend.AccountUse{}
	}
	var changed []recommend.Signal
	var err error
	switch v := decoded.(type) {
	case *recommend.PayoutDeclared:
		if o.Payout == nil {
			o.Payout = &recommend.Payout{}
		}
		for _, u := range o.Payout.Declare(v) {
			id := fmt.Sprint("used-", u.Digest, "-", u.Expert, "-", u.Sequence)
			if err := out.tell(recommend.TypePayoutUsed, id, recommend.AccountUseID(u.Digest), e.Time, u); err != nil {
				return Outcome{}, err
			}
		}
	case *recommend.PayoutUsed:
		changed = use.Use(v, with)
		o.Account = use
	case *recommend.SignalResolved:
		changed, err = use.Change(v.Signal, func(s *recommend.Signal) error { return s.Resolve(v) })
	case *recommend.SignalEnded:
		changed, err = use.Change(v.Signal, func(s *recommend.Signal) error {
			s.Expire(e.Appended)
			return nil
		})
	default:
		err = unknownType(e)
	}
	if err != nil {
		return Outcome{}, err
	}
	for _, sig := range changed {
		out.Leaves = append(out.Leaves, signalLeaf(sig))
	}
	o.ID = e.Key
	o.Seen.Add(e)
	return out, nil
}
