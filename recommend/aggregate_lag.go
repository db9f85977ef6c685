package recommend

import (
	"math/bits"
	"slices"
)

// A Lag is how many pairs took a step how long after they entered. Times are
// told by buckets that are a sixteenth apart: see [LagBounds].
type Lag struct {
	Slot   int      // that they entered in
	Key    []string // by dimension, as of a [JourneyGroup]
	Step   int      // of the query
	Bucket int
	Count  int64
}

// lagBits are how many bits of a time are kept after the first.
const lagBits = 4

// lagBucket is the bucket of a time in milliseconds.
func lagBucket(ms int64) int {
	v := uint64(max(ms, 0)) + 1
	e := bits.Len64(v) - 1
	if e < lagBits {
		return e<<lagBits | int(v<<(lagBits-e)&(1<<lagBits-1))
	}
	return e<<lagBits | int(v>>(e-lagBits)&(1<<lagBits-1))
}

// LagBounds are the times in milliseconds that a bucket is of: low ≤ t < high.
func LagBounds(bucket int) (low, high float64) {
	at := func(bucket int) float64 {
		whole := uint64(1) << (bucket >> lagBits)
		return float64(whole)*(1+float64(bucket&(1<<lagBits-1))/(1<<lagBits)) - 1
	}
	return at(bucket), at(bucket + 1)
}

// LagSums counts lags in one pass.
type LagSums struct {
	sums *JourneySums
	lags map[lagKey]int64
}

type lagKey struct {
	groupKey
	step, bucket int
}

// NewLagSums returns sums for q, which is valid.
func NewLagSums(q *JourneyQuery) *LagSums {
	return &LagSums{sums: NewJourneySums(q), lags: make(map[lagKey]int64)}
}

// Add counts j, whose document is named id.
func (s *LagSums) Add(id string, j *Journey) {
	if _, left := s.sums.except[id]; left || j.Class() != ClassCounted {
		return
	}
	k, took, ok := s.sums.place(j)
	if !ok {
		return
	}
	entered, _, at := s.sums.steps(j)
	for i := range s.sums.q.Steps {
		if took>>i&1 == 1 {
			s.lags[lagKey{k, i, lagBucket(at[i] - entered)}]++
		}
	}
}

// Lags calls each with every group, step and bucket.
func (s *LagSums) Lags(each func(Lag) error) error {
	for k, n := range s.lags {
		if err := each(Lag{Slot: k.slot, Key: slices.Clone(k.key[:len(s.sums.q.By)]), Step: k.step, Bucket: k.bucket, Count: n}); err != nil {
			return err
		}
	}
	return nil
}
