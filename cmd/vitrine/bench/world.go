package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"vitrine.dev/recommend"
)

// A Size says how large a made-up world is. The same Size is the same world, to
// the byte.
type Size struct {
	Seed    uint64 `json:"seed"`
	Picks   int    `json:"picks"`
	Readers int    `json:"readers"`
	Actions int    `json:"actions"` // of each reader, at the mean
}

// worldVersion changes whenever the files of a world do.
const worldVersion = 1

// Noon is when the clock of a world stands still: what there is was published
// and done before.
func Noon() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// A World is what a Size describes, piece by piece.
type World struct {
	Size
	dice     *rand.Rand
	experts  int
	products []madeProduct
	byTopic  [][]int32 // products of each topic, best known first
	picks    []madePick
	listed   [][]int32 // picks of each topic
}

type madeProduct struct {
	topic int
	zh    bool
}

type madePick struct {
	product, expert int32
	at              time.Time
}

// Shape of the world: 10 topics with 9 below each, and one expert for 40 picks,
// three picks of a product at the mean.
const (
	rootTopics, subTopics = 10, 9
	picksOfExpert         = 40
	picksOfProduct        = 3
	yearOfMinutes         = 365 * 24 * 60
)

// NewWorld makes a world up.
func NewWorld(s Size) *World {
	w := &World{Size: s, dice: rand.New(rand.NewPCG(s.Seed, worldVersion)), experts: max(s.Picks/picksOfExpert, rootTopics)} //nolint:gosec // dice, no secret
	w.byTopic, w.listed = make([][]int32, rootTopics*subTopics), make([][]int32, rootTopics*subTopics)
	for i := range max(s.Picks/picksOfProduct, len(w.byTopic)) {
		p := madeProduct{topic: i % len(w.byTopic), zh: w.dice.IntN(10) < 6}
		w.byTopic[p.topic] = append(w.byTopic[p.topic], int32(i))
		w.products = append(w.products, p)
	}
	for i := range s.Picks {
		expert := w.skewed(w.experts)
		topic := w.topicOf(expert)
		product := w.byTopic[topic][w.skewed(len(w.byTopic[topic]))]
		// More is published lately than long ago.
		ago := time.Duration(math.Pow(w.dice.Float64(), 2)*yearOfMinutes)*time.Minute + time.Minute
		w.picks = append(w.picks, madePick{product: product, expert: int32(expert), at: Noon().Add(-ago)}) //nolint:gosec // few
		w.listed[topic] = append(w.listed[topic], int32(i))
	}
	return w
}

// skewed draws one of n, the first the most often: half of what is drawn falls
// on an eighth.
func (w *World) skewed(n int) int {
	return min(int(float64(n)*math.Pow(w.dice.Float64(), 3)), n-1)
}

// topicOf draws a topic among those of an expert: below one root, and one in
// six times below another.
func (w *World) topicOf(expert int) int {
	root := expert % rootTopics
	if w.dice.IntN(6) == 0 {
		root = (root + 3) % rootTopics
	}
	return root*subTopics + w.dice.IntN(subTopics)
}

func topicID(n int) string { return "t" + strconv.Itoa(n/subTopics) + "/s" + strconv.Itoa(n%subTopics) }

func pickID(n int32) string { return "k" + strconv.Itoa(int(n)) }

func expertID(n int32) string { return "e" + strconv.Itoa(int(n)) }

func productItem(n int32) string { return strconv.Itoa(100_000_000 + int(n)) }

// ReaderID is the id of the nth reader.
func ReaderID(n int) string { return "r" + strconv.Itoa(n) }

// Policy is the policy file of the world: its topics, and no limits to
// publishing, so that rows may publish as fast as they can.
func Policy() []byte {
	b := []byte("version: bench\npublish: {per_day: 1000000, per_hour: 1000000, per_partner_per_day: 1000000, probation_per_day: 1000000, spacing: 0s, same_product: 0s, similar: {copies: 1000000}}\ntopics:\n")
	for r := range rootTopics {
		b = fmt.Appendf(b, "  - {id: t%d, labels: {zh: \"%s\", en: \"%s\"}}\n", r, rootLabels[r].zh, rootLabels[r].en)
		for s := range subTopics {
			b = fmt.Appendf(b, "  - {id: t%d/s%d, labels: {zh: \"%s之%d\", en: \"%s %d\"}}\n", r, s, rootLabels[r].zh, s, rootLabels[r].en, s)
		}
	}
	return b
}

// WriteFiles writes the world into dir in the import format.
func (w *World) WriteFiles(dir string) error {
	for _, f := range []struct {
		name string
		n    int
		line func(int) any
	}{
		{"experts", w.experts, w.expert},
		{"products", len(w.products), w.product},
		{"picks", len(w.picks), w.pick},
		{"readers", w.Readers, w.reader},
		{"actions", w.Readers * w.Actions, w.action},
	} {
		if err := writeLines(filepath.Join(dir, f.name+".jsonl"), f.n, f.line); err != nil {
			return err
		}
	}
	return nil
}

