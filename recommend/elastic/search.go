package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

const (
	// maxPage is the most that Elasticsearch returns at once.
	maxPage = 10_000
	// maxText keeps a search below the words that any node takes in one query.
	maxText = 1000
)

// Search asks both indices at once. What was put is found once they have been
// refreshed, which they are every second, each on its own. Scores are BM25
// within each kind. A text of more than 1,000 characters is an error that wraps
// [recommend.ErrInvalid].
func (s *Store) Search(ctx context.Context, q recommend.Search) ([]recommend.Hit, error) {
	if q.Limit <= 0 || strings.TrimSpace(q.Text) == "" {
		return nil, nil
	}
	if n := utf8.RuneCountInString(q.Text); n > maxText {
		return nil, fmt.Errorf("search for %d characters: %w: at most %d are possible", n, recommend.ErrInvalid, maxText)
	}
	var hits []recommend.Hit
	err := s.retry(ctx, readTries, func(ctx context.Context) error {
		var err error
		hits, err = s.search(ctx, q)
		return err
	})
	if err != nil {
		return nil, unavailable("search", err)
	}
	return hits, nil
}

func (s *Store) search(ctx context.Context, q recommend.Search) ([]recommend.Hit, error) {
	body, err := json.Marshal(map[string]any{
		"query": map[string]any{"multi_match": map[string]any{
			"query": q.Text, "fields": []string{"reason", "title"}, "operator": "and",
		}},
		"sort":    []any{map[string]any{"_score": "desc"}, map[string]any{"ref": "asc"}},
		"size":    min(q.Limit, maxPage),
		"_source": false,
		// Nobody asks how many there are, and counting would visit all of them.
		"track_total_hits": false,
	})
	if err != nil {
		return nil, fmt.Errorf("encode search: %w", err)
	}
	var answer struct {
		found
		Hits struct {
			Hits []struct {
				Score float64           `json:"_score"`
				Sort  []json.RawMessage `json:"sort"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err = s.call(ctx, esapi.SearchRequest{
		Index:                     []string{s.alias(recommend.KindPick), s.alias(recommend.KindProduct)},
		Body:                      bytes.NewReader(body),
		Preference:                steady(q.Text),
		AllowPartialSearchResults: new(false),
		FilterPath:                []string{"timed_out", "_shards.failed", "hits.hits._score", "hits.hits.sort"},
	}, &answer)
	if err != nil {
		return nil, err
	}
	if err := answer.whole(); err != nil {
		return nil, err
	}
	hits := make([]recommend.Hit, 0, len(answer.Hits.Hits))
	for _, h := range answer.Hits.Hits {
		var ref string
		if len(h.Sort) != 2 || json.Unmarshal(h.Sort[1], &ref) != nil {
			return nil, fmt.Errorf("hit without a ref: %s", h.Sort)
		}
		kind, id, _ := strings.Cut(ref, "/")
		hits = append(hits, recommend.Hit{Ref: recommend.Ref{Kind: recommend.Kind(kind), ID: id}, Score: h.Score})
	}
	return hits, nil
}

// steady returns a preference that takes one text to the same copies of the
// shards each time, for their scores differ a little, and other texts to others.
func steady(text string) string {
	return "text-" + strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(text))), 36)
}

// found is what every search tells of itself.
type found struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
}

// whole returns an error unless every shard has answered in full.
func (f found) whole() error {
	if f.TimedOut || f.Shards.Failed > 0 {
		return fmt.Errorf("answer is not whole: timed out %t, %d shards failed", f.TimedOut, f.Shards.Failed)
	}
	return nil
}
