package recommend

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"vitrine.dev/ranking"
)

// Windows answer readers from a shelf: windows, search, storefronts, single
// picks and products. They are safe for concurrent use and keep nothing of
// their own, so any process with the same key goes on where another stopped.
type Windows struct {
	shelf         *Shelf
	world         *World
	store         Store
	pseudonyms    *Pseudonyms
	checker       *Checker
	memory        *Memory
	signer        signer
	now           func() time.Time
	logger        *slog.Logger
	readerTimeout time.Duration
	readersAway   atomic.Bool // said in the log
	counts        topicCounts
	parts         parts
	standings     *standings
	tastes        tastes
	turns         *turns
	keptPages     keptCounts
	figures       windowFigures
}

// A WindowsConfig says what windows need.
type WindowsConfig struct {
	Shelf *Shelf
	World *World
	Store Store
	// Pseudonyms are what the documents of readers are named by; nil: their ids.
	Pseudonyms *Pseudonyms
	// Checker asks partners again before somebody buys; nil asks nobody.
	Checker *Checker
	// Memory is what was learned from readers; nil, surfaces keep the weights
	// that they start with.
	Memory *Memory
	// SecretKey signs cursors and window ids; all processes of an installation
	// share it.
	SecretKey []byte
	Now       func() time.Time
	Logger    *slog.Logger
	// ReaderTimeout is how long a page waits for the reader's document before
	// it goes on without. Zero is 300 ms.
	ReaderTimeout time.Duration
	// Keep is how long a reader's cards keep their scores while he does nothing
	// and no pick comes that he would be shown; what others do moves them no
	// sooner. While more is asked for than processors can score, cards keep them up
	// to [overdue] times as long, whatever he does but wish for something else. What must not be seen any more is never
	// shown. 0 scores every page anew.
	Keep time.Duration
	// KeepBytes bounds what is kept. Zero is 512 MiB.
	KeepBytes uint64
}

// NewWindows returns windows over a shelf that somebody else feeds.
func NewWindows(c WindowsConfig) *Windows {
	if c.ReaderTimeout <= 0 {
		c.ReaderTimeout = 300 * time.Millisecond
	}
	if c.KeepBytes == 0 {
		c.KeepBytes = 512 << 20
	}
	return &Windows{
		standings: newStandings(c.Keep, c.KeepBytes), tastes: newTastes(), turns: newTurns(),
		shelf: c.Shelf, world: c.World, store: c.Store, pseudonyms: c.Pseudonyms, checker: c.Checker, memory: c.Memory,
		signer: newSigner(c.SecretKey),
		now:    c.Now, logger: c.Logger, readerTimeout: c.ReaderTimeout, parts: allParts(),
	}
}

// Close ends what the memory of windows runs; they answer on.
func (w *Windows) Close() {
	w.standings.close()
	w.tastes.close()
}

// VerifyWindowID reports whether id names a window that was made by a process
// with the same key, for the reader with this pseudonym.
func (w *Windows) VerifyWindowID(id, pseudonym string) bool { return w.signer.verify(id, pseudonym) }

// NewWindowVerifier returns the VerifyWindowID of all Windows with this key.
func NewWindowVerifier(secretKey []byte) func(id, pseudonym string) bool {
	return newSigner(secretKey).verify
}

// Known reports of each id whether a pick of that name is on the shelf, hidden
// or not. The store may know others.
func (w *Windows) Known(ids []string) []bool {
	known := make([]bool, len(ids))
	w.shelf.mu.RLock()
	defer w.shelf.mu.RUnlock()
	for i, id := range ids {
		_, known[i] = w.shelf.picks.rows[id]
	}
	return known
}

// missingReader says in a page's Missing that it came without the reader's
// interests, follows and mutes.
const missingReader = "reader"

// Window returns one page of a reader's window. It fails for a request that is
// wrong, with a [*Refusal]: validation, topic-unknown, cursor-invalid or
// cursor-expired; and when ctx ends before the page has its turn: no more pages
// are scored at once than there are processors, so that what takes a moment does
// not wait behind all that take long. When the reader's document cannot be had the window is
// that of somebody unknown, and Degraded.
//
// The pages of a window show no product twice and leave none out that could be
// seen throughout, whichever process makes them. They hold what was visible
// when the first was made; what is taken down meanwhile is missing from later
// ones.
func (w *Windows) Window(ctx context.Context, r WindowRequest) (*Window, error) {
	w.turns.pages.Add(1)
	defer w.turns.pages.Add(-1)
	scene, now := w.world.Scene(), w.now()
	topics, err := w.askedTopics(scene, r.Topics)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	who := w.taught(ctx, r.Reader, w.pseudonyms.Make, w.recalling(&r, topics))
	w.figures.spent(StageReader, began)
	on := surfaceFor(topics)
	arms := who.deal(scene.Policy, on)
	c, err := w.windowCursor(r, w.newWindow(&who, on, &arms, askedCode(topics, &r)), topics, now)
	if err != nil {
		return nil, err
	}
	if arms, err = who.arms(scene.Policy, c.window); err != nil {
		return nil, err
	}
	page := &Window{
		ID: c.window.String(), Items: []Item{}, PolicyVersion: scene.Policy.Version, Arm: arms.label,
		Missing: who.missing, Degraded: len(who.missing) > 0,
	}
	more := false
	v := &serving{WindowRequest: &r, who: &who, topics: topics, scene: scene, arms: arms, c: c}
	err = w.readFor(ctx, v, now, func(s *scored, placed []placing) {
		began := time.Now()
		more = s.more || s.kept == nil && len(s.best) > len(placed)
		page.room(len(placed))
		for _, p := range placed {
			s.lay(page, p, r.Lang, c)
		}
		s.leave()
		w.figures.spent(StageCards, began)
		w.lacks(ctx, page, s.ask)
	})
	if err != nil {
		return nil, err
	}
	w.figures.show(page.Items)
	if rules := &scene.Policy.Dose; rules.Windows && r.Admit != nil && r.Reader != "" { // of somebody unknown nobody can count
		w.admit(ctx, page, who.name, r.Admit, rules)
	}
	who.reader.mark(page.Items, now, scene.Policy)
	if more && len(page.Items) > 0 && c.position < scene.Policy.Window.Length {
		c.issued = now
		page.NextCursor = w.signer.seal(c, "window", bindWindow(r.Reader, topics)...)
	}
	return page, nil
}

