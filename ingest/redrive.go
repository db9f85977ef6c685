package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// redriveChunk is how many letters go back between two rounds of markers: what
// a crash may send back twice.
const redriveChunk = 200

// An Envelope is a dead letter as a redriving command mends it: what the
// record said, whether or not it was an event.
type Envelope struct {
	ID          string `json:"id"`
	Source      string `json:"source"`
	Type        string `json:"type"`
	Time        string `json:"time"` // RFC 3339
	Key         string `json:"key"`
	Traceparent string `json:"traceparent,omitempty"`
	// Data is the value when it is JSON, DataBase64 when it is not.
	Data       json.RawMessage `json:"data,omitempty"`
	DataBase64 []byte          `json:"data_base64,omitempty"`
	// Dead tells what happened. It is ignored on the way back.
	Dead *EnvelopeDead `json:"dead,omitempty"`
}

// EnvelopeDead is what an Envelope tells about the death.
type EnvelopeDead struct {
	ID       string `json:"id"`
	Topic    string `json:"topic"`
	Reason   string `json:"reason"`
	Detail   string `json:"detail"`
	Attempts int    `json:"attempts"`
}

// Envelope returns d for mending.
func (d DeadLetter) Envelope() Envelope {
	e := Envelope{
		ID: d.Header(headerID), Source: d.Header(headerSource), Type: d.Header(headerType), Time: d.Header(headerTime),
		Key: string(d.Key), Traceparent: d.Header(headerTraceparent),
		Dead: &EnvelopeDead{ID: d.ID(), Topic: d.Topic, Reason: d.Reason, Detail: d.Detail, Attempts: d.Attempts},
	}
	if utf8.Valid(d.Value) && json.Valid(d.Value) {
		e.Data = d.Value
	} else {
		e.DataBase64 = d.Value
	}
	return e
}

// A Redriven tells what a Redrive did.
type Redriven struct {
	Sent    int // letters whose events went back to their topics
	Left    int // letters that through left alone
	Failed  []RedriveError
	Skipped int // letters chosen that had been redriven before
}

// A RedriveError says why a letter stays as it is.
type RedriveError struct {
	ID  string
	Err error
}

// Redrive sends the events of the open dead letters that f chooses back to
// their topics, with the ids they had, and marks the letters so that redriving
// them again does nothing. An event that dies again makes a new letter with
// one attempt more.
//
// With through, each letter is given to it as the JSON of an [Envelope], and
// what it returns is sent in place of the original: headers, key and value may
// be mended. An empty answer leaves the letter alone; an error does as well,
// and is reported. Without it the records go back byte for byte.
func (p *Publisher) Redrive(ctx context.Context, f DeadFilter, through func([]byte) ([]byte, error)) (Redriven, error) {
	c := p.cluster.client()
	defer c.close()
	var done Redriven
	chosen, err := c.listDead(ctx, p.cluster, f)
	if err != nil {
		return done, fmt.Errorf("redrive: %w", err)
	}
	open := map[string]bool{}
	for _, d := range chosen {
		if d.Redriven {
			done.Skipped++
		} else {
			open[d.ID()] = true
		}
	}
	// The values are read again, letter by letter, so that a million of them
	// need not fit in memory.
	var chunk []DeadLetter
	var failed error
	err = c.scanDead(ctx, p.cluster, func(d DeadLetter) {
		if failed != nil || !open[d.ID()] {
			return
		}
		delete(open, d.ID())
		if chunk = append(chunk, d); len(chunk) == redriveChunk {
			failed = p.redrive(ctx, chunk, through, &done)
			chunk = chunk[:0]
		}
	}, func(string) {})
	if err == nil && failed == nil {
		failed = p.redrive(ctx, chunk, through, &done)
	}
	if err := errors.Join(err, failed); err != nil {
		return done, fmt.Errorf("redrive: %w", err)
	}
	return done, nil
}

// redrive sends a chunk of letters and then their markers.
func (p *Publisher) redrive(ctx context.Context, letters []DeadLetter, through func([]byte) ([]byte, error), done *Redriven) error {
	byTopic := map[string][]kafka.Message{}
	markers := make([]kafka.Message, 0, len(letters))
	for _, d := range letters {
		m, err := p.mend(d, through)
		switch {
		case err != nil:
			done.Failed = append(done.Failed, RedriveError{d.ID(), err})
			continue
		case m.Value == nil:
			done.Left++
			continue
		}
		byTopic[d.Topic] = append(byTopic[d.Topic], m)
		markers = append(markers, kafka.Message{Key: d.Key, Headers: []kafka.Header{
			{Key: deadRedriven, Value: []byte(d.ID())},
			{Key: deadAt, Value: []byte(formatTime(p.now()))},
		}})
	}
	for t, ms := range byTopic {
		if _, err := p.write(ctx, t, ms); err != nil {
			return err
		}
	}
	if _, err := p.write(ctx, recommend.TopicDead, markers); err != nil {
		return err
	}
	done.Sent += len(markers)
	return nil
}

// mend returns the message to send for d; one without a value sends nothing.
func (p *Publisher) mend(d DeadLetter, through func([]byte) ([]byte, error)) (kafka.Message, error) {
	m := kafka.Message{Key: d.Key, Value: d.Value, Time: p.now()}
	for _, h := range d.Headers {
		if h.Key != headerAttempts {
			m.Headers = append(m.Headers, h)
		}
	}
	switch {
	case through != nil:
		mended, err := p.pass(d, through)
		if err != nil || mended == nil {
			return kafka.Message{}, err
		}
		m = *mended
	case d.Cut > 0:
		return kafka.Message{}, fmt.Errorf("the value of %d bytes was too large to keep: %w", d.Cut, recommend.ErrInvalid)
	case m.Value == nil:
		m.Value = []byte{}
	}
	m.Headers = append(m.Headers, kafka.Header{Key: headerAttempts, Value: []byte(strconv.Itoa(d.Attempts))})
	return m, nil
}

// pass gives d to through and encodes what comes back as an event. It is
// trusted if the original was: who can mend holds the installation's key.
func (p *Publisher) pass(d DeadLetter, through func([]byte) ([]byte, error)) (*kafka.Message, error) {
	in, err := json.Marshal(d.Envelope())
	if err != nil {
		return nil, err
	}
	out, err := through(in)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	var env Envelope
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("mended envelope: %w: %w", recommend.ErrInvalid, err)
	}
	at, err := parseTime(env.Time)
	if err != nil {
		return nil, err
	}
	data := []byte(env.Data)
	if data == nil {
		data = env.DataBase64
	}
	original, derr := p.codec.Decode(kafka.Message{Key: d.Key, Value: d.Value, Headers: d.Headers})
	m, err := p.codec.Encode(recommend.Event{
		ID: env.ID, Source: env.Source, Type: env.Type, Key: env.Key, Time: at,
		Traceparent: env.Traceparent, Data: data, Appended: p.now(),
		Trusted: derr == nil && original.Trusted,
	})
	if err != nil {
		return nil, err
	}
	for _, h := range d.Headers {
		if !eventHeader(h.Key) && h.Key != headerAttempts {
			m.Headers = append(m.Headers, h)
		}
	}
	return &m, nil
}

// eventHeader reports whether a header is an event's own, which Encode writes.
func eventHeader(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "ce_") || name == headerContent || name == headerTraceparent
}
