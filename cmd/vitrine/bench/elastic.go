package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// notGiven is the result of a row whose engines were not named.
func notGiven(name, flags string) []Result {
	return []Result{{Name: name, Notes: []string{"not run: it needs engines, " + flags}}}
}

// An esNode is Elasticsearch spoken to over bare HTTP.
type esNode struct {
	url    string
	client *http.Client
}

func newNode(url string) *esNode {
	const idle = 64
	return &esNode{url: strings.TrimRight(url, "/"), client: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: idle, DisableCompression: true},
	}}
}

func (e *esNode) close() { e.client.CloseIdleConnections() }

// do asks and returns the body of the answer, which is an error unless it is a
// success.
func (e *esNode) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := e.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("elasticsearch: %s %s: %s: %.300s", method, path, res.Status, b)
	}
	return b, err
}

// bulk writes pairs of lines with one request. That a later version is there
// is no error.
func (e *esNode) bulk(ctx context.Context, lines []byte) error {
	b, err := e.do(ctx, http.MethodPost, "/_bulk?filter_path=items.*.error.type", lines)
	if err != nil {
		return err
	}
	var answer struct {
		Items []map[string]struct {
			Error struct{ Type string }
		}
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return fmt.Errorf("elasticsearch: bulk: %w", err)
	}
	for _, item := range answer.Items {
		for _, x := range item {
			if x.Error.Type != "version_conflict_engine_exception" {
				return fmt.Errorf("elasticsearch: bulk: %s", x.Error.Type)
			}
		}
	}
	return nil
}

// remove deletes all indices and templates whose names start with prefix.
func (e *esNode) remove(ctx context.Context, prefix string) error {
	b, err := e.do(ctx, http.MethodGet, "/_cat/indices/"+prefix+"*?h=index&expand_wildcards=all", nil)
	if err != nil {
		return err
	}
	if names := strings.Fields(string(b)); len(names) > 0 {
		_, err = e.do(ctx, http.MethodDelete, "/"+strings.Join(names, ","), nil)
	}
	b, err2 := e.do(ctx, http.MethodGet, "/_cat/templates/"+prefix+"*?h=name", nil)
	for name := range strings.FieldsSeq(string(b)) {
		_, gone := e.do(ctx, http.MethodDelete, "/_index_template/"+name, nil)
		err2 = errors.Join(err2, gone)
	}
	return errors.Join(err, err2)
}

// A bulkTap notes the bodies of bulk requests that go through it.
type bulkTap struct {
	through http.RoundTripper
	mu      sync.Mutex
	bodies  [][]byte
}

// RoundTrip implements [http.RoundTripper].
func (t *bulkTap) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/_bulk") || req.Body == nil {
		return t.through.RoundTrip(req)
	}
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	t.mu.Lock()
	t.bodies = append(t.bodies, b)
	t.mu.Unlock()
	again := req.Clone(req.Context())
	again.Body = io.NopCloser(bytes.NewReader(b))
	return t.through.RoundTrip(again)
}

// documents are the pairs of lines that went through, for indices whose names
// start otherwise.
func (t *bulkTap) documents(prefix, instead string) (pairs [][]byte) {
	for _, body := range t.bodies {
		for len(body) > 0 {
			action := bytes.IndexByte(body, '\n') + 1
			end := action + bytes.IndexByte(body[action:], '\n') + 1
			pair := bytes.Replace(body[:action], []byte(prefix), []byte(instead), 1)
			pairs = append(pairs, append(pair, body[action:end]...))
			body = body[end:]
		}
	}
	return pairs
}
