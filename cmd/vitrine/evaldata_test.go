package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The corner is a small world to measure ranking on: a shop, six experts, eight
// readers who each like some topics more than others, and three weeks of what
// they did, of which the last has queries. It is made up, by a generator that
// makes the same each time, and lies in testdata so that it can be read.

const cornerDir = "testdata/eval/corner"

var cornerStart = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

func cornerTopics() []string {
	return []string{"home/kitchen", "home/garden", "books", "music", "sport"}
}

// A cornerMaker is the world in the making.
type cornerMaker struct {
	draw  *rand.Rand
	files map[string]*strings.Builder
	picks []cornerPick
	taste []map[string]float64 // of the readers
	did   []map[string]bool    // products that the readers have acted on
	acts  int
	lists int
}

type cornerPick struct {
	id, product, topic string
	expert             int
	worth              float64
	at                 time.Time
}

func (c *cornerMaker) line(file string, fields map[string]any) {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	if c.files[file] == nil {
		c.files[file] = new(strings.Builder)
	}
	c.files[file].Write(append(b, '\n'))
}

// makeCorner returns the files of the corner.
func makeCorner() map[string]string {
	c := &cornerMaker{draw: rand.New(rand.NewPCG(11, 26)), files: make(map[string]*strings.Builder)}
	c.people()
	for day := range 21 {
		c.publish(day)
		for r := range c.taste {
			if c.draw.Float64() < 0.5 {
				c.visit(r, cornerStart.AddDate(0, 0, day).Add(time.Duration(c.draw.IntN(12*3600))*time.Second), day >= 14)
			}
		}
	}
	made := make(map[string]string, len(c.files))
	for name, b := range c.files {
		lines := slices.Collect(strings.Lines(b.String()))
		slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(timeIn(a), timeIn(b)) })
		made[name+".jsonl"] = strings.Join(lines, "")
	}
	return made
}

// timeIn is what a line is sorted by.
func timeIn(line string) string {
	var t struct {
		At        string `json:"at"`
		Published string `json:"published_at"`
		Updated   string `json:"updated_at"`
	}
	_ = json.Unmarshal([]byte(line), &t)
	return t.At + t.Published + t.Updated
}

func (c *cornerMaker) people() {
	c.line("partners", map[string]any{"id": "corner", "name": "Corner Shop", "links": []string{"https://corner.example/p/{item}"}, "state": "active"})
	for i := range 6 {
		topics := cornerTopics()
		c.line("experts", map[string]any{"id": fmt.Sprintf("e%d", i), "name": fmt.Sprintf("Expert %d", i), "topics": []string{topics[i%5], topics[(i+2)%5]}, "verified": true})
	}
	for r := range 8 {
		taste := make(map[string]float64)
		for i, t := range cornerTopics() {
			taste[t] = math.Pow(c.draw.Float64(), 3)
			if i == r%5 {
				taste[t] = 1
			}
		}
		c.taste, c.did = append(c.taste, taste), append(c.did, make(map[string]bool))
		fields := map[string]any{"id": fmt.Sprintf("r%d", r)}
		if r%3 == 0 {
			fields["follows"] = []string{fmt.Sprintf("e%d", r%5)}
		}
		if r%4 == 0 {
			fields["interests"] = map[string]float64{cornerTopics()[r%5]: 1}
		}
		c.line("readers", fields)
	}
}

