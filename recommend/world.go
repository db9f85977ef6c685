package recommend

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
)

// A World is what every decision looks at: the policy in force and the
// partners approved now. It follows the rulings in a store. It is safe for
// concurrent use; a reader gets one consistent [Scene] at a time.
type World struct {
	logger *slog.Logger
	scene  atomic.Pointer[Scene]

	mu      sync.Mutex // guards what makes the next scene
	rulings map[string]worldRuling
}

type worldRuling struct {
	*Ruling
	version int64
}

// A Scene is a World at one moment.
type Scene struct {
	Policy   *Policy
	Partners *Partners
	// base is what arms of experiments have changed the window rules of; nil in
	// a scene that none have.
	base *Scene
}

// origin is the scene without the changes of arms.
func (s *Scene) origin() *Scene {
	if s.base != nil {
		return s.base
	}
	return s
}

// NewWorld returns a World under policy that knows no ruling yet.
func NewWorld(policy *Policy, logger *slog.Logger) *World {
	w := &World{logger: logger, rulings: make(map[string]worldRuling)}
	w.remake(context.Background(), policy)
	return w
}

// Scene is the World now.
func (w *World) Scene() *Scene { return w.scene.Load() }

// SetPolicy puts another policy in force.
func (w *World) SetPolicy(ctx context.Context, policy *Policy) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remake(ctx, policy)
}

// Apply takes changed ruling documents, as a [Follower] hands them on. One that
// cannot be read is logged and left out: it must not keep the others from
// taking effect.
func (w *World) Apply(ctx context.Context, docs []Document) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := false
	for _, d := range docs {
		if old, ok := w.rulings[d.ID]; ok && old.version >= d.Version {
			continue
		}
		r := new(Ruling)
		if err := json.Unmarshal(d.Body, r); err != nil {
			w.logger.ErrorContext(ctx, "ruling cannot be read", "ruling", d.ID, "err", err)
			continue
		}
		if r.Target.Kind == TargetPartner {
			w.rulings[d.ID] = worldRuling{r, d.Version}
			changed = true
		}
	}
	if changed {
		w.remake(ctx, w.scene.Load().Policy)
	}
	return nil
}

func (w *World) remake(ctx context.Context, policy *Policy) {
	rulings := make([]*Ruling, 0, len(w.rulings))
	for _, r := range w.rulings {
		rulings = append(rulings, r.Ruling)
	}
	partners, refused := NewPartners(policy, rulings)
	for _, id := range refused {
		w.logger.WarnContext(ctx, "partner left out: its hosts belong to another", "partner", id)
	}
	w.scene.Store(&Scene{Policy: policy, Partners: partners})
}
