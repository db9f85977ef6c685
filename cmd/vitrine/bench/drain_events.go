package bench

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// atOnceAppended is how many events are appended with one call.
const atOnceAppended = 2000

// drainKinds are the two topics that are measured: what readers do, and what
// experts publish.
type drainKind struct {
	name   string
	folder func() ingest.Folder
	event  func(w *World, key string, n int) (recommend.Event, error)
	events func(w *World, n int) ([]recommend.Event, error)
}

func drainKinds() []drainKind {
	return []drainKind{
		{"actions", ingest.Actions, (*World).oneAction, (*World).manyActions},
		{"picks", ingest.Picks, (*World).onePick, (*World).manyPicks},
	}
}

func (w *World) oneAction(key string, n int) (recommend.Event, error) {
	a := recommend.Action{ID: "d" + strconv.Itoa(n) + key, Reader: key, Kind: recommend.ActOpen, Pick: pickID(0), At: Noon()}
	return eventOf(a.ID, recommend.TypeActed, key, a)
}

// manyActions are n actions as the API appends them: a reader looks at the
// twenty cards of a window, opens one in ten, and keeps some of those.
func (w *World) manyActions(n int) ([]recommend.Event, error) {
	const cards, opens, keeps = 20, 10, 3
	dice := rand.New(rand.NewPCG(w.Seed, 5)) //nolint:gosec // dice, no secret
	sources := []string{"taste", "follow", "similar", "popular", "fresh", "explore"}
	var out []recommend.Event
	add := func(a recommend.Action) error {
		a.ID, a.At = "d"+strconv.Itoa(len(out)), Noon()
		e, err := eventOf(a.ID, recommend.TypeActed, a.Reader, a)
		out = append(out, e)
		return err
	}
	for window := 0; len(out) < n; window++ {
		reader := ReaderID(dice.IntN(w.Readers))
		for position := range cards {
			a := recommend.Action{
				Reader: reader, Kind: recommend.ActImpression, Pick: pickID(int32(w.skewed(len(w.picks)))), //nolint:gosec // few
				Window: "wAZBoFHEAAAAAAAAAAAAA" + strconv.Itoa(window), Position: &position, Source: sources[dice.IntN(len(sources))],
			}
			kinds := []string{a.Kind}
			if dice.IntN(opens) == 0 {
				kinds = append(kinds, recommend.ActOpen)
				if dice.IntN(keeps) == 0 {
					kinds = append(kinds, recommend.ActBookmark)
				}
			}
			for _, a.Kind = range kinds {
				if err := add(a); err != nil {
					return nil, err
				}
			}
		}
	}
	return out[:n], nil
}

func (w *World) onePick(expert string, n int) (recommend.Event, error) {
	p := recommend.PublishedPick{ID: "d" + strconv.Itoa(n) + expert, Expert: expert, PublishedAt: Noon()}
	p.PickContent = w.publication(n, 0)
	return eventOf(p.ID, recommend.TypePickPublished, expert, p)
}

// manyPicks are n publications by experts in turn.
func (w *World) manyPicks(n int) ([]recommend.Event, error) {
	out := make([]recommend.Event, n)
	for i := range out {
		expert := i % w.experts
		p := recommend.PublishedPick{ID: "d" + strconv.Itoa(i), Expert: expertID(int32(expert)), PublishedAt: Noon()} //nolint:gosec // few
		p.PickContent = w.publication(i, expert)
		var err error
		if out[i], err = eventOf(p.ID, recommend.TypePickPublished, p.Expert, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func eventOf(id, kind, key string, v any) (recommend.Event, error) {
	data, err := json.Marshal(v)
	return recommend.Event{ID: id, Source: recommend.SourceAPI, Type: kind, Key: key, Time: Noon(), Appended: Noon(), Data: data}, err
}

// appendAll appends events in pieces.
func appendAll(ctx context.Context, p *ingest.Publisher, topic string, events []recommend.Event) error {
	for len(events) > 0 {
		n := min(len(events), atOnceAppended)
		if _, err := p.Append(ctx, topic, events[:n]...); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// expertDocuments are the experts who publish, also those of both ends.
func (w *World) expertDocuments(parts int) ([]recommend.Document, error) {
	ids := append(ends(gateKey, parts), ends(lastKey, parts)...)
	docs := make([]recommend.Document, 0, w.experts+len(ids))
	for i := range w.experts + len(ids) {
		_, v := w.expertDocument(i)
		x, _ := v.(*recommend.Expert)
		if more := i - w.experts; more >= 0 {
			x.ID = ids[more]
			_, like := w.expertDocument(0)
			x.Topics = like.(*recommend.Expert).Topics //nolint:forcetypeassert // it is one, as above
		}
		body, err := json.Marshal(x)
		if err != nil {
			return nil, err
		}
		docs = append(docs, recommend.Document{Ref: recommend.Ref{Kind: recommend.KindExpert, ID: x.ID}, Body: body})
	}
	return docs, nil
}
