// Package elastic keeps documents in Elasticsearch 8: the [recommend.Store] of
// an installation that runs on servers.
//
// It knows nothing of what a document means, beyond the few fields it copies
// out of picks and products so that they can be searched, and it decides
// nothing: versions, kinds and text come from its callers. It holds no state
// but connections, so any number of processes may share one prefix.
//
// Each kind has an index template and an alias. "vitrine-pick" stands for
// "vitrine-pick-000001" until a rebuild swaps it for another index, which the
// template "vitrine-pick" gives the same mapping.
package elastic

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"vitrine.dev/recommend"
)

// Limits that hold when [Config] says nothing else.
const (
	defaultPrefix   = "vitrine"
	defaultTimeout  = 10 * time.Second
	defaultPatience = 30 * time.Second
)

// A Config says where Elasticsearch is and how the documents lie in it. The
// zero value of every field but Addresses is a good choice.
type Config struct {
	// Addresses are the URLs of the nodes. User and password may stand in the
	// first and then hold for all.
	Addresses []string
	// APIKey is sent with every request, if set.
	APIKey string
	// CACert are the PEM certificates that the nodes' own are checked with,
	// if set; the machine's otherwise.
	CACert []byte

	// Prefix starts the name of every index, alias and template; "vitrine" if
	// empty. Stores of different prefixes share nothing.
	Prefix string
	// Shards of an index that has to be created, 1 if 0. With more than one,
	// Changes come in the order of their puts within each shard only.
	Shards int
	// Replicas of an index that has to be created. 0 lets Elasticsearch keep
	// one as soon as there is a second node.
	Replicas int

	// Timeout bounds one request; 10 s if 0.
	Timeout time.Duration
	// Patience bounds a Put whose context has no deadline, and Open: how long
	// they try again while the engine is away; 30 s if 0.
	Patience time.Duration

	// Logger is told of tries that failed and of indices created; nobody if nil.
	Logger *slog.Logger
	// Transport sends the requests in place of HTTP, for tests. CACert does
	// not reach it.
	Transport http.RoundTripper
}

// A Store keeps documents in Elasticsearch. Its methods are safe for
// concurrent use.
type Store struct {
	client   *elasticsearch.Client
	pool     *http.Transport // nil when Config brought its own
	prefix   string
	suffix   string // of the aliases; not empty for a store on its way to replace another
	layout   layout
	timeout  time.Duration
	patience time.Duration
	log      *slog.Logger

	atOnce    int64     // journeys that are counted by reader in one pass, about
	page      int       // buckets in one answer
	looked    int64     // journeys of a group whose readers are looked at first, about
	countable *sync.Map // kinds whose index has the fields that are counted by
}

var _ recommend.Store = (*Store)(nil)

// Open connects to Elasticsearch and creates what is missing there: templates,
// indices, aliases. It may run in many processes at once. While no node
// answers it tries again, for as long as ctx or Config.Patience allows; the
// error then wraps [recommend.ErrUnavailable]. A Config that can never work is
// an error that wraps [recommend.ErrInvalid].
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := newStore(cfg)
	if err != nil {
		return nil, fmt.Errorf("open elasticsearch: %w", err)
	}
	ctx, cancel := s.patient(ctx)
	defer cancel()
	if err := s.retry(ctx, untilDeadline, s.create); err != nil {
		s.disconnect()
		return nil, unavailable("open elasticsearch", err)
	}
	return s, nil
}

func newStore(cfg Config) (*Store, error) {
	if len(cfg.Addresses) == 0 {
		return nil, fmt.Errorf("no address: %w", recommend.ErrInvalid)
	}
	s := &Store{
		prefix:   cfg.Prefix,
		layout:   layout{shards: max(cfg.Shards, 1), replicas: cfg.Replicas},
		timeout:  cfg.Timeout,
		patience: cfg.Patience,
		log:      cfg.Logger,

		atOnce:    journeysAtOnce,
		page:      compositePage,
		looked:    journeysLooked,
		countable: new(sync.Map),
	}
	if s.prefix == "" {
		s.prefix = defaultPrefix
	}
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`).MatchString(s.prefix) {
		return nil, fmt.Errorf("prefix %q: %w: use lower-case letters, digits, - and _", s.prefix, recommend.ErrInvalid)
	}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if s.patience <= 0 {
		s.patience = defaultPatience
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	transport := cfg.Transport
	if transport == nil {
		pool, err := newPool(cfg.CACert)
		if err != nil {
			return nil, err
		}
		s.pool, transport = pool, pool
	}
	client, err := elasticsearch.NewClient(elasticsearch.Config{
		Addresses:         cfg.Addresses,
		APIKey:            cfg.APIKey,
		Transport:         transport,
		DisableRetry:      true, // retry knows which failures mend, the client does not
		DisableMetaHeader: true,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", recommend.ErrInvalid, err)
	}
	s.client = client
	return s, nil
}

// newPool returns the connections of one store. Answers are not compressed: for
// pages of changes that costs the node more than the wire gains.
func newPool(caCert []byte) (*http.Transport, error) {
	pool := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	if len(caCert) > 0 {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(caCert) {
			return nil, fmt.Errorf("ca certificate: %w: no PEM certificate in it", recommend.ErrInvalid)
		}
		pool.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return pool, nil
}

// patient returns ctx with a deadline: its own, or s.patience from now.
func (s *Store) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, s.patience)
}

// Close lets go of the connections. Documents need no flush: Put has left
// nothing behind.
func (s *Store) Close() error {
	if s.suffix != "" { // the connections are those of the store to replace
		return nil
	}
	defer s.disconnect()
	if err := s.client.Close(context.Background()); err != nil {
		return fmt.Errorf("close elasticsearch: %w", err)
	}
	return nil
}

func (s *Store) disconnect() {
	if s.pool != nil {
		s.pool.CloseIdleConnections()
	}
}
