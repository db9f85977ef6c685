package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

func TestTheContractIsValid(t *testing.T) {
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Error(err)
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == "" || op.Summary == "" || len(op.Tags) != 1 || ids[op.OperationID] {
				t.Errorf("%s %s: an operation id of its own, a summary and a tag are needed", method, path)
			}
			ids[op.OperationID] = true
		}
	}
}

func TestTheContractHasTheRoutesOfTheRouter(t *testing.T) {
	s := open(t)
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	slices.Sort(want)
	param := regexp.MustCompile(`:(\w+)`)
	var got []string
	for _, r := range s.server.Routes() {
		got = append(got, param.ReplaceAllString(r, "{$1}"))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-openapi.yaml +router):\n%s", diff)
	}
}

func TestTheContractIsServedInBothSpellings(t *testing.T) {
	s := open(t)
	r := s.do("GET", "/openapi.json", nil).is(200)
	if v := into[struct{ OpenAPI string }](r); v.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q, want 3.1.0", v.OpenAPI)
	}
	yaml := s.do("GET", "/openapi.yaml", nil).is(200)
	if !strings.HasPrefix(string(yaml.body), "openapi: 3.1.0") {
		t.Errorf("got %.40q, want the YAML", yaml.body)
	}
	s.do("GET", "/openapi.yaml", nil, header{"If-None-Match", yaml.header.Get("ETag")}).is(http.StatusNotModified)
}

func TestEveryKindOfProblemHasAPageInBothLanguages(t *testing.T) {
	s := open(t)
	codes := s.server.ProblemCodes()
	if len(codes) < 40 {
		t.Fatalf("%d kinds of problem, want them all", len(codes))
	}
	for code := range codes {
		for lang, first := range map[string]string{"en": `<html lang="en"`, "zh-CN": `<html lang="zh"`} {
			r := s.do("GET", "/docs/problems/"+code, nil, header{"Accept-Language", lang}).is(200)
			if !strings.Contains(string(r.body), first) || !strings.Contains(string(r.body), code) {
				t.Errorf("page of %s in %s lacks %q or its name:\n%s", code, lang, first, r.body)
			}
		}
	}
	s.do("GET", "/docs/problems/none", nil).problem(404, "not-found")
}

func TestTheContractNamesEveryKindOfProblemAtItsStatus(t *testing.T) {
	s := open(t)
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	described := map[int]string{http.StatusMethodNotAllowed: doc.Info.Description}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status, r := range op.Responses.Map() {
				if n, err := strconv.Atoi(status); err == nil && n >= http.StatusBadRequest {
					described[n] = *r.Value.Description
				}
			}
		}
	}
	for code, status := range s.server.ProblemCodes() {
		if !strings.Contains(described[status], code) {
			t.Errorf("the responses of status %d in openapi.yaml do not name %s", status, code)
		}
	}
}

func TestExamplesOfTheContractAreJSON(t *testing.T) {
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	for path := range maps.Keys(doc.Paths.Map()) {
		for method, op := range doc.Paths.Value(path).Operations() {
			if op.RequestBody == nil || strings.Contains(path, "session") {
				continue
			}
			for kind, mt := range op.RequestBody.Value.Content {
				if mt.Example == nil {
					t.Errorf("%s %s has no example of %s", method, path, kind)
				} else if _, err := json.Marshal(mt.Example); err != nil {
					t.Errorf("%s %s: %v", method, path, err)
				}
			}
		}
	}
}
