// Package demo makes the world that `vitrine serve --demo` shows: topics,
// partners, experts, products, picks, readers and what visitors did, all invented. It is
// deterministic: the same now gives the same bytes. It knows the import format
// and nothing else of the service; it is not test data for ranking, and what it
// tells about products is not advice.
package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A World is a set of records in the import format, each slice in the order in
// which an import reads it; picks are sorted by time.
type World struct {
	Partners []Partner
	Experts  []Expert
	Products []Product
	Picks    []Pick
	Readers  []Reader
	Deeds    []Deed
	Sales    []Sale
}

// A Label is a text in the two languages of the pages.
type Label struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// A Topic is an interest. Parent is empty for a root.
type Topic struct {
	ID     string `json:"id"`
	Parent string `json:"parent,omitempty"`
	Label  Label  `json:"label"`
}

// A Partner is a line of partners.jsonl. About is "English / 中文".
type Partner struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Links []string `json:"links"`
	State string   `json:"state"`
	About string   `json:"about"`
}

// An Expert is a line of experts.jsonl.
type Expert struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Topics   []string `json:"topics"`
	Verified bool     `json:"verified"`
	Bio      string   `json:"bio,omitempty"`
}

// Money is an amount in minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// A Product is a line of products.jsonl. A stock of 0 means sold out, so it is
// always written.
type Product struct {
	Key          string    `json:"key"`
	Title        string    `json:"title"`
	URL          string    `json:"url"`
	Topic        string    `json:"topic"`
	Price        Money     `json:"price"`
	Stock        int       `json:"stock"`
	Image        string    `json:"image"`
	CommissionBP int       `json:"commission_bp"`
	UpdatedAt    time.Time `json:"updated_at"`
}

// A Pick is a line of picks.jsonl. Inventory 0 means that nothing is claimed.
type Pick struct {
	ID           string    `json:"id"`
	Expert       string    `json:"expert"`
	Link         string    `json:"link"`
	Reason       string    `json:"reason"`
	Topics       []string  `json:"topics"`
	Inventory    int       `json:"inventory,omitempty"`
	Relationship string    `json:"relationship"`
	PublishedAt  time.Time `json:"published_at"`
}

// A Reader is a line of readers.jsonl. Weights lie between 0 and 1.
type Reader struct {
	ID        string             `json:"id"`
	Interests map[string]float64 `json:"interests,omitempty"`
	Follows   []string           `json:"follows,omitempty"`
}

// New makes the world as it stands at now. Who says what about which product
// does not depend on now, only the times do: picks lie in the 60 days before it
// and product facts in the last six hours. The error tells the file and line of
// content that cannot be read.
func New(now time.Time) (World, error) {
	lib, err := readLibrary()
	if err != nil {
		return World{}, err
	}
	now = now.UTC().Truncate(time.Second)
	shelf := stock(lib, now)
	w := World{Partners: partners()}
	for _, v := range lib.voices {
		w.Experts = append(w.Experts, v.expert())
	}
	for _, g := range shelf {
		w.Products = append(w.Products, g.product)
	}
	w.Picks = publish(lib, shelf, now)
	w.Readers = readers(lib)
	w.Deeds, w.Sales = deeds(lib, &w, now)
	return w, nil
}

// Topics returns the topic tree, every parent before its children.
func Topics() ([]Topic, error) {
	return readTopics()
}

// WriteTo writes the six JSON-lines files into dir, all but Sales, which it creates when it is
// missing; files of the same names are replaced.
func (w World) WriteTo(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make directory of the demo world: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open directory of the demo world: %w", err)
	}
	defer func() { _ = root.Close() }()
	for _, write := range []func(*os.Root) error{
		func(r *os.Root) error { return writeLines(r, "partners.jsonl", w.Partners) },
		func(r *os.Root) error { return writeLines(r, "experts.jsonl", w.Experts) },
		func(r *os.Root) error { return writeLines(r, "products.jsonl", w.Products) },
		func(r *os.Root) error { return writeLines(r, "picks.jsonl", w.Picks) },
		func(r *os.Root) error { return writeLines(r, "readers.jsonl", w.Readers) },
		func(r *os.Root) error { return writeLines(r, "actions.jsonl", w.Deeds) },
	} {
		if err := write(root); err != nil {
			return err
		}
	}
	return nil
}

func writeLines[T any](root *os.Root, name string, records []T) (err error) {
	f, err := root.Create(name)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("write %s: %w", name, cerr)
		}
	}()
	buf := bufio.NewWriter(f)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	for i := range records {
		if err := enc.Encode(records[i]); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
