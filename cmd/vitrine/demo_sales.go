package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vitrine.dev/cmd/vitrine/demo"
	"vitrine.dev/recommend"
)

// writeSales writes what visitors of the demo world bought as orders.jsonl into
// dir, with the tokens that the partner would have been given.
func (p *process) writeSales(ctx context.Context, dir string, sales []demo.Sale) (err error) {
	f, err := os.Create(filepath.Join(dir, "orders.jsonl")) //nolint:gosec // our own directory
	if err != nil {
		return fmt.Errorf("orders of the demo world: %w", err)
	}
	defer func() { _ = f.Close() }()
	out := bufio.NewWriter(f)
	lines, clicks, policy := json.NewEncoder(out), p.clicks(), p.world.Scene().Policy
	for i := range sales {
		reader, err := p.engines.Pseudonyms.Make(ctx, sales[i].Reader)
		if err != nil {
			return err
		}
		click := clickOf(&sales[i], policy)
		click.Reader = reader
		token, err := clicks.Mint(*click)
		if err != nil {
			return err
		}
		for _, r := range reportsOf(&sales[i], token) {
			if err := lines.Encode(r); err != nil {
				return fmt.Errorf("orders of the demo world: %w", err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("orders of the demo world: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("orders of the demo world: %w", err)
	}
	return nil
}

func clickOf(s *demo.Sale, policy *recommend.Policy) *recommend.Click {
	k := &recommend.Click{
		ID: "c-" + s.Order, Pick: s.Pick.ID, Expert: s.Pick.Expert, Product: s.Product.Key, At: s.Clicked, Path: recommend.PathCart,
		Terms: recommend.Terms{
			CommissionBP: int64(s.Product.CommissionBP), ShareBP: policy.Earnings.ShareBP, Model: policy.Earnings.Model,
			HoldingDays: policy.Earnings.HoldingDays, Policy: policy.Version,
		},
	}
	if b := s.Before; b != nil {
		k.Touches = []recommend.Touch{{Click: k.ID + "-before", Pick: b.ID, Expert: b.Expert, At: s.Clicked.Add(-time.Hour), Path: recommend.PathDirect}}
	}
	return k
}

// reportsOf are what the partner reported of a sale so far.
func reportsOf(s *demo.Sale, token string) []recommend.OrderReport {
	partner, _, _ := strings.Cut(s.Product.Key, ":")
	price := recommend.Money{Amount: s.Product.Price.Amount, Currency: s.Product.Price.Currency}
	report := func(state string, amount int64, at time.Time) recommend.OrderReport {
		return recommend.OrderReport{
			ID: s.Order, Partner: partner, Line: "1", Token: token, Amount: recommend.Money{Amount: amount, Currency: price.Currency}, State: state, At: at,
		}
	}
	all := []recommend.OrderReport{report(recommend.OrderPaid, price.Amount, s.Paid)}
	if s.PaidBack > 0 {
		all = append(all, report(recommend.OrderRefunded, s.PaidBack, s.PaidBackAt))
	}
	if !s.Settled.IsZero() {
		all = append(all, report(recommend.OrderSettled, price.Amount, s.Settled))
	}
	return all
}
