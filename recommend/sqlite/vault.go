package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	driver "modernc.org/sqlite"

	"vitrine.dev/recommend"
)

// vaultID marks a file as a vault, in its header: "Vtrr".
const vaultID = 0x56747272

// vaultSchema is the whole of a vault. A later version is a step of its own,
// as in migrations.
const vaultSchema = `
CREATE TABLE readers (reader TEXT PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
`

// vaultBusy is how long a write waits for another process that writes.
const vaultBusy = 10 * time.Second

// A Vault is a [recommend.Vault] in one SQLite file, apart from that of the
// documents. Several processes may have it open.
type Vault struct {
	db      *sql.DB
	writing sync.Mutex // one write at a time: SQLite's own wait is by polling
}

var _ recommend.Vault = (*Vault)(nil)

// OpenVault opens the vault in the file at path, and creates the file, not its
// folder, if there is none. Errors are those of [Open].
func OpenVault(path string) (*Vault, error) {
	if _, err := driver.Fdatasync(true); err != nil && !errors.Is(err, driver.ErrFdatasyncUnavailable) {
		return nil, unavailable("open "+path, err)
	}
	name, err := dataSource(path, vaultBusy, []string{
		"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "temp_store(MEMORY)",
	})
	if err != nil {
		return nil, unavailable("open "+path, err)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, unavailable("open "+path, err)
	}
	v := &Vault{db: db}
	if err := v.open(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), v.Close())
	}
	return v, nil
}

func (v *Vault) open(ctx context.Context) error {
	c, err := connect(ctx, v.db, vaultBusy)
	if err != nil {
		return unavailable("connect", err)
	}
	defer func() { _ = c.Close() }() // goes back to the pool
	if err := exclusively(ctx, c, createVault); err != nil {
		return err
	}
	// What a process destroyed before it was killed may still be in the log.
	return scrub(ctx, c, false)
}

// createVault makes the schema in a new file. A file of somebody else is an
// error.
func createVault(ctx context.Context, c *sql.Conn) error {
	var version, app, tables int
	err := c.QueryRowContext(ctx,
		"SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version, pragma_application_id",
	).Scan(&version, &app, &tables)
	switch {
	case err != nil:
		return unavailable("read the schema's version", err)
	case app == vaultID && version == 1:
		return nil
	case app == vaultID:
		return fmt.Errorf("sqlite: vault of schema %d was made by a later version of vitrine: %w", version, recommend.ErrInvalid)
	case app != 0 || version != 0 || tables != 0:
		return fmt.Errorf("sqlite: the file holds something else than a vault of vitrine: %w", recommend.ErrInvalid)
	}
	// A pragma takes no parameters.
	if _, err := c.ExecContext(ctx, vaultSchema+fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 1", vaultID)); err != nil {
		return unavailable("create the vault", err)
	}
	return nil
}

// exclusively runs f in a transaction that holds the writer's lock.
func exclusively(ctx context.Context, c *sql.Conn, f func(context.Context, *sql.Conn) error) error {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return unavailable("begin", err)
	}
	if err := f(ctx, c); err != nil {
		_, _ = c.ExecContext(ctx, "ROLLBACK") // err says more
		return err
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		_, _ = c.ExecContext(ctx, "ROLLBACK")
		return unavailable("commit", err)
	}
	return nil
}

// Lookup is described at [recommend.Vault].
func (v *Vault) Lookup(ctx context.Context, readers ...string) (map[string]string, error) {
	found, err := namesOf(ctx, v.db, "SELECT reader, pseudonym FROM json_each(?) CROSS JOIN readers ON reader = value", readers)
	if err != nil {
		return nil, unavailable(fmt.Sprintf("look up %d readers", len(readers)), err)
	}
	return found, nil
}

// Readers is described at [recommend.Vault].
func (v *Vault) Readers(ctx context.Context, pseudonyms ...string) (map[string]string, error) {
	found, err := namesOf(ctx, v.db, "SELECT pseudonym, reader FROM json_each(?) CROSS JOIN readers ON pseudonym = value", pseudonyms)
	if err != nil {
		return nil, unavailable(fmt.Sprintf("find the readers of %d pseudonyms", len(pseudonyms)), err)
	}
	return found, nil
}

