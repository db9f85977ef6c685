package storetest

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

func testSearch(t *testing.T, h *harness) {
	t.Run("finds the words of picks and products", h.testWords)
	t.Run("finds a document within two seconds", h.testFoundSoon)
	t.Run("keeps to the limit and to one order", h.testOrder)
	t.Run("takes the text of the newest version", h.testNewText)
	t.Run("finds every text by itself", h.testOwnText)
	t.Run("takes any text as words", h.testHostile)
}

// search asks for text and returns the ids found that start with prefix.
func (h *harness) search(t testing.TB, text, prefix string) []string {
	t.Helper()
	hits, err := h.Search(t.Context(), recommend.Search{Text: text, Limit: 1000})
	if err != nil {
		t.Fatalf("Search for %q: %v, want nil", text, err)
	}
	var ids []string
	for _, hit := range hits {
		if id, ok := strings.CutPrefix(hit.ID, prefix); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// wantFound waits until text finds exactly the documents prefix+want.
func (h *harness) wantFound(t testing.TB, limit time.Duration, text, prefix string, want ...string) {
	t.Helper()
	slices.Sort(want)
	var got []string
	poll(t, limit, func() bool {
		got = h.search(t, text, prefix)
		return slices.Equal(got, want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("Search for %q after %s: got %q, want %q", text, limit, got, want)
	}
}

// corpus returns documents to search, their ids without prefix are what tests
// want.
func corpus(pre string) []recommend.Document {
	pick := func(id, text string) recommend.Document {
		return withText(recommend.KindPick, pre+id, 1, text)
	}
	product := func(id, text string) recommend.Document {
		return withText(recommend.KindProduct, pre+id, 1, text)
	}
	return []recommend.Document{
		pick("quiet", "The quiet Kettle boils in two minutes, a joy at night"),
		pick("loud", "A loud kettle: boils fast, rattles the kitchen"),
		pick("été", "Un ÉTÉ sans bruit"),
		pick("zh", "电热水壶烧水快，声音小"),
		pick("mixed", "给iPhone买的手机壳，防摔又好看 Case"),
		pick("tea", "每天一杯绿茶"),
		pick("empty", ""),
		product("steel", "KETTLE stainless steel 1800W"),
		product("steel-zh", "不锈钢电热水壶 1800W"),
		product("cup", "保温杯 steel cup"),
		product("apart", "热水 电壶"), // no 水壶
		withField(recommend.KindPick, pre+"pick-title", 1, "title", "kettle 水壶"),
		withField(recommend.KindProduct, pre+"product-reason", 1, "reason", "kettle 水壶"),
		withField(recommend.KindPick, pre+"other-field", 1, "note", "kettle 水壶"),
		withText(recommend.KindRuling, pre+"ruling", 1, "kettle 水壶"),
		withText(recommend.KindExpert, pre+"expert", 1, "kettle 水壶"),
		withText(recommend.KindReader, pre+"reader", 1, "kettle 水壶"),
		withText(recommend.KindPublisher, pre+"publisher", 1, "kettle 水壶"),
	}
}

func (h *harness) testWords(t *testing.T) {
	pre := h.prefix()
	put(t, h, corpus(pre)...)
	put(t, h, withText(recommend.KindPick, pre+"last", 1, "lastofall"), withText(recommend.KindProduct, pre+"last", 1, "lastofall"))
	h.wantFound(t, h.patience, "lastofall", pre, "last", "last") // kinds may become searchable apart

	tests := []struct {
		name, text string
		want       []string
	}{
		{"a word", "kettle", []string{"quiet", "loud", "steel"}},
		{"a word in capitals", "KETTLE", []string{"quiet", "loud", "steel"}},
		{"a word in mixed case", "kEtTlE", []string{"quiet", "loud", "steel"}},
		{"a word with an accent", "été", []string{"été"}},
		{"a word with digits", "1800w", []string{"steel", "steel-zh"}},
		{"two words", "kettle boils", []string{"quiet", "loud"}},
		{"two words in the other order", "boils kettle", []string{"quiet", "loud"}},
		{"two words of different documents", "quiet rattles", nil},
		{"a word twice", "kettle kettle quiet", []string{"quiet"}},
		{"words and punctuation", "  kettle,\tQuiet! ", []string{"quiet"}},
		{"a common word that only one has", "the kettle night", []string{"quiet"}},
		{"a common word that none has with it", "the steel", nil},
		{"an unknown word", "nosuchword", nil},
		{"an unknown word beside a known one", "kettle nosuchword", nil},
		{"part of a word", "kett", nil},
		{"a Chinese word of two characters", "水壶", []string{"zh", "steel-zh"}},
		{"a longer Chinese word", "电热水壶", []string{"zh", "steel-zh"}},
		{"a Chinese word of which one pair is missing", "热水壶", []string{"zh", "steel-zh"}},
		{"a Chinese word that nobody has", "冰箱", nil},
		{"Chinese of which only a part is there", "电热水瓶", nil},
		{"two Chinese words", "水壶 不锈钢", []string{"steel-zh"}},
		{"two Chinese words of different documents", "烧水 不锈钢", nil},
		{"Chinese beside Latin without a space", "手机壳", []string{"mixed"}},
		{"Latin beside Chinese without a space", "iphone", []string{"mixed"}},
		{"Latin and Chinese", "手机壳 CASE", []string{"mixed"}},
		{"Latin and Chinese without a space", "iPhone买的", []string{"mixed"}},
		{"Latin and Chinese of different documents", "kettle 手机", nil},
		{"Chinese and Latin of a product", "保温杯steel", []string{"cup"}},
		{"nothing", "", nil},
		{"spaces", " \t\n", nil},
		{"punctuation", "!?—，。", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { h.wantFound(t, 0, tt.text, pre, tt.want...) })
	}
	t.Run("a single Chinese character", func(t *testing.T) {
		if h.NoSingleCharacter {
			t.Skip("this engine finds no single characters")
		}
		h.wantFound(t, 0, "茶", pre, "tea")
		h.wantFound(t, 0, "杯", pre, "tea", "cup")
		h.wantFound(t, 0, "杯 绿茶", pre, "tea")
		h.wantFound(t, 0, "壶 茶", pre)
	})
}

func (h *harness) testFoundSoon(t *testing.T) {
	pre := h.prefix()
	for i := range 3 {
		id, word := strconv.Itoa(i), "soon"+strconv.Itoa(i)
		put(t, h, withText(recommend.KindPick, pre+id, 1, word), withText(recommend.KindProduct, pre+id, 1, word))
		h.wantFound(t, 2*time.Second, word, pre, id, id)
	}
}

func (h *harness) testOrder(t *testing.T) {
	pre := h.prefix()
	var docs []recommend.Document
	for i := range 40 {
		kind := []recommend.Kind{recommend.KindPick, recommend.KindProduct}[i%2]
		text := "zanzibar" + strings.Repeat(" filler", i%4) // four grades of score
		docs = append(docs, withText(kind, pre+strconv.Itoa((i*7)%40), 1, text))
	}
	put(t, h, docs...)
	q := recommend.Search{Text: "zanzibar", Limit: 100}
	var all []recommend.Hit
	poll(t, h.patience, func() bool {
		var err error
		if all, err = h.Search(t.Context(), q); err != nil {
			t.Fatalf("Search: %v, want nil", err)
		}
		return len(all) == len(docs)
	})
	if len(all) != len(docs) {
		t.Fatalf("Search: got %d hits, want %d", len(all), len(docs))
	}
	if !slices.IsSortedFunc(all, func(a, b recommend.Hit) int {
		if a.Score != b.Score {
			return int(math.Copysign(1, b.Score-a.Score))
		}
		return a.Compare(b.Ref)
	}) {
		t.Errorf("hits are not ordered by score, then ref: %v", all)
	}
	for _, limit := range []int{1, 7, 39, 40, 10_000} {
		q.Limit = limit
		got, err := h.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("Search with limit %d: %v, want nil", limit, err)
		}
		want := all[:min(limit, len(all))]
		if diff := gocmp.Diff(hitRefs(want), hitRefs(got)); diff != "" {
			t.Errorf("Search with limit %d is not the start of the full answer (-want +got):\n%s", limit, diff)
		}
	}
}

func hitRefs(hits []recommend.Hit) []string {
	var out []string
	for _, h := range hits {
		out = append(out, h.String())
	}
	return out
}

func (h *harness) testNewText(t *testing.T) {
	for _, kind := range []recommend.Kind{recommend.KindPick, recommend.KindProduct} {
		pre := h.prefix()
		put(t, h, withText(kind, pre+"a", 1, "aardvark 土豚 common"))
		h.wantFound(t, h.patience, "aardvark", pre, "a")

		put(t, h, withText(kind, pre+"a", 3, "bullfrog 牛蛙 common"))
		h.wantFound(t, h.patience, "bullfrog", pre, "a")
		h.wantFound(t, 0, "aardvark", pre)
		h.wantFound(t, 0, "土豚", pre)
		h.wantFound(t, 0, "common", pre, "a")

		put(t, h, withText(kind, pre+"a", 2, "cuckoo 杜鹃"))
		put(t, h, withText(kind, pre+"b", 1, "dormouse cuckoo"))
		h.wantFound(t, h.patience, "dormouse", pre, "b")
		h.wantFound(t, 0, "cuckoo", pre, "b")
		h.wantFound(t, 0, "bullfrog", pre, "a")

		put(t, h, recommend.Document{Ref: recommend.Ref{Kind: kind, ID: pre + "a"}, Version: 4, Body: []byte(`{}`)})
		put(t, h, withText(kind, pre+"b", 2, "echidna"))
		h.wantFound(t, h.patience, "echidna", pre, "b")
		h.wantFound(t, 0, "bullfrog", pre)
	}
}

// texts returns what people and attackers type; each has a word in it.
func texts() []string {
	return []string{
		`"unbalanced quote`, `it's o'clock`, `AND`, `or NOT near`, `NEAR(kettle, 2)`, `kettle*`, `^kettle`, `-kettle +tea`, `reason:kettle`,
		`(kettle`, `kettle)`, `{kettle}`, `kettle~2 AND tea^3`, `/ket.*/`, `kettle\`, `a:b:c`, `{"query":{"match_all":{}}}`, `<script>alert(1)</script>`,
		`'; DROP TABLE documents; --`, `kettle 🎉 tea`, `茶🍵壶`, `１２３ ＡＢＣ`, `café naïve Straße İstanbul`, `x=1&y=2%20z`, "tab\tnew\nline", "zero\u200bwidth",
		`ひらがなカタカナ 한국어`, `3.5mm USB-C wi-fi a_b`, strings.Repeat("kettle ", 28), strings.Repeat("水壶茶杯", 50),
		strings.Repeat("w", 200), `𠮷野家 𠮷`, `ﬁne ligature`, `中。文，标、点`,
	}
}

func (h *harness) testOwnText(t *testing.T) {
	pre := h.prefix()
	var docs []recommend.Document
	for i, text := range texts() {
		kind := []recommend.Kind{recommend.KindPick, recommend.KindProduct}[i%2]
		docs = append(docs, withText(kind, pre+strconv.Itoa(i), 1, text))
	}
	put(t, h, docs...)
	put(t, h, withText(recommend.KindPick, pre+"last", 1, "lastoftexts"), withText(recommend.KindProduct, pre+"last", 1, "lastoftexts"))
	h.wantFound(t, h.patience, "lastoftexts", pre, "last", "last")
	for i, text := range texts() {
		if got := h.search(t, text, pre); !slices.Contains(got, strconv.Itoa(i)) {
			t.Errorf("Search for %q: got %q, want the document with that text, %d", text, got, i)
		}
	}
}

func (h *harness) testHostile(t *testing.T) {
	more := []string{
		`"`, `""`, `"""`, `'`, `*`, `\`, `:`, `(`, `)`, `()`, `^`, `-`, `+`, `~`, `&&`, `||`, `!`, `{`, `[`, `]`, "\x00", "a\x00b", "\xff\xfe", "kettle\xff",
		"🎁", "👩‍👩‍👧", "\u202e", "\ufeff", strings.Repeat("🎁", 50), strings.Repeat("(", 200), strings.Repeat(`"`, 199), strings.Repeat("a ", 100),
	}
	for _, text := range append(texts(), more...) {
		hits, err := h.Search(t.Context(), recommend.Search{Text: text, Limit: 5})
		if err != nil {
			t.Errorf("Search for %q: %v, want nil", text, err)
		}
		if len(hits) > 5 {
			t.Errorf("Search for %q with limit 5: got %d hits", text, len(hits))
		}
	}
}
