package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

type earnedPage struct {
	Balances []struct{ Balance int64 }
	Items    []struct {
		Order, Line, Pick string
		Amount, Base      int64
		Entries           []recommend.Entry
	}
	Next string `json:"next_cursor"`
}

// owed compares the ledger of one expert, as a process tells it, with the
// shop's books.
func (tr *trade) owed(p *process, expert int, token string) error {
	want, balance := make(map[string]soldLine), int64(0)
	for name, l := range tr.sold {
		if l.pick%publishers == expert {
			want[name] = l
			balance += l.earns()
		}
	}
	for cursor := ""; ; {
		var page earnedPage
		if err := p.client(token).get("/v1/me/earnings?limit=50"+cursor, &page); err != nil {
			return err
		}
		for _, it := range page.Items {
			name := it.Order + " " + it.Line
			l, ok := want[name]
			if !ok {
				return fmt.Errorf("line %s is there twice, or was never sold by expert %d", name, expert)
			}
			delete(want, name)
			sum := int64(0)
			for _, e := range it.Entries {
				sum += e.Amount
			}
			if it.Amount != l.earns() || sum != it.Amount || it.Base != l.paid-l.refunded || it.Pick != fmt.Sprint("g", l.pick) {
				return fmt.Errorf("line %s is %+v, want %d for %+v", name, it, l.earns(), l)
			}
		}
		if len(page.Balances) != 1 || page.Balances[0].Balance != balance {
			return fmt.Errorf("balances %+v, want %d", page.Balances, balance)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	if len(want) > 0 {
		return fmt.Errorf("%d lines of expert %d are not there: %v", len(want), expert, slices.Sorted(maps.Keys(want)))
	}
	return nil
}

// bought compares what a reader's export tells of his purchases and refunds
// with the shop's books.
func (tr *trade) bought(p *process, reader int) error {
	want := make(map[string][2]int64) // purchases and refunds, by pick
	for _, l := range tr.sold {
		if l.reader == reader {
			n := want[fmt.Sprint("g", l.pick)]
			n[0]++
			if l.refunded > 0 {
				n[1]++
			}
			want[fmt.Sprint("g", l.pick)] = n
		}
	}
	status, b, err := p.client(tr.readers[reader]).do(http.MethodGet, "/v1/me/export", nil)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("export: %d %s %w", status, b, err)
	}
	got := make(map[string][2]int64)
	for line := range strings.Lines(string(b)) {
		var v struct {
			Type string
			Data recommend.Journey
		}
		if !strings.Contains(line, `"type":"journey"`) {
			continue
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return err
		}
		got[v.Data.Pick] = [2]int64{v.Data.Steps[recommend.ActPurchase].N, v.Data.Steps[recommend.ActRefund].N}
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("reader %d: purchases and refunds %v, want %v", reader, got, want)
	}
	return nil
}

// victims kill and restart what folds, and with VITRINE_CHAOS=full what
// answers, and the engines too.
func (w *world) victims(t *testing.T) []func() {
	t.Helper()
	if len(w.ingest) == 0 {
		return []func(){func() { w.api[0].kill(); w.api[0].restart() }}
	}
	var victims []func()
	if os.Getenv("VITRINE_CHAOS") == "full" {
		victims = slices.Collect(maps.Values(engineVictims(t)))
		for _, p := range slices.Concat(w.ingest, w.api) {
			victims = append(victims, func() { p.kill(); p.restart() }) // one that begins while Kafka is away ends
		}
		return victims
	}
	for _, p := range w.ingest {
		victims = append(victims, func() { p.kill(); p.begin() })
	}
	return victims
}

// Whatever dies while a partner tells of orders, twice and in no order: every
// line is in the ledgers once, balances are the sums of their entries, and what
// the shop's own books say.
func TestOrdersSurviveKills(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 4))
		w.awaitGoods(t, fmt.Sprint("g", tradePicks-1))
		tr := trades(t, w, random)
		if t.Failed() {
			return
		}
		victims, kills := w.victims(t), 3
		if os.Getenv("VITRINE_CHAOS") == "full" {
			kills = 20
		}
		tr.tellAll(t, random, victims, kills)
		for _, p := range slices.Concat(w.api, w.ingest) {
			p.awaitReady()
		}
		for i, p := range w.api {
			for expert := range publishers {
				token := w.in.token(expertName(expert), "picks:write")
				await(t, time.Minute, func() error { return tr.owed(p, expert, token) })
			}
			await(t, time.Minute, func() error { return tr.bought(p, i) })
		}
		for reader := range tradeReaders {
			await(t, time.Minute, func() error { return tr.bought(w.api[0], reader) })
		}
		tr.counted(t)
	}, withGoods(tradePicks), withShop)
}

// counted compares the pulses with how many readers bought what, and sent any
// of it back.
func (tr *trade) counted(t *testing.T) {
	t.Helper()
	want := make(map[string]map[int][2]bool)
	for _, l := range tr.sold {
		pick := fmt.Sprint("g", l.pick)
		if want[pick] == nil {
			want[pick] = make(map[int][2]bool)
		}
		want[pick][l.reader] = [2]bool{true, want[pick][l.reader][1] || l.refunded > 0}
	}
	got := tr.w.counted(t)
	for pick, readers := range want {
		back := int64(0)
		for _, did := range readers {
			if did[1] {
				back++
			}
		}
		if n, r := got[pick][recommend.ActPurchase], got[pick][recommend.ActRefund]; n != int64(len(readers)) || r != back {
			t.Errorf("pick %s: %d bought and %d sent back, want %d and %d", pick, n, r, len(readers), back)
		}
	}
}
