package sqlite

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text is taken apart here and not by SQLite, whose tokenizers know no Chinese
// words. Latin and the like is taken by word; a run of Chinese, Japanese or
// Korean characters by overlapping pairs, and its last character alone. A query
// for a single character is one for all words that start with it: every
// character of a run starts a pair, but the last, which is there by itself.
//
// The words go to SQLite with spaces between them. Its ascii tokenizer takes
// them as they are, for they hold nothing of ASCII but letters and digits.

// indexWords returns the words that text is found by.
func indexWords(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/4)
	add := func(word string) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	for _, r := range runs(text) {
		if !r.pairs {
			add(r.text)
			continue
		}
		last := forPairs(r.text, add)
		add(last)
	}
	return b.String()
}

// matchQuery returns the FTS5 query for all words of text, "" if it has none.
func matchQuery(text string) string {
	var b strings.Builder
	seen := make(map[string]bool)
	add := func(term string) {
		if seen[term] {
			return
		}
		seen[term] = true
		if b.Len() > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(term)
	}
	for _, r := range runs(text) {
		switch {
		case !r.pairs:
			add(`"` + r.text + `"`)
		case utf8.RuneCountInString(r.text) == 1:
			add(`"` + r.text + `" *`)
		default:
			forPairs(r.text, func(pair string) { add(`"` + pair + `"`) })
		}
	}
	return b.String()
}

// forPairs calls f with every two neighbours of run and returns its last
// character.
func forPairs(run string, f func(string)) (last string) {
	_, first := utf8.DecodeRuneInString(run)
	start, end := 0, first
	for end < len(run) {
		_, n := utf8.DecodeRuneInString(run[end:])
		f(run[start : end+n])
		start, end = end, end+n
	}
	return run[start:]
}

// A run is a stretch of text of one sort.
type run struct {
	text  string
	pairs bool // taken by pairs, not as a word
}

// runs returns the runs of text, folded: full-width and other variants of a
// character are one, and so are capitals and small letters.
func runs(text string) []run {
	text = fold(text)
	var (
		out   []run
		start int
		now   = gap
	)
	flush := func(end int) {
		if now != gap {
			out = append(out, run{text: text[start:end], pairs: now == pairs})
		}
	}
	for i, r := range text {
		s := sortOf(r)
		if s == mark {
			if now == word {
				continue
			}
			s = gap // a mark without a letter is no word
		}
		if s != now {
			flush(i)
			start, now = i, s
		}
	}
	flush(len(text))
	return out
}

// fold makes equal what a reader takes as equal.
func fold(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return cases.Fold().String(norm.NFKC.String(strings.Map(dropSelector, text)))
		}
	}
	return strings.ToLower(text)
}

// dropSelector drops what only chooses among the shapes of the character
// before it.
func dropSelector(r rune) rune {
	if unicode.Is(unicode.Variation_Selector, r) {
		return -1
	}
	return r
}

// A sort of character.
type sort int

const (
	gap   sort = iota // between words
	word              // part of a word
	mark              // goes with the letter before it
	pairs             // one of the scripts without spaces
)

func sortOf(r rune) sort {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return word
		}
		return gap
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul), r == 'ー':
		return pairs
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return word
	case unicode.IsMark(r):
		return mark
	}
	return gap
}
