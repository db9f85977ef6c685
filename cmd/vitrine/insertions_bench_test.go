package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// BenchmarkInsertions asks an embedded installation for picks to be put among
// other things, which appends an event and waits for its fold, and has it append
// an action without a wait in between: ratio is how much dearer the first is.
func BenchmarkInsertions(b *testing.B) {
	in := newInstallation(b)
	withGoods(40)(in)
	in.importPublishers()
	p := in.start("serve")
	feeds := make([]*client, 20) // in turn: a client may not write so fast
	for i := range feeds {
		feeds[i] = p.client(in.token(fmt.Sprint("feed-", i), "window:read", "window:any"))
	}
	feed := feeds[0]
	await(b, time.Minute, func() error { return feed.get("/v1/picks/g39", new(any)) })
	var whole, plain []time.Duration
	timed := func(all *[]time.Duration, want int, method, path string, body any) []byte {
		began := time.Now()
		status, answer, err := feed.do(method, path, body)
		*all = append(*all, time.Since(began))
		if err != nil || status != want {
			b.Fatalf("%s %s: %d %s %v", method, path, status, answer, err)
		}
		return answer
	}
	for n := 0; b.Loop(); n++ {
		feed = feeds[n%len(feeds)]
		reader := fmt.Sprint("timed-", n)
		timed(&plain, http.StatusAccepted, http.MethodPost, "/v1/actions?wait=false", map[string]any{"actions": []map[string]any{{"kind": "share", "pick": "g1", "reader": reader}}})
		var page windowPage
		timed(&whole, http.StatusOK, http.MethodGet, "/v1/window/insertions?organic_count=12&reader=into-"+reader, nil)
		if n == 0 {
			feed.mustGet(b, "/v1/window/insertions?organic_count=12&reader=first", &page)
			if len(page.Items) == 0 {
				b.Fatal("nothing is inserted")
			}
		}
	}
	slices.Sort(whole)
	slices.Sort(plain)
	b.ReportMetric(float64(whole[len(whole)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(plain[len(plain)/2].Microseconds())/1000, "append-p50-ms")
	b.ReportMetric(float64(whole[len(whole)/2])/float64(plain[len(plain)/2]), "ratio")
}
