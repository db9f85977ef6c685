package api

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// LogHandler adds trace_id to every record made while a request is served, and
// blots out what must not be in a log: values of keys that name secrets, and
// whatever looks like a token. Give it to the loggers of everything that works
// for requests.
func LogHandler(next slog.Handler) slog.Handler {
	if h, ok := next.(*logHandler); ok {
		return h
	}
	return &logHandler{next: next, tokens: regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{8,}`)}
}

type logHandler struct {
	next   slog.Handler
	tokens *regexp.Regexp
}

// Enabled is that of the handler behind.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle adds and blots out.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.blot(r.Message), r.PC)
	attrs := make([]slog.Attr, 0, mostAttrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, h.attr(a))
		return true
	})
	if t := traceOf(ctx); t.id != "" {
		attrs = append(attrs, slog.String("trace_id", t.id))
	}
	clean.AddAttrs(attrs...)
	return h.next.Handle(ctx, clean)
}

// WithAttrs blots out in attrs too.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs = slices.Clone(attrs)
	for i := range attrs {
		attrs[i] = h.attr(attrs[i])
	}
	return &logHandler{h.next.WithAttrs(attrs), h.tokens}
}

// WithGroup is that of the handler behind.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.next.WithGroup(name), h.tokens}
}

const blotted = "[redacted]"

func (h *logHandler) attr(a slog.Attr) slog.Attr {
	switch strings.ToLower(a.Key) {
	case "token", "authorization", "cookie", "secret", "password":
		return slog.String(a.Key, blotted)
	}
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, h.blot(v.String()))
	case slog.KindGroup:
		attrs := slices.Clone(v.Group())
		for i := range attrs {
			attrs[i] = h.attr(attrs[i])
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(attrs...)}
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, h.blot(err.Error()))
		}
	default:
	}
	return slog.Attr{Key: a.Key, Value: v}
}

func (h *logHandler) blot(s string) string {
	if !strings.Contains(s, "eyJ") && !saysBearer(s) {
		return s
	}
	return h.tokens.ReplaceAllString(s, blotted)
}

// saysBearer reports whether s holds the word, in whatever case.
func saysBearer(s string) bool {
	const word = "bearer"
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i]|0x20 == 'b' && strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
