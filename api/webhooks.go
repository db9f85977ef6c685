package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"vitrine.dev/recommend"
)

const (
	webhookSkew = 5 * time.Minute
	// replaysFor is longer than a signature can be good for.
	replaysFor  = 2 * webhookSkew
	mostReplays = 100_000
	mostReports = 500
)

// A signatures cache remembers the signatures taken lately. Only good ones are
// remembered, so nobody but a partner can fill it.
type signatures struct {
	seen *otter.Cache[string, struct{}]
}

func newSignatures() (*signatures, error) {
	seen, err := otter.New(&otter.Options[string, struct{}]{
		MaximumSize: mostReplays, ExpiryCalculator: otter.ExpiryWriting[string, struct{}](replaysFor),
	})
	return &signatures{seen}, err
}

func (s *signatures) close() { s.seen.StopAllGoroutines() }

// first reports whether a signature comes for the first time.
func (s *signatures) first(name string) bool {
	_, taken := s.seen.SetIfAbsent(name, struct{}{})
	return taken
}

// forget lets the request of a signature come again.
func (s *signatures) forget(name string) { s.seen.Invalidate(name) }

// webhook takes reports of orders from a partner that signs them. A repeat at
// another process is taken and changes nothing: events are named by what they
// say.
func (s *Server) webhook(c *call) error {
	partner, err := c.id("id", "partner")
	if err != nil {
		return err
	}
	channel, ok := s.channel(partner)
	if !ok || len(channel.Secret) == 0 || s.World.Scene().Partners.Get(partner) == nil {
		return notFound("channel of partner", partner)
	}
	signature, err := c.signed(channel.Secret)
	if err != nil {
		return err
	}
	var in struct {
		Reports []json.RawMessage `json:"reports"`
	}
	if err := c.decodeReports(&in.Reports); err != nil {
		return err
	}
	name := partner + "\x00" + signature
	if !s.signatures.first(name) {
		return refuse(codeReplayed, "this signature came before")
	}
	out, err := s.report(c, partner, in.Reports)
	if err != nil {
		s.signatures.forget(name) // the partner will try again
		return err
	}
	c.private()
	return c.json(http.StatusAccepted, out)
}

// decodeReports reads {"reports": [...]} and leaves the reports as they are.
func (c *call) decodeReports(into *[]json.RawMessage) error {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(c.body, &in); err != nil {
		return refuse(codeBadBody, "not a JSON object")
	}
	for name := range in {
		if name != "reports" {
			return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/" + escape(name), Message: "unknown field", Fix: "known are reports"})
		}
	}
	err := json.Unmarshal(in["reports"], into)
	if n := len(*into); err != nil || n < 1 || n > mostReports {
		return recommend.Refuse(recommend.Problem{
			Code: codeValidation, Pointer: "/reports", Message: "no list of 1 to " + strconv.Itoa(mostReports) + " reports", Fix: "send the reports in several requests",
		})
	}
	return nil
}

// signed checks that the body was signed with secret within the last minutes,
// and returns the signature.
func (c *call) signed(secret []byte) (string, error) {
	refused := func(why string) (string, error) {
		return "", refuse(codeSignature, why).head("WWW-Authenticate", "Vitrine-Signature")
	}
	h := c.Request.Header
	stamp := h.Get("Vitrine-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refused("Vitrine-Timestamp is no number of seconds")
	}
	if off := c.now().Sub(time.Unix(seconds, 0)).Abs(); off > webhookSkew {
		return refused("Vitrine-Timestamp is more than five minutes off")
	}
	text, ok := strings.CutPrefix(h.Get("Vitrine-Signature"), "v1=")
	got, err := hex.DecodeString(text)
	if !ok || err != nil || !hmac.Equal(got, sign(secret, stamp, c.body)) {
		return refused("Vitrine-Signature is not that of this body and time")
	}
	return hex.EncodeToString(got), nil
}

// sign is the signature of a body sent at stamp.
func sign(secret []byte, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
