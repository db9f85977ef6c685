package main

import (
	"encoding/json"
	"fmt"
	"os"

	"vitrine.dev/ranking"
)

// A contest says how much better one is than another on the same queries.
type contest struct {
	Queries int        `json:"queries"`
	Recall  difference `json:"recall"`
	NDCG    difference `json:"ndcg"`
}

// A difference is a [ranking.Difference] in JSON.
type difference struct {
	Mean     float64          `json:"difference"`
	Interval ranking.Interval `json:"interval"`
	P        float64          `json:"p"`
}

// pair compares figures a with figures b, query by query.
func pair(aRecall, bRecall, aNDCG, bNDCG []float64) contest {
	return contest{
		Queries: len(aRecall), Recall: difference(ranking.Paired(aRecall, bRecall)), NDCG: difference(ranking.Paired(aNDCG, bNDCG)),
	}
}

// An against is a set beside what another run wrote.
type against struct {
	File string `json:"file"`
	contest
	Mixed contest `json:"mixed"`
}

// compareEval compares s with the set in an earlier result that has queries in
// common with it. Queries that only one of them has are left out.
func compareEval(s *evalSet, path string) (*against, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("against: %w", err)
	}
	var report evalReport
	if err := json.Unmarshal(b, &report); err != nil {
		return nil, fmt.Errorf("against %s: %w", path, err)
	}
	mine := make(map[string]int, len(s.PerQuery.ID))
	for i, id := range s.PerQuery.ID {
		mine[id] = i
	}
	for _, other := range report.Sets {
		if !other.PerQuery.complete() {
			return nil, fmt.Errorf("against %s: the figures of the queries are not complete", path)
		}
		var a, b perQuery
		for j, id := range other.PerQuery.ID {
			if i, ok := mine[id]; ok {
				a.add(&s.PerQuery, i)
				b.add(&other.PerQuery, j)
			}
		}
		if len(a.ID) > 0 {
			return &against{
				File: path, contest: pair(a.Recall, b.Recall, a.NDCG, b.NDCG),
				Mixed: pair(a.MixedRecall, b.MixedRecall, a.MixedNDCG, b.MixedNDCG),
			}, nil
		}
	}
	return nil, fmt.Errorf("against %s: it has no query of %s", path, s.Name)
}

func (p *perQuery) complete() bool {
	n := len(p.ID)
	return len(p.Recall) == n && len(p.NDCG) == n && len(p.MixedRecall) == n && len(p.MixedNDCG) == n
}

// add appends query i of o.
func (p *perQuery) add(o *perQuery, i int) {
	p.ID = append(p.ID, o.ID[i])
	p.Recall, p.NDCG = append(p.Recall, o.Recall[i]), append(p.NDCG, o.NDCG[i])
	p.MixedRecall, p.MixedNDCG = append(p.MixedRecall, o.MixedRecall[i]), append(p.MixedNDCG, o.MixedNDCG[i])
}
