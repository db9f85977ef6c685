package ingest

import (
	"encoding/json"
	"fmt"
	"time"

	"vitrine.dev/recommend"
)

// Orders folds vitrine.orders: the state of an order is its document; the days
// and the account of every credited expert's ledger, of this partition, and
// signals are leaves. A line that is paid and credited becomes a purchase of the reader in
// vitrine.actions, and his first refund, or its end, a refund.
//
// Those actions are sealed, for the fold of actions believes nobody else. A
// log that cannot seal refuses them, and the order goes to the dead letters as
// unappended; a [Consumer] with Clicks and without a key does not start.
//
// The documents of the keys [recommend.WatchID] count the ways to checkouts, told
// by the fold of actions, and know the lines of orders that they led to; they
// tell these of signals, by events of this same topic.
//
// The document of the key [recommend.SyncID] says which times of a partner's
// orders are in the log.
func Orders() Folder {
	return Rules[recommend.Order]{
		Topic: recommend.TopicOrders, Kind: recommend.KindOrder, Check: checkOrder, Decide: decideOrder,
	}.Folder()
}

func checkOrder(e recommend.Event) (any, error) {
	switch e.Type {
	case recommend.TypeOrderReported:
		r := new(recommend.OrderReport)
		return valid(e, r, func() string { return r.ID })
	case recommend.TypeOrdersSynced:
		s := new(recommend.OrdersSynced)
		return valid(e, s, func() string { return recommend.SyncID(s.Partner) })
	case recommend.TypeEarningRuled:
		r := new(recommend.EarningRuled)
		return valid(e, r, func() string { return r.Order })
	case recommend.TypeSignalResolved:
		r := new(recommend.SignalResolved)
		return valid(e, r, func() string { return r.Key })
	case recommend.TypeClickCounted:
		k := new(recommend.ClickCounted)
		return valid(e, k, func() string { return recommend.WatchID(k.Pick) })
	case recommend.TypeLineWatched:
		w := new(recommend.LineWatched)
		return valid(e, w, func() string { return recommend.WatchID(w.Pick) })
	case recommend.TypeLineFlagged:
		f := new(recommend.LineFlagged)
		return valid(e, f, func() string { return f.Order })
	case recommend.TypePayoutDeclared:
		p := new(recommend.PayoutDeclared)
		return valid(e, p, func() string { return recommend.PayoutID(p.Expert) })
	case recommend.TypePayoutUsed:
		u := new(recommend.PayoutUsed)
		return valid(e, u, func() string { return recommend.AccountUseID(u.Digest) })
	case recommend.TypeSignalEnded:
		r := new(recommend.SignalEnded)
		return valid(e, r, func() string { return r.Key })
	}
	return nil, unknownType(e)
}

// valid decodes and validates the data of e into v, which belongs to key.
func valid(e recommend.Event, v interface{ Validate() error }, key func() string) (any, error) {
	if err := decode(e, v); err != nil {
		return nil, err
	}
	if err := v.Validate(); err != nil {
		return nil, err
	}
	return v, ownKey(e, key())
}

func decideOrder(s Scene, o *recommend.Order, e recommend.Event, decoded any) (Outcome, error) {
	if o.Seen.Has(e) {
		return Outcome{Duplicate: true}, nil
	}
	if isPayout(e.Key) {
		return decidePayout(s, o, e, decoded)
	}
	if isWatch(e.Key) {
		return decideWatch(s, o, e, decoded)
	}
	with := recommend.Circumstances{Rules: s.Policy.Earnings, Clicks: s.Clicks, Appended: e.Appended}
	out := Outcome{Changed: true}
	var change recommend.LineChange
	var err error
	switch v := decoded.(type) {
	case *recommend.OrderReport:
		if err := notAhead(e, v.At, "/at"); err != nil {
			return Outcome{}, err
		}
		if change, err = o.Apply(v, with); err != nil {
			return Outcome{}, err
		}
		out.Appends, err = told(v, change)
	case *recommend.EarningRuled:
		change, err = o.Rule(v, with)
	case *recommend.SignalResolved:
		change, err = o.Resolve(v, with)
	case *recommend.SignalEnded:
		change, err = o.End(v, with)
	case *recommend.LineFlagged:
		change, err = o.Flag(v, with)
	case *recommend.OrdersSynced:
		if err := notAhead(e, v.To, "/to"); err != nil {
			return Outcome{}, err
		}
		if o.Sync == nil {
			o.Sync = &recommend.Sync{Partner: v.Partner}
		}
		o.Sync.Add(recommend.Span{From: v.From, To: v.To})
		o.Sync.At = e.Appended.UTC()
	default:
		err = unknownType(e)
	}
	if err == nil && change.Watch && !e.Trusted {
		err = watched(&out, e.Key, change.Line)
	}
	if err != nil {
		return Outcome{}, err
	}
	out.Leaves = orderLeaves(e, change)
	o.ID = e.Key
	if o.Sync == nil { // covering twice is covering once, and needs no memory
		o.Seen.Add(e)
	}
	return out, nil
}

