package exports

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

const picksComplete = "Every pick that experts sent, as folded when the file is written, in no order: what figures by pick are of. " +
	"state is what its expert's events make of it; whether readers see it is a matter of rulings, stock and partners too. The relationship is that which readers are told."

// picks are a row for each pick.
func (d *Desk) picks(j *Job, a About) *table {
	a.Complete, a.Disclosure = picksComplete, d.disclosed(j)
	a.Columns = []string{
		"schema", "as_of", "pick", "expert", "product", "partner", "topics", "state", "published_at", "disclosure_label", "disclosure_short_label", "relationship",
	}
	return &table{About: a, rows: func(ctx context.Context, write func(row) error) error {
		paying, err := d.paying(ctx)
		if err != nil {
			return err
		}
		seen := make(map[string]struct{}) // a store may tell of a pick twice
		return d.Documents.Each(ctx, recommend.KindPick, func(doc recommend.Document) error {
			var p struct {
				ID           string                 `json:"id"`
				Expert       string                 `json:"expert"`
				Product      string                 `json:"product"`
				Topics       []string               `json:"topics"`
				Relationship recommend.Relationship `json:"relationship"`
				State        recommend.PickState    `json:"state"`
				PublishedAt  time.Time              `json:"published_at"`
			}
			if err := json.Unmarshal(doc.Body, &p); err != nil {
				return fmt.Errorf("%s: %w", doc.Ref, err)
			}
			partner, _, _ := strings.Cut(p.Product, ":")
			where := j.Request.Where
			_, again := seen[p.ID]
			if again || !asked(where["partner"], partner) || !asked(where["expert"], p.Expert) || !asked(where["pick"], p.ID) {
				return ctx.Err()
			}
			seen[p.ID] = struct{}{}
			told := d.Disclose(p.Relationship, &recommend.Product{CommissionBP: paying[p.Product]}, j.Lang)
			return write(row{
				a.Schema, a.AsOf, p.ID, p.Expert, p.Product, partner, strings.Join(p.Topics, " "), string(p.State), p.PublishedAt.UTC(),
				told.Label, told.ShortLabel, string(told.Relationship),
			})
		})
	}}
}

// paying are the products that pay a commission.
func (d *Desk) paying(ctx context.Context) (map[string]int64, error) {
	paying := make(map[string]int64)
	err := d.Documents.Each(ctx, recommend.KindProduct, func(doc recommend.Document) error {
		var p struct {
			CommissionBP int64 `json:"commission_bp"`
		}
		if err := json.Unmarshal(doc.Body, &p); err != nil {
			return fmt.Errorf("%s: %w", doc.Ref, err)
		}
		if p.CommissionBP > 0 {
			paying[doc.ID] = p.CommissionBP
		}
		return ctx.Err()
	})
	return paying, err
}
