package ranking

// Changed lists the items whose row changed after sequence number since, and
// the number to ask with next time. Begin with 0; numbers do not outlive the
// process.
func (l *Lists) Changed(since uint64) (items []int32, now uint64) { return l.changed.since(since) }

// ChangedTopics is [Lists.Changed] of the topics.
func (l *Lists) ChangedTopics(since uint64) (topics []int32, now uint64) {
	return l.topicsChanged.since(since)
}

// Row is all that is known of item, for [Lists.SetRow] of another process: at
// most 60 bytes. Numbers travel as float32, times are exact.
func (l *Lists) Row(item int32) []byte {
	s := l.get(item)
	b := appendTime(append(make([]byte, 0, 60), rowVersion), s.at)
	b = appendTime(appendTime(b, s.shownAt), s.since)
	for _, v := range []float64{
		s.hours.clicks, s.hours.expected, s.week.clicks, s.week.expected, s.ever.clicks, s.ever.expected, s.shown, s.strength,
	} {
		b = appendFloat(b, v)
	}
	return b
}

// SetRow replaces what is known of item by a row. An error wraps [ErrRow] and
// changes nothing; any bytes may be given.
func (l *Lists) SetRow(item int32, row []byte) error {
	d := decoder{b: row}
	d.version()
	s := listed{at: d.time(), shownAt: d.time(), since: d.time()}
	s.hours, s.week, s.ever = d.tally(), d.tally(), d.tally()
	s.shown, s.strength = d.amount(), d.float()
	if err := d.end(); err != nil {
		return err
	}
	if item >= 0 {
		l.items = grow(l.items, item)
		l.items[item] = s
		l.changed.mark(item)
	}
	return nil
}

func (d *decoder) tally() tally { return tally{clicks: d.amount(), expected: d.amount()} }

// TopicRow is all that is known of topic, as [Lists.Row] is of an item: 9 bytes.
func (l *Lists) TopicRow(topic int32) []byte {
	var t tally
	if topic >= 0 && int(topic) < len(l.topics) {
		t = l.topics[topic]
	}
	return appendFloat(appendFloat([]byte{rowVersion}, t.clicks), t.expected)
}

// SetTopicRow replaces what is known of topic, as [Lists.SetRow] does.
func (l *Lists) SetTopicRow(topic int32, row []byte) error {
	d := decoder{b: row}
	d.version()
	t := d.tally()
	if err := d.end(); err != nil {
		return err
	}
	if topic >= 0 {
		l.topics = grow(l.topics, topic)
		l.topics[topic] = t
		l.topicsChanged.mark(topic)
	}
	return nil
}
