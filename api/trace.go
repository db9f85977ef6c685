package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// A trace is the W3C trace context of a request.
type trace struct {
	id     string // 32 hex digits, the caller's where it sent one
	parent string // traceparent of what this request causes
}

type traceKey struct{}

const (
	traceSize = 16 // bytes
	spanSize  = 8
)

// continueTrace goes on with the trace of header traceparent, or starts one.
// Our own span has a new id.
func continueTrace(traceparent string) trace {
	id, flags := "", "00"
	parts := strings.Split(traceparent, "-")
	if len(parts) >= 4 && (len(parts) == 4 || parts[0] != "00") && isHex(parts[0], 1) && parts[0] != "ff" &&
		isHex(parts[1], traceSize) && isHex(parts[2], spanSize) && isHex(parts[3], 1) && !isZero(parts[1]) && !isZero(parts[2]) {
		id, flags = parts[1], parts[3]
	} else {
		id = randomHex(traceSize)
	}
	return trace{id: id, parent: "00-" + id + "-" + randomHex(spanSize) + "-" + flags}
}

func isHex(s string, bytes int) bool {
	if len(s) != 2*bytes {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isZero(s string) bool { return strings.Trim(s, "0") == "" }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func withTrace(ctx context.Context, t trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// traceOf is the trace of ctx; zero when it belongs to no request.
func traceOf(ctx context.Context) trace {
	t, _ := ctx.Value(traceKey{}).(trace) // zero is the answer for none
	return t
}
