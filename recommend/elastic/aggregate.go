package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

var _ recommend.Aggregates = (*Store)(nil)

// A composite aggregation is read in pages. Elasticsearch makes no more than
// 65,536 buckets for one answer.
const (
	compositePage = 50_000
	pitAlive      = "1m" // from one page to the next
)

// An aggregation is read to its end by [point.composite].
type aggregation struct {
	sources []any                     // of the composite
	filter  []any                     // of the query
	runtime map[string]any            // fields made by scripts
	beside  map[string]any            // aggregations in each bucket: they take a second pass
	each    func(*bucketAnswer) error // in the order of the sources
}

// A bucketAnswer is a bucket of a composite aggregation.
type bucketAnswer struct {
	Key      map[string]any          `json:"key"`
	Count    int64                   `json:"doc_count"`
	Shown    struct{ Value float64 } `json:"shown"`
	Over     struct{ Value float64 } `json:"over"`
	Unproven struct{ Value float64 } `json:"unproven"`
	Own      struct{ Value float64 } `json:"own"`
	Bots     struct{ Value float64 } `json:"bots"`
}

func (b *bucketAnswer) text(name string) string {
	s, _ := b.Key[name].(string)
	return s
}

func (b *bucketAnswer) number(name string) int64 {
	n, _ := b.Key[name].(float64)
	return int64(n)
}

// A point is the documents of a kind as they were at one moment.
type point struct {
	s  *Store
	id string
}

// point calls use with the documents of kind as they are now.
func (s *Store) point(ctx context.Context, kind recommend.Kind, use func(*point) error) error {
	id, err := s.openPoint(ctx, kind)
	if err != nil {
		return err
	}
	p := &point{s, id}
	defer func() { s.closePoint(context.WithoutCancel(ctx), p.id) }()
	return use(p)
}

// An answer is that of Elasticsearch to a search.
type answer struct {
	found
	Pit  string `json:"pit_id"`
	Hits struct {
		Total struct{ Value int64 }
	}
	Aggregations struct {
		Groups struct {
			After   json.RawMessage `json:"after_key"`
			Buckets []bucketAnswer  `json:"buckets"`
		} `json:"groups"`
	} `json:"aggregations"`
}

func (p *point) search(ctx context.Context, request map[string]any) (*answer, error) {
	request["size"] = 0
	request["pit"] = map[string]any{"id": p.id, "keep_alive": pitAlive}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode aggregation: %w", err)
	}
	a := new(answer)
	err = p.s.retry(ctx, readTries, func(ctx context.Context) error {
		return p.s.call(ctx, esapi.SearchRequest{Body: bytes.NewReader(body), AllowPartialSearchResults: new(false)}, a)
	})
	if err != nil {
		return nil, err
	}
	if a.Pit != "" {
		p.id = a.Pit
	}
	return a, a.whole()
}

// count is how many documents pass a filter.
func (p *point) count(ctx context.Context, filter []any) (int64, error) {
	a, err := p.search(ctx, map[string]any{"track_total_hits": true, "query": all(filter...)})
	if err != nil {
		return 0, err
	}
	return a.Hits.Total.Value, nil
}

// composite reads all buckets of a.
func (p *point) composite(ctx context.Context, a *aggregation) error {
	var after json.RawMessage
	for {
		page, err := p.search(ctx, a.request(after, p.s.page))
		if err != nil {
			return err
		}
		for i := range page.Aggregations.Groups.Buckets {
			if err := a.each(&page.Aggregations.Groups.Buckets[i]); err != nil {
				return err
			}
		}
		if after = page.Aggregations.Groups.After; len(page.Aggregations.Groups.Buckets) < p.s.page {
			return nil // a further page would take a pass to be empty
		}
	}
}

// composite reads all buckets of a, which counts documents of a kind as of one
// moment.
func (s *Store) composite(ctx context.Context, kind recommend.Kind, a *aggregation) error {
	return s.point(ctx, kind, func(p *point) error { return p.composite(ctx, a) })
}

func (a *aggregation) request(after json.RawMessage, size int) map[string]any {
	composite := map[string]any{"size": size, "sources": a.sources}
	if len(after) > 0 {
		composite["after"] = after
	}
	groups := map[string]any{"composite": composite}
	if len(a.beside) > 0 {
		groups["aggs"] = a.beside
	}
	request := map[string]any{"track_total_hits": false, "query": all(a.filter...), "aggs": map[string]any{"groups": groups}}
	if len(a.runtime) > 0 {
		request["runtime_mappings"] = a.runtime
	}
	return request
}

