package ingest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A bench folds events one by one, as the law says it: the plain reading of
// [ingest.Rules] that the consumer must agree with.
type bench struct {
	policy *recommend.Policy
	docs   map[recommend.Ref]recommend.Document
	offset int64
	clicks *recommend.Clicks
	proves func(window, reader string) bool

	known *recommend.Partners // of the rulings so far; nil after a new one
}

var (
	defaultPolicy   = sync.OnceValue(recommend.DefaultPolicy)
	defaultPartners = sync.OnceValue(func() *recommend.Partners {
		partners, _ := recommend.NewPartners(defaultPolicy(), nil)
		return partners
	})
)

func newBench() *bench {
	return &bench{policy: defaultPolicy(), known: defaultPartners(), docs: make(map[recommend.Ref]recommend.Document)}
}

func (b *bench) partners() *recommend.Partners {
	if b.known != nil {
		return b.known
	}
	var rulings []*recommend.Ruling
	for ref, d := range b.docs {
		if ref.Kind == recommend.KindRuling {
			r := new(recommend.Ruling)
			if err := json.Unmarshal(d.Body, r); err != nil {
				panic(err)
			}
			rulings = append(rulings, r)
		}
	}
	b.known, _ = recommend.NewPartners(b.policy, rulings)
	return b.known
}

func (b *bench) fold(f ingest.Folder, e recommend.Event) (ingest.Outcome, error) {
	e.Topic, e.Offset = f.Topic, b.offset
	if f.Topic == recommend.TopicRulings {
		defer func() { b.known = nil }()
	}
	if e.Appended.IsZero() {
		e.Appended = e.Time
	}
	b.offset++
	decoded, err := f.Check(e)
	if err != nil {
		return ingest.Outcome{}, err
	}
	scene := ingest.Scene{Policy: b.policy, Links: b.partners().Links(), Clicks: b.clicks, Proves: b.proves, Docs: maps.Clone(b.docs)}
	ref := recommend.Ref{Kind: f.Kind, ID: e.Key}
	state, err := f.Load(b.docs[ref].Body)
	if err != nil {
		return ingest.Outcome{}, err
	}
	out, err := f.Decide(scene, state, e, decoded)
	if err != nil {
		return out, err
	}
	for _, l := range out.Leaves {
		body, err := l.Apply(b.docs[l.Ref].Body)
		if err != nil {
			return out, err
		}
		if body != nil {
			b.docs[l.Ref] = recommend.Document{Ref: l.Ref, Version: e.Offset, Body: body}
		}
	}
	if out.Changed {
		body, err := f.Save(state)
		if err != nil {
			return out, err
		}
		b.docs[ref] = recommend.Document{Ref: ref, Version: e.Offset, Body: body}
	}
	return out, nil
}

func (b *bench) mustFold(t testing.TB, f ingest.Folder, e recommend.Event) ingest.Outcome {
	t.Helper()
	out, err := b.fold(f, e)
	if err != nil {
		t.Fatalf("%s: %v", e.Type, err)
	}
	return out
}

