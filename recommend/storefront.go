package recommend

// A Tab is an order of a storefront.
type Tab string

// The tabs of a storefront.
const (
	TabLatest  Tab = "latest"  // newest first
	TabPopular Tab = "popular" // what most other experts pick too
	TabForYou  Tab = "for_you" // by the viewer's interests
)

// A StorefrontRequest asks for the picks of one expert.
type StorefrontRequest struct {
	Expert string
	Viewer
	Tab    Tab    // "" is [TabLatest]
	Query  string // words that all occur in the reason or the title
	Limit  int    // 0 is the policy's default
	Cursor string // from the page before; tab and query must be the same
}

// A Storefront is one page of an expert's picks. What is sold out is among
// them and says so.
type Storefront struct {
	Expert        ExpertProfile `json:"expert"`
	Tab           Tab           `json:"tab"`
	Items         []Item        `json:"items"`
	NextCursor    string        `json:"next_cursor,omitempty"`
	PolicyVersion string        `json:"policy_version"`
	Degraded      bool          `json:"degraded"`
	Missing       []string      `json:"missing,omitempty"`
}

// An ExpertProfile is an expert as his storefront shows him.
type ExpertProfile struct {
	ExpertCard
	Bio       string      `json:"bio,omitempty"`
	Verified  bool        `json:"verified"`
	Topics    []TopicInfo `json:"topics"` // verified for; Picks are this expert's
	Picks     int         `json:"picks"`  // in the storefront
	Following bool        `json:"following"`
}
