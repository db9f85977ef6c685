package recommend_test

import (
	"context"
	"log/slog"
	"testing"

	"vitrine.dev/recommend"
)

// A mapVault is a vault of one test, for one caller at a time.
type mapVault map[string]string

func (v mapVault) Lookup(_ context.Context, readers ...string) (map[string]string, error) {
	found := make(map[string]string)
	for _, r := range readers {
		if name, ok := v[r]; ok {
			found[r] = name
		}
	}
	return found, nil
}

func (v mapVault) Claim(ctx context.Context, fresh map[string]string) (map[string]string, error) {
	var readers []string
	for r, name := range fresh {
		if _, ok := v[r]; !ok {
			v[r] = name
		}
		readers = append(readers, r)
	}
	return v.Lookup(ctx, readers...)
}

func (v mapVault) Readers(context.Context, ...string) (map[string]string, error) {
	return nil, recommend.ErrUnavailable
}

func (v mapVault) Destroy(_ context.Context, reader, pseudonym string) error {
	if v[reader] == pseudonym {
		delete(v, reader)
	}
	return nil
}

func TestAReaderIsFoundByHisPseudonym(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	vault := mapVault{"r1": "rabbit"}
	names, err := recommend.NewPseudonyms(vault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(names.Close)
	f.Windows = recommend.NewWindows(recommend.WindowsConfig{
		Shelf: f.shelf, World: f.world, Store: f.store, Pseudonyms: names, SecretKey: []byte("k"), Now: f.clock.now, Logger: slog.New(slog.DiscardHandler),
	})
	f.store.put(t, recommend.KindReader, "rabbit", recommend.Reader{ID: "rabbit", Cart: cartOf("p0"), Mutes: []recommend.Mute{{Kind: "pick", ID: "p0"}}})
	for reader, lines := range map[string]int{"r1": 1, "rabbit": 0, "": 0} {
		c, err := f.Cart(t.Context(), reader, "en")
		if err != nil || len(c.Lines) != lines {
			t.Errorf("cart of %q: got %+v, %v; want %d lines", reader, c, err, lines)
		}
		if w := f.window(t, recommend.WindowRequest{Reader: reader}); len(w.Items) != 1-lines {
			t.Errorf("window of %q: got %d items, want %d", reader, len(w.Items), 1-lines)
		}
	}
	f.store.put(t, recommend.KindReader, "rabbit", map[string]any{"id": "rabbit", "erased": opening()})
	if r, err := f.ReaderOf(t.Context(), "r1"); err != nil || r.ID != "" || !r.Erased.IsZero() {
		t.Errorf("of somebody erased: got %+v, %v; want nothing known", r, err)
	}
	if _, ok := vault["r1"]; ok {
		t.Error("the pseudonym of somebody erased is still there")
	}
}
