package recommend_test

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// memoryVault is a Vault that counts what it is asked, and fails on demand.
type memoryVault struct {
	mu    sync.Mutex
	names map[string]string
	asked int
	err   error
}

func (v *memoryVault) ask(names []string, reverse bool) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	found := map[string]string{}
	for r, p := range v.names {
		if reverse {
			r, p = p, r
		}
		for _, n := range names {
			if n == r {
				found[r] = p
			}
		}
	}
	return found, v.err
}

func (v *memoryVault) Lookup(_ context.Context, readers ...string) (map[string]string, error) {
	return v.ask(readers, false)
}

func (v *memoryVault) Readers(_ context.Context, pseudonyms ...string) (map[string]string, error) {
	return v.ask(pseudonyms, true)
}

func (v *memoryVault) Claim(_ context.Context, fresh map[string]string) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	claimed := map[string]string{}
	for r, p := range fresh {
		if v.names[r] == "" {
			v.names[r] = p
		}
		claimed[r] = v.names[r]
	}
	return claimed, v.err
}

func (v *memoryVault) Destroy(_ context.Context, reader, pseudonym string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	if v.names[reader] == pseudonym {
		delete(v.names, reader)
	}
	return v.err
}

// wantAsked checks how often the vault has been asked since it was last checked.
func (v *memoryVault) wantAsked(t *testing.T, after string, want int) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.asked != want {
		t.Errorf("after %s: the vault was asked %d times, want %d", after, v.asked, want)
	}
	v.asked = 0
}

func newPseudonyms(t *testing.T) (*recommend.Pseudonyms, *memoryVault) {
	t.Helper()
	v := &memoryVault{names: map[string]string{}}
	p, err := recommend.NewPseudonyms(v)
	if err != nil {
		t.Fatalf("NewPseudonyms: %v, want nil", err)
	}
	t.Cleanup(p.Close)
	return p, v
}

func makeName(t *testing.T, p *recommend.Pseudonyms, reader string) string {
	t.Helper()
	name, err := p.Make(t.Context(), reader)
	if err != nil {
		t.Fatalf("Make %s: %v, want nil", reader, err)
	}
	return name
}

func TestPseudonymsAreMadeOnceAndRemembered(t *testing.T) {
	p, v := newPseudonyms(t)
	if name, err := p.Of(t.Context(), "ann"); name != "" || err != nil {
		t.Errorf("Of somebody unknown: %q, %v, want none, nil", name, err)
	}
	v.wantAsked(t, "Of somebody unknown", 1)
	ann := makeName(t, p, "ann")
	if !regexp.MustCompile(`^r[a-z2-7]{24}$`).MatchString(ann) {
		t.Errorf("Make: got %q, want r and 24 characters of base32", ann)
	}
	v.wantAsked(t, "Make", 1)
	if name, err := p.Of(t.Context(), "ann"); name != ann || err != nil {
		t.Errorf("Of: %q, %v, want %q, nil", name, err, ann)
	}
	if again := makeName(t, p, "ann"); again != ann {
		t.Errorf("Make again: got %q, want %q", again, ann)
	}
	v.wantAsked(t, "what is remembered", 0)
	all, err := p.MakeAll(t.Context(), []string{"ann", "bob", "", "ann"})
	if err != nil {
		t.Fatalf("MakeAll: %v, want nil", err)
	}
	if diff := cmp.Diff(map[string]string{"ann": ann, "bob": v.names["bob"]}, all); diff != "" {
		t.Errorf("MakeAll (-want +got):\n%s", diff)
	}
	v.wantAsked(t, "MakeAll with one unknown", 1)
	back, err := p.Readers(t.Context(), []string{ann, "nobody"})
	if err != nil {
		t.Fatalf("Readers: %v, want nil", err)
	}
	if diff := cmp.Diff(map[string]string{ann: "ann"}, back); diff != "" {
		t.Errorf("Readers (-want +got):\n%s", diff)
	}
}

func TestPseudonymsOfOneVaultAgree(t *testing.T) {
	one, v := newPseudonyms(t)
	two, err := recommend.NewPseudonyms(v)
	if err != nil {
		t.Fatalf("NewPseudonyms: %v, want nil", err)
	}
	t.Cleanup(two.Close)
	got := make([]string, 50)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			p := one
			if i%2 == 1 {
				p = two
			}
			name, err := p.Make(t.Context(), "ann")
			if err != nil {
				t.Errorf("Make: %v, want nil", err)
			}
			got[i] = name
		})
	}
	wg.Wait()
	for i, name := range got {
		if name != got[0] {
			t.Errorf("Make %d: got %q, another got %q", i, name, got[0])
		}
	}
}

func TestADestroyedPseudonymIsNeverUsedAgain(t *testing.T) {
	p, v := newPseudonyms(t)
	before := makeName(t, p, "ann")
	if err := p.Destroy(t.Context(), "ann", before); err != nil {
		t.Fatalf("Destroy: %v, want nil", err)
	}
	if name, err := p.Of(t.Context(), "ann"); name != "" || err != nil {
		t.Errorf("Of after Destroy: %q, %v, want none, nil", name, err)
	}
	after := makeName(t, p, "ann")
	if after == before || after == "" {
		t.Errorf("Make after Destroy: got %q, want another than %q", after, before)
	}
	// Somebody who still had the old one in mind finds out, and must not take
	// away the new one.
	if err := p.Destroy(t.Context(), "ann", before); err != nil {
		t.Errorf("Destroy of the pseudonym from before: %v, want nil", err)
	}
	if name, err := p.Of(t.Context(), "ann"); name != after || err != nil {
		t.Errorf("Of: %q, %v, want %q, nil", name, err, after)
	}
	if v.names["ann"] != after {
		t.Errorf("the vault has %q, want %q", v.names["ann"], after)
	}
}

func TestWithoutPseudonymsReadersAreTheirOwn(t *testing.T) {
	var p *recommend.Pseudonyms
	same := map[string]string{"ann": "ann"}
	all, aerr := p.MakeAll(t.Context(), []string{"ann", ""})
	back, berr := p.Readers(t.Context(), []string{"ann"})
	of, oerr := p.Of(t.Context(), "ann")
	if err := errors.Join(aerr, berr, oerr, p.Destroy(t.Context(), "ann", "ann")); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if name := makeName(t, p, "ann"); of != "ann" || name != "ann" || !cmp.Equal(all, same) || !cmp.Equal(back, same) {
		t.Errorf("Of %q, Make %q, MakeAll %v, Readers %v: want ann in all of them", of, name, all, back)
	}
	p.Close()
}

func TestPseudonymsTellThatTheVaultIsAway(t *testing.T) {
	p, v := newPseudonyms(t)
	v.err = recommend.ErrUnavailable
	for name, call := range map[string]func() error{
		"Of":      func() error { _, err := p.Of(t.Context(), "ann"); return err },
		"Make":    func() error { _, err := p.Make(t.Context(), "ann"); return err },
		"Readers": func() error { _, err := p.Readers(t.Context(), []string{"r1"}); return err },
		"Destroy": func() error { return p.Destroy(t.Context(), "ann", "r1") },
	} {
		if err := call(); !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("%s: %v, want an error that wraps ErrUnavailable", name, err)
		}
	}
	v.err = nil
	if name, err := p.Of(t.Context(), "bob"); name != "" || err != nil {
		t.Errorf("Of afterwards: %q, %v, want none, nil", name, err)
	}
}
