package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	oteltrace "go.opentelemetry.io/otel/trace"

	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

// Documents is what handlers read by id, and lists that they follow: a
// [recommend.Store] is one.
type Documents interface {
	Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error)
	Changes(ctx context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error)
}

// Windows answers what readers look at: a [recommend.Windows] is one. A cursor
// that is not ours or too old is a [recommend.Refusal] with code
// "cursor-invalid" or "cursor-expired", an unknown topic one with
// "topic-unknown"; what is not there wraps [recommend.ErrNotFound], and is a
// [recommend.GoneError] where it was once.
type Windows interface {
	Window(ctx context.Context, r recommend.WindowRequest) (*recommend.Window, error)
	Rank(ctx context.Context, r recommend.RankRequest) (*recommend.Window, error)
	Insertions(ctx context.Context, r recommend.InsertionsRequest) (*recommend.Window, error)
	Search(ctx context.Context, r recommend.SearchRequest) (*recommend.SearchPage, error)
	Storefront(ctx context.Context, r recommend.StorefrontRequest) (*recommend.Storefront, error)
	Pick(ctx context.Context, id string, v recommend.Viewer) (*recommend.PickView, error)
	Product(ctx context.Context, r recommend.ProductRequest) (*recommend.ProductPage, error)
	TopicTree(lang string) []recommend.TopicInfo
	Middle(ctx context.Context, id string, v recommend.Viewer) (*recommend.Middle, error)
	CartNow(ctx context.Context, r *recommend.Reader, lang string, ids ...string) (*recommend.CartView, error)
	Bookmarks(ctx context.Context, r recommend.BookmarksRequest) (*recommend.BookmarksPage, error)
	CartOf(ctx context.Context, r *recommend.Reader, lang string) (*recommend.CartView, error)
	VerifyWindowID(id, pseudonym string) bool
	ArmOf(window, pseudonym string) string
	Why(ctx context.Context, r recommend.WhyRequest) (*recommend.Why, error)
	Ranking(lang string) *recommend.RankingView
	Experiments(ctx context.Context, lang string) ([]recommend.ExperimentReport, error)
}

// Config is what a [Server] works with. Log, Store, World, Windows and Keys
// are needed; the zero value of everything else is sensible.
type Config struct {
	Log     recommend.Log
	Store   Documents
	World   *recommend.World
	Windows Windows
	Keys    *Keys
	// Analyst counts what readers did; nil: nothing is counted here.
	Analyst Analyst
	// Exports makes files for analysts; nil: none are made here.
	Exports *exports.Desk
	// Pseudonyms are what readers are called in events and documents; nil:
	// what their tokens call them.
	Pseudonyms *recommend.Pseudonyms

	// Channels are the partners that checkouts lead to and that send orders;
	// nil: none.
	Channels recommend.Channels
	// Clicks sign the ways to checkouts; nil: with a key of Keys, as the
	// ingester's do.
	Clicks *recommend.Clicks
	// OrderPartitions is how many partitions the topic of orders has; 0: 1.
	OrderPartitions int

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nothing is logged; [LogHandler] is put before it
	// Registerer takes the metrics, Gatherer is what /metrics shows. With
	// neither, metrics are kept and shown for this Server alone.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
	// Tracer makes a span of every request and of every append it causes; nil:
	// none are made. What it makes goes on in what folds the events.
	Tracer oteltrace.Tracer
	// Ready looks at what the process stands on; nil: always ready.
	Ready func(ctx context.Context) []Check
	// Pages serves what is outside of the API; nil: nothing is there.
	Pages http.Handler

	Wait    time.Duration // how long a write waits to be readable; 0: 2 s
	Timeout time.Duration // of a whole request; 0: 15 s
	Limits  Limits        // of requests; zero fields are defaults
	// PublicURL is the address clients know the service by, such as
	// https://vitrine.example. With it, problem types are absolute; when it is
	// https, the session cookie is sent over https only.
	PublicURL string
	// TrustedProxies are addresses or networks whose X-Forwarded-For is
	// believed when clients without a token are told apart.
	TrustedProxies []string
	// GuestFor is how long a guest's token is good for; 0: 30 days.
	GuestFor time.Duration
	// Demo lets POST /v1/demo/tokens hand out tokens of experts, so that anybody
	// can try the publisher, and GET /v1/session say so.
	Demo bool
}

