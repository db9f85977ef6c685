package storetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// testModel puts and gets at random and compares with a map; in the end
// somebody who followed all along must have the same map.
func testModel(t *testing.T, h *harness) {
	all := make(map[recommend.Ref]recommend.Document)
	followers := make(map[recommend.Kind]*follower)
	for _, k := range indexed() {
		followers[k] = h.follow(k, "", 50)
	}
	rapid.Check(t, func(r *rapid.T) {
		m := &model{h: h, t: t, prefix: h.prefix(), docs: make(map[recommend.Ref]recommend.Document)}
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			if err := h.Put(t.Context(), m.drawBatch(r)...); err != nil {
				r.Fatalf("Put: %v, want nil", err)
			}
			m.compare(r)
			if k := rapid.SampledFrom(recommend.Kinds()).Draw(r, "follow"); k.Indexed() {
				followers[k].step(t)
			}
		}
		newest(all, sorted(m.docs)...)
	})
	for k, f := range followers {
		t.Run("changes of "+string(k), func(t *testing.T) { f.until(t, ofKind(all, k, "")) })
	}
}

// A model is what the store should hold under one prefix.
type model struct {
	h      *harness
	t      *testing.T
	prefix string
	docs   map[recommend.Ref]recommend.Document
	n      int
}

// drawBatch draws documents of few refs and few versions and puts them into
// the model. No batch holds one version of one ref twice: which of the two
// stays is nobody's business.
func (m *model) drawBatch(r *rapid.T) []recommend.Document {
	type key struct {
		recommend.Ref
		version int64
	}
	var batch []recommend.Document
	taken := make(map[key]bool)
	for range rapid.IntRange(0, 8).Draw(r, "batch") {
		k := key{
			Ref: recommend.Ref{
				Kind: rapid.SampledFrom(recommend.Kinds()).Draw(r, "kind"),
				ID:   m.prefix + strconv.Itoa(rapid.IntRange(0, 2).Draw(r, "id")),
			},
			version: rapid.Int64Range(0, 6).Draw(r, "version"),
		}
		if taken[k] {
			continue
		}
		taken[k] = true
		m.n++ // two puts of one version differ, so that a wrong one shows
		batch = append(batch, recommend.Document{
			Ref: k.Ref, Version: k.version,
			Body: json.RawMessage(fmt.Sprintf(`{"n": %d, "reason": "put %d"}`, m.n, m.n)),
		})
	}
	newest(m.docs, batch...)
	return batch
}

// compare gets a random choice of refs, present or not.
func (m *model) compare(r *rapid.T) {
	var ask []recommend.Ref
	var want []row
	for _, id := range rapid.Permutation([]int{0, 1, 2}).Draw(r, "ids") {
		for _, k := range recommend.Kinds() {
			ref := recommend.Ref{Kind: k, ID: m.prefix + strconv.Itoa(id)}
			ask = append(ask, ref)
			if d, ok := m.docs[ref]; ok {
				want = append(want, plain([]recommend.Document{d})...)
			}
		}
	}
	got, err := m.h.Get(m.t.Context(), ask...)
	if err != nil {
		r.Fatalf("Get: %v, want nil", err)
	}
	if rows := plain(got); fmt.Sprint(rows) != fmt.Sprint(want) {
		r.Fatalf("Get: got %v, want %v", rows, want)
	}
}
