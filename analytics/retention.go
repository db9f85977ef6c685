package analytics

import (
	"context"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/stats"
)

// Retention is how many readers came back, by when they began.
type Retention struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"` // not in it
	AsOf    time.Time `json:"as_of"`
	Step    string    `json:"step"` // that a reader begins with
	Back    string    `json:"back"` // that he comes back with
	Cohorts []Cohort  `json:"cohorts"`
	LeftOut LeftOut   `json:"left_out"`
	// Complete says what the counts are of, and what is not in them.
	Complete string `json:"completeness"`
}

// A Cohort are the readers who began in an interval.
type Cohort struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Readers int64     `json:"readers"`
	// Back are those of them who came back, in the interval itself and in each
	// after it; empty where the readers are too few to be told of.
	Back []Returned `json:"back"`
	Few  bool       `json:"few_readers,omitempty"`
}

// Returned is how many came back in an interval.
type Returned struct {
	From    time.Time `json:"from"`
	Readers int64     `json:"readers"`
	Rate    float64   `json:"rate"`
	// Interval holds Rate with 95 % confidence, by the score interval of Wilson.
	Interval [2]float64 `json:"interval"`
	// Open says that the interval is not over as of then: more may come.
	Open bool `json:"open,omitempty"`
}

const completeRetention = "Readers, by the interval in which they took the step for the first time ever; who took it before from is in no cohort. " +
	"A reader is back in an interval when he took the step back in it with some pick for the first or the last time: a visit between the two is not known. " +
	"Readers with personalisation off, those who were erased, windows that were not made for their reader, experts with their own picks, and robots that say they are some are left out; cohorts of fewer than five readers are not told of."

// Retain counts the readers who began in each interval between the edges of r,
// and of those how many came back in each after it. Of r it takes Edges, AsOf,
// Where (expert, pick, source and arm), and of Steps the first, to begin with,
// and the last, to come back with.
func (a *Analyst) Retain(ctx context.Context, r *Request) (*Retention, error) {
	if r.AsOf.IsZero() {
		r.AsOf = a.Now()
	}
	q, err := r.returns()
	if err != nil {
		return nil, err
	}
	n := len(r.Edges) - 1
	began, came := make([]int64, n), make([][]int64, n)
	for i := range came {
		came[i] = make([]int64, n)
	}
	err = a.Counts.Returns(ctx, q, func(of recommend.Periods) error {
		first := bits.TrailingZeros64(of.Begun)
		if of.Begun == 0 || first == 0 { // never, or before from
			return nil
		}
		began[first-1]++
		for k := first - 1; k < n; k++ {
			came[first-1][k] += int64(of.Back >> (k + 1) & 1)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t := &Retention{From: r.Edges[0], To: r.Edges[n], AsOf: r.AsOf, Step: r.Steps[0], Back: r.Steps[len(r.Steps)-1], Cohorts: []Cohort{}, Complete: completeRetention}
	for i := range began {
		c := cohort(r, i, began[i], came[i])
		if c.Few {
			t.LeftOut.Groups++
		}
		t.Cohorts = append(t.Cohorts, c)
	}
	return t, nil
}

// returns is how the engine is asked.
func (r *Request) returns() (*recommend.ReturnQuery, error) {
	q := &recommend.ReturnQuery{Edges: r.Edges, AsOf: r.AsOf}
	var ps []recommend.Problem
	for _, of := range []struct {
		field, step string
		kind        *string
	}{{"step", r.Steps[0], &q.Begin}, {"back", r.Steps[len(r.Steps)-1], &q.Back}} {
		var ok bool
		if *of.kind, ok = kindOf(of.step); !ok || of.step == StepImpression {
			ps = append(ps, problem(of.field, fmt.Sprintf("%.80q is nothing that readers are counted by", of.step), "use one of "+strings.Join(Steps()[1:], ", ")))
		}
	}
	p := plan{Request: Request{Where: r.Where}, said: true}
	ps = append(ps, p.dimensions()...)
	for _, d := range slices.Sorted(maps.Keys(r.Where)) {
		if p.isFiled(d) {
			ps = append(ps, problem(d, "who comes back is not told apart by the "+d+" of picks", "filter by expert, pick, source or arm"))
		}
	}
	if len(ps) > 0 {
		return nil, recommend.Refuse(ps...)
	}
	q.Where = p.engineWhere(recommend.ByPick, recommend.ByExpert, recommend.BySource, recommend.ByArm)
	err := q.Validate()
	return q, err
}

func cohort(r *Request, i int, began int64, came []int64) Cohort {
	c := Cohort{From: r.Edges[i], To: r.Edges[i+1], Readers: began, Back: []Returned{}}
	if began > 0 && began < recommend.FewestReaders {
		c.Few, c.Readers = true, 0
		return c
	}
	for k := i; k < len(came) && began > 0 && r.Edges[k].Before(r.AsOf); k++ {
		in := stats.Wilson(stats.Share{K: float64(came[k]), N: float64(began)}, confidence)
		c.Back = append(c.Back, Returned{
			From: r.Edges[k], Readers: came[k], Rate: float64(came[k]) / float64(began), Interval: [2]float64{in.Low, in.High}, Open: r.Edges[k+1].After(r.AsOf),
		})
	}
	return c
}
