package ingest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// tightPolicy has bounds that short histories reach.
func tightPolicy() *recommend.Policy {
	p := recommend.DefaultPolicy()
	p.Reader.Bookmarks, p.Reader.CartLines, p.Reader.Quantity, p.Reader.ShownPerHour, p.Reader.OpenedPerHour = 2, 2, 5, 2, 2
	return p
}

func actionWorld(policy *recommend.Policy) *world {
	w := newWorld()
	w.folder, w.most = ingest.Actions(), ingest.MaxEvent
	w.equip = func(l *ingest.Lane) {
		l.Play(func() (*recommend.Policy, *link.Registry) { return policy, defaultPartners().Links() }, nil)
	}
	return w
}

// A doing is one drawn event of a reader.
type doing struct {
	id     string
	reader string
	erase  bool
	recommend.Action
}

// drawDoings draws what two or three readers do with two or three picks. Some
// events come twice.
func drawDoings(t *rapid.T) []doing {
	kinds := []string{
		recommend.ActImpression, recommend.ActOpen, recommend.ActShare, recommend.ActCheckout, recommend.ActReport,
		recommend.ActBookmark, recommend.ActBookmark, recommend.ActUnbookmark, recommend.ActCart, recommend.ActCart, recommend.ActUncart,
		recommend.ActHide, recommend.ActMore, recommend.ActUnhide,
	}
	rare := []string{recommend.ActImpersonal, recommend.ActPersonal, "erase", recommend.ActPurchase}
	at := noon
	out := make([]doing, 0, 40)
	for i := range rapid.IntRange(1, 40).Draw(t, "doings") {
		if i > 0 && rapid.IntRange(0, 5).Draw(t, "again") == 0 {
			out = append(out, out[rapid.IntRange(0, i-1).Draw(t, "which")])
			continue
		}
		at = at.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
		d := doing{id: fmt.Sprint("e", i), reader: rapid.SampledFrom([]string{"r1", "r1", "r2", "r3"}).Draw(t, "reader")}
		d.Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
		if rapid.IntRange(0, 11).Draw(t, "rare") == 0 {
			d.Kind = rapid.SampledFrom(rare).Draw(t, "rare kind")
		}
		d.ID, d.Reader, d.At = d.id, d.reader, at.Add(-time.Duration(rapid.IntRange(0, 2).Draw(t, "late"))*time.Hour)
		d.Pick = rapid.SampledFrom([]string{"p1", "p1", "p2", "p3"}).Draw(t, "pick")
		switch d.Kind {
		case recommend.ActCart:
			d.Set, d.Quantity = rapid.Bool().Draw(t, "set"), rapid.IntRange(-1, 4).Draw(t, "quantity")
			d.SKU = rapid.SampledFrom([]string{"", "red"}).Draw(t, "sku")
		case recommend.ActUncart:
			d.SKU = rapid.SampledFrom([]string{"", "red"}).Draw(t, "sku")
		case recommend.ActImpersonal, recommend.ActPersonal:
			d.Pick = ""
		case "erase":
			d.erase = true
		}
		out = append(out, d)
	}
	return out
}

func (d doing) message(t *rapid.T, offset int) kafka.Message {
	e := event(recommend.TypeActed, d.reader, d.At, d.Action)
	if d.erase {
		e = event(recommend.TypeReaderErased, d.reader, d.At, recommend.ErasedReader{ID: d.reader, At: d.At})
	}
	e.ID = d.id
	m, err := ingest.Codec{}.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	m.Topic, m.Offset, m.Time = recommend.TopicActions, int64(offset), d.At
	return m
}

// A reference keeps account of readers in the plainest way there is.
type reference struct {
	policy  *recommend.Policy
	seen    map[string]bool
	erased  map[string]bool
	off     map[string]bool
	holds   map[string]map[string]bool // "reader kind" -> picks
	lines   map[string]map[string]int  // reader -> "pick sku" -> quantity
	counted map[string]map[string]bool // "pick kind" -> readers
}

func newReference(policy *recommend.Policy) *reference {
	return &reference{policy, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]int{}, map[string]map[string]bool{}}
}

func (r *reference) count(d *doing, kind string) {
	if !r.off[d.reader] {
		put(r.counted, d.Pick+" "+kind, d.reader)
	}
}

func put(of map[string]map[string]bool, k, v string) {
	if of[k] == nil {
		of[k] = map[string]bool{}
	}
	of[k][v] = true
}

func (r *reference) hasLine(reader, pick string) bool {
	_, plain := r.lines[reader][pick+" "]
	_, red := r.lines[reader][pick+" red"]
	return plain || red
}

// take reports whether d is taken.
func (r *reference) take(d *doing) bool {
	if r.erased[d.reader] || r.seen[d.id] {
		return true
	}
	if !r.apply(d) {
		return false
	}
	r.seen[d.id] = true
	return true
}

func (r *reference) apply(d *doing) bool {
	held := func(kind string) map[string]bool { return r.holds[d.reader+" "+kind] }
	switch d.Kind {
	case "erase":
		r.erased[d.reader] = true
	case recommend.ActImpersonal, recommend.ActPersonal:
		r.off[d.reader] = d.Kind == recommend.ActImpersonal
	case recommend.ActPurchase:
		return false
	case recommend.ActBookmark:
		if held(d.Kind)[d.Pick] {
			return true
		}
		if len(held(d.Kind)) >= r.policy.Reader.Bookmarks {
			return false
		}
		put(r.holds, d.reader+" "+d.Kind, d.Pick)
		r.count(d, d.Kind)
	case recommend.ActUnbookmark:
		delete(held(recommend.ActBookmark), d.Pick)
		delete(r.counted[d.Pick+" "+recommend.ActBookmark], d.reader)
	case recommend.ActMore, recommend.ActUnhide:
		delete(r.counted[d.Pick+" "+recommend.ActHide], d.reader)
	case recommend.ActCart, recommend.ActUncart:
		return r.cart(d)
	case recommend.ActReport:
		if !held(d.Kind)[d.Pick] {
			put(r.holds, d.reader+" "+d.Kind, d.Pick)
			r.count(d, d.Kind)
		}
	default:
		r.count(d, d.Kind)
	}
	return true
}