func writeLines(path string, n int, line func(int) any) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // in a directory of our own
	if err != nil {
		return fmt.Errorf("world: %w", err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	enc := json.NewEncoder(out)
	for i := range n {
		if err := enc.Encode(line(i)); err != nil {
			_ = f.Close()
			return fmt.Errorf("world: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		_ = f.Close()
		return fmt.Errorf("world: %w", err)
	}
	return f.Close()
}

func (w *World) expert(i int) any {
	topics := []string{"t" + strconv.Itoa(i%rootTopics), "t" + strconv.Itoa((i%rootTopics+3)%rootTopics)}
	name := names[w.dice.IntN(len(names))] + " " + strconv.Itoa(i)
	return recommend.VerifiedExpert{ID: expertID(int32(i)), Name: name, Topics: topics, Verified: true, Bio: bios[w.dice.IntN(len(bios))]} //nolint:gosec // few
}

func (w *World) product(i int) any {
	p := w.products[i]
	item := productItem(int32(i)) //nolint:gosec // few
	stock := int64(w.dice.IntN(200))
	return recommend.Product{
		Key: "jd:" + item, Title: w.title(p, i), Topic: topicID(p.topic), URL: "https://item.jd.com/" + item + ".html",
		Price: &recommend.Money{Amount: int64(w.dice.IntN(90_000) + 900), Currency: "CNY"}, Stock: &stock,
		Image: "https://img.example/n1/" + item + ".jpg", CommissionBP: int64(w.dice.IntN(1500)),
		UpdatedAt: Noon().Add(-time.Duration(w.dice.IntN(20*60)) * time.Minute),
	}
}

func (w *World) pick(i int) any {
	m := w.picks[i]
	p := recommend.PublishedPick{ID: pickID(int32(i)), Expert: expertID(m.expert), PublishedAt: m.at} //nolint:gosec // few
	p.PickContent = w.content(m.product)
	return p
}

// content is what an expert says of a product.
func (w *World) content(product int32) recommend.PickContent {
	of := w.products[product]
	topics := []string{topicID(of.topic)}
	if w.dice.IntN(3) == 0 {
		topics = append(topics, topicID(of.topic/subTopics*subTopics+(of.topic+1)%subTopics))
	}
	relations := []recommend.Relationship{"commission", "none", "gift"}
	left := int64(w.dice.IntN(60) + 1)
	return recommend.PickContent{
		Link: "https://item.jd.com/" + productItem(product) + ".html", Reason: w.reason(of.zh), Topics: topics,
		Relationship: relations[w.dice.IntN(len(relations))], Inventory: &left,
	}
}

// Readers have three to ten interests and up to 30 follows.
func (w *World) reader(i int) any {
	r := recommend.DeclaredReader{ID: ReaderID(i), Interests: make(map[string]float64)}
	for range 3 + w.dice.IntN(8) {
		r.Interests[topicID(w.leaning(i))] = float64(w.dice.IntN(8)+3) / 10
	}
	seen := make(map[string]bool)
	for range w.dice.IntN(31) {
		if e := expertID(int32(w.skewed(w.experts))); !seen[e] { //nolint:gosec // few
			seen[e] = true
			r.Follows = append(r.Follows, e)
		}
	}
	return r
}

// leaning draws a topic that reader i leans to: six in eight are his own.
func (w *World) leaning(i int) int {
	if w.dice.IntN(4) == 0 {
		return w.dice.IntN(len(w.byTopic))
	}
	return (i*7 + w.dice.IntN(6)*11) % len(w.byTopic)
}

// action is what readers did in the last 60 days, in the order of time.
func (w *World) action(i int) any {
	reader := w.dice.IntN(w.Readers)
	const span = 60 * 24 * time.Hour
	at := Noon().Add(-span + time.Duration(float64(span)*float64(i)/float64(w.Readers*w.Actions)))
	kinds := []string{recommend.ActOpen, recommend.ActOpen, recommend.ActOpen, recommend.ActBookmark, recommend.ActImpression, recommend.ActCart}
	a := recommend.Action{ID: "a" + strconv.Itoa(i), Reader: ReaderID(reader), Kind: kinds[w.dice.IntN(len(kinds))], At: at}
	for range 20 {
		of := w.listed[w.leaning(reader)]
		if len(of) == 0 {
			continue
		}
		n := of[w.skewed(len(of))]
		a.Pick = pickID(n)
		if w.picks[n].at.Before(at) {
			break
		}
	}
	return a
}

// publication is what expert i may publish: an item that nobody picked before,
// in one of his topics, in words of its own.
func (w *World) publication(n, expert int) recommend.PickContent {
	topic := expert%rootTopics*subTopics + n%subTopics
	c := w.content(w.byTopic[topic][0])
	c.Link = "https://item.jd.com/" + strconv.Itoa(900_000_000+n) + ".html"
	c.Relationship = "commission"
	c.Reason = fmt.Sprintf("%s (%d)", w.reason(n%2 == 0), n)
	return c
}
