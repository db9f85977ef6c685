package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"vitrine.dev/recommend"
)

// A comparison says how the documents of two stores differ, kind by kind.
type comparison struct {
	behind bool
	kinds  map[recommend.Kind]*census
}

// A census counts the documents of a kind.
type census struct {
	documents, identical, newer, differing int64
	first                                  []string // ids of some that differ
}

// How many documents are compared at once, and how many that differ are named.
const (
	compareChunk = 500
	compareNamed = 3
)

// compare compares every document of now with that of next. Behind says that
// now does not hold all events yet: then a document that is later in next, or
// only there, is newer and does not differ.
func compare(ctx context.Context, now, next verifiable, behind bool) (*comparison, error) {
	c := &comparison{behind: behind, kinds: map[recommend.Kind]*census{}}
	for _, kind := range recommend.Kinds() {
		k := new(census)
		c.kinds[kind] = k
		err := inChunks(ctx, now, kind, func(docs []recommend.Document) error {
			return c.chunk(ctx, k, next, docs)
		})
		if err != nil {
			return nil, err
		}
		err = inChunks(ctx, next, kind, func(docs []recommend.Document) error {
			there, err := byRef(ctx, now, docs)
			for _, d := range docs {
				if _, ok := there[d.Ref]; !ok {
					k.documents++
					c.later(k, d)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// chunk compares docs with what next has of them.
func (c *comparison) chunk(ctx context.Context, k *census, next recommend.Store, docs []recommend.Document) error {
	there, err := byRef(ctx, next, docs)
	if err != nil {
		return err
	}
	for _, d := range docs {
		k.documents++
		n, ok := there[d.Ref]
		switch {
		case ok && n.Version == d.Version && bytes.Equal(n.Body, d.Body):
			k.identical++
		case ok && n.Version > d.Version:
			c.later(k, d)
		default:
			k.differs(d)
		}
	}
	return nil
}

func (c *comparison) later(k *census, d recommend.Document) {
	if c.behind {
		k.newer++
		return
	}
	k.differs(d)
}

func (k *census) differs(d recommend.Document) {
	k.differing++
	if len(k.first) < compareNamed {
		k.first = append(k.first, d.ID)
	}
}

// byRef returns what s has of docs.
func byRef(ctx context.Context, s recommend.Store, docs []recommend.Document) (map[recommend.Ref]recommend.Document, error) {
	refs := make([]recommend.Ref, len(docs))
	for i, d := range docs {
		refs[i] = d.Ref
	}
	found, err := s.Get(ctx, refs...)
	if err != nil {
		return nil, err
	}
	there := make(map[recommend.Ref]recommend.Document, len(found))
	for _, d := range found {
		there[d.Ref] = d
	}
	return there, nil
}

// inChunks calls f with all documents of kind.
func inChunks(ctx context.Context, s verifiable, kind recommend.Kind, f func([]recommend.Document) error) error {
	var docs []recommend.Document
	err := s.Each(ctx, kind, func(d recommend.Document) error {
		if docs = append(docs, d); len(docs) < compareChunk {
			return nil
		}
		err := f(docs)
		docs = docs[:0]
		return err
	})
	if err != nil || len(docs) == 0 {
		return err
	}
	return f(docs)
}

// differ reports whether any document differs.
func (c *comparison) differ() bool {
	for _, k := range c.kinds {
		if k.differing > 0 {
			return true
		}
	}
	return false
}

// print writes a table. Newer documents hold events that the folds at work had
// not come to.
func (c *comparison) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tDOCUMENTS\tIDENTICAL\tNEWER\tDIFFERING\tFIRST")
	for _, kind := range recommend.Kinds() {
		k := c.kinds[kind]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\n", kind, k.documents, k.identical, k.newer, k.differing, strings.Join(k.first, " "))
	}
	return w.Flush()
}
