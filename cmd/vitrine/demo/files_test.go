package demo_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/cmd/vitrine/demo"
)

func files(t *testing.T, w demo.World) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "dir")
	if err := w.WriteTo(dir); err != nil {
		t.Fatalf("WriteTo: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(b)
	}
	return got
}

func TestTheSameNowGivesTheSameBytes(t *testing.T) {
	a, b := files(t, newWorld(t, noon())), files(t, newWorld(t, noon()))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two worlds of one time differ (-first +second):\n%s", diff)
	}
}

func TestAnotherNowMovesOnlyTheTimes(t *testing.T) {
	still := func(w demo.World) demo.World {
		for i := range w.Products {
			w.Products[i].UpdatedAt = time.Time{}
		}
		for i := range w.Picks {
			w.Picks[i].PublishedAt = time.Time{}
		}
		for i := range w.Deeds {
			w.Deeds[i].At = time.Time{}
		}
		for i := range w.Sales {
			s := &w.Sales[i]
			for _, at := range []*time.Time{&s.Clicked, &s.Paid, &s.Settled, &s.PaidBackAt, &s.Pick.PublishedAt, &s.Product.UpdatedAt} {
				*at = time.Time{}
			}
			if s.Before != nil {
				s.Before.PublishedAt = time.Time{}
			}
		}
		slices.SortFunc(w.Picks, func(a, b demo.Pick) int { return strings.Compare(a.ID, b.ID) })
		return w
	}
	a, b := still(newWorld(t, noon())), still(newWorld(t, noon().Add(40*24*time.Hour)))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("40 days later the world differs by more than its times:\n%s", diff)
	}
}

func TestFilesAreJSONLinesOfTheImportFormat(t *testing.T) {
	required := map[string]string{
		"partners.jsonl": "id name links state",
		"experts.jsonl":  "id name topics verified",
		"products.jsonl": "key title updated_at",
		"picks.jsonl":    "id expert link reason topics published_at",
		"readers.jsonl":  "id",
		"actions.jsonl":  "id reader kind pick at",
	}
	optional := map[string]string{
		"partners.jsonl": "about after_sales criteria",
		"experts.jsonl":  "bio",
		"products.jsonl": "url topic price stock image commission_bp",
		"picks.jsonl":    "inventory relationship",
		"readers.jsonl":  "interests follows",
		"actions.jsonl":  "source",
	}
	got := files(t, newWorld(t, noon()))
	if len(got) != len(required) {
		t.Errorf("%d files, want %d", len(got), len(required))
	}
	for name, want := range required {
		lines := 0
		for line := range bytes.Lines([]byte(got[name])) {
			lines++
			var record map[string]json.RawMessage
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatalf("%s line %d: %v", name, lines, err)
			}
			for field := range strings.FieldsSeq(want) {
				if _, ok := record[field]; !ok {
					t.Fatalf("%s line %d has no %s: %s", name, lines, field, line)
				}
				delete(record, field)
			}
			for field := range strings.FieldsSeq(optional[name]) {
				delete(record, field)
			}
			if len(record) > 0 {
				t.Fatalf("%s line %d has unknown fields: %s", name, lines, line)
			}
		}
		if lines == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
