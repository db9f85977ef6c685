package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"vitrine.dev/recommend"
)

func testPut(t *testing.T, h *harness) {
	t.Run("keeps the bytes of a body as they are", h.testBytes)
	t.Run("keeps bodies up to 1 MiB", h.testLargeBody)
	t.Run("keeps every kind, and one id in several kinds", h.testKinds)
	t.Run("keeps documents with odd ids apart", h.testOddIDs)
	t.Run("lets the higher version stay, whatever the order", h.testVersions)
	t.Run("takes the same version as no change", h.testSameVersion)
	t.Run("takes one ref twice in a batch", h.testTwiceInBatch)
	t.Run("writes a batch of 5,000", h.testLargeBatch)
	t.Run("of nothing is no error", func(t *testing.T) { put(t, h) })
	t.Run("reports together what can never be taken", h.testRefused)
	t.Run("from many goroutines keeps the highest version", h.testConcurrentPut)
	t.Run("leaves the documents it was given alone", h.testArguments)
}

// bodies returns JSON objects that an engine that parses and prints them again
// would change.
func bodies() map[string]string {
	return map[string]string{
		"empty":            `{}`,
		"spaces":           ` { "a" : 1 , "b":[ 1,2 ] } `,
		"lines":            "{\n  \"a\": 1,\r\n\t\"b\": 2\n}\n",
		"order of keys":    `{"z":1,"a":2,"m":{"y":1,"b":2}}`,
		"numbers":          `{"a":1.0,"b":1e3,"c":0.1000,"d":9007199254740993,"e":-0,"f":12345678901234567890.5}`,
		"escapes":          `{"a":"\u00e9\/\u4e2d\ud83c\udf81","b":"\b\f\n\r\t\"\\"}`,
		"escaped nul":      `{"a":"x\u0000y"}`,
		"no escapes":       `{"a":"é中🎁 <b>&amp;</b> ` + "\u2028" + `"}`,
		"nulls":            `{"a":null,"b":[],"c":{},"d":[null]}`,
		"mixed array":      `{"payload":[1,"a",{"b":[[]]}]}`,
		"names of columns": `{"id":"other","kind":"other","version":-5,"seq":7,"body":{"body":1},"_id":"x"}`,
		"dots in keys":     `{"a.b":1,"a":{"b":2},"":3}`,
		"odd field types":  `{"a":{"b":1},"date":"2026-01-02","n":"x"}`,
		"odder":            `{"a":[1],"date":5,"n":{"x":1}}`,
	}
}

func (h *harness) testBytes(t *testing.T) {
	for name, body := range bodies() {
		t.Run(name, func(t *testing.T) {
			pre := h.prefix()
			var docs []recommend.Document
			for _, k := range recommend.Kinds() {
				docs = append(docs, recommend.Document{
					Ref: recommend.Ref{Kind: k, ID: pre}, Version: 3, Body: json.RawMessage(body),
				})
			}
			put(t, h, docs...)
			wantGet(t, h, docs...)
		})
	}
}

func (h *harness) testLargeBody(t *testing.T) {
	pre := h.prefix()
	var docs []recommend.Document
	for i, size := range []int{64 << 10, 1 << 20} {
		const frame = len(`{"pad":""}`)
		docs = append(docs, recommend.Document{
			Ref:  recommend.Ref{Kind: recommend.KindReader, ID: pre + strconv.Itoa(i)},
			Body: json.RawMessage(`{"pad":"` + strings.Repeat("x", size-frame) + `"}`),
		})
	}
	put(t, h, docs...)
	wantGet(t, h, docs...)
}

func (h *harness) testKinds(t *testing.T) {
	pre := h.prefix()
	var docs []recommend.Document
	for i, k := range recommend.Kinds() {
		docs = append(docs, document(k, pre, int64(i)))
	}
	put(t, h, docs...)
	wantGet(t, h, docs...)
	for _, d := range docs {
		wantGet(t, h, d)
	}
}

func (h *harness) testOddIDs(t *testing.T) {
	var docs []recommend.Document
	for i, id := range oddIDs() {
		docs = append(docs,
			document(recommend.KindPick, id, int64(i)),
			document(recommend.KindReader, id, int64(i)))
	}
	put(t, h, docs...)
	wantGet(t, h, docs...)
}

func (h *harness) testVersions(t *testing.T) {
	for _, kind := range []recommend.Kind{recommend.KindPick, recommend.KindReader} {
		for _, order := range [][]int64{
			{0, 1, 2},
			{0, 2, 1},
			{1, 0, 2},
			{1, 2, 0},
			{2, 0, 1},
			{2, 1, 0},
			{0},
			{0, math.MaxInt32},
			{1 << 53, 1<<53 + 1},
			{1<<53 + 1, 1 << 53},
			{9, 10},
			{10, 9},
		} {
			t.Run(fmt.Sprintf("%s %v", kind, order), func(t *testing.T) {
				id := h.prefix()
				want := make(map[recommend.Ref]recommend.Document)
				for _, v := range order {
					d := document(kind, id, v)
					newest(want, d)
					put(t, h, d)
					wantGet(t, h, sorted(want)...)
				}
			})
		}
	}
}

