package recommend

import (
	"context"
	"encoding/json"
	"time"
)

// Log topics. Each is folded by exactly one fold; the key decides the
// partition, so the events of one key are in order.
const (
	TopicPicks   = "vitrine.picks"   // key: expert id
	TopicCatalog = "vitrine.catalog" // key: product key
	TopicActions = "vitrine.actions" // key: reader id
	TopicOrders  = "vitrine.orders"  // key: order id
	TopicRulings = "vitrine.rulings" // key: target, such as "expert:e1"
	TopicModels  = "vitrine.models"  // key: ModelKey
	TopicDead    = "vitrine.dead"    // key: that of the event that died
)

// Topics returns every topic of the log, the dead letters last.
func Topics() []string {
	return []string{TopicPicks, TopicCatalog, TopicActions, TopicOrders, TopicRulings, TopicModels, TopicDead}
}

// Event types. A type ends in its version; what is added within a version is
// optional, and a reader keeps the fields it does not know.
const (
	TypePickPublished = "pick.published.v1"
	TypePickEdited    = "pick.edited.v1"
	TypePickWithdrawn = "pick.withdrawn.v1"
	TypePickRestored  = "pick.restored.v1"

	TypeProductListed = "catalog.product.v1"

	TypeReaderDeclared = "reader.declared.v1"
	TypeReaderErased   = "reader.erased.v1"
	TypeActed          = "action.v1"

	TypePartnerRegistered = "partner.registered.v1"
	TypeExpertVerified    = "expert.verified.v1"
	TypeRulingMade        = "ruling.made.v1"

	TypeOrderReported = "order.reported.v1"
	TypeOrdersSynced  = "orders.synced.v1" // a partner's orders of a window of time are in the log
	TypeEarningRuled  = "earning.ruled.v1" // somebody decided about what a line earns, or paid it

	TypeSignalResolved = "signal.resolved.v1" // a moderator decided about a signal
	TypeSignalEnded    = "signal.ended.v1"    // nobody did in time

	TypeClickCounted = "click.counted.v1" // a way to the checkout of a pick was opened
	TypeLineWatched  = "line.watched.v1"  // a line is credited to a click on a pick
	TypeLineFlagged  = "line.flagged.v1"  // a line is told of a signal about its click

	TypePayoutDeclared = "payout.declared.v1" // an expert said where he is paid to
	TypePayoutUsed     = "payout.used.v1"     // and so who is paid to an account

	TypeModelLearned = "model.learned.v1" // weights and rows that have changed
	TypeModelRuled   = "model.ruled.v1"   // somebody decided what a surface is scored by
	TypeModelLoaded  = "model.loaded.v1"  // somebody brought a model of trees
)

// SourceAPI is the source of events made of requests to this installation's
// API, which may be waiting to learn what became of them.
const SourceAPI = "/vitrine/api"

// SourceSignals is the source of events about signals that no person caused.
const SourceSignals = "/vitrine/signals"

// SourceTrainer is the source of events of what was learned, SourceOperator that
// of decisions about it at the command line.
const (
	SourceTrainer  = "/vitrine/trainer"
	SourceOperator = "/vitrine/operator"
)

// An Event is one fact in the log: a CloudEvent together with the place the
// log gave it.
type Event struct {
	ID     string // unique within Source; the pair seen before is a duplicate
	Source string // a URI reference naming the producer, such as "/vitrine/api"
	Type   string // one of the Type constants for events this version folds
	Key    string // record key
	Time   time.Time
	Data   json.RawMessage // a JSON object

	// Traceparent is the W3C trace context of the request that caused it.
	Traceparent string
	// Trusted says that the event carries this installation's seal: it comes
	// from "import --trusted", and limits, similarity and probation are not
	// applied to it. A log sets it on reading from the seal alone.
	Trusted bool

	// Set when the event is read from the log.
	Topic     string
	Partition int
	Offset    int64     // 0 is the first of the partition
	Appended  time.Time // by the producer's clock, to the millisecond
}

// A Position is the place of an event in the log.
type Position struct {
	Topic     string
	Partition int
	Offset    int64
}

// A Log takes events.
type Log interface {
	// Append adds events to topic and returns their positions, in the order
	// given, once the broker holds all of them durably. On error some may have
	// been appended all the same; appending again is safe, for an event keeps
	// its ID. An error that wraps [ErrUnavailable] is worth retrying; one that
	// wraps [ErrInvalid] (an event over the size limit) is not.
	Append(ctx context.Context, topic string, events ...Event) ([]Position, error)
}