// orderSkew is how far ahead of its append an order can be.
const orderSkew = 24 * time.Hour

// notAhead refuses times of more than a day in the future: a report of then
// would outdo all that come until then.
func notAhead(e recommend.Event, at time.Time, pointer string) error {
	if e.Trusted || at.Sub(e.Appended) <= orderSkew {
		return nil
	}
	return recommend.Refuse(recommend.Problem{Code: "clock-skew", Pointer: pointer, Message: "more than a day in the future", Fix: "set the clock that tells it"})
}

// orderLeaves are what a change of a line is for ledgers and signals.
func orderLeaves(e recommend.Event, change recommend.LineChange) []Leaf {
	leaves := make([]Leaf, 0, 2*len(change.Movements)+len(change.Signals))
	for _, s := range change.Signals {
		leaves = append(leaves, signalLeaf(s))
	}
	for _, m := range change.Movements {
		leaves = append(leaves,
			earningLeaf(recommend.LedgerID(m.Expert, e.Partition, m.Day), func(d *recommend.LedgerDay) { d.Apply(m) }),
			earningLeaf(recommend.AccountID(m.Expert, e.Partition), func(a *recommend.Account) { a.Apply(m, e.Appended) }))
	}
	return leaves
}

// signalLeaf is the document of a signal, as the state that it is of has it.
func signalLeaf(s recommend.Signal) Leaf {
	return changing(recommend.KindSignal, s.ID, func(old *recommend.Signal) { *old = s })
}

func earningLeaf[T any](id string, change func(*T)) Leaf {
	return Leaf{
		Ref: recommend.Ref{Kind: recommend.KindEarning, ID: id},
		Apply: func(old json.RawMessage) (json.RawMessage, error) {
			v := new(T)
			if old != nil {
				if err := json.Unmarshal(old, v); err != nil {
					return nil, fmt.Errorf("ledger: %w", err)
				}
			}
			change(v)
			return marshal(v)
		},
	}
}

// told are the actions that r makes due, as events with ids of the line's.
func told(r *recommend.OrderReport, change recommend.LineChange) (map[string][]recommend.Event, error) {
	var events []recommend.Event
	add := func(kind string, at time.Time) error {
		a := change.Line.Action(r.ID, kind, at)
		data, err := marshal(a)
		if err != nil {
			return err
		}
		events = append(events, recommend.Event{
			ID: a.ID, Source: recommend.SourceOrders, Type: recommend.TypeActed, Key: a.Reader, Time: a.At, Data: data, Trusted: true,
		})
		return nil
	}
	if change.Purchase {
		if err := add(recommend.ActPurchase, change.Line.FirstAt); err != nil {
			return nil, err
		}
	}
	if change.Refund {
		if err := add(recommend.ActRefund, r.At.UTC()); err != nil {
			return nil, err
		}
	}
	if change.Settle {
		if err := add(recommend.ActSettle, change.Line.SettleAt); err != nil {
			return nil, err
		}
	}
	if events == nil {
		return nil, nil
	}
	return map[string][]recommend.Event{recommend.TopicActions: events}, nil
}
