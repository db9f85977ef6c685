package exports_test

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

func TestPicksAreDisclosedAsReadersAreTold(t *testing.T) {
	w := newWorld(t)
	doc := func(kind recommend.Kind, id, body string) recommend.Document {
		return recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Body: []byte(body)}
	}
	w.docs = map[recommend.Kind][]recommend.Document{
		recommend.KindProduct: {doc(recommend.KindProduct, "jd:1", `{"key":"jd:1","commission_bp":500}`), doc(recommend.KindProduct, "jd:2", `{"key":"jd:2"}`)},
		recommend.KindPick: {
			doc(recommend.KindPick, "a", `{"id":"a","expert":"mei","product":"jd:1","topics":["home/tea","home"],"relationship":"none","state":"published","published_at":"2026-11-01T08:00:00Z"}`),
			doc(recommend.KindPick, "b", `{"id":"b","expert":"li","product":"jd:2","topics":["home"],"relationship":"gift","state":"withdrawn"}`),
			doc(recommend.KindPick, "c", `{"id":"c","expert":"li","product":"taobao:2","state":"published"}`),
		},
	}
	d := w.open()
	a := ask(exports.DatasetPicks, exports.NDJSON)
	a.Request.Where = map[string][]string{"partner": {"jd"}}
	accept(t, d, "a", a)
	worked(t, d, "a")
	_, rows := lines(t, result(t, d, "a"))
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r["pick"], " ", r["expert"], " ", r["partner"], " ", r["topics"], " ", r["state"], " ", r["relationship"], " ", r["disclosure_label"] != ""))
	}
	if d := gocmp.Diff([]string{"a mei jd home/tea home published commission true", "b li jd home withdrawn gift true"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
