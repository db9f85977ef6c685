package partner_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// load reads a channels file with text in it.
func load(t *testing.T, text string) (*partner.Channels, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "channels.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"SECRET": "0123456789abcdef0123456789abcdef\n", "KEY": "opens-orders", "SHORT": "abc", "APP": "hush-hush"}
	return partner.Load(file, partner.Environment{Getenv: func(name string) string { return vars[name] }, Now: fixed, Client: http.DefaultClient})
}

func TestAChannelsFileIsReadInYAMLAndInJSON(t *testing.T) {
	for name, text := range map[string]string{
		"YAML": `
- partner: shanque
  adapter: shop
  url: http://10.0.0.7:9000/v
  checkout_url: https://shanque.example/buy
  origins: ["https://Pay.shanque.example/"]
  embed: webview
  secret_env: SECRET
  key_env: KEY
  pull: 90s
  pull_from: 72h
  promotion: true
- {partner: taobao, adapter: taobao, app_key: "1", key_env: APP, pid: mm_1_2_3, session_env: KEY, session_ends: 2026-12-26, pull: 0}
`,
		"JSON": `[
	{"partner": "shanque", "adapter": "shop", "url": "http://10.0.0.7:9000/v", "checkout_url": "https://shanque.example/buy",
	 "origins": ["https://pay.shanque.example"], "embed": "webview", "secret_env": "SECRET", "key_env": "KEY", "pull": "90s", "pull_from": "72h", "promotion": true},
	{"partner": "taobao", "adapter": "taobao", "app_key": "1", "key_env": "APP", "pid": "mm_1_2_3", "pull": "0s"}
]`,
	} {
		t.Run(name, func(t *testing.T) {
			channels, err := load(t, text)
			if err != nil {
				t.Fatal(err)
			}
			got := channels.All()
			for i := range got {
				if got[i].Adapter == nil {
					t.Errorf("%s has no adapter", got[i].Partner)
				}
				got[i].Adapter = nil
			}
			want := []recommend.Channel{{
				Partner: "shanque", Secret: []byte("0123456789abcdef0123456789abcdef"), Promotion: true,
				Origins: []string{"https://pay.shanque.example", "https://shanque.example"}, Pull: 90 * time.Second, PullFrom: 72 * time.Hour,
			}, {
				Partner: "taobao", PullFrom: 24 * time.Hour, Origins: []string{"https://s.click.taobao.com", "https://uland.taobao.com"},
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("channels (-want +got):\n%s", diff)
			}
			ch, ok := channels.Get("shanque")
			if !ok {
				t.Fatal("shanque is not there")
			}
			to, err := ch.Adapter.ConvertLink(t.Context(), recommend.Conversion{Item: "1", Quantity: 1, Token: "v1.a"})
			if want := "https://shanque.example/buy/checkout?item=1&qty=1&vt=v1.a"; err != nil || to.URL != want || to.Embed != "webview" {
				t.Errorf("checkout: got %+v and %v, want %s", to, err, want)
			}
		})
	}
}

func TestNoChannelsAreNoError(t *testing.T) {
	channels, err := load(t, "")
	if err != nil || len(channels.All()) != 0 {
		t.Errorf("an empty file: got %d channels and %v", len(channels.All()), err)
	}
	var none *partner.Channels
	if _, ok := none.Get("shanque"); ok || none.All() != nil {
		t.Error("a nil Channels has channels")
	}
}

func TestAChannelThatCannotWorkIsRefusedByFieldAndWithAFix(t *testing.T) {
	const shop = "- partner: shanque\n  adapter: shop\n  url: https://shanque.example\n"
	for name, c := range map[string]struct{ text, field, fix string }{
		"no partner":             {"- adapter: shop\n", "partner:", "policy file"},
		"unknown adapter":        {"- {partner: a, adapter: jd}\n", "adapter:", "shop or taobao"},
		"no address":             {"- {partner: a, adapter: shop}\n", "url:", "https://"},
		"an address with a key":  {"- {partner: a, adapter: shop, url: 'https://u:p@a.example'}\n", "url:", "key_env"},
		"checkouts in the clear": {"- {partner: a, adapter: shop, url: 'http://a.example'}\n", "checkout_url:", "https"},
		"an origin with a path":  {shop + "  origins: [https://a.example/x]\n", "origins:", "scheme and host"},
		"an open origin":         {shop + "  origins: [http://a.example]\n", "origins:", "https"},
		"an empty variable":      {shop + "  secret_env: NOBODY_SET_IT\n", "secret_env:", "set it"},
		"variable and file":      {shop + "  secret_env: SECRET\n  secret_file: x\n", "secret_env", "one of them"},
		"no such file":           {shop + "  key_file: /nowhere/key\n", "key_file:", "no such file"},
		"a short secret":         {shop + "  secret_env: SHORT\n", "secret:", "32 random"},
		"a span of nothing":      {shop + "  pull: often\n", "pull:", "5m"},
		"a negative span":        {shop + "  pull_from: -5m\n", "pull_from:", "72h"},
		"a negative rate":        {shop + "  rate: -1\n", "rate:", "requests a second"},
		"another way to embed":   {shop + "  embed: iframe\n", "embed:", "webview"},
		"a secret in the file":   {shop + "  secret: hunter2hunter2hunter2\n", "secret", "not found"},
		"a field of the other":   {shop + "  pid: mm_1_2_3\n", "pid:", "leave it out"},
		"twice":                  {shop + shop, "partner:", "into one"},
		"taobao without key":     {"- {partner: taobao, adapter: taobao, pid: mm_1_2_3, app_key: '1'}\n", "key_env:", "secret"},
		"a day that is none":     {"- {partner: taobao, adapter: taobao, pid: mm_1_2_3, app_key: '1', key_env: APP, session_ends: soon}\n", "session_ends:", "2026-12-26"},
		"no list":                {"partner: a\n", "channels", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.text)
			if err == nil || !strings.Contains(err.Error(), c.field) || !strings.Contains(err.Error(), c.fix) {
				t.Fatalf("got %v, want an error that names %q and says %q", err, c.field, c.fix)
			}
			for _, secret := range []string{"hunter2", "0123456789abcdef"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%v tells a secret", err)
				}
			}
		})
	}
}

func TestAllThatIsWrongWithAFileIsToldAtOnce(t *testing.T) {
	_, err := load(t, "- {partner: a, adapter: jd}\n- {partner: b, adapter: shop}\n")
	if err == nil || !strings.Contains(err.Error(), "channel 1 (a)") || !strings.Contains(err.Error(), "channel 2 (b)") {
		t.Errorf("got %v, want both channels named", err)
	}
}
