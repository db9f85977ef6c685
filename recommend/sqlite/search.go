package sqlite

import (
	"context"
	"errors"
	"fmt"

	"vitrine.dev/recommend"
)

// maxHits is the most that the contract lets anybody ask for.
const maxHits = 10_000

// maxScored bounds what a search for a word that everybody uses costs: weighing
// a match takes two microseconds.
const maxScored = 20_000

// searchSQL finds the best documents for a query. Every match is scored once;
// then only those that are as good as the last wanted are joined with their
// refs, which decide between equal scores. bm25 is the better the lower.
const searchSQL = `
WITH
	found AS MATERIALIZED (
		SELECT rowid AS number, bm25(search) AS score FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT ?3),
	edge AS MATERIALIZED (SELECT score FROM found ORDER BY score LIMIT 1 OFFSET ?2 - 1)
SELECT d.kind, d.id, -f.score
FROM found AS f CROSS JOIN documents AS d ON d.number = f.number
WHERE f.score <= coalesce((SELECT score FROM edge), 9e999)
ORDER BY f.score, d.kind, d.id
LIMIT ?2`

// Search is described at [recommend.Store]. What was put is found at once. A
// single Chinese character finds every text it occurs in. Of more than 20,000
// matches only the 20,000 latest documents are weighed.
func (s *Store) Search(ctx context.Context, q recommend.Search) (hits []recommend.Hit, err error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable("search", err)
	}
	match := matchQuery(q.Text)
	if match == "" || q.Limit <= 0 {
		return nil, nil
	}
	s.reading.RLock()
	defer s.reading.RUnlock()
	rows, err := s.read.search.QueryContext(ctx, match, min(q.Limit, maxHits), maxScored)
	if err != nil {
		return nil, unavailable(fmt.Sprintf("search for %q", q.Text), err)
	}
	defer func() {
		if cerr := rows.Close(); cerr != nil {
			err = errors.Join(err, unavailable("search", cerr))
		}
	}()
	for rows.Next() {
		var h recommend.Hit
		if err := rows.Scan(&h.Kind, &h.ID, &h.Score); err != nil {
			return nil, unavailable("search", err)
		}
		hits = append(hits, h)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable(fmt.Sprintf("search for %q", q.Text), err)
	}
	return hits, nil
}