// ask is what the sources of the window of c are asked.
func (w *Windows) ask(l *look, c *cursor, r *WindowRequest, reader *Reader) *ask {
	at := c.window.at()
	return &ask{
		look: l, taste: l.tasteAt(at, r.Reader, reader), horizon: at,
		served: &c.served, exclude: c.exclude, limit: l.scene.Policy.Window.CandidateLimit, fresh: r.Fresh, again: c.again,
		memory: w.memory, on: c.window.about().on, features: w.parts.features, keep: w.standings.keeps(),
	}
}

// windowCursor is where the request goes on, at the start of the window with the
// id fresh if it brings no cursor.
func (w *Windows) windowCursor(r WindowRequest, fresh windowID, topics []string, now time.Time) (*cursor, error) {
	rules := &w.world.Scene().Policy.Window
	if r.Cursor != "" {
		return w.signer.open(r.Cursor, now, rules.CursorFor.D(), "window", bindWindow(r.Reader, topics)...)
	}
	limit, err := pageLimit(r.Limit, rules)
	if err != nil {
		return nil, err
	}
	if len(r.Exclude) > mostExcluded {
		return nil, Refuse(Problem{Code: "validation", Pointer: "/exclude_ids", Message: fmt.Sprintf("%d picks excluded, %d allowed", len(r.Exclude), mostExcluded), Fix: "exclude fewer"})
	}
	return &cursor{window: fresh, seed: r.Seed, limit: limit, again: r.IncludeSeen, exclude: shortHashes(r.Exclude)}, nil
}

// shortHashes are what cursors carry of ids, sorted.
func shortHashes(ids []string) []uint64 {
	hashes := make([]uint64, 0, len(ids))
	for _, id := range ids {
		hashes = append(hashes, short(ranking.Hash(id)))
	}
	slices.Sort(hashes)
	return hashes
}

// bindWindow is what a window's cursor is bound to beside the window itself.
// It is the reader's own id: his pseudonym may be out of reach for a while.
func bindWindow(reader string, topics []string) []string { return append([]string{reader}, topics...) }

// shares are the sources of a window, the first that offers a pick asking for
// it first.
func (a *ask) shares() []share {
	const most = 0.3 // of the candidates; the last source fills up
	beside := newest{called: sourceFresh}
	switch {
	case a.asked != nil:
		beside.called = sourceTopic
	case a.taste.blank():
		beside.called = sourceLatest
	}
	var all []share
	if len(a.taste.past.acts) > 0 {
		all = append(all, share{resume{}, most})
	}
	if len(a.taste.interests) > 0 {
		all = append(all, share{interests{}, 2 * most})
	}
	if len(a.taste.follows) > 0 {
		all = append(all, share{follows{most: int(most * float64(a.limit))}, most})
	}
	if len(a.taste.past.acts) > 0 {
		all = append(all, share{circle{most: int(most * float64(a.limit))}, most})
	}
	if len(a.taste.past.acts) > 0 && a.memory != nil {
		all = append(all, share{similar{most: int(most * float64(a.limit))}, most})
	}
	return append(all, share{popular{}, most}, share{beside, 1})
}

// surfaceOf is where a window with this id was shown. One that was not made
// here for the reader is an order of candidates that somebody brought.
func (w *Windows) surfaceOf(id, pseudonym string) Surface {
	if s, ok := w.signer.surface(id, pseudonym); ok {
		return s
	}
	return SurfaceRank
}

// model is what a surface scores by now.
func (w *Windows) model(s Surface, policy *Policy) ranking.Model {
	if w.memory != nil {
		if m := w.memory.model(s); m != nil {
			return m
		}
	}
	return priorModel(s, &policy.Factors)
}

// pageLimit is the length of a page that asks for n.
func pageLimit(n int, rules *WindowRules) (int, error) {
	switch {
	case n == 0:
		return rules.Default, nil
	case n < 0 || n > rules.Max:
		return 0, Refuse(Problem{Code: "validation", Pointer: "/limit", Message: fmt.Sprintf("limit %d", n), Fix: "give 1 to " + strconv.Itoa(rules.Max)})
	}
	return n, nil
}

// askedTopics are the topics of a request, sorted, each once.
func (w *Windows) askedTopics(scene *Scene, ids []string) ([]string, error) {
	const most = 20
	if len(ids) > most {
		return nil, Refuse(Problem{Code: "validation", Pointer: "/topic", Message: fmt.Sprintf("%d topics, %d allowed", len(ids), most), Fix: "name fewer"})
	}
	for _, id := range ids {
		if !w.knows(scene, id) {
			return nil, topicUnknown(id)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(ids))), nil
}

func topicUnknown(id string) error {
	return Refuse(Problem{Code: "topic-unknown", Pointer: "/topic", Message: fmt.Sprintf("there is no topic %q", clip(strings.ToValidUTF8(id, "?"))), Fix: "use an id listed by GET /v1/topics"})
}
