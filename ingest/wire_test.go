package ingest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

func sampleEvent() recommend.Event {
	return recommend.Event{
		ID: "01J", Source: "/vitrine/api", Type: recommend.TypePickPublished, Key: "e1",
		Time: time.Date(2026, 11, 23, 8, 30, 0, 123456789, time.UTC),
		Data: []byte(`{"id":"p1","later":{"kept":true}}`), Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
}

func encode(t testing.TB, c ingest.Codec, e recommend.Event) kafka.Message {
	t.Helper()
	m, err := c.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEventIsACloudEventInBinaryMode(t *testing.T) {
	m := encode(t, ingest.Codec{}, sampleEvent())
	got := map[string]string{}
	for _, h := range m.Headers {
		got[h.Key] = string(h.Value)
	}
	want := map[string]string{
		"ce_specversion": "1.0", "ce_id": "01J", "ce_source": "/vitrine/api", "ce_type": "pick.published.v1",
		"ce_time": "2026-11-23T08:30:00.123456789Z", "ce_dataschema": "https://vitrine.dev/schema/pick.published.v1.json",
		"content-type": "application/json", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers differ (-want +got):\n%s", diff)
	}
	if string(m.Key) != "e1" || string(m.Value) != `{"id":"p1","later":{"kept":true}}` {
		t.Errorf("key %q value %q: want those of the event, byte for byte", m.Key, m.Value)
	}
}

func TestDecodeGivesWhatWasEncodedAndThePlace(t *testing.T) {
	want := sampleEvent()
	m := encode(t, ingest.Codec{}, want)
	m.Topic, m.Partition, m.Offset = recommend.TopicPicks, 2, 7
	m.Time = time.UnixMilli(1795422600123)
	want.Topic, want.Partition, want.Offset, want.Appended = m.Topic, 2, 7, m.Time.UTC()
	got, err := ingest.Codec{}.Decode(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

func TestHeadersOfOthersAreNoConcern(t *testing.T) {
	m := encode(t, ingest.Codec{}, sampleEvent())
	m.Headers = append(m.Headers, kafka.Header{Key: "ce_partitionkey", Value: []byte("e1")}, kafka.Header{Key: "x", Value: []byte{0xff}})
	for i, h := range m.Headers {
		m.Headers[i].Key = strings.ToUpper(h.Key[:1]) + h.Key[1:]
	}
	if _, err := (ingest.Codec{}).Decode(m); err != nil {
		t.Errorf("Decode: %v", err)
	}
}

// malformations are ways to spoil a good message, by the code that tells them.
func malformations() map[string][]func(*kafka.Message) {
	set := func(name, value string) func(*kafka.Message) {
		return func(m *kafka.Message) {
			for i, h := range m.Headers {
				if h.Key == name {
					m.Headers[i].Value = []byte(value)
				}
			}
		}
	}
	drop := func(name string) func(*kafka.Message) {
		return func(m *kafka.Message) {
			for i, h := range m.Headers {
				if h.Key == name {
					m.Headers = append(m.Headers[:i:i], m.Headers[i+1:]...)
					return
				}
			}
		}
	}
	key := func(k string) func(*kafka.Message) { return func(m *kafka.Message) { m.Key = []byte(k) } }
	value := func(v string) func(*kafka.Message) { return func(m *kafka.Message) { m.Value = []byte(v) } }
	return map[string][]func(*kafka.Message){
		ingest.CodeMissingHeader: {drop("ce_id"), drop("ce_source"), drop("ce_type"), drop("ce_time"), drop("ce_specversion"), set("ce_id", "")},
		ingest.CodeDuplicateHeader: {func(m *kafka.Message) {
			m.Headers = append(m.Headers, kafka.Header{Key: "Ce_Id", Value: []byte("other")})
		}},
		ingest.CodeBadHeader:      {set("ce_id", strings.Repeat("x", 501)), set("ce_source", "a\nb")},
		ingest.CodeBadTime:        {set("ce_time", "yesterday"), set("ce_time", "1795422600"), set("ce_time", "0001-01-01T00:00:00Z"), set("ce_time", "9999-12-31T23:59:59-23:00")},
		ingest.CodeUnknownSpec:    {set("ce_specversion", "0.3")},
		ingest.CodeBadContentType: {set("content-type", "text/plain"), set("content-type", "application/cloudevents+json"), set("content-type", "application/")},
		ingest.CodeEmptyKey:       {key(""), func(m *kafka.Message) { m.Key = nil }},
		ingest.CodeBadKey:         {key(strings.Repeat("k", 501)), key("a\x00b")},
		ingest.CodeTooLarge:       {value(`{"a":"` + strings.Repeat("x", ingest.MaxEvent) + `"}`)},
		ingest.CodeEmptyValue:     {value(""), func(m *kafka.Message) { m.Value = nil }},
		ingest.CodeBadEncoding:    {value("{\"a\":\"\xff\"}"), key("\xff"), set("ce_type", "\xff")},
		ingest.CodeNotJSON:        {value("{"), value("<xml/>"), value("\ufeff{}"), value("{} {}"), value("   ")},
		ingest.CodeNotObject:      {value("[]"), value("null"), value(`"s"`), value(" 1")},
	}
}

func TestEveryMalformationHasItsCode(t *testing.T) {
	for code, ways := range malformations() {
		t.Run(code, func(t *testing.T) {
			for i, spoil := range ways {
				m := encode(t, ingest.Codec{}, sampleEvent())
				spoil(&m)
				_, err := ingest.Codec{}.Decode(m)
				refusal, ok := errors.AsType[*recommend.Refusal](err)
				if !ok {
					t.Errorf("way %d: Decode gave %v, want a refusal", i, err)
				} else if refusal.Code() != code {
					t.Errorf("way %d: code %q, want %q", i, refusal.Code(), code)
				}
			}
		})
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	for name, spoil := range map[string]func(*recommend.Event){
		"no id":        func(e *recommend.Event) { e.ID = "" },
		"no key":       func(e *recommend.Event) { e.Key = "" },
		"no time":      func(e *recommend.Event) { e.Time = time.Time{} },
		"array":        func(e *recommend.Event) { e.Data = []byte("[]") },
		"no data":      func(e *recommend.Event) { e.Data = nil },
		"too large":    func(e *recommend.Event) { e.Data = []byte(`"` + strings.Repeat("x", ingest.MaxEvent) + `"`) },
		"sealed alone": func(e *recommend.Event) { e.Trusted = true },
	} {
		t.Run(name, func(t *testing.T) {
			e := sampleEvent()
			spoil(&e)
			if _, err := (ingest.Codec{}).Encode(e); !errors.Is(err, recommend.ErrInvalid) {
				t.Errorf("Encode gave %v, want ErrInvalid", err)
			}
		})
	}
}

func TestSealMakesTrust(t *testing.T) {
	ours := ingest.Codec{SealKey: []byte("ours")}
	e := sampleEvent()
	e.Trusted = true
	sealed := func() kafka.Message { return encode(t, ours, e) }
	trusted := func(c ingest.Codec, m kafka.Message) bool {
		t.Helper()
		got, err := c.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		return got.Trusted
	}
	if !trusted(ours, sealed()) {
		t.Error("a sealed event is not trusted")
	}
	if trusted(ingest.Codec{SealKey: []byte("theirs")}, sealed()) {
		t.Error("trusted by another key")
	}
	if trusted(ingest.Codec{}, sealed()) {
		t.Error("trusted without a key")
	}
	for name, alter := range map[string]func(*kafka.Message){
		"value":  func(m *kafka.Message) { m.Value = []byte(`{"id":"p2"}`) },
		"key":    func(m *kafka.Message) { m.Key = []byte("e2") },
		"id":     func(m *kafka.Message) { m.Headers[1].Value = []byte("02J") },
		"type":   func(m *kafka.Message) { m.Headers[2].Value = []byte(recommend.TypePickEdited) },
		"source": func(m *kafka.Message) { m.Headers[3].Value = []byte("/elsewhere") },
		"time":   func(m *kafka.Message) { m.Headers[4].Value = []byte("2026-11-24T08:30:00Z") },
		"seal":   func(m *kafka.Message) { m.Headers[len(m.Headers)-1].Value = []byte("!") },
		// The same bytes, divided in another way between two fields.
		"border": func(m *kafka.Message) {
			m.Headers[1].Value, m.Headers[2].Value = []byte("01Jpick"), []byte(".published.v1")
		},
	} {
		m := sealed()
		alter(&m)
		if trusted(ours, m) {
			t.Errorf("trusted after a change of %s", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("e1", "01J", "/api", "action.v1", "2026-11-23T08:30:00Z", []byte(`{"a":1}`), "")
	f.Add("", "", "", "", "9999-12-31T23:59:59-23:00", []byte("\xff"), "00-1")
	f.Fuzz(func(t *testing.T, key, id, source, typ, at string, value []byte, trace string) {
		c := ingest.Codec{SealKey: []byte("key")}
		m := kafka.Message{Key: []byte(key), Value: value, Headers: []kafka.Header{
			{Key: "ce_specversion", Value: []byte("1.0")},
			{Key: "ce_id", Value: []byte(id)},
			{Key: "ce_source", Value: []byte(source)},
			{Key: "ce_type", Value: []byte(typ)},
			{Key: "ce_time", Value: []byte(at)},
			{Key: "traceparent", Value: []byte(trace)},
		}}
		e, err := c.Decode(m)
		if err != nil {
			var refusal *recommend.Refusal
			if !errors.As(err, &refusal) || refusal.Code() == "" {
				t.Fatalf("Decode error is no refusal with a code: %v", err)
			}
			return
		}
		e.Trusted = true
		again, err := c.Encode(e)
		if err != nil {
			var refusal *recommend.Refusal
			if errors.As(err, &refusal) && refusal.Code() == ingest.CodeTooLarge {
				return // the headers that Encode adds made it so
			}
			t.Fatalf("Encode of a decoded event: %v", err)
		}
		got, err := c.Decode(again)
		if err != nil {
			t.Fatalf("Decode of an encoded event: %v", err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Fatalf("round trip differs (-want +got):\n%s", diff)
		}
	})
}
