package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

// alias is the name that documents of k are read and written by.
func (s *Store) alias(k recommend.Kind) string { return s.prefix + "-" + string(k) + s.suffix }

// firstIndex is what the alias of k stands for until a rebuild swaps it.
func (s *Store) firstIndex(k recommend.Kind) string { return s.alias(k) + "-000001" }

// create makes templates, indices and aliases as far as they are missing. Any
// number of processes may do so at once: an index comes into being together
// with its alias, so either both are there or neither.
func (s *Store) create(ctx context.Context) error {
	if s.suffix != "" {
		return errors.New("an index that was being filled is gone")
	}
	for _, k := range recommend.Kinds() {
		if err := s.putTemplate(ctx, k); err != nil {
			return err
		}
		there, err := s.aliased(ctx, s.alias(k))
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if err := s.createIndex(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putTemplate(ctx context.Context, k recommend.Kind) error {
	body, err := json.Marshal(template{
		Patterns: []string{s.alias(k) + "-*"},
		Priority: 300, // above what a distribution brings along
		Template: s.layout.index(k),
	})
	if err != nil {
		return fmt.Errorf("encode template %s: %w", s.alias(k), err)
	}
	req := esapi.IndicesPutIndexTemplateRequest{Name: s.alias(k), Body: bytes.NewReader(body)}
	if err := s.call(ctx, req, nil); err != nil {
		return fmt.Errorf("put template %s: %w", s.alias(k), err)
	}
	return nil
}

// aliased reports whether alias stands for an index. More than one is an
// error: writes would go to one of them and reads to none.
func (s *Store) aliased(ctx context.Context, alias string) (bool, error) {
	index, err := s.behind(ctx, alias)
	return index != "", err
}

// behind returns the index that alias stands for, "" if there is no alias.
func (s *Store) behind(ctx context.Context, alias string) (string, error) {
	var indices map[string]json.RawMessage
	err := s.call(ctx, esapi.IndicesGetAliasRequest{Name: []string{alias}}, &indices)
	if r, ok := errors.AsType[*reply](err); ok && r.Status == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up alias %s: %w", alias, err)
	}
	if len(indices) > 1 {
		return "", &reply{Status: http.StatusConflict, Reason: fmt.Sprintf("alias %s stands for %d indices, want 1", alias, len(indices))}
	}
	for index := range indices {
		return index, nil
	}
	return "", nil
}

// createIndex makes the first index of k, empty, with its alias. The mapping
// comes from the template.
func (s *Store) createIndex(ctx context.Context, k recommend.Kind) error {
	body := fmt.Sprintf(`{"aliases":{%q:{"is_write_index":true}}}`, s.alias(k))
	err := s.call(ctx, esapi.IndicesCreateRequest{Index: s.firstIndex(k), Body: bytes.NewReader([]byte(body))}, nil)
	if r, ok := errors.AsType[*reply](err); ok && r.Type == typeIndexExists {
		there, err := s.aliased(ctx, s.alias(k))
		if err == nil && !there {
			err = &reply{Status: http.StatusConflict, Reason: fmt.Sprintf("index %s is there without its alias %s", s.firstIndex(k), s.alias(k))}
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("create index %s: %w", s.firstIndex(k), err)
	}
	s.log.InfoContext(ctx, "elasticsearch index created, empty", "index", s.firstIndex(k))
	return nil
}

// Check reports whether the cluster answers and every index is there with all
// its primary shards. An index that is not is created.
func (s *Store) Check(ctx context.Context) error {
	if err := s.check(ctx); err != nil {
		return unavailable("check elasticsearch", err)
	}
	return nil
}

func (s *Store) check(ctx context.Context) error {
	err := s.health(ctx)
	if r, ok := errors.AsType[*reply](err); !ok || r.Status != http.StatusRequestTimeout {
		return err
	}
	// Of a name that it does not know, Elasticsearch says that it waited for it.
	if err := s.create(ctx); err != nil {
		return err
	}
	return s.health(ctx)
}

func (s *Store) health(ctx context.Context) error {
	var health struct {
		Status string `json:"status"`
	}
	req := esapi.ClusterHealthRequest{FilterPath: []string{"status"}, Timeout: 1} // a nanosecond: do not wait
	for _, k := range recommend.Kinds() {
		req.Index = append(req.Index, s.alias(k))
	}
	if err := s.call(ctx, req, &health); err != nil {
		return err
	}
	if health.Status == "red" {
		return errors.New("cluster health is red: a primary shard is missing")
	}
	return nil
}
