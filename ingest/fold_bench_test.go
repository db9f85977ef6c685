package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
	"vitrine.dev/recommend/sqlite"
)

// BenchmarkFold folds batches of 2,000 events into SQLite and says what an event
// takes of all processors.
func BenchmarkFold(b *testing.B) {
	const experts, readers, picks, batch = 2000, 10_000, 20_000, 2000
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	policy, err := recommend.ParsePolicy([]byte("version: b\ntopics: [{id: t0, labels: {zh: a, en: a}}]\npublish: {per_day: 1000000, per_hour: 1000000, per_partner_per_day: 1000000, probation_per_day: 1000000, spacing: 0s, same_product: 0s, similar: {copies: 1000000}}\n"))
	if err != nil {
		b.Fatal(err)
	}
	event := func(n int, kind, key string, v any) recommend.Event {
		data, err := json.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		return recommend.Event{ID: fmt.Sprint("d", n), Source: recommend.SourceAPI, Type: kind, Key: key, Time: at, Appended: at, Data: data}
	}
	for _, c := range []struct {
		name   string
		folder ingest.Folder
		event  func(n int) recommend.Event
	}{
		{"actions", ingest.Actions(), func(n int) recommend.Event {
			position := n % 20
			a := recommend.Action{
				ID: fmt.Sprint("d", n), Reader: fmt.Sprint("r", n/20*7919%readers), Kind: recommend.ActImpression, Pick: fmt.Sprint("k", n*n%picks),
				Window: fmt.Sprint("wAZBoFHEAAAAAAAAAAAAA", n/20), Position: &position, Source: []string{"taste", "fresh", "similar"}[n%3], At: at,
			}
			if n%10 == 9 {
				a.Kind = recommend.ActOpen
			}
			return event(n, recommend.TypeActed, a.Reader, a)
		}},
		{"picks", ingest.Picks(), func(n int) recommend.Event {
			p := recommend.PublishedPick{ID: fmt.Sprint("d", n), Expert: fmt.Sprint("e", n%experts), PublishedAt: at, PickContent: recommend.PickContent{
				Link:   fmt.Sprintf("https://item.jd.com/%d.html", 900_000_000+n),
				Reason: fmt.Sprintf("用了半年，手感和做工都很好，家里人也喜欢，值得推荐给常做饭的朋友。Sturdy, quiet and easy to clean (%d)", n), Topics: []string{"t0"}, Relationship: "commission",
			}}
			return event(n, recommend.TypePickPublished, p.Expert, p)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			store, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"), sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			docs := make([]recommend.Document, experts)
			for i := range docs {
				x := recommend.Expert{ID: fmt.Sprint("e", i), Name: "Mei", Verified: true, Trust: 50, Standing: recommend.StandingActive, Topics: []recommend.Approval{{Topic: "t0"}}}
				body, err := json.Marshal(x)
				if err != nil {
					b.Fatal(err)
				}
				docs[i] = recommend.Document{Ref: recommend.Ref{Kind: recommend.KindExpert, ID: x.ID}, Body: body}
			}
			if err := store.Put(b.Context(), docs...); err != nil {
				b.Fatal(err)
			}
			scene := recommend.NewWorld(policy, slog.New(slog.DiscardHandler)).Scene()
			l := ingest.NewLane(c.folder, store, nil, noDead{b})
			l.Play(func() (*recommend.Policy, *link.Registry) { return policy, scene.Partners.Links() }, nil)
			var codec ingest.Codec
			n, spent := 0, time.Duration(0)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				ms := make([]kafka.Message, batch)
				for i := range ms {
					if ms[i], err = codec.Encode(c.event(n)); err != nil {
						b.Fatal(err)
					}
					ms[i].Topic, ms[i].Offset = c.folder.Topic, int64(n)
					n++
				}
				b.StartTimer()
				before := processor()
				if done, err := l.Fold(b.Context(), ms); err != nil || done != batch {
					b.Fatalf("%d folded, %v", done, err)
				}
				spent += processor() - before
			}
			b.ReportMetric(float64(spent.Nanoseconds())/1e3/float64(n), "cpu-us/event")
		})
	}
}

// processor is what this process has taken of all processors.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of oneself it never fails
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// noDead takes no dead letters.
type noDead struct{ testing.TB }

func (n noDead) Bury(_ context.Context, letters ...ingest.DeadLetter) error {
	n.Fatalf("%d dead letters, the first: %s %s", len(letters), letters[0].Reason, letters[0].Detail)
	return nil
}