func doc[T any](t testing.TB, b *bench, kind recommend.Kind, id string) T {
	t.Helper()
	var v T
	d, ok := b.docs[recommend.Ref{Kind: kind, ID: id}]
	if !ok {
		t.Fatalf("no document %s/%s", kind, id)
	}
	if err := json.Unmarshal(d.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

var events int

func event(typ, key string, at time.Time, data any) recommend.Event {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	events++
	return recommend.Event{ID: fmt.Sprint("e", events), Source: "/test", Type: typ, Key: key, Time: at, Data: b}
}

func verify(id string, topics ...string) recommend.Event {
	return event(recommend.TypeExpertVerified, "expert:"+id, noon.AddDate(-1, 0, 0), recommend.VerifiedExpert{ID: id, Name: id, Topics: topics, Verified: true})
}

func published(id, expert, link string, at time.Time) recommend.Event {
	return event(recommend.TypePickPublished, expert, at, recommend.PublishedPick{
		ID: id, Expert: expert, PublishedAt: at,
		PickContent: recommend.PickContent{Link: link, Reason: strings.Repeat(link, 2) + " " + id, Topics: []string{"home"}},
	})
}

func code(err error) string {
	if r, ok := errors.AsType[*recommend.Refusal](err); ok {
		return r.Code()
	}
	return fmt.Sprint(err)
}

func taobao(i int) string { return fmt.Sprintf("https://item.taobao.com/item.htm?spm=x&id=%d", i) }

func TestAPublishedPickBecomesADocument(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
	out := b.mustFold(t, ingest.Picks(), published("p1", "mei", taobao(7), noon))
	if !out.Changed {
		t.Error("nothing changed")
	}
	pick := doc[recommend.Pick](t, b, recommend.KindPick, "p1")
	if pick.State != recommend.PickPublished || pick.Product != "taobao:7" || pick.Link != "https://item.taobao.com/item.htm?id=7" || pick.Revision != 1 {
		t.Errorf("got %+v, want published, taobao:7, the canonical link, revision 1", pick)
	}
	if pub := doc[recommend.Publisher](t, b, recommend.KindPublisher, "mei"); pub.Entry("p1") == nil {
		t.Error("the publisher does not list the pick")
	}
}

func TestPickEventsAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name      string
		event     func() recommend.Event
		code      string
		premature bool
	}{
		{"of an unknown type", func() recommend.Event {
			e := published("p2", "mei", taobao(8), noon)
			e.Type = "pick.published.v9"
			return e
		}, "unknown-type", false},
		{"under another expert's key", func() recommend.Event { e := published("p2", "mei", taobao(8), noon); e.Key = "eve"; return e }, "wrong-key", false},
		{"of another shape", func() recommend.Event {
			e := published("p2", "mei", taobao(8), noon)
			e.Data = json.RawMessage(`{"id":3}`)
			return e
		}, "bad-data", false},
		{"without an id", func() recommend.Event { return published("", "mei", taobao(8), noon) }, "validation", false},
		{"without a time", func() recommend.Event { return published("p2", "mei", taobao(8), time.Time{}) }, "validation", false},
		{"by somebody unknown", func() recommend.Event { return published("p2", "eve", taobao(8), noon) }, "expert-not-verified", true},
		{"to an unknown shop", func() recommend.Event { return published("p2", "mei", "https://shop.example/8", noon) }, "unsupported-channel", true},
		{"to a shop page", func() recommend.Event { return published("p2", "mei", "https://weidian.com/?userid=8", noon) }, "link-not-an-item", false},
		{"with another expert's pick id", func() recommend.Event { return published("pa", "mei", taobao(8), noon) }, "pick-id-taken", false},
		{"for the same product again", func() recommend.Event { return published("p2", "mei", taobao(7), noon.AddDate(0, 2, 0)) }, "duplicate-pick", false},
		{"editing what is not there", func() recommend.Event {
			return event(recommend.TypePickEdited, "mei", noon, recommend.EditedPick{ID: "nope", Expert: "mei", At: noon})
		}, "pick-unknown", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
			b.mustFold(t, ingest.Rulings(), verify("ann", "home"))
			b.mustFold(t, ingest.Picks(), published("pa", "ann", taobao(7), noon))
			b.mustFold(t, ingest.Picks(), published("p1", "mei", taobao(7), noon))
			before := maps.Clone(b.docs)
			_, err := b.fold(ingest.Picks(), tt.event())
			if !errors.Is(err, recommend.ErrInvalid) || code(err) != tt.code {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			var p *ingest.Premature
			if errors.As(err, &p) != tt.premature {
				t.Errorf("premature is %v, want %v", !tt.premature, tt.premature)
			}
			if diff := cmp.Diff(before, b.docs); diff != "" {
				t.Errorf("a refused event changed documents:\n%s", diff)
			}
		})
	}
}

func TestExcessOnTheLogIsDeferredNotLost(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
	for i := range 6 {
		b.mustFold(t, ingest.Picks(), published(fmt.Sprint("p", i), "mei", fmt.Sprintf("https://item.jd.com/%d.html", i+1), noon.Add(time.Duration(i)*time.Second)))
	}
	var last time.Time
	for i := range 6 {
		p := doc[recommend.Pick](t, b, recommend.KindPick, fmt.Sprint("p", i))
		if i == 0 {
			if p.State != recommend.PickPublished {
				t.Errorf("the first is %s, want published", p.State)
			}
			continue
		}
		if p.State != recommend.PickDeferred || len(p.Problems) == 0 || !p.DeferredUntil.After(last) {
			t.Errorf("pick %d is %s until %v after %v, want deferred one after another with the reason", i, p.State, p.DeferredUntil, last)
		}
		if p.Live(p.DeferredUntil.Add(-time.Second)) || !p.Live(p.DeferredUntil) {
			t.Errorf("pick %d is not live exactly from %v on", i, p.DeferredUntil)
		}
		last = p.DeferredUntil
	}
}

