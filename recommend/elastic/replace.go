package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

// nextSuffix ends the aliases of the indices that are to replace others.
const nextSuffix = "-next"

// Next creates an empty index of every kind beside that which its alias stands
// for, and returns them as a store to be filled and given to [Store.Replace] or
// [Store.Discard]. What an earlier one left is deleted, and its block lifted:
// only one process may do this at a time.
func (s *Store) Next(ctx context.Context) (*Store, error) {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	next := *s
	next.suffix = nextSuffix
	err := s.retry(ctx, untilDeadline, func(ctx context.Context) error {
		if err := s.discard(ctx, &next); err != nil {
			return err
		}
		if err := s.create(ctx); err != nil { // and bring the templates up to date
			return err
		}
		for _, k := range recommend.Kinds() {
			if err := s.createNext(ctx, k, next.alias(k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("create indices", err)
	}
	return &next, nil
}

// createNext makes an index of k that has a number of its own, with alias.
func (s *Store) createNext(ctx context.Context, k recommend.Kind, alias string) error {
	now, err := s.behind(ctx, s.alias(k))
	if err != nil {
		return err
	}
	body := fmt.Sprintf(`{"aliases":{%q:{"is_write_index":true}}}`, alias)
	for n := numberOf(now) + 1; ; n++ {
		index := fmt.Sprintf("%s-%06d", s.alias(k), n)
		err := s.call(ctx, esapi.IndicesCreateRequest{Index: index, Body: bytes.NewReader([]byte(body))}, nil)
		if r, ok := errors.AsType[*reply](err); ok && r.Type == typeIndexExists { // kept by a rebuild that was undone
			continue
		}
		if err != nil {
			return fmt.Errorf("create index %s: %w", index, err)
		}
		s.log.InfoContext(ctx, "elasticsearch index created, to be filled", "index", index)
		return nil
	}
}

// numberOf returns the number that an index's name ends in, 1 if in none.
func numberOf(index string) int {
	if m := regexp.MustCompile(`-(\d{6,9})$`).FindStringSubmatch(index); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits only
		return n
	}
	return 1
}

// Discard deletes the indices of next, which Next returned, and lets writes
// into those of s again.
func (s *Store) Discard(ctx context.Context, next *Store) error {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	err := s.retry(ctx, untilDeadline, func(ctx context.Context) error { return s.discard(ctx, next) })
	if err != nil {
		return unavailable("delete indices", err)
	}
	return nil
}

func (s *Store) discard(ctx context.Context, next *Store) error {
	now, err := s.indices(ctx)
	if err != nil {
		return err
	}
	if len(now) > 0 {
		body := []byte(`{"index.blocks.write":null}`)
		if err := s.call(ctx, esapi.IndicesPutSettingsRequest{Index: now, Body: bytes.NewReader(body)}, nil); err != nil {
			return fmt.Errorf("let writes in: %w", err)
		}
	}
	left, err := next.indices(ctx)
	if err != nil {
		return err
	}
	for _, index := range left {
		if slices.Contains(now, index) {
			return fmt.Errorf("index %s is in use: %w", index, recommend.ErrInvalid)
		}
		if err := s.call(ctx, esapi.IndicesDeleteRequest{Index: []string{index}}, nil); err != nil && !missing(err) {
			return fmt.Errorf("delete index %s: %w", index, err)
		}
	}
	return nil
}

// indices returns what the aliases of s stand for, kind by kind, without those
// that are missing.
func (s *Store) indices(ctx context.Context) ([]string, error) {
	var all []string
	for _, k := range recommend.Kinds() {
		index, err := s.behind(ctx, s.alias(k))
		if err != nil {
			return nil, err
		}
		if index != "" {
			all = append(all, index)
		}
	}
	return all, nil
}

// Replace makes the aliases of s stand for the indices of next, which Next
// returned, all in one step. First it blocks writes, of every process: they get
// [recommend.ErrUnavailable] and try again, until they find what they wrote, or
// later, there. Then catchUp is called, which may bring next up to date; its
// error, or any other, ends all with nothing changed. Reads go on throughout.
// Marks from before it are no longer known.
//
// The indices before stay, blocked: nobody who has not heard of the change
// writes into them, and to go back is to swap the aliases again.
func (s *Store) Replace(ctx context.Context, next *Store, catchUp func(context.Context) error) error {
	err := s.replace(ctx, next, catchUp)
	if err == nil {
		return nil
	}
	return errors.Join(err, s.Discard(context.WithoutCancel(ctx), next))
}

func (s *Store) replace(ctx context.Context, next *Store, catchUp func(context.Context) error) error {
	before, err := s.indices(ctx)
	if err != nil {
		return unavailable("replace indices", err)
	}
	if err := s.block(ctx, before); err != nil {
		return unavailable("block writes", err)
	}
	if err := catchUp(ctx); err != nil {
		return err
	}
	if err := s.swap(ctx, next); err != nil {
		return unavailable("swap aliases", err)
	}
	s.log.InfoContext(ctx, "elasticsearch indices replaced", "before", before)
	return nil
}

// block returns once writes under way have ended and others are refused.
func (s *Store) block(ctx context.Context, indices []string) error {
	var answer struct {
		Acknowledged       bool `json:"acknowledged"`
		ShardsAcknowledged bool `json:"shards_acknowledged"`
	}
	if err := s.call(ctx, esapi.IndicesAddBlockRequest{Index: indices, Block: "write"}, &answer); err != nil {
		return err
	}
	if !answer.Acknowledged || !answer.ShardsAcknowledged {
		return errors.New("not every shard has answered")
	}
	return nil
}

// swap moves the aliases. Whether it did is looked up if the answer is lost.
func (s *Store) swap(ctx context.Context, next *Store) error {
	var actions []map[string]any
	action := func(name, index, alias string, more map[string]any) {
		a := map[string]any{"index": index, "alias": alias}
		maps.Copy(a, more)
		actions = append(actions, map[string]any{name: a})
	}
	for _, k := range recommend.Kinds() {
		from, err := s.behind(ctx, s.alias(k))
		if err != nil {
			return err
		}
		to, err := next.behind(ctx, next.alias(k))
		if err != nil {
			return err
		}
		if from == "" || to == "" {
			return &reply{Status: http.StatusNotFound, Reason: fmt.Sprintf("alias %s or %s is gone", s.alias(k), next.alias(k))}
		}
		action("remove", from, s.alias(k), map[string]any{"must_exist": true})
		action("remove", to, next.alias(k), map[string]any{"must_exist": true})
		action("add", to, s.alias(k), map[string]any{"is_write_index": true})
	}
	body, err := json.Marshal(map[string]any{"actions": actions})
	if err != nil {
		return fmt.Errorf("encode actions: %w", err)
	}
	err = s.call(ctx, esapi.IndicesUpdateAliasesRequest{Body: bytes.NewReader(body)}, nil)
	if err == nil || !passing(err) {
		return err
	}
	left, lookup := next.indices(context.WithoutCancel(ctx))
	if lookup == nil && len(left) == 0 {
		return nil
	}
	return errors.Join(err, lookup)
}

// Each calls f with every document of kind, of whichever kind, those put last
// at the end, and ends with the error of f. What is put meanwhile may be seen,
// or seen twice, or, if it was there before, not at all.
func (s *Store) Each(ctx context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	var (
		index string
		ends  []position
	)
	err := s.retry(ctx, readTries, func(ctx context.Context) (err error) {
		if index, ends, err = s.checkpoints(ctx, kind); err == nil {
			err = s.refresh(ctx, index)
		}
		return err
	})
	if err != nil {
		return unavailable("read all of "+string(kind), err)
	}
	for shard, end := range ends {
		for at := int64(-1); at < end.seq; {
			var docs []recommend.Document
			last := at
			err := s.retry(ctx, readTries, func(ctx context.Context) (err error) {
				docs, last, err = s.between(ctx, stretch{index: index, kind: kind, shard: shard, after: at, to: end.seq, limit: eachPage})
				return err
			})
			if err != nil {
				return unavailable("read all of "+string(kind), err)
			}
			for _, d := range docs {
				if err := f(d); err != nil {
					return err
				}
			}
			at = last
		}
	}
	return nil
}

// eachPage is how many documents Each reads at once.
const eachPage = 1000
