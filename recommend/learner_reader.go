package recommend

import (
	"context"
	"encoding/json"
	"fmt"
)

// A taughtReader is what the store has of a reader to learn from.
type taughtReader struct {
	body    json.RawMessage // nil for one nothing is known of
	decoded bool
	reader  *Reader // nil for one of whom nothing is to be learned
}

// Prepare reads at once the readers of actions that come next: so many are no
// slower than one, and one who acts more than once is decoded once. What is
// written of them meanwhile is looked at with the actions after these. Without
// it Observe reads each as it goes. An error is one of the store.
func (l *Learner) Prepare(ctx context.Context, actions []*Action) error {
	l.prepared = nil
	next := make(map[string]*taughtReader)
	var refs []Ref
	add := func(name string) {
		if next[name] == nil {
			next[name] = new(taughtReader)
			refs = append(refs, Ref{KindReader, name})
		}
	}
	if len(l.shown.picks) > 0 {
		add(l.shown.reader)
	}
	for _, a := range actions {
		if !a.Bot && (a.Kind == ActImpression && a.Window != "" || historyWeight(a.Kind) != 0 && a.Pick != "") {
			add(a.Reader)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	docs, err := l.windows.store.Get(ctx, refs...)
	if err != nil {
		return fmt.Errorf("learn from readers: %w", err)
	}
	for i := range docs {
		next[docs[i].ID].body = docs[i].Body
	}
	l.prepared = next
	return nil
}

// reader is a reader's document, nil for one of whom nothing is to be learned.
func (l *Learner) reader(ctx context.Context, name string) (*Reader, error) {
	t := l.prepared[name]
	if t == nil {
		t = new(taughtReader)
		docs, err := l.windows.store.Get(ctx, Ref{KindReader, name})
		if err != nil {
			return nil, fmt.Errorf("learn from a reader: %w", err)
		}
		if len(docs) > 0 {
			t.body = docs[0].Body
		}
	}
	if !t.decoded {
		t.decoded = true
		r, err := t.decode(name)
		if err != nil {
			l.logger.WarnContext(ctx, "nothing learned from a reader", "err", err)
		} else if !r.Impersonal && r.Erased.IsZero() {
			t.reader = r
		}
		t.body = nil
	}
	return t.reader, nil
}

func (t *taughtReader) decode(name string) (*Reader, error) {
	if t.body == nil {
		return &Reader{ID: name}, nil
	}
	return decodeTaught(t.body)
}
