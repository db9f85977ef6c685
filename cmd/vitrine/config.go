package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// A config holds every setting of every command; a command's flags set those
// that it has.
type config struct {
	Addr string
	// DebugAddr is where profiles are shown; "" is nowhere.
	DebugAddr string
	Data      string
	Keys      string
	Policy    string
	// Channels is the file of the partners that this installation is connected to.
	Channels string
	// Exports is the directory of analysts' exports; "" makes none.
	Exports string
	Now     string
	Demo    bool
	// Linger is how long a stop goes on serving, Drain how long it may take after that.
	Linger time.Duration
	Drain  time.Duration
	// KeepWindows is how long a reader's ranking is kept.
	KeepWindows time.Duration
	Log         string

	Kafka       string
	Elastic     string
	Prefix      string
	Partitions  int
	Replication int
	Shards      int
	Replicas    int

	Trusted bool
	Verify  bool

	Sub, Scope, Partner string
	TTL                 time.Duration

	// Of train.
	Surface string
	DryRun  bool
	By, Why string

	Topic, Reason, ID string
	Open              bool
	Through           string

	Shop shopConfig
	Eval evalConfig

	Simulation simulationConfig

	Bench benchConfig

	Args []string // what is left after the flags

	logger *slog.Logger
	now    func() time.Time
}

// lingerOfMany is how long those of many processes linger: load balancers look
// at /readyz every few seconds.
const lingerOfMany = 5 * time.Second

// flagsOf says which settings a command has.
func flagsOf(name string) []string {
	engines := []string{"data", "keys", "policy", "now", "log", "kafka", "elastic", "prefix", "partitions", "replication", "shards", "replicas"}
	switch name {
	case "serve":
		return []string{"addr", "debug-addr", "data", "keys", "policy", "channels", "exports", "now", "demo", "linger", "drain", "keep-windows", "log", "partitions"}
	case "api":
		return append(engines, "addr", "debug-addr", "linger", "drain", "keep-windows", "channels", "exports")
	case "ingest":
		return append(engines, "addr", "debug-addr", "drain", "channels")
	case "token":
		return []string{"data", "keys", "now", "sub", "scope", "partner", "ttl"}
	case "import":
		return append(engines, "trusted")
	case "export":
		return engines
	case "rebuild":
		return append(engines, "verify")
	case "train":
		return append(engines, "surface", "dry-run", "by", "why")
	case "dead":
		return append(engines, "topic", "reason", "id", "open", "through")
	case "partner":
		return shopFlags()
	case "eval":
		return append(evalFlags(), "policy", "log")
	case "demo":
		return append(simulationFlags(), "policy", "json", "profile", "log")
	case "bench":
		return append(benchFlags(), "log")
	case "policy":
		return nil
	}
	return nil
}

// parseConfig reads the flags of c; VITRINE_SOME_NAME is the default of
// --some-name.
func parseConfig(c command, args []string, env environment) (*config, error) {
	cfg := new(config)
	all := flag.NewFlagSet("all", flag.ContinueOnError)
	cfg.define(all)
	switch c.name {
	case "partner":
		cfg.Addr = shopAddr
	case "api":
		cfg.Linger = lingerOfMany
	}
	fs := flag.NewFlagSet("vitrine "+c.name, flag.ContinueOnError)
	fs.SetOutput(env.Stderr)
	fs.Usage = func() {
		fmt.Fprintf(env.Stderr, "vitrine %s [flags] %s: %s\n\n", c.name, c.args, c.about)
		fs.PrintDefaults()
	}
	var err error
	for _, name := range flagsOf(c.name) {
		f := all.Lookup(name)
		if v := env.Getenv("VITRINE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))); v != "" {
			if e := f.Value.Set(v); e != nil {
				err = errors.Join(err, fmt.Errorf("VITRINE_%s: %q: %w", strings.ToUpper(name), v, e))
			}
		}
		fs.Var(f.Value, name, f.Usage)
	}
	if err != nil {
		return nil, err
	}
	if err := parseMixed(fs, args, &cfg.Args); err != nil {
		return nil, err
	}
	if c.args == "" && len(cfg.Args) > 0 {
		return nil, fmt.Errorf("%s takes no arguments, and %q is one", c.name, cfg.Args[0])
	}
	err = cfg.finish(env)
	return cfg, err
}

