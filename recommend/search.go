package recommend

// A SearchRequest asks for picks by text and filters. Without text it browses,
// newest first.
type SearchRequest struct {
	Reader   string // "" is somebody unknown
	Query    string // at most 200 characters
	Topic    string // takes its subtopics in
	Partner  string
	PriceMin *int64 // minor units; a product without a fresh price matches no price filter
	PriceMax *int64
	InStock  bool   // the partner says so, or takes orders ahead
	Limit    int    // 0 is the policy's default
	Cursor   string // from the page before; the filters must be the same
	Lang     string // "zh" or "en"
}

// A SearchPage is one page of what was found, one card per product.
type SearchPage struct {
	Items         []Item   `json:"items"`
	NextCursor    string   `json:"next_cursor,omitempty"`
	Facets        Facets   `json:"facets"`
	PolicyVersion string   `json:"policy_version"`
	Degraded      bool     `json:"degraded"`
	Missing       []string `json:"missing,omitempty"`
}

// Facets count cards by topic and by partner. Each count leaves out the filter
// on its own facet, so that it says what choosing another value would give.
type Facets struct {
	Topics   []Facet `json:"topics"`
	Partners []Facet `json:"partners"`
}

// A Facet is one value to filter by.
type Facet struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Count int    `json:"count"`
}