func (h *harness) testSameVersion(t *testing.T) {
	id := h.prefix()
	for _, version := range []int64{0, 7} {
		for _, kind := range []recommend.Kind{recommend.KindProduct, recommend.KindPublisher} {
			first := document(kind, id+strconv.FormatInt(version, 10), version)
			other := first
			other.Body = json.RawMessage(`{"other":true}`)
			put(t, h, first)
			put(t, h, other)
			wantGet(t, h, first)
		}
	}
}

func (h *harness) testTwiceInBatch(t *testing.T) {
	for _, kind := range recommend.Kinds() {
		pre := h.prefix()
		up, down, other := pre+"up", pre+"down", pre+"other"
		put(t, h,
			document(kind, up, 1), document(kind, down, 2), document(kind, other, 0),
			document(kind, up, 2), document(kind, down, 1))
		wantGet(t, h, document(kind, up, 2), document(kind, down, 2), document(kind, other, 0))
	}
}

func (h *harness) testLargeBatch(t *testing.T) {
	pre := h.prefix()
	docs := make([]recommend.Document, 5000)
	for i := range docs {
		kind := recommend.Kinds()[i%len(recommend.Kinds())]
		docs[i] = document(kind, pre+strconv.Itoa(i), int64(i))
	}
	put(t, h, docs...)
	wantGet(t, h, docs...)
}

// testRefused puts documents that an engine may refuse among others that it
// may not. An engine that takes one of them gives it back; one that does not
// says so, and the others are there all the same.
func (h *harness) testRefused(t *testing.T) {
	pre := h.prefix()
	doubtful := map[recommend.Ref]recommend.Document{}
	doubt := func(id string, version int64, body string) recommend.Document {
		d := recommend.Document{
			Ref: recommend.Ref{Kind: recommend.KindPick, ID: id}, Version: version, Body: json.RawMessage(body),
		}
		doubtful[d.Ref] = d
		return d
	}
	good := []recommend.Document{
		document(recommend.KindPick, pre+"a", 1), document(recommend.KindReader, pre+"b", 1), document(recommend.KindPick, pre+"c", 1),
	}
	batch := []recommend.Document{
		good[0],
		doubt(pre+"text", 1, `not JSON`),
		doubt(pre+"none", 1, ``),
		doubt(pre+"array", 1, `[1]`),
		good[1],
		doubt(pre+"cut", 1, `{"a":`),
		doubt(pre+"two", 1, `{}{}`),
		doubt(pre+"version", -1, `{}`),
		doubt(pre+"twice", 1, `{"a":1,"a":2}`),
		doubt(pre+"reason", 1, `{"reason":{"not":"text"}}`),
		doubt(pre+strings.Repeat("long", 500), 1, `{}`),
		good[2],
	}
	err := h.Put(t.Context(), batch...)
	for _, ref := range refusedBy(t, err) {
		if _, ok := doubtful[ref]; !ok {
			t.Errorf("Put refused %s, which is in order", ref)
		}
		delete(doubtful, ref)
	}
	wantGet(t, h, good...)
	wantGet(t, h, sorted(doubtful)...)

	rest := append(slices.Clone(good), sorted(doubtful)...)
	if err := h.Put(t.Context(), rest...); err != nil {
		t.Errorf("Put again without what was refused: %v, want nil", err)
	}
}

// refusedBy returns the refs that err names, which is that of a Put.
func refusedBy(t *testing.T, err error) []recommend.Ref {
	t.Helper()
	if err == nil {
		return nil
	}
	perr, ok := errors.AsType[*recommend.PutError](err)
	if !ok || !errors.Is(err, recommend.ErrInvalid) {
		t.Fatalf("Put: %v, want nil or a PutError that wraps ErrInvalid", err)
	}
	if len(perr.Items) == 0 {
		t.Errorf("Put: PutError names no document, want at least one")
	}
	var refused []recommend.Ref
	for _, it := range perr.Items {
		if it.Reason == "" {
			t.Errorf("Put refused %s without a reason", it.Ref)
		}
		refused = append(refused, it.Ref)
	}
	return refused
}

func (h *harness) testConcurrentPut(t *testing.T) {
	pre := h.prefix()
	const writers, versions = 8, 12
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range versions {
				v := int64((i*5 + w*7) % versions) // every writer in another order
				if err := h.Put(t.Context(), document(recommend.KindPick, pre+"pick", v), document(recommend.KindReader, pre+"reader", v)); err != nil {
					t.Errorf("Put version %d: %v, want nil", v, err)
				}
			}
		})
	}
	wg.Wait()
	wantGet(t, h,
		document(recommend.KindPick, pre+"pick", versions-1),
		document(recommend.KindReader, pre+"reader", versions-1))
}

func (h *harness) testArguments(t *testing.T) {
	pre := h.prefix()
	make3 := func() []recommend.Document {
		return []recommend.Document{
			document(recommend.KindPick, pre+"b", 1), document(recommend.KindExpert, pre+"a", 2), document(recommend.KindPick, pre+"a", 3),
		}
	}
	docs := make3()
	put(t, h, docs...)
	wantDocuments(t, "the argument of Put", docs, make3())
}
