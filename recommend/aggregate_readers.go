package recommend

import "slices"

// ReaderSums finds in one pass what each reader did. Its memory grows with the
// readers and the groups that each is in.
type ReaderSums struct {
	sums    *JourneySums
	readers map[string][]readerTook
}

// readerTook are steps in a group.
type readerTook struct {
	groupKey
	class Class
	took  uint8
}

// NewReaderSums returns sums for q, which is valid.
func NewReaderSums(q *JourneyQuery) *ReaderSums {
	return &ReaderSums{sums: NewJourneySums(q), readers: make(map[string][]readerTook)}
}

// Add counts j, whose document is named id.
func (s *ReaderSums) Add(id string, j *Journey) {
	if _, left := s.sums.except[id]; left {
		return
	}
	k, took, ok := s.sums.place(j)
	if !ok {
		return
	}
	of := s.readers[j.Reader]
	if i := slices.IndexFunc(of, func(t readerTook) bool { return t.groupKey == k && t.class == j.Class() }); i >= 0 {
		of[i].took |= took
		return
	}
	s.readers[j.Reader] = append(of, readerTook{k, j.Class(), took})
}

// Readers calls each with what every reader did.
func (s *ReaderSums) Readers(each func(ReaderSteps) error) error {
	for reader, of := range s.readers {
		for _, t := range of {
			if err := each(ReaderSteps{Reader: reader, Key: slices.Clone(t.key[:len(s.sums.q.By)]), Slot: t.slot, Class: t.class, Took: t.took}); err != nil {
				return err
			}
		}
	}
	return nil
}
