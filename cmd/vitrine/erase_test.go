package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/sqlite"
)

// pseudonym is the name that the vault has for a reader, "" if none.
func (w *world) pseudonym(t *testing.T, reader string) string {
	t.Helper()
	var v interface {
		recommend.Vault
		io.Closer
	}
	var err error
	if len(w.ingest) > 0 {
		v, err = elastic.OpenVault(t.Context(), w.in.indices())
	} else {
		v, err = sqlite.OpenVault(w.in.data("readers.db"))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	found, err := v.Lookup(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	return found[reader]
}

// records calls f with every record of the log, of all topics.
func (w *world) records(t *testing.T, f func(kafka.Message)) {
	t.Helper()
	w.asleep(func() {
		addr, prefix := "", ""
		if len(w.ingest) > 0 {
			addr, prefix = w.in.flags[1], w.in.flags[5]
		} else {
			b, err := broker.Open(w.in.data("log"), broker.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Close() }()
			addr = b.Addr()
		}
		c, err := kafka.DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		partitions, err := c.ReadPartitions()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range partitions {
			if strings.HasPrefix(p.Topic, prefix+"vitrine.") {
				if err := recordsOf(t.Context(), addr, p, f); err != nil {
					t.Fatalf("%s/%d: %v", p.Topic, p.ID, err)
				}
			}
		}
	})
}

func recordsOf(ctx context.Context, addr string, p kafka.Partition, f func(kafka.Message)) error {
	c, err := kafka.DialLeader(ctx, "tcp", addr, p.Topic, p.ID)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	first, last, err := c.ReadOffsets()
	if err != nil || first == last {
		return err
	}
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{addr}, Topic: p.Topic, Partition: p.ID, MaxWait: 100 * time.Millisecond})
	defer func() { _ = r.Close() }()
	for at := first; at < last; at++ {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		f(m)
		at = m.Offset
	}
	return nil
}

