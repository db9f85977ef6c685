package elastic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

// Bounds of one bulk request: a batch of ingest in one, unless it is large.
// Larger ones gain nothing and cost the node memory.
const (
	maxBulkBytes = 5 << 20
	maxBulkDocs  = 5000
)

// Put writes docs through the synchronous bulk API and reads the status of
// every one of them; Elasticsearch has synced its log when it answers. Each
// document carries its version as an external one, so a write that lost
// against a newer one, or comes twice, changes nothing.
//
// What passes (too many requests, a node away, an index missing, which is then
// created) is tried again until the deadline of ctx, or for Config.Patience if
// it has none. Only then does Put return, with an error that wraps
// [recommend.ErrUnavailable]; some documents may have been written by then, and
// putting all of them again is right. A document is refused only for what is
// wrong with itself, never for the state of the cluster: that stays an
// ErrUnavailable however long it lasts.
func (s *Store) Put(ctx context.Context, docs ...recommend.Document) error {
	lines, refused := s.lines(docs)
	ctx, cancel := s.patient(ctx)
	defer cancel()
	for chunk := range chunks(lines) {
		items, err := s.write(ctx, chunk)
		refused = append(refused, items...)
		if err != nil {
			return unavailable(fmt.Sprintf("put %d documents", len(docs)), err)
		}
	}
	if len(refused) > 0 {
		return &recommend.PutError{Items: refused}
	}
	return nil
}

// lines prepares docs. Of several with one ref it keeps the one that would
// stay: the highest version, the first of equal ones.
func (s *Store) lines(docs []recommend.Document) ([]*line, []recommend.PutItemError) {
	var (
		lines   = make([]*line, 0, len(docs))
		refused []recommend.PutItemError
		at      = make(map[recommend.Ref]int, len(docs))
	)
	for _, d := range docs {
		l, err := newLine(s.alias(d.Kind), d)
		if err == nil && !slices.Contains(recommend.Kinds(), d.Kind) {
			err = fmt.Errorf("unknown kind %q", d.Kind)
		}
		if err != nil {
			refused = append(refused, recommend.PutItemError{Ref: d.Ref, Reason: err.Error()})
			continue
		}
		i, twice := at[d.Ref]
		if twice && d.Version <= lines[i].doc.Version {
			continue
		}
		if twice {
			lines[i] = nil
		}
		at[d.Ref] = len(lines)
		lines = append(lines, l)
	}
	return slices.DeleteFunc(lines, func(l *line) bool { return l == nil }), refused
}

// chunks yields lines in pieces of the size of one request.
func chunks(lines []*line) func(yield func([]*line) bool) {
	return func(yield func([]*line) bool) {
		start, size := 0, 0
		for i, l := range lines {
			if i > start && (size+l.size() > maxBulkBytes || i-start == maxBulkDocs) {
				if !yield(lines[start:i]) {
					return
				}
				start, size = i, 0
			}
			size += l.size()
		}
		if start < len(lines) {
			yield(lines[start:])
		}
	}
}

// write sends lines until each is either stored or refused. A request that is
// too large for what stands before Elasticsearch goes in halves.
func (s *Store) write(ctx context.Context, lines []*line) (refused []recommend.PutItemError, err error) {
	pending := lines
	err = s.retry(ctx, untilDeadline, func(ctx context.Context) error {
		items, err := s.bulk(ctx, pending)
		if err != nil {
			return err
		}
		var bad []recommend.PutItemError
		pending, bad, err = sift(pending, items)
		refused = append(refused, bad...)
		return err
	})
	if !tooLarge(err) {
		return refused, err
	}
	if len(pending) == 1 {
		return append(refused, recommend.PutItemError{Ref: pending[0].doc.Ref, Reason: err.Error()}), nil
	}
	half := len(pending) / 2
	for _, part := range [][]*line{pending[:half], pending[half:]} {
		bad, err := s.write(ctx, part)
		refused = append(refused, bad...)
		if err != nil {
			return refused, err
		}
	}
	return refused, nil
}

// sift sorts lines by what became of them: those to be sent again, with the
// reason why, and those that can never be stored.
func sift(lines []*line, items []item) (pending []*line, refused []recommend.PutItemError, err error) {
	for i, l := range lines {
		r := items[i].reply()
		switch {
		case r.Status >= 200 && r.Status < 300, r.Status == http.StatusConflict: // a newer version is there
		case !aboutDocument(r):
			pending = append(pending, l)
			if err == nil || missing(r) || errors.Is(err, errAgain) {
				err = r
			}
		case !l.raw: // JSON, but not to Elasticsearch's taste: a name twice, or a thousand levels
			again := *l
			again.raw = true
			pending = append(pending, &again)
			if err == nil {
				err = errAgain
			}
		default:
			refused = append(refused, recommend.PutItemError{Ref: l.doc.Ref, Reason: r.Error()})
		}
	}
	return pending, refused, err
}

// aboutDocument reports whether r blames the document itself. Status 400 alone
// does not say so: a closed index and a misled alias answer it as well, and
// documents must wait for those.
func aboutDocument(r *reply) bool {
	return r.Status == http.StatusBadRequest && (r.Type == "document_parsing_exception" || r.Type == "mapper_parsing_exception")
}

// An item is what a bulk request says of one document.
type item struct {
	Index struct {
		Status int   `json:"status"`
		Error  cause `json:"error"`
	} `json:"index"`
}

func (i *item) reply() *reply {
	return &reply{Status: i.Index.Status, Type: i.Index.Error.Type, Reason: i.Index.Error.Reason}
}

// bulk sends one request and returns what became of each line, in their order.
func (s *Store) bulk(ctx context.Context, lines []*line) ([]item, error) {
	size := 0
	for _, l := range lines {
		size += l.size()
	}
	body := make([]byte, 0, size)
	for _, l := range lines {
		var err error
		if body, err = l.appendTo(body); err != nil {
			return nil, err
		}
	}
	var answer struct {
		Items []item `json:"items"`
	}
	err := s.call(ctx, esapi.BulkRequest{
		Body:         bytes.NewReader(body),
		RequireAlias: new(true), // a missing index must be created with its mapping, not guessed
		Timeout:      s.timeout / 2,
		FilterPath:   []string{"items.*.status", "items.*.error.type", "items.*.error.reason"},
	}, &answer)
	if err != nil {
		return nil, err
	}
	if got, want := len(answer.Items), len(lines); got != want {
		return nil, fmt.Errorf("bulk answered for %d documents of %d", got, want)
	}
	return answer.Items, nil
}
