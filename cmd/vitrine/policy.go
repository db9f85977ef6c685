package main

import (
	"context"
	"errors"
	"fmt"

	"vitrine.dev/recommend"
)

// policyCommand validates a policy file or prints the built-in one.
func policyCommand(_ context.Context, cfg *config, env environment) error {
	if len(cfg.Args) == 0 {
		return errors.New("policy: say check FILE or show")
	}
	if len(cfg.Args) > 2 {
		return fmt.Errorf("policy: one file at a time, and %q is another", cfg.Args[2])
	}
	switch cfg.Args[0] {
	case "show":
		_, err := env.Stdout.Write(recommend.DefaultPolicyYAML())
		return err
	case "check":
		path := ""
		if len(cfg.Args) > 1 {
			path = cfg.Args[1]
		}
		p, err := recommend.LoadPolicy(path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "valid: version %s, %d partners, %d topics, %d rules\n", p.Version, len(p.Partners), len(p.Topics), len(p.Rules))
		return err
	}
	return fmt.Errorf("policy: %q is neither check nor show", cfg.Args[0])
}
