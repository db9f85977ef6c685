package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

// maxGetDocs bounds one multi-get request.
const maxGetDocs = 1000

// Get reads by id, in real time: from the log of a shard where the document
// has not been refreshed yet. It tries a few times what passes.
func (s *Store) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	asked := make([]recommend.Ref, 0, len(refs))
	for _, r := range refs {
		// The others cannot exist, and Elasticsearch refuses to look.
		if r.ID != "" && len(r.ID) <= maxID && utf8.ValidString(r.ID) && slices.Contains(recommend.Kinds(), r.Kind) {
			asked = append(asked, r)
		}
	}
	docs := make([]recommend.Document, 0, len(asked))
	for part := range slices.Chunk(asked, maxGetDocs) {
		var found []recommend.Document
		err := s.retry(ctx, readTries, func(ctx context.Context) error {
			var err error
			found, err = s.multiGet(ctx, part)
			return err
		})
		if err != nil {
			return nil, unavailable(fmt.Sprintf("get %d documents", len(refs)), err)
		}
		docs = append(docs, found...)
	}
	return docs, nil
}

func (s *Store) multiGet(ctx context.Context, refs []recommend.Ref) ([]recommend.Document, error) {
	type name struct {
		Index string `json:"_index"`
		ID    string `json:"_id"`
	}
	var query struct {
		Docs []name `json:"docs"`
	}
	for _, r := range refs {
		query.Docs = append(query.Docs, name{Index: s.alias(r.Kind), ID: r.ID})
	}
	body, err := json.Marshal(query)
	if err != nil {
		return nil, fmt.Errorf("encode refs: %w", err)
	}
	var answer struct {
		Docs []struct {
			Found   bool     `json:"found"`
			Version int64    `json:"_version"`
			Source  envelope `json:"_source"`
			Error   cause    `json:"error"`
		} `json:"docs"`
	}
	// No filter_path: Elasticsearch would print the bodies anew.
	if err := s.call(ctx, esapi.MgetRequest{Body: bytes.NewReader(body)}, &answer); err != nil {
		return nil, err
	}
	if got, want := len(answer.Docs), len(refs); got != want {
		return nil, fmt.Errorf("multi-get answered for %d documents of %d", got, want)
	}
	docs := make([]recommend.Document, 0, len(refs))
	for i, d := range answer.Docs {
		switch {
		case d.Error.Type == typeNoIndex:
			return nil, &reply{Status: http.StatusNotFound, Type: typeNoIndex, Reason: d.Error.Reason}
		case d.Error.Type != "":
			return nil, &reply{Status: http.StatusServiceUnavailable, Type: d.Error.Type, Reason: d.Error.Reason}
		case d.Found:
			docs = append(docs, recommend.Document{Ref: refs[i], Version: d.Version, Body: d.Source.body()})
		}
	}
	return docs, nil
}
