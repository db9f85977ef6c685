package main_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// A foreign producer writes straight to the topics, well and badly.

// wrongs are ten ways in which a foreign event can be wrong, and the reason
// that its dead letter carries.
func wrongs() []struct {
	reason string
	spoil  func(*kafka.Message)
} {
	drop := func(name string) func(*kafka.Message) {
		return func(m *kafka.Message) {
			kept := m.Headers[:0:0]
			for _, h := range m.Headers {
				if h.Key != name {
					kept = append(kept, h)
				}
			}
			m.Headers = kept
		}
	}
	set := func(name, value string) func(*kafka.Message) {
		return func(m *kafka.Message) {
			for i := range m.Headers {
				if m.Headers[i].Key == name {
					m.Headers[i].Value = []byte(value)
				}
			}
		}
	}
	replace := func(from, to string) func(*kafka.Message) {
		return func(m *kafka.Message) { m.Value = []byte(strings.ReplaceAll(string(m.Value), from, to)) }
	}
	return []struct {
		reason string
		spoil  func(*kafka.Message)
	}{
		{"missing-header", drop("ce_id")},
		{"bad-time", set("ce_time", "yesterday")},
		{"unknown-type", set("ce_type", "pick.published.v7")},
		{"not-json", func(m *kafka.Message) { m.Value = m.Value[:len(m.Value)/2] }},
		{"wrong-key", func(m *kafka.Message) { m.Key = []byte("somebody-else") }},
		{"unsupported-channel", replace("https://shop.example/", "https://copy-shop.example/")},
		{"reason-too-short", func(m *kafka.Message) {
			var v map[string]any
			if json.Unmarshal(m.Value, &v) == nil {
				v["reason"] = "nice"
				m.Value, _ = json.Marshal(v)
			}
		}},
		{"topic-not-approved", replace(`"topics":["topic-`, `"topics":["other-`)},
		{"validation", replace(`"published_at":`, `"published":`)},
		{"bad-data", replace(`"topics":[`, `"topics":"none","x":[`)},
	}
}

func foreignPick(expert, n int) kafka.Message {
	value := fmt.Sprintf(`{"id":"f%d-%d","expert":%q,"link":"https://shop.example/i/f%d-%d","reason":"Foreign pick number %d of this expert, told at sufficient length.","topics":["topic-%d"],"published_at":%q}`,
		expert, n, expertName(expert), expert, n, n, expert, time.Now().UTC().Format(time.RFC3339))
	return kafka.Message{
		Topic: "vitrine.picks", Key: []byte(expertName(expert)), Value: []byte(value),
		Headers: []kafka.Header{
			{Key: "ce_specversion", Value: []byte("1.0")},
			{Key: "ce_id", Value: fmt.Appendf(nil, "foreign-%d-%d", expert, n)},
			{Key: "ce_type", Value: []byte("pick.published.v1")},
			{Key: "ce_source", Value: []byte("/elsewhere")},
			{Key: "ce_time", Value: []byte(time.Now().UTC().Format(time.RFC3339Nano))},
			{Key: "content-type", Value: []byte("application/json")},
		},
	}
}

