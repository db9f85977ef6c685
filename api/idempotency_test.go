package api_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestAKeyIsNeededToPublish(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	s.do("POST", "/v1/picks", pickOf("1"), mei).problem(400, "idempotency-key-missing")
	s.do("POST", "/v1/posts", object{"picks": []object{pickOf("1")}}, mei).problem(400, "idempotency-key-missing")
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("k\tk")).problem(400, "idempotency-key-missing")
}

func TestARepeatGetsTheSameAnswer(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	first := s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202)
	if got := first.header.Get("Idempotency-Replayed"); got != "" {
		t.Errorf("the first is called a replay: %q", got)
	}
	s.clock.advance(time.Hour)
	again := s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202)
	if !bytes.Equal(again.body, first.body) || again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("got %v %s, want the first answer replayed", again.header, again.body)
	}
	s.do("POST", "/v1/picks", pickOf("2"), mei, key("a")).problem(422, "idempotency-key-reused")
	if n := len(s.engine.events(recommend.TopicPicks)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestARefusalIsReplayedToo(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	bad := object{"link": "https://shop.example/1", "reason": goodReason, "topics": []string{"home"}}
	first := s.do("POST", "/v1/picks", bad, mei, key("a"))
	first.problem(422, "unsupported-channel")
	again := s.do("POST", "/v1/picks", bad, mei, key("a"))
	if !bytes.Equal(again.body, first.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %s, want the refusal replayed", again.body)
	}
}

func TestKeysBelongToTheirCallerAndRoute(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	a := into[published](s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202))
	b := into[published](s.do("POST", "/v1/picks", pickOf("1"), jun, key("a")).is(202))
	if a.ID == b.ID {
		t.Errorf("two experts got one pick %s", a.ID)
	}
	s.do("PUT", "/v1/me/interests", object{"interests": []object{}}, mei, key("a")).is(200)
}

func TestARepeatOnAnotherProcessIsOneEffect(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	first := into[published](a.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202))
	again := b.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202)
	if got := into[published](again); got.ID != first.ID || got.State != "published" || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %s, want the pick of the first", again.body)
	}
	b.do("POST", "/v1/picks", pickOf("2"), mei, key("a")).problem(422, "idempotency-key-reused")
	if n := len(w.engine.events(recommend.TopicPicks)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// The first process dies between append and answer: the pick is in the log, and
// the folds have not seen it, when the repeat reaches another process.
func TestARepeatBeforeTheFoldIsOneEffect(t *testing.T) {
	w := newWorld(t)
	brief := func(c *api.Config) { c.Wait = 20 * time.Millisecond }
	a, b := w.open(t, brief), w.open(t, brief)
	mei := a.expert("mei", "home")
	w.engine.mu.Lock()
	w.engine.stalled = true
	w.engine.mu.Unlock()
	first := into[published](a.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202))
	second := into[published](b.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202))
	if first.ID != second.ID {
		t.Errorf("ids %s and %s, want one", first.ID, second.ID)
	}
	w.engine.resume(t)
	mine := into[struct{ Items []recommend.PickView }](a.do("GET", "/v1/me/picks", nil, mei).is(200))
	if len(mine.Items) != 1 || len(w.engine.dead) != 0 {
		t.Errorf("%d picks and dead %v, want one pick", len(mine.Items), w.engine.dead)
	}
}

func TestFiftyAtOnceAreOneEffect(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	var wg sync.WaitGroup
	replies := make([]*reply, 50)
	for i := range replies {
		s := a
		if i%2 == 1 {
			s = b
		}
		wg.Go(func() {
			r, err := s.try("POST", "/v1/picks", pickOf("1"), mei, key("a"))
			if err != nil {
				t.Errorf("request %d: %v", i, err)
				return
			}
			replies[i] = r
		})
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, r := range replies {
		switch {
		case r == nil:
		case r.status == http.StatusAccepted:
			ids[into[published](r).ID] = true
		default:
			r.problem(409, "idempotency-key-in-progress")
			if r.header.Get("Retry-After") == "" {
				t.Error("no Retry-After while the first is running")
			}
		}
	}
	if len(ids) != 1 {
		t.Errorf("picks %v, want one", ids)
	}
	if mine := into[struct{ Items []object }](a.do("GET", "/v1/me/picks", nil, mei)); len(mine.Items) != 1 {
		t.Errorf("%d picks, want 1", len(mine.Items))
	}
}

func TestWhileTheFirstIsRunningOthersAreToldSo(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	running, release := make(chan struct{}), make(chan struct{})
	s.engine.before = sync.OnceFunc(func() {
		close(running)
		<-release
	})
	done := make(chan *reply)
	go func() {
		r, err := s.try("POST", "/v1/picks", pickOf("1"), mei, key("a"))
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	<-running
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).problem(409, "idempotency-key-in-progress")
	s.do("POST", "/v1/picks", pickOf("2"), mei, key("a")).problem(422, "idempotency-key-reused")
	close(release)
	if r := <-done; r != nil {
		r.is(202)
	}
}

func TestTwentyPicksAtOnceKeepTheLimits(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			item := string(rune('a' + i))
			if _, err := s.try("POST", "/v1/picks", pickOf(item), mei, key(item)); err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := len(s.engine.events(recommend.TopicPicks)); n != 1 {
		t.Errorf("%d events, want 1: the next would have to wait ten minutes", n)
	}
}

func TestAHeldPickIsToldAgainOnAnotherProcess(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	same := pickOf("1")
	for _, item := range []string{"1", "2", "3"} {
		c := pickOf(item)
		c["reason"] = same["reason"]
		a.publish(mei, c)
	}
	c := pickOf("4")
	c["reason"] = same["reason"]
	first := into[published](a.do("POST", "/v1/picks", c, mei, key("held")).is(202))
	again := into[published](b.do("POST", "/v1/picks", c, mei, key("held")).is(202))
	if first.State != "held" || again.State != "held" || again.ID != first.ID {
		t.Fatalf("states %q and %q, want held twice", first.State, again.State)
	}
	if len(again.Checks) != 1 || again.Checks[0]["code"] != "near-duplicate" || again.Checks[0]["result"] != "hold" {
		t.Errorf("checks %v, want why it is held", again.Checks)
	}
}

func TestOneKeyForTwoPicksOnTwoProcessesLosesNothing(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	p, q := a.publish(mei, pickOf("1")), a.publish(mei, pickOf("2"))
	edit := object{"reason": reasonFor("new")}
	a.do("PATCH", "/v1/picks/"+p.ID, edit, mei, key("a"), ifMatch(`"r1"`)).is(200)
	a.do("PATCH", "/v1/picks/"+q.ID, edit, mei, key("a"), ifMatch(`"r1"`)).problem(422, "idempotency-key-reused")
	if got := into[published](b.do("PATCH", "/v1/picks/"+q.ID, edit, mei, key("a"), ifMatch(`"r1"`)).is(200)); got.Pick == nil || got.Pick.Revision != 2 {
		t.Errorf("got %+v, want the second pick changed", got.Pick)
	}
}
