package recommend_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

func TestSeenRemembersSevenDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var seen recommend.Seen
		type added struct {
			e  recommend.Event
			at time.Time
		}
		var all []added
		at := noon
		for i := range rapid.IntRange(1, 40).Draw(t, "events") {
			at = at.Add(time.Duration(rapid.IntRange(0, 36).Draw(t, "hours")) * time.Hour)
			e := recommend.Event{ID: fmt.Sprint("e", i), Source: rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "source"), Appended: at}
			if seen.Has(e) {
				t.Fatalf("event %d was seen before it came", i)
			}
			seen.Add(e)
			all = append(all, added{e, at})
		}
		for _, a := range all {
			age := at.Sub(a.at)
			if age <= recommend.SeenFor && !seen.Has(a.e) {
				t.Fatalf("an event of %v ago is forgotten", age)
			}
			if age > recommend.SeenFor+24*time.Hour && seen.Has(a.e) {
				t.Fatalf("an event of %v ago is still remembered", age)
			}
		}
	})
}

func TestSeenTellsSourcesApart(t *testing.T) {
	var seen recommend.Seen
	seen.Add(recommend.Event{ID: "1", Source: "/a", Appended: noon})
	if seen.Has(recommend.Event{ID: "1", Source: "/b", Appended: noon}) {
		t.Error("the same id of another source is taken for a duplicate")
	}
	if got := seen.Len(); got != 1 {
		t.Errorf("%d remembered, want 1", got)
	}
}

func TestSeenIsBounded(t *testing.T) {
	seen := recommend.Seen{
		noon.AddDate(0, 0, -2).Format(time.DateOnly): strings.Repeat("old-old-old-", 60_000),
		noon.AddDate(0, 0, -1).Format(time.DateOnly): strings.Repeat("new-new-new-", 40_000),
	}
	last := recommend.Event{ID: "last", Source: "/a", Appended: noon}
	seen.Add(last)
	if got, want := seen.Len(), 90_000; got != want {
		t.Errorf("%d remembered, want %d", got, want)
	}
	if got, want := len(seen[noon.AddDate(0, 0, -1).Format(time.DateOnly)])/12, 40_000; got != want || !seen.Has(last) {
		t.Errorf("%d of yesterday and the last %t, want the latest %d kept", got, seen.Has(last), want)
	}
}
