package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// token prints a signed token of this installation, and nothing else.
func token(_ context.Context, cfg *config, env environment) error {
	if !recommend.ValidID(cfg.Sub) {
		return errors.New("sub: give the id that the token acts for, such as --sub mei")
	}
	if len(strings.Fields(cfg.Scope)) == 0 {
		return fmt.Errorf("scope: a token without any opens nothing; there are %s", strings.Join(api.Scopes(), ", "))
	}
	keys, err := api.LoadKeys(cfg.Keys)
	if err != nil {
		return err
	}
	signed, err := keys.Sign(api.Claims{
		Subject: cfg.Sub, Scopes: strings.Fields(cfg.Scope), Partner: cfg.Partner, IssuedAt: cfg.now(), TTL: cfg.TTL,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, signed)
	return err
}
