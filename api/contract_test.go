package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"
)

func TestMain(m *testing.M) {
	asText := func(r io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		b, err := io.ReadAll(r)
		return string(b), err
	}
	asJSON := func(r io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		var v any
		err := json.NewDecoder(r).Decode(&v)
		return v, err
	}
	for _, t := range []string{"application/x-ndjson", "application/ndjson", "application/jsonl", "text/html", "text/plain", "text/csv"} {
		openapi3filter.RegisterBodyDecoder(t, asText)
	}
	openapi3filter.RegisterBodyDecoder("application/yaml", func(r io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		var v map[string]any
		err := yaml.NewDecoder(r).Decode(&v)
		return v, err
	})
	for _, t := range []string{"application/jwk-set+json", "application/merge-patch+json"} {
		openapi3filter.RegisterBodyDecoder(t, asJSON)
	}
	goleak.VerifyTestMain(m)
}

// contract is openapi.yaml, made strict: a member that it does not name fails
// the test that sees it.
var contract = sync.OnceValues(func() (*openapi3.T, error) {
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(b)
	if err != nil {
		return nil, err
	}
	for _, ref := range doc.Components.Schemas {
		tighten(ref)
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, resp := range op.Responses.Map() {
				for _, mt := range resp.Value.Content {
					tighten(mt.Schema)
				}
			}
		}
	}
	return doc, nil
})

func tighten(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || ref.Ref != "" {
		return
	}
	s := ref.Value
	if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
		s.AdditionalProperties.Has = new(bool)
	}
	tighten(s.Items)
	for _, p := range s.Properties {
		tighten(p)
	}
	for _, p := range slices.Concat(s.AnyOf, s.AllOf, s.OneOf) {
		tighten(p)
	}
}

// A validating transport holds every request and answer to the contract.
// What the contract does not allow must not be answered with 2xx; every
// answer must be one that it describes.
type validating struct {
	t      *testing.T
	router routers.Router
	next   http.RoundTripper
}

var contractRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := contract()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

func newValidating(t *testing.T) http.RoundTripper {
	t.Helper()
	router, err := contractRouter()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	next := &http.Transport{}
	t.Cleanup(next.CloseIdleConnections)
	return &validating{t, router, next}
}

func (v *validating) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := v.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(got))
	if err := v.check(req, sent, resp, got); err != nil {
		v.t.Errorf("%s %s answered %d, which openapi.yaml does not allow: %v\n%s", req.Method, req.URL.Path, resp.StatusCode, err, got)
	}
	return resp, nil
}

func (v *validating) check(req *http.Request, sent []byte, resp *http.Response, got []byte) error {
	if resp.StatusCode >= http.StatusBadRequest && !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") {
		return fmt.Errorf("content type %q of an error", resp.Header.Get("Content-Type"))
	}
	asked := req.Clone(context.Background())
	asked.Body = io.NopCloser(bytes.NewReader(sent))
	asked.URL.Host, asked.URL.Scheme, asked.Host = "", "", ""
	if asked.Method == http.MethodHead {
		asked.Method = http.MethodGet
	}
	route, params, err := v.router.FindRoute(asked)
	if err != nil {
		return unrouted(resp, got)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation()},
		},
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil && resp.StatusCode < http.StatusMultipleChoices {
		return fmt.Errorf("request: %w", err)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Options: in.Options}
	if req.Method == http.MethodHead {
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), out.SetBodyBytes(got))
}

// unrouted checks the answer to what the contract has no operation for.
func unrouted(resp *http.Response, got []byte) error {
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
		return errors.New("there is no such operation")
	}
	doc, err := contract()
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(got, &v); err != nil {
		return err
	}
	return doc.Components.Schemas["Problem"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020())
}
