package main_test

import (
	"encoding/base64"
	bits "encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// choosesAsHimself lets the reader of token look at a window and open picks of
// it, as often as it takes to be learned from.
func (w *world) choosesAsHimself(t *testing.T, token string, times int) {
	t.Helper()
	for i := range times {
		var page windowPage
		w.must(t, token, http.MethodGet, "/v1/window?limit=6", nil, &page)
		pick := fmt.Sprint("g", i%6)
		acts := []map[string]any{{"kind": "open", "pick": pick, "window": page.ID}}
		for at, it := range page.Items {
			acts = append(acts, map[string]any{"kind": "impression", "pick": it.Pick, "window": page.ID, "position": at})
		}
		w.must(t, token, http.MethodPost, "/v1/actions", map[string]any{"actions": acts}, nil)
		w.must(t, token, http.MethodPut, "/v1/bookmarks/"+pick, nil, nil)
	}
}

// What was learned while a reader was there holds nothing of him once he is
// forgotten, nor did it before: no body, no row in whatever bytes, no weight,
// no record names him by id, pseudonym or a hash of them.
func TestWhatIsLearnedHoldsNothingOfAForgottenReader(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, "g5")
		token := w.in.token(telling, "window:read")
		w.choosesAsHimself(t, token, 6)
		w.choose(t, 0, 20, "g3")
		w.awaitLists(t, 8)
		name := w.pseudonym(t, telling)
		w.innocent(t, name)
		w.must(t, token, http.MethodDelete, "/v1/me", nil, nil)
		await(t, time.Minute, func() error {
			if again := w.pseudonym(t, telling); again != "" {
				return fmt.Errorf("the vault still has %q for him", again)
			}
			return nil
		})
		w.innocent(t, name)
	}, withGoods(6), learningFast)
}

// innocent fails the test where what was learned holds the reader, or is too
// little to say so.
func (w *world) innocent(t *testing.T, name string) {
	t.Helper()
	if name == "" {
		t.Fatal("the reader has no name")
	}
	var words []string
	for _, word := range []string{telling, name} {
		hash := ranking.Hash(word)
		words = append(words, word, strconv.FormatUint(hash, 10), strconv.FormatUint(hash, 16),
			string(bits.LittleEndian.AppendUint64(nil, hash)), string(bits.BigEndian.AppendUint64(nil, hash)),
			string(bits.AppendUvarint(nil, hash)))
	}
	search := func(where, text string) {
		for _, word := range words {
			if strings.Contains(text, word) {
				t.Errorf("%s holds %q: %q", where, word, text)
			}
		}
	}
	families, weights, rows := make(map[string]bool), false, 0
	for _, d := range w.documents(t, recommend.KindModel) {
		search(d.Ref.String(), d.ID+" "+string(d.Body))
		for family, bytes := range rowsIn(d.Body) {
			families[family] = true
			rows++
			search(fmt.Sprint(d.Ref, " ", family), bytes)
		}
		weights = weights || d.ID == recommend.ModelKey && strings.Contains(string(d.Body), `"weights"`)
	}
	if !weights || rows < 6 || !families[recommend.FamilyLists] || !families[recommend.FamilyNear] {
		t.Errorf("weights %v and %d rows of families %v were searched, want some of all", weights, rows, families)
	}
	records := 0
	w.records(t, func(m kafka.Message) {
		if !strings.HasSuffix(m.Topic, recommend.TopicModels) {
			return
		}
		records++
		where := fmt.Sprint("record ", m.Offset, " of models")
		search(where, string(m.Key)+" "+string(m.Value))
		for _, bytes := range base64Of(m.Value) {
			search(where, bytes)
		}
	})
	if records == 0 {
		t.Errorf("%d records of models were searched, want some", records)
	}
}

// rowsIn are the rows of a document's body, decoded, by family; what is staged
// counts as others.
func rowsIn(body []byte) map[string]string {
	rows := make(map[string]string)
	for _, m := range regexp.MustCompile(`"([a-z]+)":"([A-Za-z0-9+/]+=*)"`).FindAllSubmatch(body, -1) {
		if b, err := base64.StdEncoding.DecodeString(string(m[2])); err == nil {
			rows[string(m[1])] += " " + string(b)
		}
	}
	return rows
}

// base64Of decodes what of a body may be bytes.
func base64Of(body []byte) (all []string) {
	for _, m := range regexp.MustCompile(`"([A-Za-z0-9+/]{4,}=*)"`).FindAllSubmatch(body, -1) {
		if b, err := base64.StdEncoding.DecodeString(string(m[1])); err == nil {
			all = append(all, string(b))
		}
	}
	return all
}
