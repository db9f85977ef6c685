package recommend

import "slices"

// A feedback is how much what a reader wants less or more of counts for him: 0
// is left out.
type feedback struct {
	picks    map[string]float64
	experts  map[int32]float64
	partners map[int32]float64
	topics   []fedTopic
}

type fedTopic struct {
	topic  int32
	factor float64
}

// addFeedback resolves what r wants less and more of, as of at. A reader of
// whom nothing is to be learned is spared only what he just asked for less of.
func (l *look) addFeedback(t *taste, r *Reader, at moment) {
	rules := &l.scene.Policy.Reader
	for _, f := range r.Feedback {
		factor := rules.factor(&f, at)
		if factor == 1 || r.Impersonal && factor > 0 {
			continue
		}
		switch f.Kind {
		case "pick":
			t.fed.picks = weighed(t.fed.picks, f.ID, factor)
		case "expert":
			if n, ok := l.experts.find(f.ID); ok {
				t.fed.experts = weighed(t.fed.experts, n, factor)
			}
		case "topic":
			if n, ok := l.topics.find(f.ID); ok {
				t.fed.topics = append(t.fed.topics, fedTopic{n, factor})
			}
		case "partner":
			if n, ok := l.partners.find(f.ID); ok {
				t.fed.partners = weighed(t.fed.partners, n, factor)
			}
		}
	}
}

// factor is what f makes of a score at at.
func (r *ReaderRules) factor(f *Feedback, at moment) float64 {
	if f.More {
		return r.MoreFactor
	}
	hidden, faded := r.HiddenFor.D(), r.FadedUntil.D()
	switch passed := age(momentOf(f.At), at); {
	case passed < hidden:
		return 0
	case passed >= faded:
		return 1
	default:
		return r.FadedFrom + (1-r.FadedFrom)*float64(passed-hidden)/float64(faded-hidden)
	}
}

func weighed[K comparable](of map[K]float64, k K, factor float64) map[K]float64 {
	if of == nil {
		of = make(map[K]float64)
	}
	of[k] = factor
	return of
}

// factor is what the score of the pick of row n is to be multiplied by.
func (f *feedback) factor(l *look, n int32) float64 {
	row, product := &l.picks.row[n], 1.0
	if len(f.picks) > 0 {
		if v, ok := f.picks[l.picks.ids[n]]; ok {
			product *= v
		}
	}
	if len(f.experts) > 0 {
		if v, ok := f.experts[row.expert]; ok {
			product *= v
		}
	}
	if len(f.partners) > 0 {
		if v, ok := f.partners[l.products.rec[row.product].partner]; ok {
			product *= v
		}
	}
	if len(f.topics) > 0 {
		closure := l.topics.sets[row.topics].closure
		for _, t := range f.topics {
			if slices.Contains(closure, t.topic) {
				product *= t.factor
			}
		}
	}
	return product
}