// stored are the bytes in which the engines keep documents and names, by where
// they lie.
func (w *world) stored(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	if len(w.ingest) > 0 {
		all := w.in.indices()
		for _, ask := range [][2]string{{http.MethodPost, "/_refresh"}, {http.MethodGet, "/_search?size=10000&expand_wildcards=all"}} {
			req, err := http.NewRequestWithContext(t.Context(), ask[0], all.Addresses[0]+"/"+all.Prefix+"*"+ask[1], http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			if _ = res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s %s %v", ask[1], res.Status, b, err)
			}
			texts[ask[1]] = string(b)
		}
		return texts
	}
	w.asleep(func() {
		err := filepath.WalkDir(w.in.data(""), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			texts[path] = string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	return texts
}

const (
	telling = "reader-unmistakable-7f3a"
	secret  = "a secret of nobody else's"
)

// lives lets the reader of token do everything that a reader can.
func (w *world) lives(t *testing.T, token string) {
	t.Helper()
	w.must(t, token, http.MethodPut, "/v1/me/interests", map[string]any{"interests": []map[string]any{{"topic": "topic-1", "weight": 1}}}, nil)
	w.must(t, token, http.MethodPut, "/v1/follows/"+expertName(1), nil, nil)
	w.must(t, token, http.MethodPut, "/v1/feedback/topic/topic-3", map[string]string{"kind": "mute"}, nil)
	w.must(t, token, http.MethodPut, "/v1/feedback/pick/g2", map[string]string{"kind": "not_interested"}, nil)
	var page windowPage
	w.must(t, token, http.MethodGet, "/v1/window?limit=10", nil, &page)
	w.must(t, token, http.MethodPost, "/v1/actions", map[string]any{"actions": []map[string]any{
		{"kind": "impression", "pick": "g0", "window": page.ID}, {"kind": "open", "pick": "g0", "window": page.ID}, {"kind": "share", "pick": "g1"},
	}}, nil)
	w.must(t, token, http.MethodPut, "/v1/bookmarks/g0", nil, nil)
	w.must(t, token, http.MethodPost, "/v1/cart/items", map[string]any{"pick_id": "g1", "quantity": 2}, nil)
	w.must(t, token, http.MethodPost, "/v1/reports", map[string]any{"target": map[string]string{"kind": "pick", "id": "g2"}, "category": "spam", "text": secret}, nil)
	w.must(t, token, http.MethodPost, "/v1/clickouts", map[string]any{"pick_id": "g0"}, nil, "Idempotency-Key", `"go"`)
	w.must(t, token, http.MethodPut, "/v1/me/privacy", map[string]string{"personalisation": "off"}, nil)
}

// knows is how many things a process tells the reader of token of himself.
func (p *process) knows(token string) (n int, err error) {
	status, b, err := p.client(token).do(http.MethodGet, "/v1/me/export", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("export: %d %s", status, b)
	}
	return bytes.Count(b, []byte("\n")), err
}

// forgotten fails the test where anything leads to the reader, or from his
// former name to what he did.
func (w *world) forgotten(t *testing.T, token, name string) {
	t.Helper()
	for i, p := range w.api {
		if n, err := p.knows(token); err != nil || n != 1 {
			t.Errorf("process %d knows %d things of him, %v; want an empty profile", i, n, err)
		}
	}
	if again := w.pseudonym(t, telling); again != "" {
		t.Errorf("the vault has %q for him, who was %q", again, name)
	}
	his := 0
	w.records(t, func(m kafka.Message) {
		if string(m.Key) == name {
			his++
		}
		whole := fmt.Appendf(nil, "%s %s", m.Key, m.Value)
		for _, h := range m.Headers {
			whole = fmt.Appendf(whole, " %s=%s", h.Key, h.Value)
		}
		if bytes.Contains(whole, []byte(telling)) {
			t.Errorf("%s/%d/%d names him: %s", m.Topic, m.Partition, m.Offset, whole)
		}
	})
	if his < 10 { // what he did stays in the log, as somebody's
		t.Errorf("%d records of his were read, want all", his)
	}
	for where, text := range w.stored(t) {
		if strings.Contains(text, telling) {
			t.Errorf("%s names him", where)
		}
	}
	for _, d := range w.documents(t, recommend.Kinds()...) {
		if d.Kind == recommend.KindReader && d.ID == name {
			var left map[string]any
			if err := json.Unmarshal(d.Body, &left); err != nil {
				t.Error(err)
			}
			delete(left, "id")
			delete(left, "erased")
			if len(left) > 0 {
				t.Errorf("his document has %v", left)
			}
			continue
		}
		for _, word := range []string{name, secret} {
			if strings.Contains(d.ID+string(d.Body), word) {
				t.Errorf("%s has %q: %s", d.Ref, word, d.Body)
			}
		}
	}
	w.asleep(func() {
		for file, text := range w.in.exported("export") {
			for _, word := range []string{telling, name, secret} {
				if strings.Contains(text, word) {
					t.Errorf("the export has %q in %s", word, file)
				}
			}
		}
	})
}

// A reader who had himself forgotten is nowhere: no record, document, name or
// export leads to him, also after everything was made anew from the log.
func TestAForgottenReaderIsNowhere(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		token := w.in.token(telling, "window:read")
		w.awaitGoods(t, "g3")
		w.lives(t, token)
		name := w.pseudonym(t, telling)
		for _, p := range w.api { // each has met him
			await(t, time.Minute, func() error {
				n, err := p.knows(token)
				if err == nil && n < 10 {
					err = fmt.Errorf("%d things are known of him", n)
				}
				return err
			})
		}
		kinds := make(map[recommend.Kind]int)
		for _, d := range w.documents(t, recommend.KindReader, recommend.KindJourney, recommend.KindReport) {
			if bytes.Contains(d.Body, []byte(name)) {
				kinds[d.Kind]++
			}
		}
		if want := map[recommend.Kind]int{recommend.KindReader: 1, recommend.KindJourney: 3, recommend.KindReport: 1}; name == "" || !maps.Equal(kinds, want) {
			t.Fatalf("he is %q, and has documents %v, want %v", name, kinds, want)
		}
		w.must(t, token, http.MethodDelete, "/v1/me", nil, nil)
		w.forgotten(t, token, name)
		if out, told, err := w.in.try("rebuild"); err != nil {
			t.Fatalf("rebuild: %v\n%s\n%s", err, out, told)
		}
		w.forgotten(t, token, name)

		for i, p := range w.api { // he is welcome, as somebody new
			var page windowPage
			p.client(token).mustGet(t, "/v1/window?limit=20", &page)
			if len(page.Items) == 0 {
				t.Errorf("process %d has no window for him any more", i)
			}
		}
		w.must(t, token, http.MethodPut, "/v1/bookmarks/g3", nil, nil)
		if again := w.pseudonym(t, telling); again == "" || again == name {
			t.Errorf("he comes back as %q, want another name than %q", again, name)
		}
	}, withGoods(4))
}
