package ingest

import (
	"bytes"
	"encoding/json"
	"mime"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// Limits of an event on the wire. MaxEvent leaves room for the framing of a
// record batch within Kafka's default message.max.bytes of 1,048,588.
const (
	MaxEvent = 1_000_000 // bytes of key, headers and value together
	maxKey   = 500       // bytes; a key becomes a document id, and Elasticsearch takes 512
	maxID    = 500       // bytes of an id or a source
)

// Headers of CloudEvents 1.0 in Kafka's binary content mode.
const (
	headerSpec        = "ce_specversion"
	headerID          = "ce_id"
	headerType        = "ce_type"
	headerSource      = "ce_source"
	headerTime        = "ce_time"
	headerSchema      = "ce_dataschema"
	headerSeal        = "ce_vitrineseal" // an extension attribute, see Codec
	headerContent     = "content-type"
	headerTraceparent = "traceparent"
	headerAttempts    = "vitrine_attempts" // deliveries that ended in a dead letter, set on redriving
)

// Codes of the refusals of [Codec.Decode] and [Codec.Encode].
const (
	CodeMissingHeader   = "missing-header"
	CodeDuplicateHeader = "duplicate-header"
	CodeBadHeader       = "bad-header"
	CodeBadTime         = "bad-time"
	CodeUnknownSpec     = "unknown-specversion"
	CodeBadContentType  = "bad-content-type"
	CodeEmptyKey        = "empty-key"
	CodeBadKey          = "bad-key"
	CodeTooLarge        = "too-large"
	CodeEmptyValue      = "empty-value"
	CodeBadEncoding     = "bad-encoding"
	CodeNotJSON         = "not-json"
	CodeNotObject       = "not-object"
)

// A Codec translates between events and Kafka messages: CloudEvents 1.0 in
// binary mode with a JSON value.
//
// Trusted travels as a seal, the header ce_vitrineseal: base64url of an
// HMAC-SHA256 with SealKey over everything a fold looks at. Whoever writes to
// the topics without the key cannot make a trusted event. The zero Codec
// neither makes nor believes seals.
type Codec struct {
	SealKey []byte
}

// Encode returns e as a message for its topic, without place in the log. It
// refuses with the same codes what Decode would refuse.
func (c Codec) Encode(e recommend.Event) (kafka.Message, error) {
	m := kafka.Message{
		Key:   []byte(e.Key),
		Value: e.Data,
		Time:  e.Appended,
		Headers: []kafka.Header{
			{Key: headerSpec, Value: []byte("1.0")},
			{Key: headerID, Value: []byte(e.ID)},
			{Key: headerType, Value: []byte(e.Type)},
			{Key: headerSource, Value: []byte(e.Source)},
			{Key: headerTime, Value: []byte(formatTime(e.Time))},
			{Key: headerSchema, Value: []byte(SchemaURI(e.Type))},
			{Key: headerContent, Value: []byte("application/json")},
		},
	}
	if e.Time.IsZero() {
		return kafka.Message{}, recommend.Refuse(problem(CodeBadTime, "the event has no time"))
	}
	if e.Traceparent != "" {
		m.Headers = append(m.Headers, kafka.Header{Key: headerTraceparent, Value: []byte(e.Traceparent)})
	}
	if e.Trusted {
		if len(c.SealKey) == 0 {
			return kafka.Message{}, recommend.Refuse(problem("no-seal-key", "a trusted event needs the installation's key"))
		}
		m.Headers = append(m.Headers, kafka.Header{Key: headerSeal, Value: []byte(c.seal(e))})
	}
	if _, err := c.Decode(m); err != nil {
		return kafka.Message{}, err
	}
	return m, nil
}

// Decode returns the event in m together with its place in the log. Every
// error is a [*recommend.Refusal]; an event whose seal does not verify is no
// error but not trusted. That the type is known is for the fold to check. The
// event shares the memory of m's value.
func (c Codec) Decode(m kafka.Message) (recommend.Event, error) {
	if n := messageSize(m); n > MaxEvent {
		return recommend.Event{}, recommend.Refuse(recommend.Problem{
			Code: CodeTooLarge, Message: "the event is larger than a topic takes",
			Details: map[string]any{"bytes": n, "limit": MaxEvent},
		})
	}
	h, err := readHeaders(m.Headers)
	if err != nil {
		return recommend.Event{}, err
	}
	e := recommend.Event{
		ID:          h[eventID],
		Source:      h[eventSource],
		Type:        h[eventType],
		Key:         string(m.Key),
		Data:        m.Value,
		Traceparent: h[traceparent],
		Topic:       m.Topic,
		Partition:   m.Partition,
		Offset:      m.Offset,
	}
	if !m.Time.IsZero() {
		e.Appended = m.Time.UTC()
	}
	if e.Time, err = parseTime(h[eventTime]); err != nil {
		return recommend.Event{}, err
	}
	if err := checkKey(e.Key); err != nil {
		return recommend.Event{}, err
	}
	if err := checkData(e.Data); err != nil {
		return recommend.Event{}, err
	}
	e.Trusted = c.verify(e, h[seal])
	return e, nil
}

// headers are the values of those that make an event, "" of those left out, in
// the order of their names.
type headers [len(headerNames)]string

// The places of headers.
const (
	spec = iota
	eventID
	eventType
	eventSource
	eventTime
	seal
	contentType
	traceparent
)

// headerNames are in the order of places; an event needs the first five.
var headerNames = [...]string{headerSpec, headerID, headerType, headerSource, headerTime, headerSeal, headerContent, headerTraceparent} //nolint:gochecknoglobals // never changes

const neededHeaders = eventTime + 1

// usual are values that most events have: nothing is copied for them.
var usual = func() map[string]string { //nolint:gochecknoglobals // never changes
	all := map[string]string{}
	for _, s := range []string{
		"1.0", "application/json", recommend.SourceAPI, recommend.TypeActed, recommend.TypePickPublished, recommend.TypePickEdited,
	} {
		all[s] = s
	}
	return all
}()

// readHeaders returns the headers that make the event. Headers it does not know
// are left to others.
func readHeaders(all []kafka.Header) (h headers, err error) {
	var had [len(headers{})]bool
	for i := range all {
		x := &all[i]
		at := slices.Index(headerNames[:], strings.ToLower(x.Key))
		if at < 0 {
			continue
		}
		if had[at] {
			return h, recommend.Refuse(problem(CodeDuplicateHeader, "header "+headerNames[at]+" occurs twice"))
		}
		had[at] = true
		if !utf8.Valid(x.Value) {
			return h, recommend.Refuse(problem(CodeBadEncoding, "header "+headerNames[at]+" is not UTF-8"))
		}
		var known bool
		if h[at], known = usual[string(x.Value)]; !known {
			h[at] = string(x.Value)
		}
	}
	for at, name := range headerNames[:neededHeaders] {
		if h[at] == "" {
			return h, recommend.Refuse(problem(CodeMissingHeader, "header "+name+" is missing"))
		}
		if len(h[at]) > maxID || strings.ContainsFunc(h[at], unicode.IsControl) {
			return h, recommend.Refuse(problem(CodeBadHeader, "header "+name+" is too long or has control characters"))
		}
	}
	if h[spec] != "1.0" {
		return h, recommend.Refuse(problem(CodeUnknownSpec, "only CloudEvents 1.0 is understood"))
	}
	return h, checkContentType(h[contentType])
}

// checkContentType takes JSON only. CloudEvents lets a producer leave the
// header out; what the value is then shows in the value.
func checkContentType(s string) error {
	if s == "" || s == "application/json" {
		return nil
	}
	switch t, _, err := mime.ParseMediaType(s); {
	case err == nil && t == "application/json":
		return nil
	case err == nil && strings.HasPrefix(t, "application/cloudevents"):
		return recommend.Refuse(problem(CodeBadContentType, "structured mode is not understood: send the attributes as headers"))
	}
	return recommend.Refuse(problem(CodeBadContentType, "the value must be application/json"))
}

func checkKey(key string) error {
	switch {
	case key == "":
		return recommend.Refuse(problem(CodeEmptyKey, "the record has no key"))
	case !utf8.ValidString(key):
		return recommend.Refuse(problem(CodeBadEncoding, "the record key is not UTF-8"))
	case len(key) > maxKey, strings.ContainsFunc(key, unicode.IsControl):
		return recommend.Refuse(problem(CodeBadKey, "the record key is too long or has control characters"))
	}
	return nil
}

func checkData(data []byte) error {
	switch {
	case len(data) == 0:
		return recommend.Refuse(problem(CodeEmptyValue, "the record has no value"))
	case !utf8.Valid(data):
		return recommend.Refuse(problem(CodeBadEncoding, "the value is not UTF-8"))
	case !json.Valid(data):
		return recommend.Refuse(problem(CodeNotJSON, "the value is not JSON"))
	case bytes.TrimLeft(data, " \t\r\n")[0] != '{':
		return recommend.Refuse(problem(CodeNotObject, "the value is not a JSON object"))
	}
	return nil
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.IsZero() {
		return time.Time{}, recommend.Refuse(problem(CodeBadTime, "header "+headerTime+" is not an RFC 3339 time"))
	}
	t = t.UTC()
	// A zone can carry the time out of the years that RFC 3339 can write.
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, recommend.Refuse(problem(CodeBadTime, "header "+headerTime+" is out of range"))
	}
	return t, nil
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func problem(code, message string) recommend.Problem {
	return recommend.Problem{Code: code, Message: message}
}

func messageSize(m kafka.Message) int {
	n := len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}
