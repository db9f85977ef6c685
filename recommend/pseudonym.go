package recommend

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
)

// A Vault keeps, for every reader, the pseudonym that his events and documents
// carry. It is the one thing that is not in the log: what it has forgotten
// leads from no reader to any event, and no rebuild brings it back. It must
// not be deleted with the documents, and belongs into a backup with the keys.
//
// Its methods are safe for concurrent use by several processes; every error
// wraps [ErrUnavailable].
type Vault interface {
	// Lookup returns the pseudonyms of those of readers that have one.
	Lookup(ctx context.Context, readers ...string) (map[string]string, error)

	// Claim returns the pseudonyms of all readers named by fresh, giving those
	// that have none the one proposed there. It returns once that is durable;
	// of several claims at once one wins and all return it.
	Claim(ctx context.Context, fresh map[string]string) (map[string]string, error)

	// Readers is the reverse of Lookup.
	Readers(ctx context.Context, pseudonyms ...string) (map[string]string, error)

	// Destroy forgets the pseudonym of reader, if it still is pseudonym, and
	// returns once that is durable. Nothing to forget is no error.
	Destroy(ctx context.Context, reader, pseudonym string) error
}

// Pseudonyms translate between readers and what their events carry, with a
// cache before a [Vault]. The zero of it, nil, takes every reader for his own
// pseudonym: for archives and tests.
type Pseudonyms struct {
	vault Vault
	known *otter.Cache[string, string] // by reader
}

// How many pseudonyms are remembered, and how long: a reader who had himself
// forgotten through another process is found out by his document before.
const (
	pseudonymsKept = 100_000
	pseudonymsFor  = 10 * time.Minute
)

// NewPseudonyms returns pseudonyms kept in vault.
func NewPseudonyms(vault Vault) (*Pseudonyms, error) {
	known, err := otter.New(&otter.Options[string, string]{
		MaximumSize: pseudonymsKept, ExpiryCalculator: otter.ExpiryWriting[string, string](pseudonymsFor),
	})
	if err != nil {
		return nil, fmt.Errorf("pseudonyms: %w", err)
	}
	return &Pseudonyms{vault: vault, known: known}, nil
}

// Close ends what the cache runs.
func (p *Pseudonyms) Close() {
	if p != nil {
		p.known.StopAllGoroutines()
	}
}

// Of returns the pseudonym of reader, "" if he has none. The error wraps
// [ErrUnavailable].
func (p *Pseudonyms) Of(ctx context.Context, reader string) (string, error) {
	if p == nil || reader == "" {
		return reader, nil
	}
	if name, ok := p.known.GetIfPresent(reader); ok {
		return name, nil
	}
	found, err := p.vault.Lookup(ctx, reader)
	if err != nil {
		return "", fmt.Errorf("pseudonym: %w", err)
	}
	if name := found[reader]; name != "" {
		p.known.Set(reader, name)
	}
	return found[reader], nil
}

// Make returns the pseudonym of reader, giving him one if he has none.
func (p *Pseudonyms) Make(ctx context.Context, reader string) (string, error) {
	if p == nil || reader == "" {
		return reader, nil
	}
	if name, ok := p.known.GetIfPresent(reader); ok {
		return name, nil
	}
	all, err := p.MakeAll(ctx, []string{reader})
	return all[reader], err
}

// MakeAll returns the pseudonyms of readers, giving those that have none one.
func (p *Pseudonyms) MakeAll(ctx context.Context, readers []string) (map[string]string, error) {
	names := make(map[string]string, len(readers))
	fresh := make(map[string]string)
	for _, r := range readers {
		switch {
		case r == "":
		case p == nil:
			names[r] = r
		default:
			if name, ok := p.known.GetIfPresent(r); ok {
				names[r] = name
			} else {
				fresh[r] = newPseudonym()
			}
		}
	}
	if len(fresh) == 0 {
		return names, nil
	}
	claimed, err := p.vault.Claim(ctx, fresh)
	if err != nil {
		return nil, fmt.Errorf("pseudonyms: %w", err)
	}
	for r, name := range claimed {
		names[r] = name
		p.known.Set(r, name)
	}
	return names, nil
}

// Readers is the reverse of Of, for many.
func (p *Pseudonyms) Readers(ctx context.Context, names []string) (map[string]string, error) {
	if p == nil {
		same := make(map[string]string, len(names))
		for _, n := range names {
			same[n] = n
		}
		return same, nil
	}
	found, err := p.vault.Readers(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("readers of pseudonyms: %w", err)
	}
	return found, nil
}

// Destroy forgets the pseudonym name of reader for good; the next Make gives
// him another. It is also what to call on meeting a document that says it was
// erased under a name that is still remembered here.
func (p *Pseudonyms) Destroy(ctx context.Context, reader, name string) error {
	if p == nil {
		return nil
	}
	if err := p.vault.Destroy(ctx, reader, name); err != nil {
		return fmt.Errorf("destroy pseudonym: %w", err)
	}
	p.known.Invalidate(reader)
	return nil
}

// newPseudonym is 120 bits of chance, in the form of an id.
func newPseudonym() string { return "r" + strings.ToLower(rand.Text()[:24]) }
