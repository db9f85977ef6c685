package recommend

// The factors of a score that are no features: what is made of it afterwards.
const (
	factorBase      = "base" // what a model that is no sum says of anybody
	factorFeedback  = "feedback"
	factorSeen      = "seen"
	factorDiversity = "diversity"
)

// Adjustments describe the factors of a score that are no features: each is a
// logarithm with the weight 1, for scores are logits.
func Adjustments() []Feature {
	return []Feature{
		{factorBase, "what a model that is no sum of weights says of anybody", "logit", -9, 9},
		{factorFeedback, "what the reader asked for less or more of", "ln(factor)", -9, 9},
		{factorSeen, "he saw or bought it, and asked to see such again", "ln(factor)", -9, 0},
		{factorDiversity, "the page holds something of its expert or product already", "ln(factor)", -9, 0},
	}
}

// factors take the score of candidate i apart that was placed with the score
// total: its features by the weights of the model, and what was made of their
// sum. Their products add up to total.
func (s *scored) factors(i int, total float64) []Factor {
	var out []Factor
	for _, f := range s.taken(i) {
		if f.Weight != 0 && f.Value != 0 {
			out = append(out, Factor(f))
		}
	}
	also := func(name string, v float64) {
		if v != 0 {
			out = append(out, Factor{Name: name, Weight: 1, Value: v})
		}
	}
	feedback, seen := s.adjustments(i)
	also(factorFeedback, feedback)
	also(factorSeen, seen)
	also(factorDiversity, total-s.worth[i])
	return out
}

// lay makes the next card of a page of a candidate in its place, and notes in c
// that it was shown.
func (s *scored) lay(page *Window, p placing, lang string, c *cursor) {
	i := s.best[p.Index]
	row := s.found[i].row
	item := page.show(s.face(row, lang))
	item.Position, item.Score, item.Source = c.position, p.Score, s.source(i)
	item.Propensity = p.propensity
	if p.explored {
		item.Source = sourceExplore
	}
	var speak voices
	switch {
	case s.kept != nil:
		speak = s.kept.voices[i]
	case s.spoken != nil:
		speak = s.spoken[p.Index]
	default:
		item.Factors = s.factors(i, p.Score)
		sums := s.sums(item.Factors)
		speak = loudest(&sums)
	}
	first, others := s.others(row, s.taste, s.pieces.rows[:0])
	item.AlsoBy = s.alsoBy(first, piece(&s.pieces.also, len(first)))
	item.Reasons = s.reasons(i, speak, others, item, lang)
	c.position++
	if topic, share := s.wanted.of(s.ask, s.picks.row[row].topics); share > 0 {
		c.served.count(s.topicCode(topic))
	}
	c.served.add(servedCard{what: short(s.Shelf.products.rec[s.picks.row[row].product].hash), expert: expertCode(item.Expert.ID)})
}
