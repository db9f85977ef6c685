package demo

import (
	"bufio"
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"
)

//go:embed content/*.txt
var content embed.FS

// library is everything the content files say.
type library struct {
	topics []Topic
	shared lists
	kinds  []*kind
	voices []*voice
}

// A kind is a sort of product, such as a gaiwan: how it is called, what varies,
// and what can be said about it.
type kind struct {
	id     string
	topic  string   // the leaf it is sold under
	also   []string // leaves it fits as well
	lo, hi int      // price in yuan
	count  int      // how many products of it there are
	makers []Label
	title  [2]phrase
	axes   []axis
	lines  []*line // true of every product of this kind
}

// An axis is a way in which products of a kind differ. A naming axis is one
// whose value is the product's own name, as a book's title is.
type axis struct {
	name   string
	naming bool
	values []value
}

type value struct {
	label Label
	price int // per mille of the kind's price
	lines []*line
}

// A line is one thing that can be said. Its role is w: whom it is for or how it
// came to be bought; t: what was tried; b: what is not so good; p: advice.
type line struct {
	at   string // where in the content
	lang language
	role byte
	text phrase
	from []string // the shared lists it draws from
	used int
}

func readLibrary() (*library, error) {
	topics, err := readTopics()
	if err != nil {
		return nil, err
	}
	lib := &library{topics: topics}
	if lib.shared, err = readLists(); err != nil {
		return nil, err
	}
	for _, t := range topics {
		if t.Parent != "" {
			continue
		}
		kinds, err := readKinds(t.ID+".txt", lib.shared)
		if err != nil {
			return nil, err
		}
		lib.kinds = append(lib.kinds, kinds...)
	}
	if lib.voices, err = readVoices(lib.shared); err != nil {
		return nil, err
	}
	if err := lib.check(); err != nil {
		return nil, err
	}
	return lib, nil
}

// eachLine calls do for the lines of a content file that say something, and
// puts file and line number before its errors.
func eachLine(name string, do func(at, text string) error) error {
	f, err := content.Open(path.Join("content", name))
	if err != nil {
		return fmt.Errorf("open demo content: %w", err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		text := strings.TrimSpace(in.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		at := name + ":" + strconv.Itoa(n)
		if err := do(at, text); err != nil {
			return fmt.Errorf("demo content %s: %w", at, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("read demo content %s: %w", name, err)
	}
	return nil
}

// fields splits "a | b | c" and wants between lo and hi parts, none empty.
func fields(text string, lo, hi int) ([]string, error) {
	parts := strings.Split(text, "|")
	if len(parts) < lo || len(parts) > hi {
		return nil, fmt.Errorf("%d fields in %q, want %d to %d", len(parts), text, lo, hi)
	}
	for i := range parts {
		if parts[i] = strings.TrimSpace(parts[i]); parts[i] == "" {
			return nil, fmt.Errorf("empty field in %q", text)
		}
	}
	return parts, nil
}

func readTopics() ([]Topic, error) {
	var topics []Topic
	err := eachLine("topics.txt", func(_, text string) error {
		f, err := fields(text, 3, 3)
		if err != nil {
			return err
		}
		t := Topic{ID: f[0], Label: Label{ZH: f[1], EN: f[2]}}
		if i := strings.LastIndexByte(t.ID, '/'); i >= 0 {
			t.Parent = t.ID[:i]
		}
		topics = append(topics, t)
		return nil
	})
	return topics, err
}

// readLists reads "zh dur a|b|c" and, for longer entries, "zh gift one entry".
func readLists() (lists, error) {
	shared := lists{map[string][]string{}, map[string][]string{}}
	err := eachLine("lists.txt", func(_, text string) error {
		lang, rest, _ := strings.Cut(text, " ")
		name, entries, ok := strings.Cut(rest, " ")
		if !ok || (lang != "zh" && lang != "en") {
			return fmt.Errorf("%q is no list", text)
		}
		l := zh
		if lang == "en" {
			l = en
		}
		for entry := range strings.SplitSeq(entries, "|") {
			shared[l][name] = append(shared[l][name], strings.TrimSpace(entry))
		}
		return nil
	})
	return shared, err
}
