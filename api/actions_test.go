package api_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type verdicts struct {
	Accepted, Duplicate, Flagged int
	Rejected                     []struct {
		Index              int
		Code, Pointer, Fix string
	}
	Pending bool
}

func (v *verdicts) codes() map[int]string {
	got := make(map[int]string)
	for _, r := range v.Rejected {
		got[r.Index] = strings.TrimSuffix(r.Code+" "+r.Pointer, " ")
	}
	return got
}

// did sends actions and returns what became of them.
func (s *site) did(who header, actions ...object) verdicts {
	s.t.Helper()
	return into[verdicts](s.do("POST", "/v1/actions", object{"actions": actions}, who).is(202))
}

func TestFiveHundredActionsAreTakenWithOneAppend(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	appends := 0
	s.engine.before = func() { appends++ }
	window := into[recommend.Window](s.do("GET", "/v1/window", nil, ann).is(200)).ID
	var batch []object
	for i := range 500 {
		batch = append(batch, object{"id": fmt.Sprint("a", i), "kind": "impression", "pick": pick, "window": window, "position": i % 20, "source": "fresh"})
	}
	batch[499] = object{"id": "open", "kind": "open", "pick": pick, "window": window}
	if got := s.did(ann, batch...); got.Accepted != 500 || got.Duplicate != 0 || len(got.Rejected) != 0 || got.Flagged != 0 || got.Pending {
		t.Errorf("got %+v, want all taken", got)
	}
	if appends != 1 {
		t.Errorf("%d appends, want one", appends)
	}
	share := object{"id": "new", "kind": "share", "pick": pick}
	again := slices.Concat(batch[490:], []object{share, share})
	if got := s.did(ann, again...); got.Accepted != 1 || got.Duplicate != 11 {
		t.Errorf("got %+v, want one new and eleven known", got)
	}
	bob := s.token(t, "bob", api.ScopeWindowRead)
	if got := s.did(bob, batch[499]); got.Accepted != 1 || got.Flagged != 1 {
		t.Errorf("got %+v, want another reader's id to be another's, and ann's window flagged", got)
	}
	for kind, want := range map[string]int64{recommend.ActImpression: 1, recommend.ActOpen: 2, recommend.ActShare: 1} {
		if n := s.engine.counted(pick, kind); n != want {
			t.Errorf("%d readers did %s, want %d", n, kind, want)
		}
	}
	s.do("POST", "/v1/actions", object{"actions": append(batch, batch[0])}, ann).problem(413, "body-too-large")
}

func TestEachActionHasAVerdict(t *testing.T) {
	s := open(t)
	s.expert("jun", "home")
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	at := func(d time.Duration) string { return s.clock.now().Add(d).Format(time.RFC3339) }
	long := strings.Repeat("x", 201)
	got := s.did(ann,
		object{"kind": "open", "pick": pick},
		object{"kind": "open", "pick": "nothing"},
		object{"kind": "open", "pick": "no id"},
		object{"kind": "open", "expert": "mei"},
		object{"kind": "open"},
		object{"kind": "dance", "pick": pick},
		object{"kind": "bookmark", "pick": pick},
		object{"kind": "purchase", "pick": pick},
		object{"kind": "refund", "pick": pick},
		object{"kind": "open", "pick": pick, "at": at(-25 * time.Hour)},
		object{"kind": "open", "pick": pick, "at": at(25 * time.Hour)},
		object{"kind": "open", "pick": pick, "at": at(-23 * time.Hour)},
		object{"kind": "open", "pick": pick, "at": "yesterday"},
		object{"kind": "open", "pick": pick, "position": -1},
		object{"kind": "open", "pick": pick, "position": 0.5},
		object{"kind": "open", "pick": pick, "colour": "red"},
		object{"kind": "open", "pick": pick, "id": "no id"},
		object{"kind": "open", "pick": pick, "reader": "bob"},
		object{"kind": "open", "pick": pick, "reader": "ann"},
		object{"kind": "open", "pick": pick, "window": long},
		object{"kind": "hide"},
		object{"kind": "unhide"},
		object{"kind": "hide", "expert": "jun"},
		object{"kind": "hide", "expert": "nobody"},
		object{"kind": "hide", "topic": "home/tea"},
		object{"kind": "hide", "topic": "no-topic"},
		object{"kind": "more", "partner": "jd"},
		object{"kind": "more", "partner": "nobody"},
		object{"kind": "open", "pick": pick, "window": "made up"},
	)
	want := map[int]string{
		1: "pick-unknown /actions/1/pick", 2: "validation /actions/2/pick", 3: "validation /actions/3/pick", 4: "validation /actions/4/pick",
		5: "validation /actions/5/kind", 6: "validation /actions/6/kind", 7: "purchase-unproven /actions/7/kind", 8: "purchase-unproven /actions/8/kind",
		9: "clock-skew /actions/9/at", 10: "clock-skew /actions/10/at", 12: "validation /actions/12/at", 13: "validation /actions/13/position",
		14: "validation /actions/14/position", 15: "validation /actions/15/colour", 16: "validation /actions/16/id", 17: "insufficient-scope /actions/17/reader",
		19: "validation /actions/19/window", 20: "validation /actions/20/pick", 21: "validation /actions/21/pick", 23: "not-found /actions/23/expert",
		25: "topic-unknown /actions/25/topic", 27: "not-found /actions/27/partner",
	}
	if diff := cmp.Diff(want, got.codes()); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if got.Accepted != 29-len(want) || got.Flagged != 1 {
		t.Errorf("got %+v, want the others taken, one flagged", got)
	}
	if len(s.engine.dead) != 0 {
		t.Errorf("dead events %v, want none", s.engine.dead)
	}
}