// A Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	Config

	types     problemTypes
	languages *languages
	fixed     fixedHeaders
	engine    *gin.Engine
	meters    *meters
	limiter   *limiter
	answers   *answers
	experts   *turns
	readers   *turns
	late      *late
	cursors   sealer
	links     *exports.Links
	crowd     crowd
	tokens    *tokens
	spec      spec

	signatures *signatures
	buyers     *buyers
	robots     *robots

	draining atomic.Bool
	started  atomic.Bool
}

// New returns a Server; [Server.Close] it when it serves no more.
func New(cfg Config) (*Server, error) {
	if cfg.Log == nil || cfg.Store == nil || cfg.World == nil || cfg.Windows == nil || cfg.Keys == nil {
		return nil, errors.New("api: Log, Store, World, Windows and Keys are needed")
	}
	cfg.setDefaults()
	s := &Server{
		Config: cfg, types: newProblemTypes(), fixed: newFixedHeaders(), experts: newTurns(), readers: newTurns(),
		cursors: sealer{cfg.Keys.Secret("api cursor")}, links: exports.NewLinks(cfg.Keys.Secret("export link")),
	}
	var err error
	if s.meters, err = newMeters(s.Registerer, s.types); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.spec, err = newSpec(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.languages, err = newLanguages(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.limiter, err = newLimiter(cfg.Limits, cfg.Now); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.tokens, err = newTokens(cfg.Keys); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.answers, err = newAnswers(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.signatures, err = newSignatures(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.buyers, err = newBuyers(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.robots, err = newRobots(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.late, err = newLate(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.engine, err = s.route(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return s, nil
}

func (c *Config) setDefaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Logger = slog.New(LogHandler(c.Logger.Handler()))
	if c.Registerer == nil {
		r := prometheus.NewRegistry()
		c.Registerer = r
		if c.Gatherer == nil {
			c.Gatherer = r
		}
	}
	if c.Gatherer == nil {
		c.Gatherer = prometheus.DefaultGatherer
		if g, ok := c.Registerer.(prometheus.Gatherer); ok {
			c.Gatherer = g
		}
	}
	if c.Clicks == nil {
		c.Clicks = recommend.NewClicks(c.Keys.Secret("click"))
	}
	if c.Tracer != nil {
		c.Log = tracedLog{c.Log, c.Tracer}
	}
	c.OrderPartitions = max(1, c.OrderPartitions)
	if c.Ready == nil {
		c.Ready = func(context.Context) []Check { return nil }
	}
	const wait, timeout, guest = 2 * time.Second, 15 * time.Second, 30 * 24 * time.Hour
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&c.Wait, wait}, {&c.Timeout, timeout}, {&c.GuestFor, guest}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
}

// ServeHTTP answers one request. HEAD is GET without a body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() { // whoever comes again finds another process
		w.Header().Set("Connection", "close")
	}
	if r.Method == http.MethodHead {
		get := new(http.Request)
		*get = *r
		get.Method = http.MethodGet
		r, w = get, headWriter{w}
	}
	s.engine.ServeHTTP(w, r)
}

// headWriter leaves bodies out where the server behind does not.
type headWriter struct{ http.ResponseWriter }

// Write takes b for written.
func (headWriter) Write(b []byte) (int, error) { return len(b), nil }

// Drain makes /readyz say that no further requests should be sent here, while
// those that come are served, each the last of its connection: a connection
// that is closed in between loses what is being sent on it. Call it some
// seconds before the listener closes.
func (s *Server) Drain() { s.draining.Store(true) }

// Close lets go of what the Server holds in memory. Nothing is served afterwards.
func (s *Server) Close() {
	s.languages.close()
	s.limiter.close()
	s.tokens.close()
	s.answers.close()
	s.late.close()
	s.signatures.close()
	s.buyers.close()
	s.robots.close()
}

// HTTPServer returns an [http.Server] around s with the timeouts and bounds it
// was made for. The caller sets Addr, serves, and shuts it down.
func (s *Server) HTTPServer() *http.Server {
	const headerTimeout, idle, header = 5 * time.Second, 2 * time.Minute, 32 << 10
	return &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: s.Timeout, WriteTimeout: 2 * s.Timeout,
		IdleTimeout: idle, MaxHeaderBytes: header, ErrorLog: slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug),
	}
}
