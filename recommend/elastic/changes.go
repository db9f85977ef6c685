package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

// Changes follows the sequence numbers that each shard gives its operations. It
// takes the global checkpoint of every shard, refreshes the index, and then
// returns the documents whose numbers lie between the mark and the checkpoint.
//
// Nothing can be missed between them. A number at or below the global
// checkpoint belongs to an operation that every copy of the shard in sync has
// applied, and all lower ones have been as well; numbers of operations on their
// way lie above it, and are never given out again below. The refresh comes
// after, so any copy shows all of them to the search. A document written again
// in between has moved above the checkpoint and belongs to a later call; one
// still there has its last number. So a caller sees each document at its last
// put, after a moment if an earlier write is still on its way.
//
// With nothing new it costs one request for statistics. The marks of an index
// end with it: once it has been created anew they wrap [recommend.ErrInvalid].
// A limit above 10,000 counts as that.
func (s *Store) Changes(ctx context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	if !kind.Indexed() {
		return nil, since, fmt.Errorf("changes of kind %q: %w: it cannot be followed", kind, recommend.ErrInvalid)
	}
	if limit <= 0 {
		return nil, since, nil
	}
	var (
		docs []recommend.Document
		next recommend.Mark
	)
	err := s.retry(ctx, readTries, func(ctx context.Context) error {
		var err error
		docs, next, err = s.changes(ctx, kind, since, min(limit, maxPage))
		return err
	})
	if err != nil {
		return nil, since, unavailable("changes of "+string(kind), err)
	}
	return docs, next, nil
}

func (s *Store) changes(ctx context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	index, ends, err := s.checkpoints(ctx, kind)
	if err != nil {
		return nil, "", err
	}
	at, err := decodeMark(since, ends)
	if err != nil {
		return nil, "", err
	}
	if slices.Equal(at, ends) {
		return nil, since, nil
	}
	if err := s.refresh(ctx, index); err != nil {
		return nil, "", err
	}
	var docs []recommend.Document
	for shard, end := range ends {
		if at[shard] == end || len(docs) == limit {
			continue
		}
		more, last, err := s.between(ctx, stretch{index: index, kind: kind, shard: shard, after: at[shard].seq, to: end.seq, limit: limit - len(docs)})
		if err != nil {
			return nil, "", err
		}
		docs = append(docs, more...)
		at[shard].seq = last
	}
	if len(docs) == 0 { // numbers without documents: each was written again since
		return nil, since, nil
	}
	return docs, encodeMark(at), nil
}

// checkpoints returns the index that kind's alias stands for and the global
// checkpoint of each of its shards, as their primaries know it.
func (s *Store) checkpoints(ctx context.Context, kind recommend.Kind) (string, []position, error) {
	var answer statistics
	err := s.call(ctx, esapi.IndicesStatsRequest{
		Index:  []string{s.alias(kind)},
		Metric: []string{"docs"}, // the least; sequence numbers come with any
		Level:  "shards",
		FilterPath: []string{
			"_shards.failed", "indices.*.health", "indices.*.shards.*.routing",
			"indices.*.shards.*.seq_no.global_checkpoint", "indices.*.shards.*.commit.user_data.history_uuid",
		},
	}, &answer)
	if err != nil {
		return "", nil, err
	}
	if answer.Shards.Failed > 0 || len(answer.Indices) != 1 {
		return "", nil, fmt.Errorf("statistics of %s: %d indices, want 1; %d shards failed", s.alias(kind), len(answer.Indices), answer.Shards.Failed)
	}
	for index, stats := range answer.Indices {
		ends, err := stats.ends()
		if err != nil {
			return "", nil, fmt.Errorf("statistics of %s: %w", index, err)
		}
		return index, ends, nil
	}
	return "", nil, fmt.Errorf("statistics of %s: none", s.alias(kind))
}

type statistics struct {
	Shards struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
	Indices map[string]indexStatistics `json:"indices"`
}

type indexStatistics struct {
	Health string                       `json:"health"`
	Shards map[string][]shardStatistics `json:"shards"` // copies by number
}

