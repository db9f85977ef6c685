package ranking

import (
	"math"
	"time"
)

// mostHalvings is how far the newest value may be ahead of the origin before
// all values are brought back to it: a float32 has room for twice as many.
const mostHalvings = 60

// A fading says how values that fade together are held: as they were at an
// origin, those counted later the larger, so that time changes none of them
// (forward decay: Cormode et al., 2009).
type fading struct {
	origin, now int64
	left        float64 // of a held 1, now
	began       bool
}

// halvings is how often a value halves from one time to another.
func (t *Together) halvings(from, to int64) float64 {
	halfLife := t.HalfLife
	if halfLife == 0 {
		halfLife = defaultFade
	}
	if halfLife < 0 {
		return 0
	}
	return (float64(to) - float64(from)) / (float64(halfLife) / float64(time.Microsecond))
}

// scaleAt makes at the present if it is later, and returns how a 1 counted at
// that time is held.
func (t *Together) scaleAt(at int64) float64 {
	f := &t.fade
	if !f.began {
		f.origin, f.now, f.began = at, at, true
	}
	f.now = max(f.now, at)
	if t.halvings(f.origin, f.now) > mostHalvings {
		t.rescale()
	}
	f.left = math.Exp2(-t.halvings(f.origin, f.now))
	return math.Exp2(t.halvings(f.origin, at))
}

// rescale makes the present the origin.
func (t *Together) rescale() {
	factor := math.Exp2(-t.halvings(t.fade.origin, t.fade.now))
	t.fade.origin = t.fade.now
	for i := range t.weights {
		t.weights[i] *= factor
		row := t.matrix.rows[i].cells
		for j := range row {
			c := &row[j]
			c.a, c.b = float32(float64(c.a)*factor), float32(float64(c.b)*factor)
		}
	}
}
