package elastic

import (
	"fmt"
	"strconv"
	"strings"

	"vitrine.dev/recommend"
)

// A position is a place in the history of one shard. A shard that is created
// anew, or comes back from a stale copy, has another history.
type position struct {
	history string
	seq     int64 // of the last operation seen; -1 before the first
}

// encodeMark writes positions, one per shard in order: "HISTORY.17,HISTORY.-1".
func encodeMark(ps []position) recommend.Mark {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p.history)
		b.WriteByte('.')
		b.WriteString(strconv.FormatInt(p.seq, 10))
	}
	return recommend.Mark(b.String())
}

// decodeMark returns where m is in the history of shards, whose positions are
// their newest. The error of a mark that leads nowhere in it wraps
// [recommend.ErrInvalid].
func decodeMark(m recommend.Mark, shards []position) ([]position, error) {
	from := make([]position, len(shards))
	if m == "" {
		for i, p := range shards {
			from[i] = position{history: p.history, seq: -1}
		}
		return from, nil
	}
	parts := strings.Split(string(m), ",")
	if len(parts) != len(shards) {
		return nil, fmt.Errorf("mark %.100q: %w: of %d shards, the index has %d", m, recommend.ErrInvalid, len(parts), len(shards))
	}
	for i, part := range parts {
		history, number, _ := strings.Cut(part, ".")
		seq, err := strconv.ParseInt(number, 10, 64)
		if err != nil || seq < -1 {
			return nil, fmt.Errorf("mark %.100q: %w: not one of this store", m, recommend.ErrInvalid)
		}
		if history != shards[i].history || seq > shards[i].seq {
			return nil, fmt.Errorf("mark %.100q: %w: of another index, or one that lost writes", m, recommend.ErrInvalid)
		}
		from[i] = position{history: history, seq: seq}
	}
	return from, nil
}