type shardStatistics struct {
	Routing struct {
		State   string `json:"state"`
		Primary bool   `json:"primary"`
	} `json:"routing"`
	SeqNo *struct {
		GlobalCheckpoint int64 `json:"global_checkpoint"`
	} `json:"seq_no"`
	Commit struct {
		UserData struct {
			History string `json:"history_uuid"`
		} `json:"user_data"`
	} `json:"commit"`
}

// ends returns the checkpoint of every shard. One whose primary is not there or
// not ready is an error: leaving it out would miss changes.
func (s *indexStatistics) ends() ([]position, error) {
	if s.Health == "red" || len(s.Shards) == 0 {
		return nil, fmt.Errorf("health %q, %d shards", s.Health, len(s.Shards))
	}
	ends := make([]position, len(s.Shards))
	for i := range ends {
		copies := s.Shards[strconv.Itoa(i)]
		p := slices.IndexFunc(copies, func(c shardStatistics) bool {
			return c.Routing.Primary && (c.Routing.State == "STARTED" || c.Routing.State == "RELOCATING")
		})
		if p < 0 || copies[p].SeqNo == nil || copies[p].Commit.UserData.History == "" {
			return nil, fmt.Errorf("shard %d has no primary that is ready", i)
		}
		ends[i] = position{history: copies[p].Commit.UserData.History, seq: copies[p].SeqNo.GlobalCheckpoint}
	}
	return ends, nil
}

func (s *Store) refresh(ctx context.Context, index string) error {
	var answer struct {
		Shards struct {
			Failed int `json:"failed"`
		} `json:"_shards"`
	}
	err := s.call(ctx, esapi.IndicesRefreshRequest{Index: []string{index}, FilterPath: []string{"_shards.failed"}}, &answer)
	if err == nil && answer.Shards.Failed > 0 {
		err = &reply{Status: http.StatusServiceUnavailable, Reason: strconv.Itoa(answer.Shards.Failed) + " shards failed"}
	}
	if err != nil {
		return fmt.Errorf("refresh %s: %w", index, err)
	}
	return nil
}

// A stretch is a piece of a shard's history.
type stretch struct {
	index     string
	kind      recommend.Kind
	shard     int
	after, to int64 // sequence numbers
	limit     int
}

// between returns the documents last written in r, oldest first, and the number
// up to which they are complete.
func (s *Store) between(ctx context.Context, r stretch) ([]recommend.Document, int64, error) {
	body, err := json.Marshal(map[string]any{
		"query":            map[string]any{"range": map[string]any{"_seq_no": map[string]any{"gt": r.after, "lte": r.to}}},
		"sort":             []any{map[string]any{"_seq_no": "asc"}},
		"size":             r.limit,
		"version":          true,
		"track_total_hits": false,
	})
	if err != nil {
		return nil, 0, fmt.Errorf("encode search: %w", err)
	}
	var answer struct {
		found
		Hits struct {
			Hits []struct {
				ID      string   `json:"_id"`
				Version int64    `json:"_version"`
				Source  envelope `json:"_source"`
				Sort    []int64  `json:"sort"`
			} `json:"hits"`
		} `json:"hits"`
	}
	// No filter_path: Elasticsearch would print the bodies anew.
	err = s.call(ctx, esapi.SearchRequest{
		Index:                     []string{r.index},
		Body:                      bytes.NewReader(body),
		Preference:                "_shards:" + strconv.Itoa(r.shard),
		AllowPartialSearchResults: new(false),
		RequestCache:              new(false),
	}, &answer)
	if err != nil {
		return nil, 0, err
	}
	if err := answer.whole(); err != nil {
		return nil, 0, err
	}
	docs := make([]recommend.Document, 0, len(answer.Hits.Hits))
	last := r.to
	for _, h := range answer.Hits.Hits {
		if len(h.Sort) != 1 {
			return nil, 0, fmt.Errorf("document %q came without its sequence number", h.ID)
		}
		docs = append(docs, recommend.Document{Ref: recommend.Ref{Kind: r.kind, ID: h.ID}, Version: h.Version, Body: h.Source.body()})
		last = h.Sort[0]
	}
	if len(docs) < r.limit {
		last = r.to
	}
	return docs, last, nil
}
