package exports

import (
	"encoding/json"
	"errors"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// A State is how far a job is.
type State string

// The states.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// The datasets.
const (
	DatasetFunnel = "funnel" // every group of a breakdown
	DatasetSeries = "series" // every interval
	DatasetTop    = "top"    // every group of one dimension, the best first
	DatasetMoney  = "money"  // what orders are worth, by every group
	DatasetOrders = "orders" // lines of orders, one row for each expert who is credited
	DatasetPicks  = "picks"  // what figures by pick are of

	DatasetRetention = "retention" // every cohort and interval
)

// Datasets are all of them.
func Datasets() []string {
	return []string{DatasetFunnel, DatasetSeries, DatasetTop, DatasetMoney, DatasetRetention, DatasetOrders, DatasetPicks}
}

// The formats.
const (
	NDJSON = "ndjson"
	CSV    = "csv"
)

// An Ask is what somebody wants exported.
type Ask struct {
	Dataset string `json:"dataset"`
	Format  string `json:"format"`
	Lang    string `json:"lang"` // of the disclosure: en or zh
	// Request is what is counted, with AsOf set. Of orders it has the times
	// between which they were placed as Edges, Model, and Where, which knows
	// expert, partner and pick.
	Request analytics.Request `json:"request"`
	// Asked is the question as it came, for the header of the file.
	Asked json.RawMessage `json:"asked"`
}

// A Job is an export on its way. Jobs are values: a later state is another.
type Job struct {
	ID    string `json:"id"`    // letters and digits
	Owner string `json:"owner"` // who asked
	Ask
	State    State     `json:"state"`
	Created  time.Time `json:"created"`
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	// Expires is when result and job are deleted; zero before the end.
	Expires time.Time `json:"expires,omitzero"`
	// Attempts counts starts, but for those that a stop of the process ended.
	Attempts int `json:"attempts,omitempty"`
	// Later is before when it is not tried again.
	Later time.Time `json:"later,omitzero"`

	Rows   int64    `json:"rows,omitempty"`   // without the header
	Bytes  int64    `json:"bytes,omitempty"`  // of the file
	Digest string   `json:"digest,omitempty"` // SHA-256 of the file, hexadecimal
	About  *About   `json:"about,omitempty"`  // once done
	Why    *Failure `json:"why,omitempty"`    // it failed
}

// Over reports whether nothing will change any more.
func (j *Job) Over() bool { return j.State == Done || j.State == Failed }

// About says what rows mean.
type About struct {
	Schema string    `json:"schema"` // name and version of the columns
	AsOf   time.Time `json:"as_of"`
	// Complete says what is in the file and what is not.
	Complete string             `json:"completeness"`
	LeftOut  *analytics.LeftOut `json:"left_out,omitempty"`
	// Disclosure stands beside every row with money.
	Disclosure *recommend.DisclosureOf `json:"disclosure,omitempty"`
	Columns    []string                `json:"columns"`
}

// A Failure is why there is no result, without internals.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

// What a [Desk] says no with.
var (
	// ErrFull says that too many jobs wait.
	ErrFull = errors.New("exports: too many wait")
	// ErrCrowded says that too many results are kept.
	ErrCrowded = errors.New("exports: too many are kept")
)
