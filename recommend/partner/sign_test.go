package partner_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"testing"

	"vitrine.dev/recommend/partner"
)

func TestAWebhookIsSignedOverTimeAndBody(t *testing.T) {
	at, signature := partner.Sign([]byte("0123456789abcdef"), start(), []byte(`{"reports":[]}`))
	if at != "1795694400" {
		t.Errorf("timestamp: got %s, want 1795694400", at)
	}
	mac := hmac.New(sha256.New, []byte("0123456789abcdef"))
	mac.Write([]byte(`1795694400.{"reports":[]}`))
	if want := fmt.Sprintf("v1=%x", mac.Sum(nil)); signature != want {
		t.Errorf("signature: got %s, want %s", signature, want)
	}
}
