package ranking

// A version is the state of a [Softmax] that was served once, as far as it can
// be taken back.
type version struct {
	lists    int64 // learned from until then
	moved    int64 // period in which it came to its place
	features []kept
}

// kept is the state of one feature in a version.
type kept struct {
	weight   float64
	squares  float64
	variance float64
	seen     int64
}

// priors is what s was made of.
func (s *Softmax) priors() []Prior {
	priors := make([]Prior, len(s.features))
	for k := range s.features {
		priors[k] = s.features[k].Prior
	}
	return priors
}

// prior is the version from before the first list.
func (s *Softmax) prior() version { return NewSoftmax(s.priors(), s.pace).version() }

// version is what is served now.
func (s *Softmax) version() version {
	v := version{lists: s.counts.Lists, features: make([]kept, len(s.features))}
	for k, w := range s.served() {
		f := &s.features[k]
		v.features[k] = kept{weight: w, squares: f.squares, variance: f.variance, seen: f.seen}
	}
	return v
}

// weights is a copy of the weights of v.
func (v version) weights() []float64 {
	weights := make([]float64, len(v.features))
	for k := range v.features {
		weights[k] = v.features[k].weight
	}
	return weights
}

// restore serves the version of rivals at index k again. Sums of squares stay,
// so that learning goes on no faster than before, except for what exploded: a
// sum grows with the lists, and one that grew far more than that since a good
// version would keep its weight from ever moving again. The scales are those of
// the version.
func (s *Softmax) restore(rivals []rival, k int) {
	for i := range s.features {
		f, old := &s.features[i], rivals[k].features[i]
		if f.Fixed {
			continue
		}
		f.live, f.mean = old.weight, old.weight
		f.variance, f.seen = old.variance, old.seen
		for _, r := range rivals {
			if r.lists > 0 {
				grown := squaresGrowth * float64(s.counts.Lists) / float64(r.lists)
				f.squares = min(f.squares, max(grown*r.features[i].squares, s.pace.Start))
			}
		}
	}
}

// squaresGrowth is how much faster than before a sum of squares may grow in
// good health.
const squaresGrowth = 4
