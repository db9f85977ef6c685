package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"vitrine.dev/recommend"
)

// A Vault is a [recommend.Vault] in an index of its own, "vitrine-vault",
// beside those of the documents and never among them: what deletes or rebuilds
// documents leaves it alone, and a backup needs it.
//
// A document's id is the reader, its one member the pseudonym, so that one
// operation claims or destroys both. A destroyed one can be neither read nor
// searched from then on; Elasticsearch overwrites its bytes on the disk when it
// next merges the segment they lie in, hours later.
type Vault struct {
	s     *Store
	alias string
}

var _ recommend.Vault = (*Vault)(nil)

// OpenVault connects as [Open] does and creates the index if it is missing.
// Afterwards a missing index is an error: in an empty one every reader would
// be somebody else. Shards and replicas are those of cfg.
func OpenVault(ctx context.Context, cfg Config) (*Vault, error) {
	s, err := newStore(cfg)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	v := &Vault{s: s, alias: s.prefix + "-vault"}
	ctx, cancel := s.patient(ctx)
	defer cancel()
	if err := v.retry(ctx, untilDeadline, v.create); err != nil {
		s.disconnect()
		return nil, unavailable("open vault", err)
	}
	return v, nil
}

// create makes the index together with its alias if there is none. Several
// processes may do so at once.
func (v *Vault) create(ctx context.Context) error {
	there, err := v.s.aliased(ctx, v.alias)
	if err != nil || there {
		return err
	}
	settings := v.s.layout.settings()
	settings["refresh_interval"] = "30s" // a search refreshes what it needs
	body, err := json.Marshal(map[string]any{
		"settings": settings,
		"mappings": mappings{Dynamic: new(false), Properties: map[string]field{"pseudonym": {Type: typeKeyword}}},
		"aliases":  map[string]any{v.alias: map[string]any{"is_write_index": true}},
	})
	if err != nil {
		return fmt.Errorf("encode index: %w", err)
	}
	index := v.alias + "-000001"
	err = v.s.call(ctx, esapi.IndicesCreateRequest{Index: index, Body: bytes.NewReader(body)}, nil)
	if r, ok := errors.AsType[*reply](err); ok && r.Type == typeIndexExists {
		there, err := v.s.aliased(ctx, v.alias)
		if err == nil && !there {
			err = &reply{Status: http.StatusConflict, Reason: fmt.Sprintf("index %s is there without its alias %s", index, v.alias)}
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("create index %s: %w", index, err)
	}
	v.s.log.InfoContext(ctx, "elasticsearch vault created, empty", "index", index)
	return nil
}

// retry is that of the store, but for a missing index, which it does not
// create: only a backup can bring it back.
func (v *Vault) retry(ctx context.Context, tries int, f func(context.Context) error) error {
	return v.s.retry(ctx, tries, func(ctx context.Context) error {
		err := f(ctx)
		if missing(err) {
			return fmt.Errorf("%s is gone, restore it: %s", v.alias, err.Error())
		}
		return err
	})
}

// nameable reports whether a document can have the id s.
func nameable(s string) bool { return s != "" && len(s) <= maxID && utf8.ValidString(s) }

// Lookup is described at [recommend.Vault]; it reads in real time.
func (v *Vault) Lookup(ctx context.Context, readers ...string) (map[string]string, error) {
	asked := slices.DeleteFunc(slices.Clone(readers), func(r string) bool { return !nameable(r) })
	found := make(map[string]string, len(asked))
	for part := range slices.Chunk(asked, maxGetDocs) {
		err := v.retry(ctx, readTries, func(ctx context.Context) error {
			locks, err := v.multiGet(ctx, part)
			for _, l := range locks {
				found[l.ID] = l.Source.Pseudonym
			}
			return err
		})
		if err != nil {
			return nil, unavailable(fmt.Sprintf("look up %d readers", len(readers)), err)
		}
	}
	return found, nil
}

// A locker is a document of the vault.
type locker struct {
	ID     string       `json:"_id"`
	Seq    *int         `json:"_seq_no"`
	Term   *int         `json:"_primary_term"`
	Found  bool         `json:"found"`
	Error  cause        `json:"error"`
	Source lockerSource `json:"_source"`
}

type lockerSource struct {
	Pseudonym string `json:"pseudonym"`
}

// multiGet returns the documents of those of readers that have one.
func (v *Vault) multiGet(ctx context.Context, readers []string) ([]locker, error) {
	body, err := json.Marshal(map[string]any{"ids": readers})
	if err != nil {
		return nil, fmt.Errorf("encode readers: %w", err)
	}
	var answer struct {
		Docs []locker `json:"docs"`
	}
	if err := v.s.call(ctx, esapi.MgetRequest{Index: v.alias, Body: bytes.NewReader(body)}, &answer); err != nil {
		return nil, err
	}
	if got, want := len(answer.Docs), len(readers); got != want {
		return nil, fmt.Errorf("multi-get answered for %d readers of %d", got, want)
	}
	for _, d := range answer.Docs {
		if d.Error.Type != "" {
			status := http.StatusServiceUnavailable
			if d.Error.Type == typeNoIndex {
				status = http.StatusNotFound
			}
			return nil, &reply{Status: status, Type: d.Error.Type, Reason: d.Error.Reason}
		}
	}
	return slices.DeleteFunc(answer.Docs, func(d locker) bool { return !d.Found }), nil
}

// Readers is described at [recommend.Vault]. It searches, after a refresh that
// shows all that was claimed and destroyed before.
func (v *Vault) Readers(ctx context.Context, pseudonyms ...string) (map[string]string, error) {
	asked := slices.DeleteFunc(slices.Clone(pseudonyms), func(p string) bool { return !nameable(p) })
	found := make(map[string]string, len(asked))
	for part := range slices.Chunk(asked, maxPage) {
		err := v.retry(ctx, readTries, func(ctx context.Context) error {
			if err := v.s.refresh(ctx, v.alias); err != nil {
				return err
			}
			return v.search(ctx, part, found)
		})
		if err != nil {
			return nil, unavailable(fmt.Sprintf("find the readers of %d pseudonyms", len(pseudonyms)), err)
		}
	}
	return found, nil
}

// search adds the readers of pseudonyms to into.
func (v *Vault) search(ctx context.Context, pseudonyms []string, into map[string]string) error {
	body, err := json.Marshal(map[string]any{
		"query":            map[string]any{"terms": map[string]any{"pseudonym": pseudonyms}},
		"size":             maxPage,
		"track_total_hits": false,
	})
	if err != nil {
		return fmt.Errorf("encode search: %w", err)
	}
	var answer struct {
		found
		Hits struct {
			Hits []locker `json:"hits"`
		} `json:"hits"`
	}
	err = v.s.call(ctx, esapi.SearchRequest{
		Index: []string{v.alias}, Body: bytes.NewReader(body),
		AllowPartialSearchResults: new(false), RequestCache: new(false),
	}, &answer)
	if err != nil {
		return err
	}
	if err := answer.whole(); err != nil {
		return err
	}
	for _, h := range answer.Hits.Hits {
		into[h.Source.Pseudonym] = h.ID
	}
	return nil
}

// Claim is described at [recommend.Vault]. A document is created or is there
// already, whoever else claims, and then says which pseudonym won.
func (v *Vault) Claim(ctx context.Context, fresh map[string]string) (map[string]string, error) {
	readers := slices.Sorted(maps.Keys(fresh))
	for _, r := range readers {
		if !nameable(r) || !nameable(fresh[r]) {
			return nil, unavailable("claim", errors.New("a reader or a pseudonym is empty, no UTF-8 or longer than 512 bytes"))
		}
	}
	ctx, cancel := v.s.patient(ctx)
	defer cancel()
	claimed := make(map[string]string, len(fresh))
	for part := range slices.Chunk(readers, maxBulkDocs) {
		for todo := part; len(todo) > 0; { // again for those destroyed between the two steps
			err := v.retry(ctx, untilDeadline, func(ctx context.Context) error { return v.claim(ctx, todo, fresh) })
			if err != nil {
				return nil, unavailable(fmt.Sprintf("claim %d pseudonyms", len(fresh)), err)
			}
			found, err := v.Lookup(ctx, todo...)
			if err != nil {
				return nil, err
			}
			maps.Copy(claimed, found)
			todo = slices.DeleteFunc(slices.Clone(todo), func(r string) bool { return found[r] != "" })
		}
	}
	return claimed, nil
}

// claim creates the documents of those of readers that have none. Once it
// returns nil each of them has had one.
func (v *Vault) claim(ctx context.Context, readers []string, fresh map[string]string) error {
	lines := make([]any, 0, 2*len(readers))
	for _, r := range readers {
		lines = append(lines,
			map[string]any{"create": map[string]any{"_index": v.alias, "_id": r}}, lockerSource{Pseudonym: fresh[r]})
	}
	items, err := v.bulk(ctx, lines, len(readers))
	if err != nil {
		return err
	}
	for _, it := range items {
		if !it.fine() && it.Status != http.StatusConflict {
			return it
		}
	}
	return nil
}

// bulk sends lines, which hold n operations, and returns what became of each.
func (v *Vault) bulk(ctx context.Context, lines []any, n int) ([]*reply, error) {
	var body bytes.Buffer
	out := json.NewEncoder(&body)
	for _, l := range lines {
		if err := out.Encode(l); err != nil {
			return nil, fmt.Errorf("encode operation: %w", err)
		}
	}
	var answer struct {
		Items []map[string]struct { // by operation, one each
			Status int   `json:"status"`
			Error  cause `json:"error"`
		} `json:"items"`
	}
	err := v.s.call(ctx, esapi.BulkRequest{
		Body: bytes.NewReader(body.Bytes()), RequireAlias: new(true), Timeout: v.s.timeout / 2,
		FilterPath: []string{"items.*.status", "items.*.error.type"},
	}, &answer)
	if err != nil {
		return nil, err
	}
	if got := len(answer.Items); got != n {
		return nil, fmt.Errorf("bulk answered for %d operations of %d", got, n)
	}
	replies := make([]*reply, n)
	for i, it := range answer.Items {
		for op, r := range it {
			// The reason could quote the reader, and goes to logs.
			replies[i] = &reply{Status: r.Status, Type: r.Error.Type, Reason: op + " failed"}
		}
	}
	return replies, nil
}

// Destroy is described at [recommend.Vault].
func (v *Vault) Destroy(ctx context.Context, reader, pseudonym string) error {
	if !nameable(reader) {
		return nil
	}
	ctx, cancel := v.s.patient(ctx)
	defer cancel()
	err := v.retry(ctx, untilDeadline, func(ctx context.Context) error { return v.destroy(ctx, reader, pseudonym) })
	if err != nil {
		return unavailable("destroy a pseudonym", err)
	}
	return nil
}

// destroy deletes the document that it has read, and no later one, and then
// hides it from searches. Another try, whose document is gone, still does that.
func (v *Vault) destroy(ctx context.Context, reader, pseudonym string) error {
	lockers, err := v.multiGet(ctx, []string{reader})
	if err != nil {
		return err
	}
	if len(lockers) > 0 && lockers[0].Source.Pseudonym == pseudonym {
		status, err := v.bulk(ctx, []any{map[string]any{"delete": map[string]any{
			"_index": v.alias, "_id": reader, "if_seq_no": lockers[0].Seq, "if_primary_term": lockers[0].Term,
		}}}, 1)
		switch {
		case err != nil:
			return err
		case status[0].Status == http.StatusConflict: // somebody else was faster: look again
			return errAgain
		case status[0].Status != http.StatusNotFound && !status[0].fine():
			return status[0]
		}
	}
	return v.s.refresh(ctx, v.alias)
}

// Close lets go of the connections.
func (v *Vault) Close() error { return v.s.Close() }