// openPoint names the documents of kind as they are now.
func (s *Store) openPoint(ctx context.Context, kind recommend.Kind) (id string, err error) {
	err = s.retry(ctx, readTries, func(ctx context.Context) error {
		if err := s.counted(ctx, kind); err != nil {
			return err
		}
		var answer struct {
			ID string `json:"id"`
		}
		err := s.call(ctx, esapi.OpenPointInTimeRequest{Index: []string{s.alias(kind)}, KeepAlive: pitAlive}, &answer)
		id = answer.ID
		return err
	})
	return id, err
}

func (s *Store) closePoint(ctx context.Context, id string) {
	body, err := json.Marshal(map[string]string{"id": id})
	if err == nil {
		err = s.call(ctx, esapi.ClosePointInTimeRequest{Body: bytes.NewReader(body)}, nil)
	}
	if r, ok := errors.AsType[*reply](err); err != nil && (!ok || r.Status != http.StatusNotFound) { // it ends by itself
		s.log.WarnContext(ctx, "elasticsearch keeps documents that nobody counts any more", "err", err)
	}
}

// counted makes sure that the index of kind has the fields that are counted by:
// one that was made by an earlier version has none, and would say that there was
// nothing.
func (s *Store) counted(ctx context.Context, kind recommend.Kind) error {
	if _, ok := s.countable.Load(kind); ok {
		return nil
	}
	var indices map[string]struct {
		Mappings struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"mappings"`
	}
	if err := s.call(ctx, esapi.IndicesGetMappingRequest{Index: []string{s.alias(kind)}}, &indices); err != nil {
		return err
	}
	for index, m := range indices {
		for name := range counted(kind) {
			if _, ok := m.Mappings.Properties[name]; !ok {
				return fmt.Errorf("%w: index %s was made by an earlier version and has no %q to count by: run vitrine rebuild", recommend.ErrInvalid, index, name)
			}
		}
	}
	s.countable.Store(kind, struct{}{})
	return nil
}

// dimensions are the sources of by, and a filter for where. Every document has a
// pick, and there may be many: it comes first, so that a page of buckets takes a
// look at those documents alone that have its picks. Where documents are expected
// to lack a value Elasticsearch looks at all of them for each page.
func (a *aggregation) dimensions(by []recommend.Dimension, where map[recommend.Dimension][]string) {
	if slices.Contains(by, recommend.ByPick) {
		a.source(string(recommend.ByPick), map[string]any{"field": string(recommend.ByPick)})
	}
	for _, d := range by {
		if d != recommend.ByPick {
			a.source(string(d), map[string]any{"field": string(d), "missing_bucket": true})
		}
	}
	for d, values := range where {
		a.filter = append(a.filter, oneOf(string(d), values...))
	}
}

// except leaves documents out.
func (a *aggregation) except(ids []string) {
	if len(ids) > 0 {
		a.filter = append(a.filter, none(map[string]any{"ids": map[string]any{"values": ids}}))
	}
}

func (a *aggregation) source(name string, terms map[string]any) {
	a.sources = append(a.sources, sourceOf(name, terms))
}

func sourceOf(name string, terms map[string]any) map[string]any {
	return map[string]any{name: map[string]any{"terms": terms}}
}

// emitSlot emits the slot, times 256, and what a script took.
const emitSlot = "emit((long) lo * 256 + took);"

// made is a field made by a script that finds the time at which something lies,
// and then by another that emits what it says where lo is the slot of that time.
func made(edges []int64, params map[string]any, find, emit string) map[string]any {
	params["edges"] = edges
	const slot = `
int lo = 0; int hi = params.edges.size() - 1;
if (at < params.edges[0] || at >= params.edges[hi]) return;
while (hi - lo > 1) { int mid = (lo + hi) >>> 1; if (params.edges[mid] <= at) { lo = mid } else { hi = mid } }
`
	return map[string]any{"type": "long", "script": map[string]any{"source": find + slot + emit, "params": params}}
}

// Queries by which documents are chosen, of which none has a score.

func all(of ...any) map[string]any { return map[string]any{"bool": map[string]any{"filter": of}} }

func anyOf(of ...any) map[string]any { return map[string]any{"bool": map[string]any{"should": of}} }

func none(of ...any) map[string]any { return map[string]any{"bool": map[string]any{"must_not": of}} }

func exists(name string) map[string]any {
	return map[string]any{"exists": map[string]any{"field": name}}
}

func between(name string, bounds map[string]int64) map[string]any {
	return map[string]any{"range": map[string]any{name: bounds}}
}

// oneOf is what has one of values; "" is none.
func oneOf(name string, values ...string) map[string]any {
	terms := map[string]any{"terms": map[string]any{name: values}}
	if !slices.Contains(values, "") {
		return terms
	}
	return anyOf(terms, none(exists(name)))
}
