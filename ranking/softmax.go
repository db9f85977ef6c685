package ranking

import "math"

// A Prior is what a feature starts with.
type Prior struct {
	Name string
	// Weight is raw, per unit of the feature: the one served before anything
	// is learned.
	Weight float64
	// Scale is the typical spread of the feature within a list, above 0. Steps
	// and bounds of a weight are counted in it; it does not change a score.
	// What is not above 0 stands for 1.
	Scale float64
	// Fixed features count in every score, and their weight is never learned.
	Fixed bool
	// Aside features are learned, as the position of a card is, and not
	// served: [Softmax.Linear] leaves them out.
	Aside bool
}

// A Pace says how fast a [Softmax] learns. Of the two that were measured, lists
// of one choice among sampled others went best with Rate .15, Start .001 and
// Average .002; clicks on short lists with Rate .03, Start 1 and Adapt.
type Pace struct {
	Rate  float64 // of AdaGrad, in standardised weights
	Start float64 // of AdaGrad's sum of squares
	// Average is 0 when the live weights are served. Else a slow mean of them
	// is: after each list it moves by this share of the way to them.
	Average float64
	// MaxStep bounds one step of one standardised weight; 0 is no bound.
	MaxStep float64
	// MaxWeight bounds how far a standardised weight goes from its prior; 0 is
	// no bound.
	MaxWeight float64
	// Adapt lets the scales follow the spread within the lists learned from.
	Adapt bool
}

// Constants of the adapting scale and of what a list may do to a sum.
const (
	scaleFloor  = .01  // keeps the scale of a constant feature above 0
	scaleFirst  = 200  // lists for which the shipped scale counts
	scaleMost   = 2000 // lists that a scale remembers
	scaleJump   = 400  // a list counts at most as so many times the variance: a feature may be rare
	maxGradient = 32   // of one list and standardised weight
	maxImport   = 10   // of the importance of a row
)

// A Softmax learns a [Linear] online from lists of which something was chosen:
// the chance of a row is taken to be proportional to exp(offset + sum of
// weights times features), and each list moves the weights along the gradient
// of its log-likelihood by a step of AdaGrad (Duchi, Hazan and Singer, 2011).
// The scores of what it serves are therefore logits.
//
// It is deterministic, and its state can be marshalled and taken on by another
// process, which then goes on exactly. It is not safe for concurrent use.
//
// Weights are held per unit of the feature and only the steps are
// standardised, so a scale that adapts changes the speed of learning and never
// a score.
type Softmax struct {
	pace     Pace
	features []learned
	counts   Counts

	weights []float64   // that the list at hand is scored with
	columns [][]float64 // of the list at hand, nil for what it lacks
	scores  []float64
}

// learned is the state of one feature.
type learned struct {
	Prior
	live     float64 // weight, raw
	mean     float64 // slow mean of live
	squares  float64 // AdaGrad's sum, of standardised gradients
	variance float64 // running mean of the variance within a list
	seen     int64   // lists in variance
}

// Counts says what became of the lists given to a [Softmax].
type Counts struct {
	Lists   int64 `json:"lists"`   // learned from
	Skipped int64 `json:"skipped"` // without a target or with less than two usable rows
	Rows    int64 `json:"rows"`    // left out of their list, for something infinite or not a number
	Steps   int64 `json:"steps"`   // of one weight, refused for the same reason
}

// NewSoftmax returns a learner that serves the weights of priors, which should
// name each feature once.
func NewSoftmax(priors []Prior, pace Pace) *Softmax {
	s := &Softmax{pace: pace, features: make([]learned, len(priors))}
	for k, p := range priors {
		if p.Scale <= 0 || !finite(p.Scale) {
			p.Scale = 1
		}
		if !finite(p.Weight) {
			p.Weight = 0
		}
		spread := max(p.Scale-scaleFloor, 0)
		s.features[k] = learned{Prior: p, live: p.Weight, mean: p.Weight, squares: max(pace.Start, 0), variance: spread * spread}
	}
	return s
}

// Linear is what is served now: a weight for every feature that is not aside,
// in the order of the priors. The caller owns it.
func (s *Softmax) Linear() Linear {
	weights := make([]Weight, 0, len(s.features))
	for k, value := range s.served() {
		if f := &s.features[k]; !f.Aside {
			weights = append(weights, Weight{Name: f.Name, Value: value})
		}
	}
	return NewLinear(weights...)
}

// Live is the weight that learning has come to for a feature, aside or not; 0
// for one that it does not know.
func (s *Softmax) Live(name string) float64 {
	for k := range s.features {
		if s.features[k].Name == name {
			return s.features[k].live
		}
	}
	return 0
}

// Lists is the number of lists learned from.
func (s *Softmax) Lists() int64 { return s.counts.Lists }

// Counts says what became of all lists given so far.
func (s *Softmax) Counts() Counts { return s.counts }

