package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"vitrine.dev/recommend"
)

func (m *memory) Search(ctx context.Context, q recommend.Search) ([]recommend.Hit, error) {
	if err := m.available(ctx); err != nil {
		return nil, err
	}
	if m.has("quotes are errors") && strings.Count(q.Text, `"`)%2 == 1 {
		return nil, recommend.ErrUnavailable
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	asked := m.split(q.Text, false)
	var hits []recommend.Hit
	for _, row := range m.rows {
		n := 0
		for w := range asked {
			if row.words[w] {
				n++
			}
		}
		if n == len(asked) && n > 0 || n > 0 && m.has("any word is enough") || n == len(asked) && m.has("no word finds all") {
			hits = append(hits, recommend.Hit{Ref: row.Ref, Score: 1 / float64(1+len(row.words))})
		}
	}
	slices.SortFunc(hits, func(a, b recommend.Hit) int {
		if m.has("equal hits have no order") {
			return cmp.Compare(b.Score, a.Score)
		}
		if m.has("the worst comes first") {
			a.Score, b.Score = b.Score, a.Score
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Compare(b.Ref))
	})
	if !m.has("hits have no limit") {
		hits = hits[:min(len(hits), q.Limit)]
	}
	return hits, nil
}

// wordsOf returns what d is found by.
func (m *memory) wordsOf(d recommend.Document) map[string]bool {
	var body map[string]any
	if json.Unmarshal(d.Body, &body) != nil {
		return map[string]bool{}
	}
	field := map[recommend.Kind]string{recommend.KindPick: "reason", recommend.KindProduct: "title"}[d.Kind]
	if m.has("every field is searched") {
		return m.split(fmt.Sprint(body["reason"], " ", body["title"]), true)
	}
	text, ok := body[field].(string)
	if !ok {
		return map[string]bool{}
	}
	return m.split(text, true)
}

// split takes text apart; an index has single characters beside the pairs.
func (m *memory) split(text string, index bool) map[string]bool {
	words := make(map[string]bool)
	if !m.has("capitals count") {
		text = strings.ToLower(text)
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }) {
		for _, part := range parts(word) {
			rs := []rune(part)
			if !unicode.Is(unicode.Han, rs[0]) || m.has("Chinese is taken by words") {
				if !m.has("common words are dropped") || part != "the" {
					words[part] = true
				}
				continue
			}
			for i := range rs {
				if index && !m.has("single characters are lost") || len(rs) == 1 {
					words[string(rs[i])] = true
				}
				if i > 0 {
					words[string(rs[i-1:i+1])] = true
				}
			}
		}
	}
	return words
}

// parts cuts word where it changes between Chinese and others.
func parts(word string) []string {
	var out []string
	last := false
	for i, r := range word {
		if han := unicode.Is(unicode.Han, r); i == 0 || han != last {
			out, last = append(out, ""), han
		}
		out[len(out)-1] += string(r)
	}
	return out
}