// A querier is a pool or one connection of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// namesOf returns the rows of query, which has two columns and takes a JSON list.
func namesOf(ctx context.Context, db querier, query string, names []string) (found map[string]string, err error) {
	asked := slices.DeleteFunc(slices.Clone(names), func(s string) bool { return !storable(s) }) // JSON would turn another into one that is
	found = make(map[string]string, len(asked))
	if len(asked) == 0 {
		return found, ctx.Err()
	}
	list, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, query, string(list))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			return nil, err
		}
		found[from] = to
	}
	return found, rows.Err()
}

// Claim is described at [recommend.Vault]. All readers of one call are claimed
// in one transaction.
func (v *Vault) Claim(ctx context.Context, fresh map[string]string) (map[string]string, error) {
	names := slices.Sorted(maps.Keys(fresh))
	for _, reader := range names {
		if reader == "" || fresh[reader] == "" || !storable(reader) || !storable(fresh[reader]) {
			return nil, unavailable("claim", errors.New("a reader or a pseudonym is empty or no text"))
		}
	}
	claimed, err := v.Lookup(ctx, names...)
	if err != nil || len(claimed) == len(fresh) {
		return claimed, err
	}
	err = v.write(ctx, func(ctx context.Context, c *sql.Conn) error {
		return exclusively(ctx, c, func(ctx context.Context, c *sql.Conn) error {
			for _, reader := range names {
				if _, err := c.ExecContext(ctx, "INSERT INTO readers (reader, pseudonym) VALUES (?, ?) ON CONFLICT (reader) DO NOTHING", reader, fresh[reader]); err != nil {
					return unavailable("claim", err)
				}
			}
			var err error
			if claimed, err = namesOf(ctx, c, "SELECT reader, pseudonym FROM json_each(?) CROSS JOIN readers ON reader = value", names); err != nil {
				return unavailable("claim", err)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// Destroy is described at [recommend.Vault]. When it returns, no byte of the
// reader's row is left in the file or in its log. It writes the file anew, which
// takes a second and a half for a million readers, and claims wait for it.
func (v *Vault) Destroy(ctx context.Context, reader, pseudonym string) error {
	return v.write(ctx, func(ctx context.Context, c *sql.Conn) error {
		done, err := c.ExecContext(ctx, "DELETE FROM readers WHERE reader = ? AND pseudonym = ?", reader, pseudonym)
		if err != nil {
			return unavailable("destroy", err)
		}
		n, err := done.RowsAffected()
		if err != nil {
			return unavailable("destroy", err)
		}
		return scrub(ctx, c, n > 0)
	})
}

// write gives f the one connection that writes. It lasts beyond ctx once
// begun: a caller who left must not leave half of it behind.
func (v *Vault) write(ctx context.Context, f func(context.Context, *sql.Conn) error) error {
	v.writing.Lock()
	defer v.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return unavailable("write", err)
	}
	ctx = context.WithoutCancel(ctx)
	c, err := v.db.Conn(ctx)
	if err != nil {
		return unavailable("connect", err)
	}
	defer func() { _ = c.Close() }() // goes back to the pool
	return f(ctx, c)
}

// scrub empties the log into the file. With all it first writes the file anew:
// SQLite overwrites what is deleted, but not the copies that it left behind
// when it moved a row between pages.
func scrub(ctx context.Context, c *sql.Conn, all bool) error {
	if all {
		if _, err := c.ExecContext(ctx, "VACUUM"); err != nil {
			return unavailable("write the vault anew", err)
		}
	}
	var busy, frames, done int
	if err := c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done); err != nil {
		return unavailable("empty the vault's log", err)
	}
	if busy != 0 {
		return unavailable("empty the vault's log", errors.New("somebody reads it"))
	}
	return nil
}

// Close closes the file. A second Close does nothing.
func (v *Vault) Close() error {
	if err := v.db.Close(); err != nil {
		return unavailable("close", err)
	}
	return nil
}
