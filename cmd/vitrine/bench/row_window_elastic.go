package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// windowElasticRow is a window that one query of Elasticsearch answers, the
// obvious design, beside ours on the same picks.
func windowElasticRow() Row {
	const name = "window/elastic"
	return Row{Name: name, About: "windows on one connection, beside windows made by one Elasticsearch query", Run: func(ctx context.Context, b *Bench) (_ []Result, err error) {
		if len(b.Elastic) == 0 {
			return notGiven(name, "--elastic"), nil
		}
		s, err := b.Service(ctx)
		if err != nil {
			return nil, err
		}
		x := &esWindows{esNode: newNode(b.Elastic[0]), index: "bench-" + strconv.Itoa(os.Getpid()) + "-window"}
		defer x.close()
		defer func() { err = errors.Join(err, x.remove(context.WithoutCancel(ctx), x.index)) }()
		if err := x.fill(ctx, b.made()); err != nil {
			return nil, err
		}
		if err := s.visited(ctx); err != nil {
			return nil, err
		}
		subject := s.windows(s.Child, 1)
		if _, err := subject.Load.Run(ctx, b.Warmup); err != nil {
			return nil, err
		}
		if _, err := x.run(ctx, b.Warmup); err != nil {
			return nil, err
		}
		d := new(Duel)
		for range b.Rounds {
			query, err := x.run(ctx, b.Duration)
			if err != nil {
				return nil, err
			}
			ours, err := subject.measure(ctx, b.Duration)
			if err != nil {
				return nil, err
			}
			d.Floor, d.Subject = append(d.Floor, query), append(d.Subject, ours)
		}
		r := d.result(name, "windows/s")
		r.More["query's p50 ms"] = median(d.Floor, func(s *Sample) float64 { return s.Quantile(50) })
		r.More["query's p99 ms"] = median(d.Floor, func(s *Sample) float64 { return s.Quantile(99) })
		r.Notes = []string{"the ratio is how many times faster ours are; theirs are asked for in the process that encodes the page, without HTTP of its own"}
		r.Aims = []Aim{atLeast("ratio", r.Ratio, 15)}
		return []Result{r}, nil
	}}
}

// esWindows are windows of an index of the world's picks, each with its
// product in it.
type esWindows struct {
	*esNode
	index   string
	queries [][]byte // of every reader
	next    int
}

// fill makes the index and writes all picks into it.
func (x *esWindows) fill(ctx context.Context, w *World) error {
	const settings = `{"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"-1"},"mappings":{"dynamic":false,"properties":{
"state":{"type":"keyword"},"in_stock":{"type":"boolean"},"expert":{"type":"keyword"},"topics":{"type":"keyword"},"published_at":{"type":"date"}}}}`
	if _, err := x.do(ctx, http.MethodPut, "/"+x.index, []byte(settings)); err != nil {
		return err
	}
	const atOnce = 2000
	var lines bytes.Buffer
	for i := range w.picks {
		if err := x.line(&lines, w, i); err != nil {
			return err
		}
		if (i+1)%atOnce == 0 || i == len(w.picks)-1 {
			if err := x.bulk(ctx, lines.Bytes()); err != nil {
				return err
			}
			lines.Reset()
		}
	}
	for _, path := range []string{"/_refresh", "/_forcemerge?max_num_segments=1"} {
		if _, err := x.do(ctx, http.MethodPost, "/"+x.index+path, nil); err != nil {
			return err
		}
	}
	x.queries = make([][]byte, w.Readers)
	for i := range x.queries {
		var err error
		if x.queries[i], err = w.query(i); err != nil {
			return err
		}
	}
	return nil
}

// indexed is a pick as it is found: the fields of the filter, and the card.
type indexed struct {
	State     string    `json:"state"`
	InStock   bool      `json:"in_stock"`
	Expert    string    `json:"expert"`
	Topics    []string  `json:"topics"`
	Published time.Time `json:"published_at"`
	Card      card      `json:"card"`
}

