package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// RunVault tests a [recommend.Vault]. Every call of fresh makes an empty vault
// that shares nothing with another and returns how to open it: each open gives
// one more handle of the same vault, as another process would have, and closes
// it when tb ends.
func RunVault(t *testing.T, fresh func(tb testing.TB) (open func(tb testing.TB) recommend.Vault)) {
	t.Helper()
	for name, run := range map[string]func(*testing.T, func(testing.TB) recommend.Vault){
		"finds in both directions what was claimed":            testVaultClaim,
		"gives a reader one pseudonym, whoever claims at once": testVaultRace,
		"takes 1,000 readers at once":                          testVaultMany,
		"gives another pseudonym after it destroyed one":       testVaultDestroy,
		"destroys only the pseudonym named":                    testVaultDestroyOther,
		"keeps odd readers apart":                              testVaultOdd,
		"keeps them when it is opened again":                   testVaultReopen,
	} {
		t.Run(name, func(t *testing.T) { run(t, fresh(t)) })
	}
}

func claim(t *testing.T, v recommend.Vault, fresh map[string]string) map[string]string {
	t.Helper()
	got, err := v.Claim(t.Context(), fresh)
	if err != nil {
		t.Fatalf("Claim: %v, want nil", err)
	}
	return got
}

// wantPairs checks that v knows exactly those of readers that want names, and
// the reverse.
func wantPairs(t *testing.T, v recommend.Vault, want map[string]string, readers ...string) {
	t.Helper()
	got, err := v.Lookup(t.Context(), readers...)
	if err != nil {
		t.Fatalf("Lookup: %v, want nil", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Lookup (-want +got):\n%.2000s", diff)
	}
	reverse := make(map[string]string, len(want))
	for r, p := range want {
		reverse[p] = r
	}
	got, err = v.Readers(t.Context(), slices.Sorted(maps.Values(want))...)
	if err != nil {
		t.Fatalf("Readers: %v, want nil", err)
	}
	if diff := cmp.Diff(reverse, got); diff != "" {
		t.Errorf("Readers (-want +got):\n%.2000s", diff)
	}
}

func testVaultClaim(t *testing.T, open func(testing.TB) recommend.Vault) {
	v := open(t)
	wantPairs(t, v, map[string]string{}, "ann")
	wantPairs(t, v, map[string]string{})
	first := map[string]string{"ann": "r1", "bob": "r2"}
	if diff := cmp.Diff(first, claim(t, v, first)); diff != "" {
		t.Errorf("Claim (-want +got):\n%s", diff)
	}
	want := map[string]string{"ann": "r1", "cat": "r4"}
	if diff := cmp.Diff(want, claim(t, v, map[string]string{"ann": "r3", "cat": "r4"})); diff != "" {
		t.Errorf("Claim of one known and one new (-want +got):\n%s", diff)
	}
	wantPairs(t, v, map[string]string{"ann": "r1", "bob": "r2", "cat": "r4"}, "ann", "bob", "cat", "dan", "", "ann")
	if got, err := v.Readers(t.Context(), "r3", "ann", ""); err != nil || len(got) != 0 {
		t.Errorf("Readers of pseudonyms that nobody has: %v, %v, want none, nil", got, err)
	}
	if got := claim(t, v, nil); len(got) != 0 {
		t.Errorf("Claim of nobody: %v, want none", got)
	}
}

func testVaultRace(t *testing.T, open func(testing.TB) recommend.Vault) {
	handles := []recommend.Vault{open(t), open(t)}
	const claims = 50
	got := make([]string, claims)
	var wg sync.WaitGroup
	for i := range claims {
		wg.Go(func() {
			names, err := handles[i%len(handles)].Claim(t.Context(), map[string]string{"ann": "r" + strconv.Itoa(i)})
			if err != nil {
				t.Errorf("Claim: %v, want nil", err)
			}
			got[i] = names["ann"]
		})
	}
	wg.Wait()
	for i, name := range got {
		if name == "" || name != got[0] {
			t.Errorf("claim %d: got %q, another got %q", i, name, got[0])
		}
	}
	for _, v := range handles {
		wantPairs(t, v, map[string]string{"ann": got[0]}, "ann")
	}
}

func testVaultMany(t *testing.T, open func(testing.TB) recommend.Vault) {
	v := open(t)
	want := make(map[string]string, 1000)
	for i := range 1000 {
		want[fmt.Sprintf("reader-%04d", i)] = fmt.Sprintf("r%04d", i)
	}
	if diff := cmp.Diff(want, claim(t, v, want)); diff != "" {
		t.Errorf("Claim (-want +got):\n%.2000s", diff)
	}
	wantPairs(t, v, want, slices.Sorted(maps.Keys(want))...)
}

func testVaultDestroy(t *testing.T, open func(testing.TB) recommend.Vault) {
	v, other := open(t), open(t)
	claim(t, v, map[string]string{"ann": "r1", "bob": "r2"})
	if err := v.Destroy(t.Context(), "ann", "r1"); err != nil {
		t.Fatalf("Destroy: %v, want nil", err)
	}
	for _, v := range []recommend.Vault{v, other} {
		wantPairs(t, v, map[string]string{"bob": "r2"}, "ann", "bob")
		if got, err := v.Readers(t.Context(), "r1"); err != nil || len(got) != 0 {
			t.Errorf("Readers of a destroyed pseudonym: %v, %v, want none, nil", got, err)
		}
	}
	for range 2 {
		if err := v.Destroy(t.Context(), "ann", "r1"); err != nil {
			t.Errorf("Destroy of what is gone: %v, want nil", err)
		}
	}
	want := map[string]string{"ann": "r3"}
	if diff := cmp.Diff(want, claim(t, other, want)); diff != "" {
		t.Errorf("Claim after Destroy (-want +got):\n%s", diff)
	}
	if err := v.Destroy(t.Context(), "ann", "r1"); err != nil {
		t.Errorf("Destroy of the pseudonym from before: %v, want nil", err)
	}
	wantPairs(t, v, map[string]string{"ann": "r3", "bob": "r2"}, "ann", "bob")
}

func testVaultDestroyOther(t *testing.T, open func(testing.TB) recommend.Vault) {
	v := open(t)
	claim(t, v, map[string]string{"ann": "r1", "bob": "r2"})
	for _, pair := range [][2]string{{"ann", "r2"}, {"ann", ""}, {"cat", "r1"}, {"", "r1"}} {
		if err := v.Destroy(t.Context(), pair[0], pair[1]); err != nil {
			t.Errorf("Destroy of %q: %v, want nil", pair, err)
		}
	}
	wantPairs(t, v, map[string]string{"ann": "r1", "bob": "r2"}, "ann", "bob")
}

func testVaultOdd(t *testing.T, open func(testing.TB) recommend.Vault) {
	v := open(t)
	want := map[string]string{}
	for i, id := range oddIDs() {
		want[id] = "r" + strconv.Itoa(i)
	}
	want["r1"] = "n:ann" // looks like a pseudonym
	if diff := cmp.Diff(want, claim(t, v, want)); diff != "" {
		t.Errorf("Claim (-want +got):\n%s", diff)
	}
	wantPairs(t, v, want, slices.Sorted(maps.Keys(want))...)
}

func testVaultReopen(t *testing.T, open func(testing.TB) recommend.Vault) {
	want := map[string]string{"ann": "r1"}
	t.Run("claim", func(t *testing.T) {
		v := open(t)
		claim(t, v, map[string]string{"ann": "r1", "bob": "r2"})
		if err := v.Destroy(t.Context(), "bob", "r2"); err != nil {
			t.Fatalf("Destroy: %v, want nil", err)
		}
	})
	wantPairs(t, open(t), want, "ann", "bob")
}
