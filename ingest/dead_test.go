package ingest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

func listDead(t testing.TB, cluster ingest.Cluster, f ingest.DeadFilter) []ingest.DeadLetter {
	t.Helper()
	letters, err := ingest.ListDead(t.Context(), cluster, f)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func redrive(t testing.TB, p *ingest.Publisher, f ingest.DeadFilter, through func([]byte) ([]byte, error)) ingest.Redriven {
	t.Helper()
	done, err := p.Redrive(t.Context(), f, through)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func letter(offset int, reason string) ingest.DeadLetter {
	return ingest.DeadLetter{
		Topic: recommend.TopicPicks, Partition: 1, Offset: int64(offset), Reason: reason, Detail: "what was wrong", Attempts: 1,
		At:  time.Date(2026, 11, 23, 9, 0, offset, 0, time.UTC),
		Key: []byte("k"), Value: []byte("not json"), Headers: []kafka.Header{{Key: "ce_id", Value: []byte("e1")}, {Key: "x", Value: []byte{0xff}}},
	}
}

func TestDeadLettersAreListedOldestFirstAndShownWhole(t *testing.T) {
	cluster := newCluster(t, 2)
	p := newPublisher(t, cluster)
	for i := range 3 { // twice the same is one
		if err := p.Bury(t.Context(), letter(2, "late"), letter(1, "early"), letter(i%2+1, []string{"early", "late"}[i%2])); err != nil {
			t.Fatal(err)
		}
	}
	writeRaw(t, cluster, recommend.TopicDead, kafka.Message{Key: []byte("k"), Value: []byte("no letter")})
	got := listDead(t, cluster, ingest.DeadFilter{})
	var want []ingest.DeadLetter
	for i, reason := range []string{"early", "late"} {
		d := letter(i+1, reason)
		d.Value, d.Size = nil, 8
		want = append(want, d)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letters differ (-want +got):\n%s", diff)
	}
	one, err := ingest.ShowDead(t.Context(), cluster, "vitrine.picks/1/2")
	if err != nil {
		t.Fatal(err)
	}
	whole := letter(2, "late")
	whole.Size = 8
	if diff := cmp.Diff(whole, one); diff != "" {
		t.Errorf("letters differ (-want +got):\n%s", diff)
	}
	if _, err := ingest.ShowDead(t.Context(), cluster, "vitrine.picks/1/9"); !errors.Is(err, recommend.ErrNotFound) {
		t.Errorf("ShowDead of none gave %v, want ErrNotFound", err)
	}
}

func TestFilterChoosesDeadLetters(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	a, b, c := letter(1, "x"), letter(2, "y"), letter(3, "x")
	b.Topic = recommend.TopicOrders
	if err := p.Bury(t.Context(), a, b, c); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		f    ingest.DeadFilter
		want []string
	}{
		"all":       {ingest.DeadFilter{}, []string{a.ID(), b.ID(), c.ID()}},
		"by topic":  {ingest.DeadFilter{Topic: recommend.TopicOrders}, []string{b.ID()}},
		"by reason": {ingest.DeadFilter{Reason: "x"}, []string{a.ID(), c.ID()}},
		"by id":     {ingest.DeadFilter{ID: c.ID()}, []string{c.ID()}},
		"since":     {ingest.DeadFilter{Since: b.At}, []string{b.ID(), c.ID()}},
		"until":     {ingest.DeadFilter{Until: b.At}, []string{a.ID()}},
		"limited":   {ingest.DeadFilter{Limit: 2}, []string{a.ID(), b.ID()}},
		"none":      {ingest.DeadFilter{Reason: "z"}, nil},
	} {
		var got []string
		for _, d := range listDead(t, cluster, tc.f) {
			got = append(got, d.ID())
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestRedriveBringsInWhatAMendedFoldTakes kills events by a rule, mends the
// rule and sends them back.
func TestRedriveBringsInWhatAMendedFoldTakes(t *testing.T) {
	cluster := newCluster(t, 2)
	p := newPublisher(t, cluster)
	store := newMemStore()
	strict := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	check := strict.Folders[0].Check
	strict.Folders[0].Check = func(e recommend.Event) (any, error) {
		if d, err := check(e); err == nil && d.(told).N%2 == 1 {
			return nil, recommend.Refuse(recommend.Problem{Code: "odd"})
		}
		return check(e)
	}
	stop := start(t, strict)
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 10)...)
	await(t, "five letters", func() bool { return len(deadReasons(t, cluster)) == 5 })
	await(t, "five numbers", func() bool { return len(numbers(t, store, "a")) == 5 })

	if done := redrive(t, p, ingest.DeadFilter{}, nil); done.Sent != 5 || len(done.Failed) > 0 {
		t.Errorf("redrive before the rule was mended: %+v, want 5 sent", done)
	}
	await(t, "five letters more", func() bool { return len(deadReasons(t, cluster)) == 10 })
	for i, d := range listDead(t, cluster, ingest.DeadFilter{}) {
		if want := 1 + i/5; d.Attempts != want || d.Redriven != (i < 5) {
			t.Errorf("letter %d: %d attempts, redriven %v; want %d, %v", i, d.Attempts, d.Redriven, want, i < 5)
		}
	}
	stop()

	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	if done := redrive(t, p, ingest.DeadFilter{Reason: "odd"}, nil); done.Sent != 5 || done.Skipped != 5 {
		t.Errorf("redrive: %+v, want 5 sent and 5 skipped", done)
	}
	await(t, "all numbers", func() bool { return len(numbers(t, store, "a")) == 10 })
	if diff := cmp.Diff([]int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}, numbers(t, store, "a")); diff != "" {
		t.Errorf("numbers differ (-want +got):\n%s", diff)
	}
	if open := listDead(t, cluster, ingest.DeadFilter{Open: true}); len(open) != 0 {
		t.Errorf("%d letters are open still", len(open))
	}
	if done := redrive(t, p, ingest.DeadFilter{}, nil); done.Sent != 0 || done.Skipped != 10 {
		t.Errorf("redriving again: %+v, want nothing sent", done)
	}
}

func TestRedriveThroughAMenderMendsHeadersAndValues(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	var all int
	for code, ways := range malformations() {
		if code == ingest.CodeTooLarge {
			continue
		}
		for _, spoil := range ways {
			m := encode(t, ingest.Codec{}, testEvent("a", all, told{N: all}))
			spoil(&m)
			m.Headers = append(m.Headers, kafka.Header{Key: "order", Value: fmt.Append(nil, all)})
			writeRaw(t, cluster, recommend.TopicPicks, m)
			all++
		}
	}
	await(t, "the letters", func() bool { return len(deadReasons(t, cluster)) == all })
	var seen int
	mend := func(in []byte) ([]byte, error) {
		var e ingest.Envelope
		if err := json.Unmarshal(in, &e); err != nil {
			return nil, err
		}
		if e.Dead == nil || e.Dead.Reason == "" || e.Dead.Attempts != 1 {
			t.Errorf("envelope says nothing of the death: %s", in)
		}
		n := seen
		seen++
		switch n {
		case 3:
			return nil, nil // leave it
		case 5:
			return nil, errors.New("beyond repair")
		case 7:
			return []byte("{"), nil
		case 9:
			return []byte(`{"id":""}`), nil
		}
		good := testEvent("a", n, told{N: n})
		return json.Marshal(ingest.Envelope{
			ID: good.ID, Source: good.Source, Type: good.Type, Time: good.Time.Format(time.RFC3339), Key: "a", Data: good.Data,
		})
	}
	done := redrive(t, p, ingest.DeadFilter{}, mend)
	if done.Sent != all-4 || done.Left != 1 || len(done.Failed) != 3 {
		t.Errorf("redrive: %d sent, %d left, failed %v; want %d, 1 and 3", done.Sent, done.Left, done.Failed, all-4)
	}
	await(t, "the mended", func() bool { return len(numbers(t, store, "a")) == all-4 })
	if open := listDead(t, cluster, ingest.DeadFilter{Open: true}); len(open) != 4 {
		t.Errorf("%d letters are open, want the 4 that were not sent", len(open))
	}
}

func TestMendedEventIsTrustedIfTheOriginalWas(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	var trusted []string
	c := newConsumer(t, cluster, newMemStore(), p, recommend.TopicPicks)
	check := c.Folders[0].Check
	c.Folders[0].Check = func(e recommend.Event) (any, error) {
		d, err := check(e)
		if err == nil && d.(told).N < 0 {
			return nil, recommend.Refuse(recommend.Problem{Code: "negative"})
		}
		if e.Trusted {
			trusted = append(trusted, e.ID)
		}
		return d, err
	}
	store := newMemStore()
	c.Store = store
	stop := start(t, c)
	sealed, plain := testEvent("a", 1, told{N: -1}), testEvent("a", 2, told{N: -1})
	sealed.Trusted = true
	appendAll(t, p, recommend.TopicPicks, sealed, plain)
	await(t, "two letters", func() bool { return len(deadReasons(t, cluster)) == 2 })
	redrive(t, p, ingest.DeadFilter{}, func(in []byte) ([]byte, error) { return bytes.Replace(in, []byte(`"n":-1`), []byte(`"n":1`), 1), nil })
	await(t, "both", func() bool { return len(numbers(t, store, "a")) == 2 })
	stop()
	if !slices.Equal(trusted, []string{"e1"}) {
		t.Errorf("trusted are %v, want e1 alone", trusted)
	}
}

func TestLetterTooLargeForItsTopicKeepsEverythingButTheValue(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	small, large := letter(1, "x"), letter(2, "x")
	large.Value = bytes.Repeat([]byte("x"), 3<<20)
	if err := p.Bury(t.Context(), small, large); err != nil {
		t.Fatal(err)
	}
	got := listDead(t, cluster, ingest.DeadFilter{})
	if len(got) != 2 || got[0].Cut != 0 || got[1].Cut != 3<<20 || got[1].Size != 3<<20 {
		t.Fatalf("letters %+v; want two, the second cut", got)
	}
	done := redrive(t, p, ingest.DeadFilter{}, nil)
	if done.Sent != 1 || len(done.Failed) != 1 || !strings.Contains(done.Failed[0].Err.Error(), "3145728 bytes") {
		t.Errorf("redrive: %+v; want one sent and one that cannot be", done)
	}
}
