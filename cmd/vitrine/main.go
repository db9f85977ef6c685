// Command vitrine is the whole service in one binary: everything in one
// process on embedded engines (serve), or its parts apart on Kafka and
// Elasticsearch (api, ingest), and the tools around them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], environment{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	os.Exit(status(ctx, err, os.Stderr))
}

// An environment is what a command sees of the world outside.
type environment struct {
	Getenv         func(string) string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

type command struct {
	name, args, about string
	run               func(context.Context, *config, environment) error
}

func commands() []command {
	return []command{
		{"serve", "", "everything in one process, on embedded engines", serve},
		{"api", "", "the HTTP API on Kafka and Elasticsearch", serveAPI},
		{"ingest", "", "the folds on Kafka and Elasticsearch", serveIngest},
		{"token", "", "print a signed token of this installation", token},
		{"import", "DIR …", "read JSON-lines files through the same rules as the API", importDirs},
		{"export", "DIR", "write what import reads", exportDir},
		{"eval", "DIR …", "measure ranking: replay a data set through the serving code", evalDirs},
		{"bench", "[floor FILE]", "measure how fast the service is, beside a floor in the same run", benchCommand},
		{"demo", "", "--simulate: let a made-up society live with the windows, and tell how they serve it", simulate},
		{"rebuild", "", "fold all documents anew from the log, while the service runs", rebuildCommand},
		{"train", "[show|rollback|pin|unpin|load …]", "what surfaces are scored by: learn it anew, look at it, take it back", trainCommand},
		{"dead", "list|show|redrive", "dead letters: what could not be folded, and why", dead},
		{"partner", "", "a small shop that sells nothing, to buy at and to make misbehave", servePartner},
		{"policy", "check|show [FILE]", "validate a policy file, print the default one", policyCommand},
	}
}

func run(ctx context.Context, args []string, env environment) error {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				cfg, err := parseConfig(c, args[1:], env)
				if err != nil {
					return err
				}
				return c.run(ctx, cfg, env)
			}
		}
	}
	fmt.Fprint(env.Stderr, "vitrine: windows of recommended products, ranked by interest\n\n")
	for _, c := range commands() {
		fmt.Fprintf(env.Stderr, "  vitrine %-7s %-18s %s\n", c.name, c.args, c.about)
	}
	fmt.Fprint(env.Stderr, "\nvitrine COMMAND -h lists the flags of a command; each has an environment variable, VITRINE_ADDR for --addr.\n")
	if len(args) > 0 && args[0] != "help" && args[0] != "-h" && args[0] != "--help" {
		return fmt.Errorf("unknown command %q", args[0])
	}
	return nil
}