func (r *reference) cart(d *doing) bool {
	if r.lines[d.reader] == nil {
		r.lines[d.reader] = map[string]int{}
	}
	lines, key := r.lines[d.reader], d.Pick+" "+d.SKU
	had := r.hasLine(d.reader, d.Pick)
	now, n := lines[key], d.Quantity
	switch {
	case d.Kind == recommend.ActUncart, d.Set && n == 0:
		delete(lines, key)
		if !r.hasLine(d.reader, d.Pick) {
			delete(r.counted[d.Pick+" "+recommend.ActCart], d.reader)
		}
		return true
	case n < 0:
		return false
	case n == 0:
		n = 1
	}
	if !d.Set {
		n += now
	}
	if n > r.policy.Reader.Quantity || now == 0 && len(lines) >= r.policy.Reader.CartLines {
		return false
	}
	lines[key] = n
	if !had {
		r.count(d, recommend.ActCart)
	}
	return true
}

// TestAnyHistoryOfReadersIsCountedOnce folds a thousand histories with two
// ingesters that fail and are killed at any call. The documents are those of
// folding once, and the pulses count what a plain account of readers counts.
func TestAnyHistoryOfReadersIsCountedOnce(t *testing.T) {
	policy := tightPolicy()
	for i := range 10 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				doings := drawDoings(t)
				ms := make([]kafka.Message, len(doings))
				ref, dead := newReference(policy), 0
				for i := range doings {
					ms[i] = doings[i].message(t, i)
					if !ref.take(&doings[i]) {
						dead++
					}
				}
				once, w := actionWorld(policy), actionWorld(policy)
				want := foldOnce(t, once, ms)
				foldTwice(t, w, ms)
				if diff := cmp.Diff(want, w.outcome()); diff != "" {
					t.Fatalf("the end differs (-want +got):\n%s", diff)
				}
				if len(once.dead) != dead {
					t.Errorf("%d dead letters, want %d: %v", len(once.dead), dead, once.dead)
				}
				ref.check(t, once.store)
			})
		})
	}
}

// check compares the documents with the account.
func (r *reference) check(t *rapid.T, store *memStore) {
	got, want := map[string]int64{}, map[string]int64{}
	for ref, d := range store.docs {
		var of struct {
			Reader string `json:"reader"`
		}
		mustDecode(t, d.Body, &of)
		switch {
		case r.erased[of.Reader]:
			t.Errorf("%s of the erased %s: %s", ref, of.Reader, d.Body)
		case ref.Kind == recommend.KindReader:
			r.checkReader(t, ref.ID, d.Body)
		case ref.Kind == recommend.KindPulse:
			var p recommend.Pulse
			mustDecode(t, d.Body, &p)
			for kind, n := range p.Readers {
				got[p.Pick+" "+kind] = n
			}
			r.bounded(t, &p)
		}
	}
	for key, readers := range r.counted {
		if len(readers) > 0 {
			want[key] = int64(len(readers))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("readers counted (-want +got):\n%s", diff)
	}
}

// bounded checks that what speaks for a pick is one for each reader at most.
func (r *reference) bounded(t *rapid.T, p *recommend.Pulse) {
	weights := map[string]float64{recommend.ActOpen: 0.2, recommend.ActBookmark: 0.3, recommend.ActCart: 0.1, recommend.ActCheckout: 0.2, recommend.ActPurchase: 0.2}
	readers, sum := map[string]bool{}, 0.0
	for kind, w := range weights {
		for reader := range r.counted[p.Pick+" "+kind] {
			readers[reader] = true
		}
		if lives := p.Decayed[kind]; len(lives) > 2 {
			sum += w * lives[2]
		}
	}
	if most := float64(len(readers)); sum > most+1e-5 {
		t.Errorf("%s: %d readers bring %v", p.Pick, len(readers), sum)
	}
}

func (r *reference) checkReader(t *rapid.T, id string, body json.RawMessage) {
	var doc recommend.Reader
	mustDecode(t, body, &doc)
	if r.erased[id] {
		var left map[string]json.RawMessage
		mustDecode(t, body, &left)
		if len(left) != 2 || doc.Erased.IsZero() {
			t.Errorf("erased %s: %s", id, body)
		}
		return
	}
	bookmarks, lines := map[string]bool{}, map[string]int{}
	for _, b := range doc.Bookmarks {
		bookmarks[b.Pick] = true
	}
	for _, l := range doc.Cart.Lines {
		lines[l.Pick+" "+l.SKU] = l.Quantity
	}
	if held := r.holds[id+" "+recommend.ActBookmark]; !maps.Equal(held, bookmarks) || len(doc.Bookmarks) != len(bookmarks) {
		t.Errorf("%s keeps %v, want %v", id, bookmarks, held)
	}
	if !maps.Equal(r.lines[id], lines) || len(doc.Cart.Lines) != len(lines) {
		t.Errorf("%s has %v in the cart, want %v", id, lines, r.lines[id])
	}
}

func mustDecode(t *rapid.T, body json.RawMessage, v any) {
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatal(err)
	}
}