// publish has experts publish a day's picks; some are of products that others
// have picked before.
func (c *cornerMaker) publish(day int) {
	for range 3 {
		expert := c.draw.IntN(6)
		topics := cornerTopics()
		p := cornerPick{
			id: fmt.Sprintf("k%03d", len(c.picks)), product: fmt.Sprintf("i%03d", len(c.picks)), expert: expert, worth: c.draw.Float64(),
			topic: topics[(expert+2*c.draw.IntN(2))%5], at: cornerStart.AddDate(0, 0, day).Add(time.Duration(c.draw.IntN(4*3600)-4*3600) * time.Second),
		}
		if n := len(c.picks); n > 8 && c.draw.Float64() < 0.2 {
			if old := c.picks[c.draw.IntN(n)]; old.topic == p.topic && old.expert != expert {
				p.product, p.worth = old.product, old.worth
			}
		}
		if p.product == "i"+p.id[1:] {
			c.line("products", map[string]any{"key": "corner:" + p.product, "title": "Thing " + p.product, "topic": p.topic, "updated_at": stamp(p.at.Add(-time.Hour))})
		}
		c.picks = append(c.picks, p)
		c.line("picks", map[string]any{
			"id": p.id, "expert": fmt.Sprintf("e%d", expert), "link": "https://corner.example/p/" + p.product,
			"reason": "Used every day for a month, and still liked: number " + p.id, "topics": []string{p.topic}, "published_at": stamp(p.at),
		})
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// visit has a reader look at a list, open what he likes and keep some of it.
// What he opens is what a query of that time has to find.
func (c *cornerMaker) visit(r int, at time.Time, ask bool) {
	list := c.list(at)
	c.lists++
	window := fmt.Sprintf("w%03d", c.lists)
	var candidates, liked []string
	byTopic := make(map[string][]string)
	for i, p := range list {
		candidates = append(candidates, p.id)
		c.act(r, "impression", p.id, at, map[string]any{"window": window, "position": i})
		if c.draw.Float64() >= 0.9*c.taste[r][p.topic]*p.worth || c.did[r][p.product] {
			continue
		}
		key := "corner:" + p.product
		liked, byTopic[p.topic] = append(liked, key), append(byTopic[p.topic], key)
		c.act(r, "open", p.id, at.Add(30*time.Second), map[string]any{"window": window, "position": i})
		c.did[r][p.product] = true
		if c.draw.Float64() < 0.3 {
			c.act(r, "bookmark", p.id, at.Add(time.Minute), nil)
		}
		if c.draw.Float64() < 0.15 {
			c.act(r, "cart", p.id, at.Add(2*time.Minute), nil)
		}
	}
	if !ask || len(liked) == 0 {
		return
	}
	query := func(kind string, relevant []string, more map[string]any) {
		fields := map[string]any{"id": "q" + window[1:] + "-" + kind, "reader": fmt.Sprintf("r%d", r), "at": stamp(at), "relevant": slices.Compact(slices.Sorted(slices.Values(relevant)))}
		maps.Copy(fields, more)
		c.line("queries", fields)
	}
	query("list", liked, map[string]any{"candidates": candidates, "limit": 3})
	query("home", liked, map[string]any{"limit": 10})
	topic := slices.Sorted(maps.Keys(byTopic))[0]
	query("topic", byTopic[topic], map[string]any{"topic": topic, "limit": 5, "fresh": true})
}

// list is six picks, newer ones more likely.
func (c *cornerMaker) list(at time.Time) []cornerPick {
	var list []cornerPick
	for _, i := range c.draw.Perm(len(c.picks)) {
		p := c.picks[i]
		if age := at.Sub(p.at); age > 0 && c.draw.Float64() < math.Exp2(-age.Hours()/120) && len(list) < 6 {
			list = append(list, p)
		}
	}
	return list
}

func (c *cornerMaker) act(r int, kind, pick string, at time.Time, more map[string]any) {
	fields := map[string]any{"id": fmt.Sprintf("a%04d", c.acts), "reader": fmt.Sprintf("r%d", r), "kind": kind, "pick": pick, "at": stamp(at)}
	c.acts++
	maps.Copy(fields, more)
	c.line("actions", fields)
}

func TestTheCornerIsWhatItsGeneratorMakes(t *testing.T) {
	made, dir := makeCorner(), corner(t)
	for _, name := range slices.Sorted(maps.Keys(made)) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != made[name] {
			t.Errorf("%s differs from what the generator makes; -update writes it anew", name)
		}
	}
}