// Learn takes one list in. Target has a share for each row of x, not negative,
// and their sum is taken as 1: y/m where m of the rows were chosen. A list in
// which nothing was chosen is skipped. Offset is nil or the part of each row's
// score that is not learned. A feature that x lacks counts as 0.
//
// Propensity is nil or, for each row, the chance with which it was shown there,
// in (0, 1]; any other number counts as 1. A choice then weighs 1/propensity,
// at most 10, relative to the mean of its list: the inverse propensity
// weighting of Joachims, Swaminathan and Schnabel (2017), normalised.
//
// A row with a value that is infinite or not a number is left out, and a step
// that is refused. None of x, target, offset and propensity is kept or written.
func (s *Softmax) Learn(x *Table, target, offset, propensity []float64) {
	l, ok := s.prepare(list{x, target, offset, propensity}, s.live())
	s.counts.Rows += int64(x.Len() - l.x.Len())
	if !ok {
		s.counts.Skipped++
		return
	}
	s.counts.Lists++
	weights, all := l.importance()
	softmax(s.scores)
	for i, p := range s.scores {
		s.scores[i] = weights[i] - all*p
	}
	for k := range s.features {
		f := &s.features[k]
		if column := s.columns[k]; column != nil && !f.Fixed {
			s.step(f, column, s.scores)
		}
	}
}

// Loss is the cross entropy in nats of target under the served weights, those
// aside included, and NaN for a list that Learn would skip. It learns nothing.
func (s *Softmax) Loss(x *Table, target, offset []float64) float64 {
	return s.loss(list{x: x, target: target, offset: offset}, s.served())
}

// loss is Loss under other weights, one per feature.
func (s *Softmax) loss(l list, weights []float64) float64 {
	l, ok := s.prepare(l, weights)
	if !ok {
		return math.NaN()
	}
	total, sum := logSum(s.scores), 0.0
	entropy := 0.0
	for i, t := range l.target {
		sum += t
		if t > 0 {
			entropy += t * (total - s.scores[i])
		}
	}
	return entropy / sum
}

// prepare fills s.columns and s.scores for l, less the rows that cannot be
// used, and reports whether anything is left to learn from.
func (s *Softmax) prepare(l list, weights []float64) (list, bool) {
	s.score(l, weights)
	if !l.sound(s.scores) {
		l = l.usable(s.scores)
		s.score(l, weights)
	}
	chosen := 0.0
	for _, t := range l.target {
		chosen += t
	}
	return l, l.x.Len() > 1 && chosen > 0 && finite(chosen)
}

// score leaves the columns of l and the scores of its rows in s. A row's score
// is not finite when one of its features is not, whatever the weights.
func (s *Softmax) score(l list, weights []float64) {
	n := l.x.Len()
	if cap(s.scores) < n {
		s.scores = make([]float64, n)
	}
	s.scores = s.scores[:n]
	clear(s.scores)
	if l.offset != nil {
		copy(s.scores, l.offset)
	}
	s.columns = s.columns[:0]
	at := -1
	for k := range s.features {
		var column []float64
		column, at = l.x.after(s.features[k].Name, at)
		s.columns = append(s.columns, column)
		addTimes(s.scores, column, weights[k])
	}
}

// step moves the weight of f along the gradient of one list, of which column
// holds f and residual the difference of target and chance.
func (s *Softmax) step(f *learned, column, residual []float64) {
	if s.pace.Adapt {
		f.follow(column)
	}
	scale := f.scale(s.pace)
	g := 0.0
	for i, v := range column {
		g += residual[i] * v
	}
	g = min(max(g/scale, -maxGradient), maxGradient) // not a number stays one
	squares := f.squares + g*g
	live := f.live
	if squares > 0 {
		live = f.moved(s.pace.Rate*g/math.Sqrt(squares), scale, s.pace)
	}
	mean := f.mean + s.pace.Average*(live-f.mean)
	if !finite(live) || !finite(mean) || !finite(squares) {
		s.counts.Steps++
		return
	}
	f.live, f.mean, f.squares = live, mean, squares
}

// live is the weights that learning moves, until the next call.
func (s *Softmax) live() []float64 {
	s.weights = s.weights[:0]
	for k := range s.features {
		s.weights = append(s.weights, s.features[k].live)
	}
	return s.weights
}

// served is the weights that are served, until the next call.
func (s *Softmax) served() []float64 {
	if s.pace.Average <= 0 {
		return s.live()
	}
	s.weights = s.weights[:0]
	for k := range s.features {
		s.weights = append(s.weights, s.features[k].mean)
	}
	return s.weights
}

// moved is the live weight after a step of by scales, within the bounds.
func (f *learned) moved(by, scale float64, p Pace) float64 {
	if p.MaxStep > 0 {
		by = min(max(by, -p.MaxStep), p.MaxStep)
	}
	live := f.live + by/scale
	if p.MaxWeight > 0 {
		bound := p.MaxWeight / scale
		live = min(max(live, f.Weight-bound), f.Weight+bound)
	}
	return live
}

// scale is the spread in which steps of f are counted.
func (f *learned) scale(p Pace) float64 {
	if !p.Adapt {
		return f.Scale
	}
	return math.Sqrt(f.variance) + scaleFloor
}

// follow takes the variance of column into the running one. The shipped scale
// counts as the first 200 lists, and a list cannot change much alone.
func (f *learned) follow(column []float64) {
	mean := 0.0
	for _, v := range column {
		mean += v
	}
	mean /= float64(len(column))
	variance := 0.0
	for _, v := range column {
		variance += (v - mean) * (v - mean)
	}
	variance /= float64(len(column))
	if math.IsNaN(variance) {
		return
	}
	f.seen = min(f.seen, scaleMost) + 1
	scale := math.Sqrt(f.variance) + scaleFloor
	f.variance += (min(variance, scaleJump*scale*scale) - f.variance) / float64(min(scaleFirst+f.seen, scaleMost))
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
