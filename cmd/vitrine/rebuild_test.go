package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// lived imports an archive and lets an expert and a reader act a bit.
func (in *installation) lived(api *process) {
	in.t.Helper()
	ann := api.client(in.token("ann", "picks:write"))
	var picks []string
	await(in.t, time.Minute, func() error { // until the fold knows ann
		id, _, err := ann.publish("first", "books")
		picks = append(picks, id)
		return err
	})
	for i := range 5 {
		id, _, err := ann.publish(fmt.Sprint("more", i), "books")
		if err != nil {
			in.t.Fatal(err)
		}
		picks = append(picks, id)
	}
	reader := api.client(in.token("rita", "window:read"))
	for i, id := range picks {
		status, b, err := reader.do(http.MethodPut, "/v1/bookmarks/"+id, nil)
		if err != nil || status >= 300 {
			in.t.Fatalf("bookmark: %d %s, %v", status, b, err)
		}
		if i%2 == 0 {
			if status, b, err = reader.do(http.MethodDelete, "/v1/bookmarks/"+id, nil); err != nil || status >= 300 {
				in.t.Fatalf("take the bookmark back: %d %s, %v", status, b, err)
			}
		}
	}
	if status, b, err := ann.do(http.MethodPost, "/v1/picks/"+picks[0]+"/withdraw", nil, "Idempotency-Key", `"w"`); err != nil || status >= 500 {
		in.t.Fatalf("withdraw: %d %s, %v", status, b, err)
	}
}

// asking asks for windows, below the limit for one reader, from now until it is
// stopped; not one may fail.
func (in *installation) asking(api *process) (stop func()) {
	reader := api.client(in.token("rita", "window:read"))
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for asked := 0; ; asked++ {
			var page windowPage
			if err := reader.get("/v1/window?limit=20&topic=books", &page); err != nil {
				in.t.Errorf("window %d: %v", asked, err)
				return
			}
			if len(page.Items) == 0 {
				in.t.Errorf("window %d is empty", asked)
				return
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// rebuilt rebuilds and wants every document to be what it was.
func (in *installation) rebuilt() {
	in.t.Helper()
	table, told, err := in.try("rebuild")
	if err != nil {
		in.t.Fatalf("rebuild: %v\n%s\n%s", err, table, told)
	}
	documents := map[string]string{}
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] == "KIND" {
			continue
		}
		documents[f[0]] = f[1]
		same := f[2]
		if f[0] == "model" {
			// What is learned is published while the rebuild runs: documents that
			// hold more than the folds at work had come to are right, too.
			same = strconv.Itoa(number(in.t, f[2]) + number(in.t, f[3]))
		}
		if f[1] != same {
			in.t.Errorf("not all documents are identical: %s", line)
		}
	}
	for _, kind := range []string{"pick", "product", "expert", "publisher", "ruling", "reader", "pulse"} {
		if documents[kind] == "" || documents[kind] == "0" {
			in.t.Errorf("%s: %q documents, want some\n%s", kind, documents[kind], table)
		}
	}
	if !strings.Contains(told, "in place") {
		in.t.Errorf("told %q, want that the documents are in place", told)
	}
}

func number(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARebuildMakesTheSameDocumentsWhileReadersAsk(t *testing.T) {
	in := newInstallation(t)
	in.archive()
	_, _, _ = in.try("import", "--trusted", filepath.Join(in.dir, "archive")) // some lines are refused
	p := in.start("serve")
	in.lived(p)
	stop := in.asking(p)
	in.rebuilt()
	ann := p.client(in.token("ann", "picks:write"))
	if _, _, err := ann.publish("after", "books"); err != nil {
		t.Errorf("publish after a rebuild: %v", err)
	}
	in.rebuilt()
	stop()
	if _, err := os.Stat(filepath.Join(in.dir, "data", "vitrine.db.old")); err != nil {
		t.Errorf("the documents from before: %v", err)
	}
	p.kill()
	in.rebuilt() // nobody serves: the command opens the engines itself
	p.restart()
	var page windowPage
	p.client(in.token("rita", "window:read")).mustGet(t, "/v1/window?limit=20&topic=books", &page)
	if len(page.Items) == 0 {
		t.Error("no window after a restart")
	}
}

func TestARebuildOnServersMakesTheSameDocumentsWhileReadersAsk(t *testing.T) {
	in := newInstallation(t).onServers()
	in.archive()
	_, _, _ = in.try("import", "--trusted", filepath.Join(in.dir, "archive"))
	in.start("ingest")
	p := in.start("api")
	in.lived(p)
	stop := in.asking(p)
	in.rebuilt()
	if _, _, err := p.client(in.token("ann", "picks:write")).publish("after", "books"); err != nil {
		t.Errorf("publish after a rebuild: %v", err)
	}
	in.rebuilt()
	stop()
}