// 10,000 events go straight to Kafka, 1,000 of them wrong in ten ways: 9,000
// are applied, 1,000 are dead with the right reason, nothing is stuck; mended,
// they come in by redriving.
func TestForeignEventsOnServers(t *testing.T) {
	in := newInstallation(t).onServers()
	in.importPublishers()
	api := in.start("api")
	in.start("ingest")
	good, bad := 9000, 1000
	messages := make([]kafka.Message, 0, good+bad)
	ways := wrongs()
	for n := range good + bad {
		m := foreignPick(n%publishers, n)
		m.Topic = in.flags[5] + m.Topic
		if n%10 == 9 {
			ways[n/10%len(ways)].spoil(&m)
		}
		messages = append(messages, m)
	}
	w := &kafka.Writer{Addr: kafka.TCP(in.flags[1]), Balancer: kafka.Murmur2Balancer{Consistent: true}, RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond, BatchSize: 500}
	if err := w.WriteMessages(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// The events of one expert are in one partition, so with the last of each
	// all are folded.
	reader := api.client(in.token("reader-1", "window:read"))
	folded := func(expert, n int) {
		t.Helper()
		await(t, 2*time.Minute, func() error { return reader.get(fmt.Sprintf("/v1/picks/f%d-%d", expert, n), new(any)) })
	}
	for n := good + bad - 1 - 2*publishers; n < good+bad; n++ {
		if n%10 != 9 {
			folded(n%publishers, n)
		}
	}
	if got := in.exportedPicks("before"); got != good {
		t.Errorf("%d picks, want %d", got, good)
	}
	await(t, time.Minute, func() error {
		reasons := in.deadReasons()
		for _, way := range ways {
			if got, want := reasons[way.reason], bad/len(ways); got != want {
				return fmt.Errorf("%d dead of %s, want %d; all: %v", got, way.reason, want, reasons)
			}
		}
		return nil
	})

	// The partner is registered, the experts are verified for more topics, and
	// a script mends the rest.
	in.write("more/partners.jsonl", `{"id":"copy-shop","name":"Copy Shop","links":["https://copy-shop.example/i/{item}"],"state":"active"}`+"\n")
	var experts strings.Builder
	for i := range publishers {
		fmt.Fprintf(&experts, `{"id":%q,"name":"Expert %d","topics":["topic-%d","other-%d"],"verified":true}`+"\n", expertName(i), i, i, i)
	}
	in.write("more/experts.jsonl", experts.String())
	in.run("import", "--trusted", filepath.Join(in.dir, "more"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in.run("dead", "redrive", "--open", "--through", mendVariable+"=1 "+self)
	for n := 9; n < good+bad; n += 10 {
		if n >= good+bad-100*publishers {
			folded(n%publishers, n)
		}
	}
	if got := in.exportedPicks("after"); got != good+bad {
		t.Errorf("%d picks after redriving, want %d", got, good+bad)
	}
	if open := in.run("dead", "list", "--open"); strings.Count(open, "\n") > 1 {
		t.Errorf("dead letters are open after redriving:\n%s", open)
	}
}

// deadReasons counts the dead letters by reason, as the command lists them.
func (in *installation) deadReasons() map[string]int {
	in.t.Helper()
	reasons := make(map[string]int)
	lines := bufio.NewScanner(strings.NewReader(in.run("dead", "list")))
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) > 2 && f[0] != "ID" {
			reasons[f[2]]++
		}
	}
	return reasons
}

func (in *installation) exportedPicks(name string) int {
	in.t.Helper()
	dir := filepath.Join(in.dir, "export-"+name)
	in.run("export", dir)
	f, err := os.Open(filepath.Join(dir, "picks.jsonl.gz"))
	if err != nil {
		in.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		in.t.Fatal(err)
	}
	lines, n := bufio.NewScanner(z), 0
	for lines.Scan() {
		n++
	}
	if err := lines.Err(); err != nil {
		in.t.Fatal(err)
	}
	return n
}

// mendVariable makes the test binary the command that mends dead letters.
const mendVariable = "VITRINE_TEST_MEND"

// mend reads the envelope of a dead letter and writes what it should have been.
func mend(r io.Reader, w io.Writer) error {
	var env struct {
		ID     string          `json:"id"`
		Source string          `json:"source"`
		Type   string          `json:"type"`
		Time   string          `json:"time"`
		Key    string          `json:"key"`
		Data   json.RawMessage `json:"data,omitempty"`
		Base64 []byte          `json:"data_base64,omitempty"`
		Dead   struct {
			Reason string `json:"reason"`
		} `json:"dead"`
	}
	if err := json.NewDecoder(r).Decode(&env); err != nil {
		return err
	}
	if env.Dead.Reason != "unsupported-channel" && env.Dead.Reason != "topic-not-approved" {
		var expert, n int
		if _, err := fmt.Sscanf(env.ID, "foreign-%d-%d", &expert, &n); err != nil {
			if _, err := fmt.Sscanf(string(env.Data)+string(env.Base64), `{"id":"f%d-%d"`, &expert, &n); err != nil {
				return err
			}
		}
		m := foreignPick(expert, n)
		env.ID, env.Source, env.Type, env.Key = fmt.Sprintf("foreign-%d-%d", expert, n), "/elsewhere", "pick.published.v1", string(m.Key)
		env.Time, env.Data, env.Base64 = time.Now().UTC().Format(time.RFC3339), m.Value, nil
	}
	return json.NewEncoder(w).Encode(env)
}