func TestEditsWithdrawalsAndRestores(t *testing.T) {
	b := newBench()
	b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
	b.mustFold(t, ingest.Picks(), published("p1", "mei", taobao(7), noon))
	edit := func(base int64, reason string) {
		t.Helper()
		b.mustFold(t, ingest.Picks(), event(recommend.TypePickEdited, "mei", noon.Add(time.Hour), recommend.EditedPick{ID: "p1", Expert: "mei", Reason: &reason, At: noon.Add(time.Hour), Base: base}))
	}
	edit(1, "After a month: the glaze has a hairline crack, it still pours clean and keeps warm for an hour.")
	p := doc[recommend.Pick](t, b, recommend.KindPick, "p1")
	if p.Revision != 2 || len(p.History) != 1 || p.EditedAt.IsZero() || p.Link == "" {
		t.Fatalf("after the edit: %+v, want revision 2 with the first in history and the link kept", p)
	}
	edit(1, "Somebody else's idea of what to say about it, based on what was there before the edit.")
	p = doc[recommend.Pick](t, b, recommend.KindPick, "p1")
	if p.Revision != 2 || p.Refused == nil || p.Refused.Problems[0].Code != "precondition-failed" {
		t.Fatalf("after a stale edit: revision %d, refused %+v, want 2 and why", p.Revision, p.Refused)
	}
	mark := func(typ string, at time.Time) (ingest.Outcome, error) {
		return b.fold(ingest.Picks(), event(typ, "mei", at, recommend.PickMark{ID: "p1", Expert: "mei", At: at}))
	}
	if _, err := mark(recommend.TypePickWithdrawn, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if p = doc[recommend.Pick](t, b, recommend.KindPick, "p1"); p.State != recommend.PickWithdrawn || p.Live(noon.AddDate(1, 0, 0)) {
		t.Errorf("withdrawn pick is %s", p.State)
	}
	if _, err := mark(recommend.TypePickWithdrawn, noon.Add(3*time.Hour)); err != nil {
		t.Errorf("withdrawing twice: %v, want nothing to happen", err)
	}
	if again := doc[recommend.Pick](t, b, recommend.KindPick, "p1"); again.Revision != 3 || !again.WithdrawnAt.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("withdrawn twice: revision %d at %v, want the first time's", again.Revision, again.WithdrawnAt)
	}
	if _, err := mark(recommend.TypePickRestored, noon.AddDate(0, 2, 0)); code(err) != "undo-expired" {
		t.Errorf("restoring after two months: %v, want undo-expired", err)
	}
	if _, err := mark(recommend.TypePickRestored, noon.AddDate(0, 0, 20)); err != nil {
		t.Fatal(err)
	}
	if p = doc[recommend.Pick](t, b, recommend.KindPick, "p1"); p.State != recommend.PickPublished || p.Refused != nil {
		t.Errorf("restored pick is %s, refused %v", p.State, p.Refused)
	}
}

func TestTheLatestFactsStayWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench()
		n := rapid.IntRange(1, 12).Draw(t, "n")
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1)).Perm(n)
		for _, i := range order {
			stock := int64(i)
			e := event(recommend.TypeProductListed, "jd:1", noon, recommend.Product{Key: "jd:1", Title: fmt.Sprint("Kettle ", i), Stock: &stock, UpdatedAt: noon.Add(time.Duration(i) * time.Minute)})
			if _, err := b.fold(ingest.Catalog(), e); err != nil {
				t.Fatal(err)
			}
		}
		var p recommend.Product
		if err := json.Unmarshal(b.docs[recommend.Ref{Kind: recommend.KindProduct, ID: "jd:1"}].Body, &p); err != nil {
			t.Fatal(err)
		}
		if got, want := *p.Stock, int64(n-1); got != want {
			t.Fatalf("stock %d in the order %v, want %d", got, order, want)
		}
	})
}

func TestCatalogChecksWhoseItemItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		p    recommend.Product
		code string
	}{
		"a partner nobody approved":  {recommend.Product{Key: "nobody:1", Title: "x", UpdatedAt: noon}, "partner-unknown"},
		"an address of another item": {recommend.Product{Key: "jd:1", Title: "x", URL: "https://item.jd.com/2.html", UpdatedAt: noon}, "url-mismatch"},
		"an address of another shop": {recommend.Product{Key: "jd:1", Title: "x", URL: "https://evil.example/1", UpdatedAt: noon}, "url-mismatch"},
		"a price without a currency": {recommend.Product{Key: "jd:1", Title: "x", Price: &recommend.Money{Amount: 5}, UpdatedAt: noon}, "validation"},
		"no time":                    {recommend.Product{Key: "jd:1", Title: "x"}, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := newBench().fold(ingest.Catalog(), event(recommend.TypeProductListed, tt.p.Key, noon, tt.p)); code(err) != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}

func TestRulingsOnExperts(t *testing.T) {
	b := newBench()
	rule := func(action string) {
		t.Helper()
		target := recommend.Target{Kind: recommend.TargetExpert, ID: "mei"}
		b.mustFold(t, ingest.Rulings(), event(recommend.TypeRulingMade, target.String(), noon, recommend.MadeRuling{Target: target, Action: action, Rule: "spam", By: "mod", At: noon}))
	}
	rule(recommend.ActionSuspend)
	if _, ok := b.docs[recommend.Ref{Kind: recommend.KindExpert, ID: "mei"}]; ok {
		t.Error("a ruling on somebody never verified made an expert")
	}
	b.mustFold(t, ingest.Rulings(), verify("mei", "home"))
	first := doc[recommend.Expert](t, b, recommend.KindExpert, "mei")
	if first.Standing != recommend.StandingSuspended {
		t.Errorf("verified after a suspension: %s, want suspended", first.Standing)
	}
	rule(recommend.ActionRestore)
	again := verify("mei", "home", "books")
	again.Appended = noon
	b.mustFold(t, ingest.Rulings(), again)
	x := doc[recommend.Expert](t, b, recommend.KindExpert, "mei")
	if x.Standing != recommend.StandingActive || !x.Topics[0].Since.Equal(first.Topics[0].Since) || !x.Topics[1].Since.Equal(noon) || !x.Since.Equal(first.Since) {
		t.Errorf("got %+v, want active, with the old approval's time kept", x)
	}
	target := recommend.Target{Kind: recommend.TargetPick, ID: "p1"}
	if _, err := b.fold(ingest.Rulings(), event(recommend.TypeRulingMade, target.String(), noon, recommend.MadeRuling{Target: target, Action: recommend.ActionRemove, Rule: "whim", At: noon})); code(err) != "rule-unknown" {
		t.Errorf("a ruling that rests on no rule: %v, want rule-unknown", err)
	}
}

func TestPartnersRegisterHostsOfTheirOwn(t *testing.T) {
	b := newBench()
	register := func(id, tmpl string) error {
		_, err := b.fold(ingest.Rulings(), event(recommend.TypePartnerRegistered, "partner:"+id, noon, recommend.Partner{ID: id, Name: id, Links: []string{tmpl}}))
		return err
	}
	if err := register("tea", "https://tea.example/i/{item}"); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"https://tea.example/x/{item}", "https://item.jd.com/{item}.html"} {
		if err := register("thief", host); code(err) != "host-taken" {
			t.Errorf("%s: %v, want host-taken", host, err)
		}
	}
	if err := register("tea", "https://tea.example/items/{item}"); err != nil {
		t.Errorf("registering anew: %v", err)
	}
	if l, err := b.partners().Links().Parse("https://tea.example/items/9"); err != nil || l.Key() != "tea:9" {
		t.Errorf("got %q, %v, want tea:9", l.Key(), err)
	}
}

