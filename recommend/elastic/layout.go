package elastic

import "vitrine.dev/recommend"

// A layout is how indices lie in the cluster.
type layout struct {
	shards, replicas int
}

// A template is the body of an index template.
type template struct {
	Patterns []string      `json:"index_patterns"`
	Priority int           `json:"priority"`
	Template indexTemplate `json:"template"`
}

type indexTemplate struct {
	Settings map[string]any `json:"settings"`
	Mappings mappings       `json:"mappings"`
}

type mappings struct {
	// Dynamic false keeps a field nobody declared out of the mapping. A pointer,
	// for it must not stand beside Enabled.
	Dynamic    *bool            `json:"dynamic,omitempty"`
	Enabled    *bool            `json:"enabled,omitempty"`
	Properties map[string]field `json:"properties,omitempty"`
}

type field struct {
	Type            string           `json:"type,omitempty"`
	Properties      map[string]field `json:"properties,omitempty"` // of an object
	Enabled         *bool            `json:"enabled,omitempty"`
	Index           *bool            `json:"index,omitempty"`
	IgnoreAbove     int              `json:"ignore_above,omitempty"`
	IgnoreMalformed bool             `json:"ignore_malformed,omitempty"`
	Analyzer        string           `json:"analyzer,omitempty"`
	SearchAnalyzer  string           `json:"search_analyzer,omitempty"`
}

// Types of the fields that are copied out of a body.
const (
	typeText    = "text"
	typeKeyword = "keyword"
	typeDate    = "date"
)

// Names of the two analyzers. A text is written with single Chinese characters
// and pairs, and asked for by pairs; so a lone character finds the texts it is
// in, and a longer word only those with all its pairs.
const (
	analyzerWritten = "written"
	analyzerAsked   = "asked"
)

// copied names the members of a body of k that an envelope repeats, with their
// types. A kind without any is stored and read by id only.
func copied(k recommend.Kind) map[string]string {
	switch k {
	case recommend.KindPick:
		return map[string]string{
			"reason": typeText, "topics": typeKeyword, "expert": typeKeyword,
			"product": typeKeyword, "state": typeKeyword, "published_at": typeDate,
		}
	case recommend.KindProduct:
		return map[string]string{"title": typeText, "topic": typeKeyword, "updated_at": typeDate}
	case recommend.KindPublisher, recommend.KindReader, recommend.KindRuling, recommend.KindExpert, recommend.KindPulse,
		recommend.KindJourney, recommend.KindExposure, recommend.KindReport, recommend.KindOrder, recommend.KindEarning,
		recommend.KindSignal, recommend.KindModel:
		return nil
	}
	return nil
}

// index returns settings and mappings of an index of k.
//
// Every write is synced before it is answered (durability "request"). What can
// be searched is refreshed each second, and unconditionally so: without the
// explicit interval Elasticsearch would stop refreshing an index that nobody
// searched for half a minute. That is right for what is counted alone: an
// analyst who comes back has it refreshed and waits for that; and it is sorted by
// pick: a breakdown by what picks are filed under has a bucket for each pick, and
// jumps through the whole index where the documents of one do not lie together.
// What is read by id alone needs no refresh; the long interval is for people who
// look with Kibana.
func (l layout) index(k recommend.Kind) indexTemplate {
	settings := l.settings()
	settings["refresh_interval"] = "30s"
	fields := copied(k)
	switch columns := counted(k); {
	case len(columns) > 0:
		delete(settings, "refresh_interval")
		columns["body"] = field{Type: "object", Enabled: new(false)}
		settings["sort.field"] = string(recommend.ByPick)
		return indexTemplate{Settings: settings, Mappings: mappings{Dynamic: new(false), Properties: columns}}
	case len(fields) == 0:
		return indexTemplate{Settings: settings, Mappings: mappings{Enabled: new(false)}}
	}
	settings["refresh_interval"] = "1s"
	settings["analysis"] = analysis()
	m := mappings{Dynamic: new(false), Properties: map[string]field{
		"ref":  {Type: typeKeyword, Index: new(false)}, // orders hits of one score
		"body": {Type: "object", Enabled: new(false)},
	}}
	for name, t := range fields {
		switch t {
		case typeText:
			m.Properties[name] = field{Type: t, Analyzer: analyzerWritten, SearchAnalyzer: analyzerAsked}
		case typeKeyword:
			m.Properties[name] = field{Type: t, IgnoreAbove: maxID}
		case typeDate:
			m.Properties[name] = field{Type: t, IgnoreMalformed: true}
		}
	}
	return indexTemplate{Settings: settings, Mappings: m}
}

// settings are those of every index.
func (l layout) settings() map[string]any {
	s := map[string]any{"number_of_shards": l.shards, "translog.durability": "request"}
	if l.replicas > 0 {
		s["number_of_replicas"] = l.replicas
	} else {
		s["auto_expand_replicas"] = "0-1"
	}
	return s
}

// analysis is Elasticsearch's "cjk" without its English stop words, for all
// words of a search must occur, common ones too.
func analysis() map[string]any {
	analyzer := func(pairs string) map[string]any {
		return map[string]any{"type": "custom", "tokenizer": "standard", "filter": []string{"cjk_width", "lowercase", pairs}}
	}
	return map[string]any{
		"filter": map[string]any{
			"pairs_and_singles": map[string]any{"type": "cjk_bigram", "output_unigrams": true},
		},
		"analyzer": map[string]any{
			analyzerWritten: analyzer("pairs_and_singles"),
			analyzerAsked:   analyzer("cjk_bigram"),
		},
	}
}
