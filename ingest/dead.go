package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// Headers that a dead letter has beside the original ones. An original header
// of such a name is left out.
const (
	deadPrefix    = "vitrine_dead_"
	deadID        = deadPrefix + "id"
	deadTopic     = deadPrefix + "topic"
	deadPartition = deadPrefix + "partition"
	deadOffset    = deadPrefix + "offset"
	deadReason    = deadPrefix + "reason"
	deadDetail    = deadPrefix + "detail"
	deadAttempts  = deadPrefix + "attempts"
	deadAt        = deadPrefix + "at"
	deadCut       = deadPrefix + "cut"      // size of a value that was too large to keep
	deadRedriven  = deadPrefix + "redriven" // makes the record a marker; its value is the letter's id
)

// maxDetail bounds the bytes of a letter's Detail.
const maxDetail = 1000

// Reasons of dead letters that no refusal gives.
const (
	ReasonPanic      = "fold-panic"       // the fold panicked
	ReasonFailed     = "fold-failed"      // the fold failed for no fault of the event that it could name
	ReasonRefused    = "store-refused"    // the store can never take what the event makes of a document
	ReasonState      = "state-unreadable" // the document of the event's key cannot be read
	ReasonUnappended = "append-refused"   // the log can never take what the event causes elsewhere

)

// A DeadLetter is an event that could not be folded, as it came.
type DeadLetter struct {
	// Where it died. A letter buried twice is one letter.
	Topic     string
	Partition int
	Offset    int64

	Reason   string    // code of the problem, such as "not-json"
	Detail   string    // what was wrong, without the value
	Attempts int       // how often it has died, 1 for the first time
	At       time.Time // when it was buried

	Key     []byte
	Value   []byte
	Headers []kafka.Header // the original ones
	Size    int            // of the value, in bytes
	Cut     int            // size of the value when it was too large to keep, else 0

	// Redriven says that it went back to its topic. Set when read.
	Redriven bool
}

// ID is "topic/partition/offset".
func (d DeadLetter) ID() string {
	return fmt.Sprintf("%s/%d/%d", d.Topic, d.Partition, d.Offset)
}

// Header is the value of the first original header of that name, "" if none.
func (d DeadLetter) Header(name string) string {
	for _, h := range d.Headers {
		if strings.EqualFold(h.Key, name) {
			return string(h.Value)
		}
	}
	return ""
}

// A Burier keeps dead letters.
type Burier interface {
	// Bury returns nil only once all letters are durable. Errors wrap
	// [recommend.ErrUnavailable]; burying again is safe.
	Bury(ctx context.Context, letters ...DeadLetter) error
}

// Bury appends letters to the dead-letter topic. A value that the topic cannot
// take is left out, and the letter says how large it was, for a dead letter
// must never block the partition it comes from.
func (p *Publisher) Bury(ctx context.Context, letters ...DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	ms := make([]kafka.Message, len(letters))
	for i, d := range letters {
		ms[i] = d.message()
	}
	_, err := p.write(ctx, recommend.TopicDead, ms)
	if errors.Is(err, recommend.ErrInvalid) {
		err = p.buryCut(ctx, letters)
	}
	if err != nil {
		return fmt.Errorf("bury %d dead letters: %w", len(letters), err)
	}
	return nil
}

// buryCut buries one at a time, the large ones without their value.
func (p *Publisher) buryCut(ctx context.Context, letters []DeadLetter) error {
	for _, d := range letters {
		_, err := p.write(ctx, recommend.TopicDead, []kafka.Message{d.message()})
		if errors.Is(err, recommend.ErrInvalid) {
			d.Cut, d.Value = len(d.Value), nil
			_, err = p.write(ctx, recommend.TopicDead, []kafka.Message{d.message()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// message is the record of d.
func (d DeadLetter) message() kafka.Message {
	m := kafka.Message{Key: d.Key, Value: d.Value}
	for _, h := range d.Headers {
		if !strings.HasPrefix(h.Key, deadPrefix) {
			m.Headers = append(m.Headers, h)
		}
	}
	add := func(name, value string) {
		m.Headers = append(m.Headers, kafka.Header{Key: name, Value: []byte(value)})
	}
	add(deadID, d.ID())
	add(deadTopic, d.Topic)
	add(deadPartition, strconv.Itoa(d.Partition))
	add(deadOffset, strconv.FormatInt(d.Offset, 10))
	add(deadReason, d.Reason)
	add(deadDetail, clip(d.Detail, maxDetail))
	add(deadAttempts, strconv.Itoa(d.Attempts))
	add(deadAt, formatTime(d.At))
	if d.Cut > 0 {
		add(deadCut, strconv.Itoa(d.Cut))
	}
	return m
}

// readLetter is the reverse of message. Ok is false for a record that is no
// dead letter, such as one that something else wrote to the topic.
func readLetter(m kafka.Message) (d DeadLetter, ok bool) {
	own := map[string]string{}
	for _, h := range m.Headers {
		if strings.HasPrefix(h.Key, deadPrefix) {
			own[h.Key] = string(h.Value)
		} else {
			d.Headers = append(d.Headers, h)
		}
	}
	var errs [5]error
	d.Topic, d.Reason, d.Detail = own[deadTopic], own[deadReason], own[deadDetail]
	d.Partition, errs[0] = strconv.Atoi(own[deadPartition])
	d.Offset, errs[1] = strconv.ParseInt(own[deadOffset], 10, 64)
	d.Attempts, errs[2] = strconv.Atoi(own[deadAttempts])
	d.At, errs[3] = time.Parse(time.RFC3339Nano, own[deadAt])
	if s := own[deadCut]; s != "" {
		d.Cut, errs[4] = strconv.Atoi(s)
	}
	d.Key, d.Value, d.Size = m.Key, m.Value, max(len(m.Value), d.Cut)
	return d, errors.Join(errs[:]...) == nil && own[deadID] == d.ID()
}

// clip cuts s to n bytes or a little less, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
