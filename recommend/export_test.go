package recommend

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"

	"vitrine.dev/ranking"
)

// ErrBroken is what parts fail of that [Windows.Break] broke.
var ErrBroken = errors.New("a part that was broken")

// Parts are the names of all that a page may lack, beside its model.
func Parts() []string {
	var all []string
	for _, s := range []source{
		resume{}, interests{}, follows{}, circle{}, similar{}, popular{}, newest{sourceFresh}, newest{sourceLatest}, newest{sourceTopic},
	} {
		all = append(all, "source:"+s.name())
	}
	for _, s := range featureSets() {
		all = append(all, "features:"+s.features()[0].Name)
	}
	return all
}

// Break has parts fail once they have done some of their work: all, or the one
// that is named as in [Window.Missing].
func (w *Windows) Break(part string) {
	w.parts = allParts()
	broken := func(name string) bool { return part == "" || part == name }
	w.parts.sources = func(a *ask) []share {
		all := a.shares()
		for i := range all {
			if broken("source:" + all[i].name()) {
				all[i].source = brokenSource{all[i].source}
			}
		}
		return all
	}
	for i, s := range w.parts.features {
		if broken("features:" + s.features()[0].Name) {
			w.parts.features[i] = brokenSet{s}
		}
	}
}

// Spoil has a set of features, named by its first, write what are no numbers.
func (w *Windows) Spoil(first string) {
	w.parts = allParts()
	for i, s := range w.parts.features {
		if s.features()[0].Name == first {
			w.parts.features[i] = spoiledSet{s}
		}
	}
}

type brokenSource struct{ source }

func (s brokenSource) offer(a *ask, take func(int32) bool) {
	left := 2
	s.source.offer(a, func(row int32) bool { left--; return take(row) && left > 0 })
	panic(ErrBroken)
}

type brokenSet struct{ featureSet }

func (s brokenSet) fill(p *pool, t *ranking.Table) {
	s.featureSet.fill(p, t)
	for _, f := range s.features() {
		t.Column(f.Name)[0] = 1e9
	}
	panic(ErrBroken)
}

type spoiledSet struct{ featureSet }

func (s spoiledSet) fill(_ *pool, t *ranking.Table) {
	for _, f := range s.features() {
		t.Column(f.Name)[0] = math.NaN()
	}
}

// Lose takes the memory what it knows of what goes together, as no process does.
func (m *Memory) Lose() { m.ridge = nil }

// Free reports whether the memory can be changed: nobody who failed holds it.
func (m *Memory) Free() bool {
	if !m.mu.TryLock() {
		return false
	}
	m.mu.Unlock()
	return true
}

// Outdated are the picks whose cards are not what would be made of them now, in
// some language.
func (w *Windows) Outdated() (ids []string) {
	w.shelf.read(w.world.Scene(), w.now(), func(l *look) {
		for n, id := range l.picks.ids {
			if id == "" || l.picks.text[n] == nil || l.picks.row[n].product < 0 {
				continue
			}
			for _, lang := range []string{"en", "zh"} {
				var page Window
				f, anew := l.face(int32(n), lang), l.newCard(int32(n), lang)
				page.show(f)
				got, err := page.AppendJSON(nil)
				want, err2 := (&Window{Items: []Item{anew}}).AppendJSON(nil)
				if !reflect.DeepEqual(f.item, anew) || err != nil || err2 != nil || !bytes.Equal(got, want) {
					ids = append(ids, id)
				}
			}
		}
	})
	return ids
}

// Occupy takes the turns of all pages that are scored, until end.
func (w *Windows) Occupy(ctx context.Context) (end func(), err error) {
	all := int64(runtime.GOMAXPROCS(0))
	return func() { w.turns.scoring.Release(all) }, w.turns.scoring.Acquire(ctx, all)
}

// Idle reports whether no page has a turn.
func (w *Windows) Idle() bool {
	all := int64(runtime.GOMAXPROCS(0))
	free := w.turns.scoring.TryAcquire(all)
	if free {
		w.turns.scoring.Release(all)
	}
	return free
}
