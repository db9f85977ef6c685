package bench

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// middle is the one in the middle by length.
func middle(pages [][]byte) []byte {
	slices.SortFunc(pages, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	return pages[len(pages)/2]
}

// dataVersion changes whenever what is in a data directory ought to be
// prepared anew: with the form of documents, and with what is learned.
const dataVersion = 2

// key names a prepared world.
func (s Size) key() string {
	b, _ := json.Marshal(s) // plain numbers
	sum := sha256.Sum256(fmt.Appendf(b, "%d %d %s", worldVersion, dataVersion, Policy()))
	return hex.EncodeToString(sum[:8])
}

// Data returns a data directory with the world in it, for the caller alone and
// for as long as the Bench runs. Importing a world takes a while, so it is kept
// in the cache, with all that there is to learn of it learned.
func (b *Bench) Data(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	if b.prepare == "" {
		if b.prepare, err = b.prepared(ctx); err != nil {
			return "", err
		}
	}
	return dir, copyDir(dir, b.prepare)
}

// prepared returns a data directory that nobody may change.
func (b *Bench) prepared(ctx context.Context) (string, error) {
	under := b.Cache
	if under == "" {
		under = b.dir
	}
	if err := b.prune(under); err != nil {
		return "", err
	}
	kept := filepath.Join(under, b.World.key())
	if _, err := os.Stat(kept); err == nil && !b.Fresh {
		return kept, claim(kept)
	}
	if err := os.MkdirAll(under, 0o700); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	files, err := os.MkdirTemp(b.dir, "world-")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	begun := time.Now()
	if err := NewWorld(b.World).WriteFiles(files); err != nil {
		return "", err
	}
	policy := filepath.Join(files, "policy.yaml")
	if err := os.WriteFile(policy, Policy(), 0o600); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	// Built beside, so that what is interrupted is never taken for whole.
	half, err := os.MkdirTemp(under, "half-")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = os.RemoveAll(half) }()
	b.tell("importing a world of %d picks, which is kept for the next time", b.World.Picks)
	if err := b.command(ctx, "import", "--trusted", "--data", half, "--policy", policy, "--log", "warn", "--now", Noon().Format(time.RFC3339), files); err != nil {
		return "", err
	}
	b.tell("imported in %s", time.Since(begun).Round(100*time.Millisecond))
	if err := b.learned(ctx, half); err != nil {
		return "", err
	}
	if err := os.RemoveAll(kept); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	if err := os.Rename(half, kept); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return kept, errors.Join(claim(kept), os.RemoveAll(files))
}

// learned serves a data directory until all has been learned that is in it, so
// that nothing measured later has to share the processors with that.
func (b *Bench) learned(ctx context.Context, data string) error {
	begun := time.Now()
	s, err := b.serve(ctx, data)
	if err != nil {
		return err
	}
	s.awaitLearned(ctx, 30*time.Minute)
	s.Stop()
	b.tell("learned in %s", time.Since(begun).Round(100*time.Millisecond))
	return ctx.Err()
}

// command runs the binary to its end. What it says is told when it fails.
func (b *Bench) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, b.Exe, args...) //nolint:gosec // ourselves
	said := new(tail)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopWithin
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("vitrine %s: %w\n%s", args[0], err, said))
	}
	return nil
}

// copyDir copies the files below from into to; sockets and the like are left.
func copyDir(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(at, 0o700)
		case d.Type().IsRegular():
			return copyFile(at, path)
		}
		return nil
	})
}

func copyFile(to, from string) error {
	in, err := os.Open(from) //nolint:gosec // in a directory of our own
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // in a directory of our own
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
