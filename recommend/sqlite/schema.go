package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"

	"vitrine.dev/recommend"
)

// applicationID marks a file as ours, in its header: "Vtrn".
const applicationID = 0x5674726e

// migrations returns the steps from an empty file to the present schema; after
// step i the file has version i+1, in PRAGMA user_version. Steps are only ever
// added. Whatever changes what is written, such as the way text is taken apart
// or the set of indexed kinds, needs a step that rewrites what is there.
func migrations() []string {
	return []string{`
-- Every document, as last put. seq numbers the puts of the kinds that can be
-- followed; it is NULL for the others. words tells the words of a pick or a
-- product from others: it is negative if the last put left them as they were.
CREATE TABLE documents (
	number  INTEGER PRIMARY KEY,
	kind    TEXT NOT NULL,
	id      TEXT NOT NULL,
	version INTEGER NOT NULL,
	seq     INTEGER,
	words   INTEGER,
	body    TEXT NOT NULL,
	UNIQUE (kind, id)
) STRICT;

CREATE INDEX changes ON documents (kind, seq) WHERE seq IS NOT NULL;

-- The words of picks and products; rowid is documents.number.
CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');

-- One row: the name of this file in marks, and the highest seq given out.
CREATE TABLE store (id TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
`}
}

// migrate brings the file behind c to the present schema and returns its id.
func migrate(ctx context.Context, c *sql.Conn) (id string, err error) {
	// The writer's lock is taken first, so that of two processes that open a
	// new file one waits for the other.
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return "", unavailable("begin", err)
	}
	if err := migrateLocked(ctx, c); err != nil {
		_, _ = c.ExecContext(ctx, "ROLLBACK") // err says more
		return "", err
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		return "", unavailable("commit the schema", err)
	}
	if err := c.QueryRowContext(ctx, "SELECT id FROM store").Scan(&id); err != nil {
		return "", unavailable("read the store's id", err)
	}
	return id, nil
}

func migrateLocked(ctx context.Context, c *sql.Conn) error {
	version, err := fileVersion(ctx, c)
	if err != nil {
		return err
	}
	steps := migrations()
	if version > len(steps) {
		return fmt.Errorf("sqlite: schema %d was made by a later version of vitrine; this one knows up to %d: %w",
			version, len(steps), recommend.ErrInvalid)
	}
	if version == len(steps) {
		return nil
	}
	for i, step := range steps[version:] {
		if _, err := c.ExecContext(ctx, step); err != nil {
			return unavailable(fmt.Sprintf("bring schema to %d", version+i+1), err)
		}
	}
	if version == 0 {
		if _, err := c.ExecContext(ctx, "INSERT INTO store (id, seq) VALUES (?, 0)", rand.Text()); err != nil {
			return unavailable("name the store", err)
		}
	}
	// A pragma takes no parameters.
	if _, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps))); err != nil {
		return unavailable("write the schema's version", err)
	}
	return nil
}

// fileVersion returns the version of the schema in the file, 0 if it is empty.
// A file of somebody else is an error.
func fileVersion(ctx context.Context, c *sql.Conn) (int, error) {
	var version, app, tables int
	err := c.QueryRowContext(ctx,
		"SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version, pragma_application_id",
	).Scan(&version, &app, &tables)
	if err != nil {
		return 0, unavailable("read the schema's version", err)
	}
	if app != applicationID && (app != 0 || version != 0 || tables != 0) {
		return 0, fmt.Errorf("sqlite: the file holds something else than a store of vitrine: %w", recommend.ErrInvalid)
	}
	return version, nil
}
