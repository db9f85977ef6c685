package storetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// document returns a document whose body tells it from every other version and
// kind.
func document(kind recommend.Kind, id string, version int64) recommend.Document {
	name, err := json.Marshal(id)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return recommend.Document{
		Ref:     recommend.Ref{Kind: kind, ID: id},
		Version: version,
		Body:    fmt.Appendf(nil, `{"id":%s,"kind":%q,"version":%d}`, name, string(kind), version),
	}
}

// withText returns a document with text where a search looks for it.
func withText(kind recommend.Kind, id string, version int64, text string) recommend.Document {
	field := "reason"
	if kind == recommend.KindProduct {
		field = "title"
	}
	return withField(kind, id, version, field, text)
}

// withField returns a document with one field.
func withField(kind recommend.Kind, id string, version int64, field, text string) recommend.Document {
	body, err := json.Marshal(map[string]string{field: text})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Version: version, Body: body}
}

// refs returns the refs of docs, in their order.
func refs(docs []recommend.Document) []recommend.Ref {
	out := make([]recommend.Ref, len(docs))
	for i, d := range docs {
		out[i] = d.Ref
	}
	return out
}

// indexed returns the kinds that can be followed.
func indexed() []recommend.Kind {
	return slices.DeleteFunc(recommend.Kinds(), func(k recommend.Kind) bool { return !k.Indexed() })
}

func put(t testing.TB, s recommend.Store, docs ...recommend.Document) {
	t.Helper()
	if err := s.Put(t.Context(), docs...); err != nil {
		t.Fatalf("Put of %d documents: %v, want nil", len(docs), err)
	}
}

// wantGet checks that Get of the refs of want returns want.
func wantGet(t testing.TB, s recommend.Store, want ...recommend.Document) {
	t.Helper()
	got, err := s.Get(t.Context(), refs(want)...)
	if err != nil {
		t.Fatalf("Get of %d refs: %v, want nil", len(want), err)
	}
	wantDocuments(t, "Get", got, want)
}

// wantDocuments compares documents byte for byte.
func wantDocuments(t testing.TB, what string, got, want []recommend.Document) {
	t.Helper()
	if diff := gocmp.Diff(plain(want), plain(got)); diff != "" {
		if len(diff) > 4000 {
			diff = diff[:4000] + "…"
		}
		t.Errorf("%s: got %d documents, want %d (-want +got):\n%s", what, len(got), len(want), diff)
	}
}

// A row is a document whose body shows as text in a diff.
type row struct {
	Ref     string
	Version int64
	Body    string
}

func plain(docs []recommend.Document) []row {
	rows := make([]row, len(docs))
	for i, d := range docs {
		rows[i] = row{Ref: d.String(), Version: d.Version, Body: string(d.Body)}
	}
	return rows
}

// sorted returns the documents of m by ref.
func sorted(m map[recommend.Ref]recommend.Document) []recommend.Document {
	out := make([]recommend.Document, 0, len(m))
	for _, d := range m {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b recommend.Document) int { return a.Compare(b.Ref) })
	return out
}

// newest puts docs into m as a store would.
func newest(m map[recommend.Ref]recommend.Document, docs ...recommend.Document) {
	for _, d := range docs {
		if old, ok := m[d.Ref]; !ok || d.Version > old.Version {
			m[d.Ref] = d
		}
	}
}

// ofKind returns the documents of m that are of kind and whose id starts with
// prefix.
func ofKind(m map[recommend.Ref]recommend.Document, kind recommend.Kind, prefix string) map[recommend.Ref]recommend.Document {
	out := make(map[recommend.Ref]recommend.Document)
	for r, d := range m {
		if r.Kind == kind && strings.HasPrefix(r.ID, prefix) {
			out[r] = d
		}
	}
	return out
}

// oddIDs returns ids that are easy to get wrong. None is another's.
func oddIDs() []string {
	ids := []string{
		"jd:100012043978", "a/b", "../a", "a//b", ".", "..", "_all", "_doc", "*", "a,b",
		`"quoted"`, `it's`, `back\slash`, "a b", " a", "a ", "A", "a", "a\nb", "a\tb",
		"%2F", "a?b=c&d=e#f", "<b>", "{}", "[1]", "null", "0", "-1",
		"茶壶", "é", "e\u0301", "🎁", "\u200b", "'); DROP TABLE documents; --",
		strings.Repeat("x", 200), strings.Repeat("x", 199) + "y", strings.Repeat("壶", 66) + "yz",
	}
	return slices.Compact(slices.SortedFunc(slices.Values(ids), cmp.Compare[string]))
}