func TestReadersDeclareFollowAndMute(t *testing.T) {
	b := newBench()
	f := ingest.Actions()
	b.mustFold(t, f, event(recommend.TypeReaderDeclared, "lin", noon, recommend.DeclaredReader{ID: "lin", Interests: map[string]float64{"home": 1, "books": 0.5}, Follows: []string{"mei"}}))
	b.mustFold(t, f, event(recommend.TypeReaderDeclared, "lin", noon, recommend.DeclaredReader{ID: "lin", Interests: map[string]float64{"pets": 1}}))
	for i, kind := range []string{"follow", "follow", "mute", "mute", "unfollow", "open"} {
		a := recommend.Action{ID: fmt.Sprint("a", i), Reader: "lin", Kind: kind, At: noon}
		switch kind {
		case "follow":
			a.Expert = "ann"
		case "unfollow":
			a.Expert = "mei"
		case "mute":
			a.Topic = "home"
		case "open":
			a.Pick = "p1"
		}
		b.mustFold(t, f, event(recommend.TypeActed, "lin", noon, a))
	}
	r := doc[recommend.Reader](t, b, recommend.KindReader, "lin")
	want := recommend.Reader{
		ID: "lin", Interests: []recommend.Interest{{Topic: "pets", Weight: 1, Source: "declared"}},
		Follows: []recommend.Since{{ID: "ann", At: noon}}, Mutes: []recommend.Mute{{Kind: "topic", ID: "home", At: noon}}, Traces: r.Traces, Seen: r.Seen,
		History: recommend.History{{Pick: "p1", Kind: recommend.ActOpen, At: noon.Unix()}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := r.Seen.Len(), 8; got != want {
		t.Errorf("%d events remembered, want %d", got, want)
	}
}

// An event that comes again, at whatever distance within the week, changes
// nothing: neither a document's body nor its version.
func TestARepeatedEventChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench()
		var past []func() (ingest.Folder, recommend.Event)
		fold := func(f ingest.Folder, e recommend.Event) {
			if _, err := b.fold(f, e); err != nil && !errors.Is(err, recommend.ErrInvalid) {
				t.Fatal(err)
			} else if err == nil {
				past = append(past, func() (ingest.Folder, recommend.Event) { return f, e })
			}
		}
		fold(ingest.Rulings(), verify("mei", "home"))
		for i := range rapid.IntRange(1, 25).Draw(t, "events") {
			at := noon.Add(time.Duration(i) * time.Hour)
			pick := rapid.SampledFrom([]string{"p1", "p2", "p3"}).Draw(t, "pick")
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0, 1:
				fold(ingest.Picks(), published(pick, "mei", taobao(rapid.IntRange(1, 4).Draw(t, "item")), at))
			case 2:
				reason := rapid.StringMatching(`[a-z ]{30,60}`).Draw(t, "reason")
				fold(ingest.Picks(), event(recommend.TypePickEdited, "mei", at, recommend.EditedPick{ID: pick, Expert: "mei", Reason: &reason, At: at, Base: int64(rapid.IntRange(0, 3).Draw(t, "base"))}))
			case 3:
				fold(ingest.Picks(), event(recommend.TypePickWithdrawn, "mei", at, recommend.PickMark{ID: pick, Expert: "mei", At: at}))
			case 4:
				fold(ingest.Picks(), event(recommend.TypePickRestored, "mei", at, recommend.PickMark{ID: pick, Expert: "mei", At: at}))
			case 5:
				fold(ingest.Actions(), event(recommend.TypeActed, "lin", at, recommend.Action{ID: fmt.Sprint("a", i), Reader: "lin", Kind: "follow", Expert: "mei", At: at}))
			}
			before := maps.Clone(b.docs)
			f, e := past[rapid.IntRange(0, len(past)-1).Draw(t, "again")]()
			out, err := b.fold(f, e)
			if err != nil || out.Changed {
				t.Fatalf("%s again: changed %v, %v", e.Type, out.Changed, err)
			}
			if diff := cmp.Diff(before, b.docs); diff != "" {
				t.Fatalf("%s again:\n%s", e.Type, diff)
			}
		}
	})
}

func TestEveryTopicHasOneFold(t *testing.T) {
	var topics []string
	for _, f := range ingest.Folders() {
		topics = append(topics, f.Topic)
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(topics)))); n != len(topics) {
		t.Errorf("%d folds of %d topics", len(topics), n)
	}
}