func (x *esWindows) line(lines *bytes.Buffer, w *World, i int) error {
	id, v := w.pickDocument(i)
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, product := w.productDocument(int(w.picks[i].product))
	_, expert := w.expertDocument(int(w.picks[i].expert))
	facts, err := json.Marshal(map[string]any{"product": product, "expert": expert})
	if err != nil {
		return err
	}
	d := indexed{State: "published", Expert: expertID(w.picks[i].expert), Published: w.picks[i].at}
	if err := json.Unmarshal(b, &struct {
		Reason *string
		Topics *[]string
		Link   *string
	}{&d.Card.Reason, &d.Topics, &d.Card.Link}); err != nil {
		return err
	}
	var stock struct{ Product struct{ Stock int64 } }
	err = errors.Join(json.Unmarshal(facts, &struct {
		Product *goods
		Expert  *person
	}{&d.Card.Product, &d.Card.Expert}), json.Unmarshal(facts, &stock))
	if err != nil {
		return err
	}
	d.InStock = stock.Product.Stock > 0
	d.Card.Pick, d.Card.Topics, d.Card.PublishedAt = id, d.Topics, d.Published
	d.Card.Disclosure = disclosure{Label: "本条含推广链接，成交后推荐人获得佣金", Short: "推广", Relationship: "commission", Placement: "card"}
	fmt.Fprintf(lines, `{"index":{"_index":%q,"_id":%q}}`+"\n", x.index, id)
	return json.NewEncoder(lines).Encode(&d)
}

// query is what reader i asks: picks of the topics that he likes, and of the
// experts that he follows, weighed by how much, and by how fresh they are.
func (w *World) query(i int) ([]byte, error) {
	_, v := w.readerDocument(i)
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var reader struct {
		Interests []struct {
			Topic  string
			Weight float64
		}
		Follows []struct{ ID string }
	}
	if err := json.Unmarshal(b, &reader); err != nil {
		return nil, err
	}
	type object = map[string]any
	term := func(field string, value any) object { return object{"term": object{field: value}} }
	functions := []object{{"gauss": object{"published_at": object{"origin": Noon(), "scale": "30d", "decay": .5}}}} //nolint:mnd // a decay
	var topics []string
	for _, t := range reader.Interests {
		topics = append(topics, t.Topic)
		functions = append(functions, object{"filter": term("topics", t.Topic), "weight": 1 + t.Weight})
	}
	var follows []string
	for _, f := range reader.Follows {
		follows = append(follows, f.ID)
	}
	if len(follows) > 0 {
		functions = append(functions, object{"filter": object{"terms": object{"expert": follows}}, "weight": 2})
	}
	muted := []string{expertID(int32(i % w.experts)), expertID(int32((i + 1) % w.experts))} //nolint:gosec // few
	return json.Marshal(object{
		"size": 20, "track_total_hits": false, //nolint:mnd // a page
		"query": object{"function_score": object{
			"query": object{"bool": object{
				"filter":   []object{term("state", "published"), term("in_stock", true), {"terms": object{"topics": slices.Compact(slices.Sorted(slices.Values(topics)))}}},
				"must_not": []object{{"terms": object{"expert": muted}}},
			}},
			"functions": functions, "score_mode": "multiply", "boost_mode": "replace",
		}},
	})
}

// run asks for windows one after the other, for so long.
func (x *esWindows) run(ctx context.Context, d time.Duration) (*Sample, error) {
	s := &Sample{Latency: newHistogram()}
	begun := time.Now()
	for from := begun; from.Sub(begun) < d; from = time.Now() {
		page, err := x.window(ctx, x.queries[x.next%len(x.queries)])
		if err != nil {
			return nil, err
		}
		x.next++
		s.Answers++
		s.Bytes += int64(len(page))
		_ = s.Latency.RecordValue(int64(time.Since(from)))
	}
	s.Took = time.Since(begun)
	return s, nil
}

// window asks once and encodes the page.
func (x *esWindows) window(ctx context.Context, query []byte) ([]byte, error) {
	b, err := x.do(ctx, http.MethodPost, "/"+x.index+"/_search?filter_path=hits.hits._score,hits.hits._source.card", query)
	if err != nil {
		return nil, err
	}
	var found struct {
		Hits struct {
			Hits []struct {
				Score  float64 `json:"_score"`
				Source indexed `json:"_source"`
			}
		}
	}
	if err := json.Unmarshal(b, &found); err != nil {
		return nil, err
	}
	if len(found.Hits.Hits) == 0 {
		return nil, fmt.Errorf("no hits: %.300s", b)
	}
	p := page{WindowID: "w", Policy: "bench"}
	for i, h := range found.Hits.Hits {
		c := h.Source.Card
		c.Position, c.Score, c.Source = i, h.Score, "query"
		p.Items = append(p.Items, c)
	}
	return json.Marshal(&p)
}
