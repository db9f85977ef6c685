package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

const (
	// readTries is how often a read is tried: its caller waits for a page, and
	// has something to say without it.
	readTries = 3
	// untilDeadline tries for as long as the context lasts.
	untilDeadline = 0

	firstPause = 50 * time.Millisecond
	mostPause  = 2 * time.Second
)

// Types of errors that Elasticsearch names, as far as they call for something.
const (
	typeNoIndex     = "index_not_found_exception"
	typeIndexExists = "resource_already_exists_exception"
)

// errAgain asks retry for another try at once: what failed has been mended.
var errAgain = errors.New("to be tried again")

// A reply is the error that Elasticsearch answered with, for a whole request
// or for one item of it.
type reply struct {
	Status int
	Type   string
	Reason string
}

func (r *reply) Error() string {
	if r.Type == "" {
		return fmt.Sprintf("status %d: %s", r.Status, r.Reason)
	}
	return fmt.Sprintf("status %d: %s: %s", r.Status, r.Type, r.Reason)
}

// fine reports whether r is that of a success.
func (r *reply) fine() bool { return r.Status >= 200 && r.Status < 300 }

// missing reports whether err says that an index or alias is not there.
func missing(err error) bool {
	r, ok := errors.AsType[*reply](err)
	return ok && r.Status == http.StatusNotFound && r.Type == typeNoIndex
}

// tooLarge reports whether err says that a request is larger than a node, or a
// proxy before it, takes.
func tooLarge(err error) bool {
	r, ok := errors.AsType[*reply](err)
	return ok && r.Status == http.StatusRequestEntityTooLarge
}

// passing reports whether err may be gone at the next try. What is no reply
// (connection refused, an answer cut short, a timeout) always may.
func passing(err error) bool {
	if errors.Is(err, recommend.ErrInvalid) {
		return false
	}
	r, ok := errors.AsType[*reply](err)
	return !ok || r.Status == http.StatusTooManyRequests || r.Status == http.StatusRequestTimeout || r.Status >= http.StatusInternalServerError
}

// unavailable wraps err with what was being done, as callers of the store
// expect it.
func unavailable(op string, err error) error {
	if errors.Is(err, recommend.ErrInvalid) {
		return fmt.Errorf("%s: %w", op, err)
	}
	return fmt.Errorf("%s: %w: %w", op, recommend.ErrUnavailable, err)
}

// retry calls f until it returns nil or an error that trying again cannot mend,
// at most tries times and only while ctx lasts. Before it tries again it waits,
// or creates the index that f found missing.
func (s *Store) retry(ctx context.Context, tries int, f func(context.Context) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := f(ctx)
		lost := missing(err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%w, try %d: %w", context.Cause(ctx), try, err)
		case errors.Is(err, errAgain):
			continue
		case try == tries, !lost && !passing(err):
			return err
		}
		s.log.WarnContext(ctx, "elasticsearch failed, trying again", "err", err, "try", try)
		if lost {
			s.log.ErrorContext(ctx, "elasticsearch has lost an index, creating it empty: rebuild its documents from the log", "err", err)
			if err := s.create(ctx); err != nil && !passing(err) {
				return err
			}
		}
		jitter := rand.N(pause / 2) //nolint:gosec // spreads tries, guards nothing
		if stop := sleep(ctx, pause/2+jitter); stop != nil {
			return fmt.Errorf("%w, try %d: %w", stop, try, err)
		}
		pause = min(2*pause, mostPause)
	}
}

// sleep waits for d, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// call sends one request and decodes its answer into into, unless that is nil.
// Whatever is not a success is an error, a [*reply] if Elasticsearch said so.
func (s *Store) call(ctx context.Context, req esapi.Request, into any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	res, err := req.Do(ctx, s.client)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if res.IsError() {
		return refusal(res.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// refusal reads the error that Elasticsearch, or a proxy before it, answered.
func refusal(status int, body []byte) error {
	var named struct {
		Error cause `json:"error"`
	}
	if err := json.Unmarshal(body, &named); err != nil || named.Error.Type == "" {
		const enough = 200
		return &reply{Status: status, Reason: string(body[:min(len(body), enough)])}
	}
	return &reply{Status: status, Type: named.Error.Type, Reason: named.Error.Reason}
}

// A cause is the "error" member of an answer or an item.
type cause struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}
