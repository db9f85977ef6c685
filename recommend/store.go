package recommend

import (
	"context"
	"encoding/json"
	"fmt"
)

// A Kind is a family of documents: an index in Elasticsearch, a value of the
// kind column in SQLite.
type Kind string

// The kinds folded so far, with the topic that each is folded from.
const (
	KindPick      Kind = "pick"      // picks: one recommended product, id = pick id
	KindPublisher Kind = "publisher" // picks: an expert's limits and picks, id = expert id
	KindProduct   Kind = "product"   // catalog: the partner's facts, id = product key
	KindReader    Kind = "reader"    // actions: interests, follows, mutes, id = reader id
	KindRuling    Kind = "ruling"    // rulings: standing of a target, id = "pick:…", "partner:…"
	KindExpert    Kind = "expert"    // rulings: who may publish on what, id = expert id
	KindPulse     Kind = "pulse"     // actions: what readers do with a pick, id = [PulseID]
	KindJourney   Kind = "journey"   // actions: what one reader did with one pick, id = [JourneyID]
	KindExposure  Kind = "exposure"  // actions: how often a pick was shown in an hour, id = [ExposureID]; or what was done in an arm, id = [ArmTallyID]
	KindReport    Kind = "report"    // actions: what a reader reported or complained of, id = [ReportID]
	KindOrder     Kind = "order"     // orders: an order's lines, id = order id; or how far a partner's are read, id = [SyncID]
	KindEarning   Kind = "earning"   // orders: an expert's ledger, id = [LedgerID] of a day or [AccountID]
	KindSignal    Kind = "signal"    // orders: something odd about traffic, id = [SignalID]
	KindModel     Kind = "model"     // models: what was learned, id = [ModelKey], or [ProductRows] or [TopicRows]
)

// Kinds returns every kind, in the order a shelf loads them.
func Kinds() []Kind {
	return []Kind{
		KindRuling, KindExpert, KindProduct, KindPick, KindPulse, KindPublisher, KindReader,
		KindJourney, KindExposure, KindReport, KindOrder, KindEarning, KindSignal, KindModel,
	}
}

// Indexed reports whether documents of k can be followed and searched. The
// others are only ever read by id.
func (k Kind) Indexed() bool {
	switch k {
	case KindPick, KindProduct, KindRuling, KindExpert, KindPulse, KindReport, KindSignal, KindModel:
		return true
	case KindPublisher, KindReader, KindJourney, KindExposure, KindOrder, KindEarning:
		return false
	}
	return false
}

// A Ref names a document.
type Ref struct {
	Kind Kind
	ID   string
}

// String is "kind/id".
func (r Ref) String() string { return string(r.Kind) + "/" + r.ID }

// Compare orders refs by kind, then id.
func (r Ref) Compare(o Ref) int {
	switch {
	case r.Kind != o.Kind && r.Kind < o.Kind, r.Kind == o.Kind && r.ID < o.ID:
		return -1
	case r == o:
		return 0
	}
	return 1
}

// A Document is what a fold made of the events of one key.
type Document struct {
	Ref
	// Version is the offset of the last event in it, 0 or more.
	Version int64
	// Body is a JSON object. The store keeps its bytes as they are.
	Body json.RawMessage
}

// A Mark is a place in a store's stream of changes; opaque, and of use to the
// store that made it only. The empty Mark is the beginning.
type Mark string

// A Store keeps documents. Every implementation passes package storetest.
// Its methods are safe for concurrent use; every error wraps [ErrUnavailable]
// unless its comment says otherwise.
type Store interface {
	// Put writes documents and returns nil only once all of them are durable
	// and Get returns them. Of two documents with one Ref the one with the
	// higher Version stays, whatever the order of arrival; writing the same or
	// an older version changes nothing and is no error. Documents that the
	// engine can never take are reported together as a [*PutError], after
	// all others have been written; retrying it without them is right.
	Put(ctx context.Context, docs ...Document) error

	// Get returns the documents named by refs that exist, in the order of
	// refs, as last put: real-time, never through search. None is no error.
	// The caller owns the result.
	Get(ctx context.Context, refs ...Ref) ([]Document, error)

	// Changes returns up to limit documents of an indexed kind that were put
	// after since, oldest put first, and the Mark to go on from. A document
	// put several times appears at its last put only. No change is missed,
	// whatever is put at the same time; a document may come twice. It never
	// blocks: no changes is an empty result with the same Mark. A Mark that
	// the store no longer knows is an error that wraps [ErrInvalid]: start from "".
	Changes(ctx context.Context, kind Kind, since Mark, limit int) ([]Document, Mark, error)

	// Search returns picks and products whose text matches, best first. A
	// document is found at the latest two seconds after it was put. A text that
	// is longer than an engine takes (1,000 characters are always taken) is an
	// error that wraps [ErrInvalid]; of words that very many documents hold, an
	// engine may weigh a bounded number of them.
	Search(ctx context.Context, q Search) ([]Hit, error)

	// Check reports whether the store answers, for readiness.
	Check(ctx context.Context) error

	// Close lets go of the engine. Nothing else may be called afterwards.
	Close() error
}

// A Search asks for text in a pick's "reason" and a product's "title". Text is
// taken as words: Latin by word, case folded; Chinese by pairs of characters.
// All words of Text must occur in one document.
type Search struct {
	Text  string
	Limit int // at most 10,000
}

// A Hit is a document found. Scores are comparable within one answer only;
// equal scores are ordered by Ref.
type Hit struct {
	Ref
	Score float64
}

// A PutError lists the documents of a Put that the engine can never take. It
// wraps [ErrInvalid].
type PutError struct {
	Items []PutItemError
}

// A PutItemError says why one document was refused.
type PutItemError struct {
	Ref    Ref
	Reason string
}

// Error names the first document and how many there are.
func (e *PutError) Error() string {
	if len(e.Items) == 0 {
		return "put: no document refused"
	}
	return fmt.Sprintf("put %s: %s (%d refused)", e.Items[0].Ref, e.Items[0].Reason, len(e.Items))
}

// Unwrap makes every PutError an [ErrInvalid].
func (e *PutError) Unwrap() error { return ErrInvalid }
