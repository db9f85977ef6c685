package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"vitrine.dev/recommend"
)

// Windows answers what readers look at: a [recommend.Windows] is one.
type Windows interface {
	Window(ctx context.Context, r recommend.WindowRequest) (*recommend.Window, error)
	Search(ctx context.Context, r recommend.SearchRequest) (*recommend.SearchPage, error)
	Storefront(ctx context.Context, r recommend.StorefrontRequest) (*recommend.Storefront, error)
	Pick(ctx context.Context, id string, v recommend.Viewer) (*recommend.PickView, error)
	Product(ctx context.Context, r recommend.ProductRequest) (*recommend.ProductPage, error)
	TopicTree(lang string) []recommend.TopicInfo
	Experiments(ctx context.Context, lang string) ([]recommend.ExperimentReport, error)
	Why(ctx context.Context, r recommend.WhyRequest) (*recommend.Why, error)

	ReaderOf(ctx context.Context, id string) (*recommend.Reader, error)
	CartOf(ctx context.Context, r *recommend.Reader, lang string) (*recommend.CartView, error)
	Bookmarks(ctx context.Context, r recommend.BookmarksRequest) (*recommend.BookmarksPage, error)
	Kept(ctx context.Context, r *recommend.Reader, picks []string, lang string) (map[string]recommend.BookmarkView, error)
}

// Documents is what pages read by id: a [recommend.Store] is one.
type Documents interface {
	Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error)
}

// Config is what pages are made from. Windows, Store and World are needed.
type Config struct {
	Windows Windows
	Store   Documents
	World   *recommend.World

	// Analyst counts for the page of analysts; nil: nobody sees figures.
	Analyst Analyst

	// Live tells how this process does; nil: the page of analysts has no tiles.
	Live func() (Live, error)

	// Session tells who looks at a page, by the cookie that POST /v1/session
	// sets; ok is false for somebody unknown. nil: everybody is unknown.
	Session func(r *http.Request) (sub string, scopes []string, ok bool)
	// Ask asks the API what GET target tells whoever sends r, and decodes it into
	// v: [vitrine.dev/api.Ask], by which pages show what the API alone knows under
	// its own rules. nil: there are no pages of that.
	Ask func(r *http.Request, target string, v any) error
	// Admit is how readers are given cards of a window where the policy bounds
	// those too; nil bounds nothing.
	Admit func(r *http.Request, reader string) recommend.Admit
	// Demo is nil unless anybody may act as an expert of a demo world.
	Demo *Demo
	// FrameOrigins are where checkouts may be shown from within a page, such as
	// "https://shop.example": nothing else is framed.
	FrameOrigins []string

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nothing is logged
}

// A Demo lets whoever looks choose somebody to act as. The page's script gets
// the token from POST /v1/demo/tokens.
type Demo struct {
	Experts []string // ids, in the order in which they are offered
}

// A site serves the pages.
type site struct {
	Config

	catalogs map[string]*catalog // by language
	pages    map[string]pageSet  // by language
	static   *static
	policy   string // for the content of every page
}

// New returns the handler of all pages; what it has no page for is answered
// with a page that says so. An error means that the binary was built from
// broken templates or words.
func New(c Config) (http.Handler, error) {
	if c.Windows == nil || c.Store == nil || c.World == nil {
		return nil, errors.New("web: Windows, Store and World are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Session == nil {
		c.Session = func(*http.Request) (string, []string, bool) { return "", nil, false }
	}
	policy, err := contentPolicy(c.FrameOrigins)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &site{Config: c, policy: policy, catalogs: make(map[string]*catalog), pages: make(map[string]pageSet)}
	if s.static, err = newStatic(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	for _, lang := range languages() {
		if s.catalogs[lang], err = readCatalog(lang); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		if s.pages[lang], err = s.parse(lang); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	return s.routes(), nil
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*request) error{
		"GET /{$}":            s.window,
		"GET /search":         s.search,
		"GET /experts/{id}":   s.storefront,
		"GET /picks/{id}":     s.pick,
		"GET /picks/{id}/why": s.why,
		"GET /products/{key}": s.product,
		"GET /publish":        s.publish,
		"GET /about":          s.about,
		"GET /cart":           s.cart,
		"GET /me":             s.me,
		"GET /bookmarks":      bookmarks,
		"GET /earnings":       s.earnings,
		"GET /analytics":      s.analytics,
		"GET /signals":        s.signals,
		"GET /analytics/live": s.live,
		"/":                   nowhere,
	} {
		mux.HandleFunc(pattern, s.page(serve))
	}
	mux.HandleFunc("GET /pictures/{file}", s.picture)
	mux.HandleFunc("GET /avatars/{file}", s.avatar)
	mux.HandleFunc("GET /static/{hash}/{file}", s.static.serve)
	mux.HandleFunc("GET /favicon.ico", s.static.favicon)
	return mux
}