// parseMixed lets flags stand after arguments too.
func parseMixed(fs *flag.FlagSet, args []string, rest *[]string) error {
	for {
		if err := fs.Parse(args); err != nil {
			return err
		}
		if fs.NArg() == 0 {
			return nil
		}
		*rest = append(*rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func (c *config) define(fs *flag.FlagSet) {
	fs.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "`address` to serve on")
	fs.StringVar(&c.DebugAddr, "debug-addr", "", "`address` to show profiles on, such as :6060; of this machine alone unless a host is named; nowhere when empty")
	fs.StringVar(&c.Data, "data", "data", "`directory` of the embedded engines and the keys")
	fs.StringVar(&c.Keys, "keys", "", "`file` of the installation's keys (default DATA/keys.json)")
	fs.StringVar(&c.Policy, "policy", "", "policy `file`, or \"archive\"; the built-in one when empty; reloaded when it changes")
	fs.StringVar(&c.Channels, "channels", "", "`file` of the partners to ask for facts and orders; none when empty")
	fs.StringVar(&c.Exports, "exports", "", "`directory` of analysts' exports, shared by all processes of an API (default DATA/exports of serve; without one api makes none)")
	fs.StringVar(&c.Now, "now", "", "`time` to start the clock at, RFC 3339; the real time when empty")
	fs.BoolVar(&c.Demo, "demo", false, "fill an empty installation with the demo world, and sign in as anybody of it")
	fs.DurationVar(&c.Linger, "linger", 0, "how long a stop goes on answering requests while /readyz sends them elsewhere")
	fs.DurationVar(&c.Drain, "drain", 20*time.Second, "how long a stop may take, --linger aside")
	fs.DurationVar(&c.KeepWindows, "keep-windows", time.Minute, "how long a reader's cards keep their scores while he does nothing; 0 scores every page anew")
	fs.StringVar(&c.Log, "log", "info", "`level`: debug, info, warn or error")
	fs.StringVar(&c.Kafka, "kafka", "", "Kafka `brokers`, host:port,…")
	fs.StringVar(&c.Elastic, "elastic", "", "Elasticsearch `URLs`, http://host:port,…")
	fs.StringVar(&c.Prefix, "prefix", "", "`prefix` of topics, groups and indices, where engines are shared")
	fs.IntVar(&c.Partitions, "partitions", 0, "partitions of new topics (default 1 embedded, 3 on Kafka)")
	fs.IntVar(&c.Replication, "replication", 1, "copies of new topics")
	fs.IntVar(&c.Shards, "shards", 1, "shards of new indices")
	fs.IntVar(&c.Replicas, "replicas", 0, "replicas of new indices")
	fs.BoolVar(&c.Trusted, "trusted", false, "the files are an archive: publishing limits, similarity and probation do not apply")
	fs.BoolVar(&c.Verify, "verify", true, "compare every document with the one that it replaces; a difference is exit status 1")
	fs.StringVar(&c.Sub, "sub", "", "`id` of the reader, expert, partner or moderator")
	fs.StringVar(&c.Scope, "scope", "window:read", "`scopes`, separated by blanks")
	fs.StringVar(&c.Partner, "partner", "", "partner `id` that catalog:write and orders:write act for, or that the shop is (several with commas)")
	fs.DurationVar(&c.TTL, "ttl", 30*24*time.Hour, "how long the token is good")
	fs.StringVar(&c.Surface, "surface", "", "only this `surface`: home, topic or rank")
	fs.BoolVar(&c.DryRun, "dry-run", false, "print what would be served, and change nothing")
	fs.StringVar(&c.By, "by", "operator", "`id` of who decides")
	fs.StringVar(&c.Why, "why", "", "`reason`, kept with the decision")
	fs.StringVar(&c.Topic, "topic", "", "only letters of this `topic`")
	fs.StringVar(&c.Reason, "reason", "", "only letters with this `reason`")
	fs.StringVar(&c.ID, "id", "", "only the letter with this `id`, topic/partition/offset")
	fs.BoolVar(&c.Open, "open", false, "only letters not redriven yet")
	fs.StringVar(&c.Through, "through", "", "shell `command` that mends a letter: envelope JSON in, envelope JSON out")
	c.Shop.define(fs)
	c.Eval.define(fs)
	c.Simulation.define(fs)
	c.Bench.define(fs)
}

func (c *config) finish(env environment) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	c.logger = slog.New(slog.NewJSONHandler(env.Stderr, &slog.HandlerOptions{Level: level}))
	c.now = time.Now
	if c.Now != "" {
		start, err := time.Parse(time.RFC3339, c.Now)
		if err != nil {
			return fmt.Errorf("now: give a time such as 2026-11-23T08:00:00Z: %w", err)
		}
		ahead := time.Until(start)
		c.now = func() time.Time { return time.Now().Add(ahead) }
	}
	if c.Keys == "" {
		c.Keys = filepath.Join(c.Data, "keys.json")
	}
	if c.Exports == "" && c.Kafka == "" {
		c.Exports = filepath.Join(c.Data, "exports")
	}
	for _, n := range []struct {
		name   string
		v, min int
	}{{"partitions", c.Partitions, 0}, {"replication", c.Replication, 1}, {"shards", c.Shards, 1}, {"replicas", c.Replicas, 0}} {
		if n.v < n.min {
			return fmt.Errorf("%s: %d is under %d", n.name, n.v, n.min)
		}
	}
	for _, b := range c.brokers() {
		if _, _, err := net.SplitHostPort(b); err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
	}
	return nil
}

func (c *config) brokers() []string { return splitList(c.Kafka) }

func (c *config) urls() []string { return splitList(c.Elastic) }

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
