package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
)

// A page is a window as clients know it; encoding/json encodes it field by
// field, as it does for most handlers that anybody writes.
type page struct {
	WindowID string  `json:"window_id"`
	Items    []card  `json:"items"`
	Next     string  `json:"next_cursor,omitempty"`
	Policy   string  `json:"policy_version"`
	Degraded bool    `json:"degraded"`
	Arm      *string `json:"arm,omitempty"`
}

type card struct {
	Pick        string          `json:"pick"`
	Position    int             `json:"position"`
	Score       float64         `json:"score"`
	Propensity  float64         `json:"propensity,omitempty"`
	Source      string          `json:"source"`
	Reasons     []string        `json:"reasons"`
	Expert      person          `json:"expert"`
	Product     goods           `json:"product"`
	Reason      string          `json:"reason"`
	Topics      []string        `json:"topics"`
	Disclosure  disclosure      `json:"disclosure"`
	Inventory   *int64          `json:"inventory,omitempty"`
	Link        string          `json:"link"`
	Also        []also          `json:"also_recommended_by,omitempty"`
	PublishedAt time.Time       `json:"published_at"`
	Bookmarked  bool            `json:"bookmarked"`
	InCart      bool            `json:"in_cart"`
	Images      []string        `json:"images,omitempty"`
	Extra       json.RawMessage `json:"extra,omitempty"`
}

type person struct {
	ID    string   `json:"id"`
	Name  string   `json:"name,omitempty"`
	Trust *float64 `json:"trust,omitempty"`
}

type goods struct {
	Key          string    `json:"key"`
	Partner      string    `json:"partner"`
	Title        string    `json:"title"`
	Image        string    `json:"image,omitempty"`
	Price        *price    `json:"price,omitempty"`
	Availability string    `json:"availability"`
	CheckedAt    time.Time `json:"checked_at"`
}

type price struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type disclosure struct {
	Label        string `json:"label"`
	Short        string `json:"short_label"`
	Relationship string `json:"relationship"`
	Placement    string `json:"placement"`
}

type also struct {
	Pick   string `json:"pick"`
	Expert person `json:"expert"`
}

// ServeFloor is the least that a service of windows does: a gin handler that
// encodes one and the same page for whoever asks. The page is that of file,
// which holds a real answer. It serves until ctx ends.
func ServeFloor(ctx context.Context, addr, file string) error {
	h, err := floorHandler(file)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: patience}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("floor: %w", err)
	}
	return nil
}

func floorHandler(file string) (http.Handler, error) {
	b, err := os.ReadFile(file) //nolint:gosec // that bench wrote
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	var p page
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	for _, path := range []string{"/v1/window", "/readyz"} {
		g.GET(path, func(c *gin.Context) { c.JSON(http.StatusOK, &p) })
	}
	g.POST("/v1/rank", func(c *gin.Context) { c.JSON(http.StatusOK, &p) })
	return g, nil
}
