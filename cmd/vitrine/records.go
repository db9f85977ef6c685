package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// importSource is the CloudEvents source of imported events.
const importSource = "/vitrine/import"

// A recordKind is one file of the import format: how a line becomes an event,
// and how to see that the store has it already.
type recordKind struct {
	file  string // without .jsonl
	topic string
	typ   string
	// parse returns key, id and time of the event whose value is line.
	parse func(line []byte) (recordHead, error)
	// ref names the document that shows whether e is in the store; nil when none does.
	ref func(e recommend.Event) recommend.Ref
	// known reports whether doc, which exists, holds e.
	known func(doc recommend.Document, e recommend.Event) bool
}

type recordHead struct {
	key, id string
	at      time.Time // zero: before everything else
}

// recordKinds are the files in the order that events of equal times have.
func recordKinds() []recordKind {
	return []recordKind{
		{"partners", recommend.TopicRulings, recommend.TypePartnerRegistered, parsePartner, sameKey(recommend.KindRuling), knownPartner},
		{"experts", recommend.TopicRulings, recommend.TypeExpertVerified, parseExpert, afterColon(recommend.KindExpert), knownExpert},
		{"products", recommend.TopicCatalog, recommend.TypeProductListed, parseProduct, sameKey(recommend.KindProduct), knownProduct},
		{"picks", recommend.TopicPicks, recommend.TypePickPublished, parsePick, idOf[recommend.PublishedPick](recommend.KindPick), knownPick},
		{"readers", recommend.TopicActions, recommend.TypeReaderDeclared, parseReader, sameKey(recommend.KindReader), knownReader},
		{"actions", recommend.TopicActions, recommend.TypeActed, parseAction, sameKey(recommend.KindReader), seenByReader},
		{"orders", recommend.TopicOrders, recommend.TypeOrderReported, parseOrder, nil, nil},
	}
}

func sameKey(kind recommend.Kind) func(recommend.Event) recommend.Ref {
	return func(e recommend.Event) recommend.Ref { return recommend.Ref{Kind: kind, ID: e.Key} }
}

func afterColon(kind recommend.Kind) func(recommend.Event) recommend.Ref {
	return func(e recommend.Event) recommend.Ref {
		t, _ := recommend.ParseTarget(e.Key)
		return recommend.Ref{Kind: kind, ID: t.ID}
	}
}

func idOf[T any](kind recommend.Kind) func(recommend.Event) recommend.Ref {
	return func(e recommend.Event) recommend.Ref {
		var v struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(e.Data, &v) // was parsed before
		return recommend.Ref{Kind: kind, ID: v.ID}
	}
}

// decodeAs decodes a line or document; ok is false when it does not fit.
func decodeAs[T any](b []byte) (v T, ok bool) {
	return v, json.Unmarshal(b, &v) == nil
}

func parseAs[T any](line []byte, head func(*T) recordHead) (recordHead, error) {
	var v T
	if err := json.Unmarshal(line, &v); err != nil {
		return recordHead{}, fmt.Errorf("not a record of this file: %w", err)
	}
	return head(&v), nil
}

func short(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:8])
}

func parsePartner(line []byte) (recordHead, error) {
	return parseAs(line, func(p *recommend.Partner) recordHead {
		return recordHead{key: "partner:" + p.ID, id: "partner:" + p.ID + ":" + short(line)}
	})
}

func parseExpert(line []byte) (recordHead, error) {
	return parseAs(line, func(x *recommend.VerifiedExpert) recordHead {
		return recordHead{key: "expert:" + x.ID, id: "expert:" + x.ID + ":" + short(line)}
	})
}

func parseProduct(line []byte) (recordHead, error) {
	return parseAs(line, func(p *recommend.Product) recordHead {
		return recordHead{key: p.Key, id: "product:" + p.Key + ":" + short(line), at: p.UpdatedAt}
	})
}

func parsePick(line []byte) (recordHead, error) {
	return parseAs(line, func(p *recommend.PublishedPick) recordHead {
		return recordHead{key: p.Expert, id: "pick:" + p.ID, at: p.PublishedAt}
	})
}

func parseReader(line []byte) (recordHead, error) {
	return parseAs(line, func(r *recommend.DeclaredReader) recordHead {
		return recordHead{key: r.ID, id: "reader:" + r.ID + ":" + short(line)}
	})
}

func parseAction(line []byte) (recordHead, error) {
	return parseAs(line, func(a *recommend.Action) recordHead {
		return recordHead{key: a.Reader, id: "action:" + a.ID, at: a.At}
	})
}

func parseOrder(line []byte) (recordHead, error) {
	h, err := parseAs(line, func(o *recommend.OrderReport) recordHead {
		return recordHead{key: o.ID, id: "order:" + o.ID + ":" + short(line), at: o.At}
	})
	if err != nil {
		return h, err
	}
	o, _ := decodeAs[recommend.OrderReport](line)
	return h, o.Validate()
}

func knownPartner(doc recommend.Document, e recommend.Event) bool {
	have, ok := decodeAs[recommend.Ruling](doc.Body)
	want, ok2 := decodeAs[recommend.Partner](e.Data)
	if !ok || !ok2 || have.Partner == nil {
		return false
	}
	if want.State == "" {
		want.State = recommend.PartnerActive
	}
	return have.Partner.Name == want.Name && have.Partner.State == want.State && slices.Equal(have.Partner.Links, want.Links)
}

func knownExpert(doc recommend.Document, e recommend.Event) bool {
	have, ok := decodeAs[recommend.Expert](doc.Body)
	want, ok2 := decodeAs[recommend.VerifiedExpert](e.Data)
	topics := make([]string, len(have.Topics))
	for i, a := range have.Topics {
		topics[i] = a.Topic
	}
	return ok && ok2 && have.Name == want.Name && have.Bio == want.Bio && have.Verified == want.Verified && slices.Equal(topics, want.Topics)
}

func knownProduct(doc recommend.Document, e recommend.Event) bool {
	have, ok := decodeAs[recommend.Product](doc.Body)
	return ok && !e.Time.After(have.UpdatedAt)
}

func knownPick(doc recommend.Document, e recommend.Event) bool {
	have, ok := decodeAs[recommend.Pick](doc.Body)
	return ok && have.Expert == e.Key
}

// knownReader also finds interests and follows that came another way.
func knownReader(doc recommend.Document, e recommend.Event) bool {
	if seenByReader(doc, e) {
		return true
	}
	have, ok := decodeAs[recommend.Reader](doc.Body)
	want, ok2 := decodeAs[recommend.DeclaredReader](e.Data)
	if !ok || !ok2 {
		return false
	}
	follows := make(map[string]bool, len(have.Follows))
	for _, s := range have.Follows {
		follows[s.ID] = true
	}
	if slices.ContainsFunc(want.Follows, func(x string) bool { return !follows[x] }) {
		return false
	}
	if want.Interests == nil {
		return true
	}
	declared := make(map[string]float64)
	for _, i := range have.Interests {
		declared[i.Topic] = i.Weight
	}
	for topic, w := range want.Interests {
		if declared[topic] != w {
			return false
		}
		delete(declared, topic) // a weight of 0 was never there
	}
	return len(declared) == 0
}

func seenByReader(doc recommend.Document, e recommend.Event) bool {
	r, ok := decodeAs[recommend.Reader](doc.Body)
	return ok && r.Seen.Has(e)
}
