package api

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"
)

// A class is a family of routes that shares a limit.
type class string

const (
	classRead  class = "read"  // windows, picks, lists
	classWrite class = "write" // what appends to the log
	classQuery class = "query" // searches
	classFeed  class = "feed"  // what a client with window:any reads for its many readers
	classGuest class = "guest" // new guests and sessions, by address
	classWrong class = "wrong" // tokens that are not good, by address
	classFree  class = ""      // health, metrics, documents
)

// A Limit is a token bucket for one client.
type Limit struct {
	PerSecond float64 // refill; 0 is the default, below 0 is no limit
	Burst     int     // size; 0 is the default
}

// Limits bound the requests of one client, the subject of its token or else
// its address, by class of route. They hold for this process alone: n
// processes behind a balancer allow up to n times as much.
type Limits struct {
	Read  Limit // default 100 a second, burst 200
	Write Limit // default 20 a second, burst 60
	Query Limit // default 20 a second, burst 40
	Feed  Limit // default 5,000 a second, burst 10,000; instead of Read and Query with the scope window:any
	Guest Limit // default 1 a second, burst 30, by address
	Wrong Limit // default 10 a second, burst 100, by address
}

type bucket struct {
	class  class
	client string
}

// A counted limit has what headers say of it.
type counted struct {
	Limit
	quoted string   // its class
	policy []string // of RateLimit-Policy; nobody changes it
}

type limiter struct {
	now     func() time.Time
	limits  map[class]counted
	buckets *otter.Cache[bucket, *rate.Limiter]
}

func newLimiter(l Limits, now func() time.Time) (*limiter, error) {
	buckets, err := otter.New(&otter.Options[bucket, *rate.Limiter]{
		MaximumSize:      200_000,
		ExpiryCalculator: otter.ExpiryAccessing[bucket, *rate.Limiter](10 * time.Minute),
	})
	if err != nil {
		return nil, err
	}
	or := func(l, def Limit) Limit {
		if l.PerSecond == 0 {
			l.PerSecond = def.PerSecond
		}
		if l.Burst == 0 {
			l.Burst = max(def.Burst, int(l.PerSecond))
		}
		return l
	}
	all := map[class]Limit{
		classRead:  or(l.Read, Limit{100, 200}),
		classWrite: or(l.Write, Limit{20, 60}),
		classQuery: or(l.Query, Limit{20, 40}),
		classFeed:  or(l.Feed, Limit{5_000, 10_000}),
		classGuest: or(l.Guest, Limit{1, 30}),
		classWrong: or(l.Wrong, Limit{10, 100}),
	}
	limits := make(map[class]counted, len(all))
	for c, limit := range all {
		window := math.Ceil(float64(limit.Burst) / limit.PerSecond)
		policy := fmt.Sprintf("%q;q=%d;w=%d", c, limit.Burst, int(window))
		limits[c] = counted{limit, strconv.Quote(string(c)), []string{policy}}
	}
	return &limiter{now: now, buckets: buckets, limits: limits}, nil
}

func (l *limiter) close() { l.buckets.StopAllGoroutines() }

// take counts one request and sets the headers that tell what is left (draft
// ietf-httpapi-ratelimit-headers). It returns a refusal when nothing is.
func (l *limiter) take(c class, client string, h http.Header) error {
	limit, ok := l.limits[c]
	if !ok || limit.PerSecond < 0 {
		return nil
	}
	b, ok := l.buckets.GetIfPresent(bucket{c, client})
	if !ok {
		b, _ = l.buckets.ComputeIfAbsent(bucket{c, strings.Clone(client)}, func() (*rate.Limiter, bool) {
			return rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst), false
		})
	}
	now := l.now()
	allowed := b.AllowN(now, 1)
	left := max(0, b.TokensAt(now))
	h["Ratelimit-Policy"] = limit.policy
	// t is when the bucket is full again, or, when it is empty, when it has one.
	until := (float64(limit.Burst) - left) / limit.PerSecond
	if !allowed {
		until = (1 - left) / limit.PerSecond
	}
	reset := int(math.Ceil(until))
	const most = 64
	text := append(append(make([]byte, 0, most), limit.quoted...), ";r="...)
	text = append(strconv.AppendInt(text, int64(left), 10), ";t="...)
	h["Ratelimit"] = []string{string(strconv.AppendInt(text, int64(reset), 10))}
	if allowed {
		return nil
	}
	return refuse(codeQuota, "too many requests of the kind "+strconv.Quote(string(c))).
		with("violated-policies", []string{string(c)}).after(time.Duration(until * float64(time.Second)))
}
