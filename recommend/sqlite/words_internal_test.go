package sqlite

import "testing"

func TestWords(t *testing.T) {
	tests := []struct{ name, text, index, query string }{
		{"nothing", "", "", ""},
		{"punctuation", " !?，。—🎁 ", "", ""},
		{"Latin", "The Quiet KETTLE", "the quiet kettle", `"the" AND "quiet" AND "kettle"`},
		{"a word twice", "tea Tea", "tea tea", `"tea"`},
		{"digits", "1.5L A4", "1 5l a4", `"1" AND "5l" AND "a4"`},
		{"accents", "Café ÉTÉ", "café été", `"café" AND "été"`},
		{"accents apart from their letters", "e\u0301te\u0301", "été", `"été"`},
		{"capitals of one letter for two", "Straße STRASSE", "strasse strasse", `"strasse"`},
		{"Cyrillic and Greek", "ЧАЙ ΣΟΦΟΣ", "чай σοφοσ", `"чай" AND "σοφοσ"`},
		{"a Chinese word", "水壶", "水壶 壶", `"水壶"`},
		{"a longer Chinese word", "电热水壶", "电热 热水 水壶 壶", `"电热" AND "热水" AND "水壶"`},
		{"a single Chinese character", "茶", "茶", `"茶" *`},
		{"a Chinese sentence", "好茶，好水", "好茶 茶 好水 水", `"好茶" AND "好水"`},
		{"Chinese beside Latin", "iPhone手机case", "iphone 手机 机 case", `"iphone" AND "手机" AND "case"`},
		{"full width", "ＡＢＣ１２３", "abc123", `"abc123"`},
		{"half-width katakana", "ﾃｨｰ", "ティ ィー ー", `"ティ" AND "ィー"`},
		{"Korean", "한국어", "한국 국어 어", `"한국" AND "국어"`},
		{"outside the basic plane", "𠮷野", "𠮷野 野", `"𠮷野"`},
		{"a variation selector", "葛\U000E0100城", "葛城 城", `"葛城"`},
		{"an emoji with a selector", "tea ❤\ufe0f", "tea", `"tea"`},
		{"a mark without a letter", "\u0301 tea", "tea", `"tea"`},
		{"operators", `AND "NOT" (a* OR b:c)`, "and not a or b c", `"and" AND "not" AND "a" AND "or" AND "b" AND "c"`},
		{"zero and broken bytes", "a\x00b\xffc", "a b c", `"a" AND "b" AND "c"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := indexWords(tt.text); got != tt.index {
				t.Errorf("indexWords(%q): got %q, want %q", tt.text, got, tt.index)
			}
			if got := matchQuery(tt.text); got != tt.query {
				t.Errorf("matchQuery(%q): got %q, want %q", tt.text, got, tt.query)
			}
		})
	}
}
