package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

func TestAReaderSetsHisDoseWithoutScripts(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	w.reader(recommend.Reader{ID: "r1"})
	form := `<form class="dose" method="post" action="/v1/me/dose">`
	wants(t, w.ok("/me?lang=en", "X-Test-Session", "r1 window:read"), "Picks among other things", form, "40 at most", "Windows that you open yourself are not counted",
		`<label for="per-day">Most in a day</label>`, `name="per_day"`, `min="0" max="40" value=""`, "<button>Save</button>")
	wants(t, w.ok("/me?lang=zh", "X-Test-Session", "r1 window:read"), "夹在其他内容里的推荐", form, "上限 40", "每天最多", "<button>保存</button>")
	none := 0
	w.reader(recommend.Reader{ID: "r1", Dose: recommend.Dose{PerDay: &none}})
	wants(t, w.ok("/me", "X-Test-Session", "r1 window:read"), form, `max="40" value="0"`)
	if strings.Contains(w.ok("/me"), form) {
		t.Error("somebody unknown is offered to set a dose")
	}
	w.policy("dose: {windows: true}")
	wants(t, w.ok("/me?lang=en", "X-Test-Session", "r1 window:read"), form, "in feeds and in windows together")
	w.policy("dose: {limited: false}")
	if strings.Contains(w.ok("/me", "X-Test-Session", "r1 window:read"), form) {
		t.Error("a dose is offered that the policy does not keep")
	}
}

// policy adds to that of the world.
func (w *testWorld) policy(more string) {
	w.t.Helper()
	p, err := recommend.ParsePolicy([]byte(testPolicy + more))
	if err != nil {
		w.t.Fatal(err)
	}
	w.world.SetPolicy(w.t.Context(), p)
}

// TestAWindowBeyondTheDoseSaysSo has the fold give no leave.
func TestAWindowBeyondTheDoseSaysSo(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	had := new(recommend.Dose)
	var err error
	w.site, err = web.New(web.Config{
		Windows: w.windows, Store: w, World: w.world, Now: func() time.Time { return w.now }, Session: sessionOf,
		Admit: func(_ *http.Request, reader string) recommend.Admit {
			if reader == "" {
				t.Error("leave is asked for somebody unknown")
			}
			return func(context.Context, string, []recommend.ServedPick) (string, *recommend.Dose, error) {
				return "e", had, nil
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := w.ok("/", "X-Test-Session", "r1 window:read"); len(picksOn(page)) != 6 {
		t.Error("windows are bounded where the policy does not say so")
	}
	w.policy("dose: {windows: true, per_day: 1}")
	had.Given = []recommend.Given{{Event: "d", Pick: "p0", Expert: "ali", At: w.now.Add(-time.Hour)}}
	for lang, parts := range map[string][]string{
		"en": {"Enough picks for now", "more from ", `<time datetime="2026-11-24T11:00:00Z">`, "11:00 UTC", `href="/me#dose"`, "Change the limit"},
		"zh": {"推荐已经够多了", "11:00 UTC", "之后会有新的", "调整上限"},
	} {
		page := w.ok("/?lang="+lang, "X-Test-Session", "r1 window:read")
		wants(t, page, parts...)
		if len(picksOn(page)) > 0 || strings.Contains(page, "fatigue") {
			t.Errorf("%s: the page shows cards, or a code", lang)
		}
	}
	none := 0
	had.PerDay = &none
	wants(t, w.ok("/?lang=en", "X-Test-Session", "r1 window:read"), "Enough picks for now", "You want none put before you.")
	wants(t, w.ok("/?lang=zh", "X-Test-Session", "r1 window:read"), "你设置了不看推荐。")
}
