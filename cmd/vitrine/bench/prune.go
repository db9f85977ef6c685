package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// A kept world lies in a directory named by its key, beside a file that says
// which generation it is of: of another one it is of no use to anybody.
const generationFile = ".generation"

// worldName is what kept worlds are called.
var worldName = regexp.MustCompile(`^[0-9a-f]{16}$`)

// generation names all worlds that are made and prepared alike, of whatever size.
func generation() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", worldVersion, dataVersion, Policy()))
	return hex.EncodeToString(sum[:8])
}

// claim notes that a kept world is of the present generation.
func claim(kept string) error {
	if err := os.WriteFile(kept+generationFile, []byte(generation()), 0o600); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// prune removes the worlds below under that are of other generations, and says
// so. One that nobody has claimed was made before there were claims: it stays
// if it is of a usual size, as the present generation makes it.
func (b *Bench) prune(under string) error {
	entries, err := os.ReadDir(under)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	ours := map[string]bool{b.World.key(): true}
	for _, quick := range []bool{false, true} {
		usual := Options{Quick: quick}
		usual.World.Seed = b.World.Seed
		usual.setDefaults()
		ours[usual.World.key()] = true
	}
	for _, e := range entries {
		if !e.IsDir() || !worldName.MatchString(e.Name()) {
			continue
		}
		at := filepath.Join(under, e.Name())
		of, err := os.ReadFile(at + generationFile) //nolint:gosec // in a directory of our own
		if err == nil && string(of) == generation() || err != nil && ours[e.Name()] {
			continue
		}
		b.tell("removing a kept world that was prepared otherwise: %s", at)
		if err := errors.Join(os.RemoveAll(at), os.RemoveAll(at+generationFile)); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	return nil
}
