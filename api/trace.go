package api

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
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
	const head, dashes, flagDigits = len("00-"), 2, 2
	b := make([]byte, 0, head+2*traceSize+2*spanSize+dashes+flagDigits)
	b = append(b, "00-"...)
	id, flags, ok := readTrace(traceparent)
	if ok {
		b = append(b, id...)
	} else {
		b, flags = appendChance(appendChance(b)), "00"
	}
	b = append(appendChance(append(b, '-')), '-')
	parent := string(append(b, flags...))
	return trace{id: parent[head : head+2*traceSize], parent: parent}
}

// readTrace takes a traceparent apart.
func readTrace(traceparent string) (id, flags string, ok bool) {
	if traceparent == "" {
		return "", "", false
	}
	parts := strings.Split(traceparent, "-")
	ok = len(parts) >= 4 && (len(parts) == 4 || parts[0] != "00") && isHex(parts[0], 1) && parts[0] != "ff" &&
		isHex(parts[1], traceSize) && isHex(parts[2], spanSize) && isHex(parts[3], 1) && !isZero(parts[1]) && !isZero(parts[2])
	if !ok {
		return "", "", false
	}
	return parts[1], parts[3], true
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

// appendChance appends eight bytes of chance in hex, not all of them zero. A
// trace has to be found again, not to be kept secret: the generator is the
// runtime's own, which is seeded by the system.
func appendChance(b []byte) []byte {
	var chance [8]byte
	n := uint64(0)
	for n == 0 {
		n = rand.Uint64() //nolint:gosec // no secret
	}
	binary.LittleEndian.PutUint64(chance[:], n)
	return hex.AppendEncode(b, chance[:])
}

// traceOf is the trace of ctx; zero when it belongs to no request.
func traceOf(ctx context.Context) trace {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return *t
	}
	return trace{}
}
