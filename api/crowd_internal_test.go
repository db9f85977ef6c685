package api

import (
	"fmt"
	"testing"
	"time"
)

func TestANetworkIsNearMomentsLongAndNoLonger(t *testing.T) {
	var c crowd
	at := time.Date(2026, 11, 23, 12, 1, 0, 0, time.UTC)
	for i, tt := range []struct {
		address, pick string
		after         time.Duration
		want          bool
	}{
		{"192.0.2.7", "p1", 0, false},
		{"192.0.2.250", "p1", time.Minute, true},
		{"::ffff:192.0.2.9", "p1", time.Minute, true},
		{"192.0.3.7", "p1", time.Minute, false},
		{"192.0.2.7", "p2", time.Minute, false},
		{"2001:db8:1:2::1", "p1", 2 * time.Minute, false},
		{"2001:db8:1:ffff::1%eth0", "p1", 2 * time.Minute, true},
		{"2001:db8:2::1", "p1", 2 * time.Minute, false},
		{"", "p1", 2 * time.Minute, false},
		{"", "p1", 2 * time.Minute, false},
		{"10.0.0.1", "p1", 2 * time.Minute, false},
		{"10.0.0.1", "p1", 2 * time.Minute, false},
		{"127.0.0.1", "p1", 2 * time.Minute, false},
		{"127.0.0.1", "p1", 2 * time.Minute, false},
		{"192.0.2.7", "p1", 9 * time.Minute, false}, // another bucket: all is forgotten
		{"192.0.2.7", "p1", 9 * time.Minute, true},
	} {
		if got := c.near(tt.address, tt.pick, at.Add(tt.after), 10*time.Minute); got != tt.want {
			t.Errorf("%d: %s at %s is near: %v, want %v", i, tt.address, tt.pick, got, tt.want)
		}
	}
	before := c.key
	c.near("192.0.2.7", "p1", at.Add(time.Hour), 10*time.Minute)
	if c.key == before || len(c.seen) != 1 {
		t.Error("a bucket has the key or the networks of the one before")
	}
	for i := range maxCrowd {
		c.near("192.0.2.7", fmt.Sprint("p", i), at.Add(time.Hour), 10*time.Minute)
	}
	if len(c.seen) > maxCrowd {
		t.Errorf("%d networks are remembered", len(c.seen))
	}
}
