package sqlite_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

func TestSearchTakesLongQueries(t *testing.T) {
	s, _ := newStore(t)
	var text strings.Builder
	for i := range 5000 {
		text.WriteString("w" + strconv.Itoa(i) + " ")
	}
	body, err := json.Marshal(map[string]string{"reason": text.String()})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, recommend.Document{Ref: recommend.Ref{Kind: recommend.KindPick, ID: "p"}, Body: body})
	hits, err := s.Search(t.Context(), recommend.Search{Text: text.String(), Limit: 10})
	if err != nil || len(hits) != 1 {
		t.Errorf("Search for 5,000 words: %d hits, %v, want 1, nil", len(hits), err)
	}
}

func TestSearchIsAtOnce(t *testing.T) {
	s, _ := newStore(t)
	for i := range 20 {
		d := document(recommend.KindPick, strconv.Itoa(i), 1)
		d.Body = json.RawMessage(`{"reason":"word` + strconv.Itoa(i) + `"}`)
		put(t, s, d)
		hits, err := s.Search(t.Context(), recommend.Search{Text: "word" + strconv.Itoa(i), Limit: 10})
		if err != nil || len(hits) != 1 || hits[0].Ref != d.Ref {
			t.Errorf("Search right after Put: %v, %v, want %s, nil", hits, err, d.Ref)
		}
	}
}

// TestSearchFollowsTheText puts versions that change the text and versions
// that change something else, within one Put and in several.
func TestSearchFollowsTheText(t *testing.T) {
	versions := []string{"alpha", "alpha", "beta", "beta", "beta", "alpha", "", "", "beta", "alpha"}
	for _, together := range []bool{false, true} {
		t.Run(fmt.Sprintf("together %t", together), func(t *testing.T) {
			s, path := newStore(t)
			var docs []recommend.Document
			for v, text := range versions {
				for _, id := range []string{"a", "b"} {
					docs = append(docs, recommend.Document{
						Ref: recommend.Ref{Kind: recommend.KindProduct, ID: id}, Version: int64(v),
						Body: json.RawMessage(fmt.Sprintf(`{"title":%q,"price":%d}`, text, v)),
					})
				}
				if !together || v == len(versions)-1 {
					put(t, s, docs...)
					docs = nil
					wantHits(t, s, "alpha", text == "alpha")
					wantHits(t, s, "beta", text == "beta")
				}
			}
			wantSound(t, s, path)
		})
	}
}

// wantHits checks that text finds both documents or neither.
func wantHits(t *testing.T, s *sqlite.Store, text string, found bool) {
	t.Helper()
	want := 0
	if found {
		want = 2
	}
	hits, err := s.Search(t.Context(), recommend.Search{Text: text, Limit: 10})
	if err != nil || len(hits) != want {
		t.Errorf("Search for %q: %v, %v, want %d hits, nil", text, hits, err, want)
	}
}

// unheardOf is a word that no fuzzer comes upon.
const unheardOf = "xylozoquartzbrimful"

// FuzzSearch puts text and searches for it: the query is never wrong, and the
// text is found by itself if it has a word at all.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{"kettle", "电热水壶", "茶", `"a" OR b*`, "é\u0301", "İ", "ﷺ", "\xff", "a\x00", "ー", "ß", "½", "①", "🎁"} {
		f.Add(text)
	}
	s, _ := newStore(f)
	version := int64(0)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := json.Marshal(map[string]string{"reason": text})
		if err != nil {
			t.Skip("no JSON text")
		}
		version++
		d := recommend.Document{Ref: recommend.Ref{Kind: recommend.KindPick, ID: "p"}, Version: version, Body: body}
		put(t, s, d)
		q := recommend.Search{Text: strings.ToValidUTF8(text, "\ufffd"), Limit: 10}
		hits, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("Search for %q: %v, want nil", text, err)
		}
		q.Text = text + " " + unheardOf
		if more, err := s.Search(t.Context(), q); err != nil || len(more) > 0 {
			t.Errorf("Search for %q: %v, %v, want no hit, for the text has no such word", q.Text, more, err)
		}
		d.Version++
		version++
		d.Body = json.RawMessage(`{"reason":"` + unheardOf + `"}`)
		put(t, s, d)
		q.Text = text
		if left, err := s.Search(t.Context(), q); err != nil || len(left) > 0 {
			t.Errorf("Search for %q in another text: %v, %v, want no hit", text, left, err)
		}
		if len(hits) == 0 && hasASCIIWord(text) {
			t.Errorf("Search for %q in that text: no hit", text)
		}
	})
}

func hasASCIIWord(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	})
}