func TestABatchThatIsNoneIsRefusedWhole(t *testing.T) {
	s := open(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for name, tt := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no JSON":          {"{", 400, "body-malformed"},
		"no actions":       {object{}, 422, "validation"},
		"an empty list":    {object{"actions": []object{}}, 422, "validation"},
		"no list":          {object{"actions": object{}}, 422, "validation"},
		"an unknown field": {object{"actions": []object{{}}, "more": 1}, 422, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			s.in(t).do("POST", "/v1/actions", tt.body, ann).problem(tt.status, tt.code)
		})
	}
	s.do("POST", "/v1/actions?wait=perhaps", object{"actions": []object{{"kind": "open"}}}, ann).problem(400, "validation")
	if got := s.did(ann, object{}); len(got.Rejected) != 1 {
		t.Errorf("got %+v, want the line rejected", got)
	}
}

func TestAFeedClientTellsWhatItsReadersDid(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s := w.open(t, w.veiled(t, v))
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	feed := s.token(t, "feed", api.ScopeWindowAny)
	var batch []object
	for i := range 10 {
		batch = append(batch, object{"id": "same", "kind": "open", "pick": pick, "reader": fmt.Sprint("reader-", i)})
	}
	batch = append(batch, object{"kind": "open", "pick": pick, "reader": "no id"})
	got := s.did(feed, batch...)
	if got.Accepted != 10 || len(got.Rejected) != 1 || got.Pending {
		t.Errorf("got %+v, want ten taken", got)
	}
	if n := w.engine.counted(pick, recommend.ActOpen); n != 10 {
		t.Errorf("the pulse counts %d readers, want ten", n)
	}
	if got := s.did(feed, batch...); got.Duplicate != 10 {
		t.Errorf("got %+v, want ten known", got)
	}
	w.engine.unnamed(t, "reader-")
}

func TestActionsNeedNotWait(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.engine.mu.Lock()
	s.engine.stalled = true
	s.engine.mu.Unlock()
	got := into[verdicts](s.do("POST", "/v1/actions?wait=false", object{"actions": []object{{"kind": "open", "pick": pick}}}, ann).is(202))
	if got.Accepted != 1 || !got.Pending {
		t.Errorf("got %+v, want it taken and pending", got)
	}
	s.engine.resume(t)
	if n := s.engine.counted(pick, recommend.ActOpen); n != 1 {
		t.Errorf("the pulse counts %d readers, want one", n)
	}
}

// A pollStore notes how many readers are asked for while folds are stalled, and
// has them go on at the fourth time.
type pollStore struct {
	*engine
	asked []int
}

func (s *pollStore) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	s.mu.Lock()
	if len(s.queue) > 0 {
		n := 0
		for _, r := range refs {
			if r.Kind == recommend.KindReader {
				n++
			}
		}
		if s.asked = append(s.asked, n); len(s.asked) == 4 {
			s.stalled = false
			if err := s.fold(ctx); err != nil {
				return nil, err
			}
		}
	}
	s.mu.Unlock()
	return s.engine.Get(ctx, refs...)
}

// TestWhoWaitsForManyReadersAsksForOne: a batch of many readers is there when
// the last of it is.
func TestWhoWaitsForManyReadersAsksForOne(t *testing.T) {
	w := newWorld(t)
	store := &pollStore{engine: w.engine}
	s := w.open(t, func(c *api.Config) { c.Store = store })
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	s.engine.mu.Lock()
	s.engine.stalled = true
	s.engine.mu.Unlock()
	var batch []object
	for i := range 30 {
		batch = append(batch, object{"kind": "open", "pick": pick, "reader": fmt.Sprint("reader-", i)})
	}
	if got := s.did(s.token(t, "feed", api.ScopeWindowAny), batch...); got.Accepted != 30 || got.Pending {
		t.Errorf("got %+v, want thirty taken and there", got)
	}
	if want := []int{1, 1, 1, 1}; !slices.Equal(store.asked, want) {
		t.Errorf("asked for %v readers while the folds were stalled, want %v", store.asked, want)
	}
}
