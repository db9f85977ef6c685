package partner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// maxBody bounds an answer, in bytes.
const maxBody = 1 << 20

// newClient is used where a configuration names none. Every call has a deadline
// of its own; this one is for who forgets.
func newClient() *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 5 * time.Second,
		},
	}
}

// strict returns c without redirects: a link that a partner hands out is never
// followed, for it can lead anywhere, also into our own network.
func strict(c *http.Client) *http.Client {
	if c == nil {
		c = newClient()
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// ask sends req and decodes the JSON object of its answer into v. The error
// wraps one of the sentinels and tells nothing that the partner wrote but the
// status.
func ask(client *http.Client, req *http.Request, v any) error {
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return unavailable(req.Context(), err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return unavailable(req.Context(), err)
	case len(body) > maxBody:
		return fmt.Errorf("%w: the answer is over %d bytes", recommend.ErrUnavailable, maxBody)
	}
	isJSON := saysJSON(resp.Header.Get("Content-Type"))
	switch status := resp.StatusCode; {
	case status == http.StatusOK && isJSON:
		return decode(body, v)
	case status == http.StatusNotFound && isJSON:
		return fmt.Errorf("%w: answered 404", recommend.ErrNotFound)
	case (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) && isJSON:
		return fmt.Errorf("%w: answered %d", recommend.ErrInvalid, status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("%w: answered %d; check the key", recommend.ErrUnavailable, status)
	case status == http.StatusOK:
		return fmt.Errorf("%w: the answer is not JSON", recommend.ErrUnavailable)
	default:
		return fmt.Errorf("%w: answered %d", recommend.ErrUnavailable, status)
	}
}

// unavailable keeps the cause, so that a caller who gave up is told from a
// partner who did not answer, but not the address: it may hold keys.
func unavailable(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%w: %w", recommend.ErrUnavailable, cause)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", recommend.ErrUnavailable, context.DeadlineExceeded)
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner // the outer ones name the address
	}
	return fmt.Errorf("%w: %s", recommend.ErrUnavailable, err.Error())
}

func saysJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	// The union's gateway calls its JSON a script.
	return err == nil && (kind == "application/json" || kind == "text/javascript" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// decode takes exactly one JSON object.
func decode(body []byte, v any) error {
	if trimmed := strings.TrimLeft(string(body), " \t\r\n"); !strings.HasPrefix(trimmed, "{") {
		return fmt.Errorf("%w: the answer is no JSON object", recommend.ErrUnavailable)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: the answer cannot be read: %w", recommend.ErrUnavailable, err)
	}
	return nil
}
