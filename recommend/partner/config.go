package partner

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"vitrine.dev/recommend"
)

// The shortest secret taken for webhooks, in bytes, and the largest file.
const (
	minSecret = 16
	maxFile   = 1 << 20
)

// Pull is how often orders are asked for where a channel does not say, and
// PullFrom how far back the first time goes.
const (
	Pull     = 5 * time.Minute
	PullFrom = 24 * time.Hour
)

// An Environment is what [Load] needs besides the file.
type Environment struct {
	Getenv func(string) string // os.Getenv when nil
	Now    func() time.Time    // time.Now when nil
	Client *http.Client        // one of our own when nil
	Logger *slog.Logger        // of the guards; may be nil
}

// An entry is a channel of the file.
type entry struct {
	Partner   string   `yaml:"partner"`
	Adapter   string   `yaml:"adapter"` // shop or taobao
	URL       string   `yaml:"url"`
	Checkout  string   `yaml:"checkout_url"`
	Origins   []string `yaml:"origins"`
	Embed     string   `yaml:"embed"`
	Pull      string   `yaml:"pull"`
	PullFrom  string   `yaml:"pull_from"`
	Promotion bool     `yaml:"promotion"`
	Rate      float64  `yaml:"rate"` // requests a second

	// Secrets stand in the environment or in a file of their own, never here.
	SecretEnv   string `yaml:"secret_env"`
	SecretFile  string `yaml:"secret_file"`
	KeyEnv      string `yaml:"key_env"`
	KeyFile     string `yaml:"key_file"`
	SessionEnv  string `yaml:"session_env"`
	SessionFile string `yaml:"session_file"`

	// Of taobao.
	AppKey      string `yaml:"app_key"`
	PID         string `yaml:"pid"`
	SessionEnds string `yaml:"session_ends"`
}

// Load reads the channels file of an operator, a list in YAML or JSON:
//
//	# channels.yaml
//	- partner: shanque            # id of the policy file
//	  adapter: shop               # shop (see the package) or taobao
//	  url: https://api.shanque.example/v
//	  checkout_url: https://shanque.example   # where readers go; url when left out
//	  origins: [https://pay.shanque.example]  # of checkouts, beside checkout_url and the partner's links
//	  embed: webview              # or external, the default
//	  secret_env: SHANQUE_SECRET  # signs its webhooks; or secret_file. None: webhooks are refused
//	  key_env: SHANQUE_KEY        # opens its order query; or key_file
//	  pull: 5m                    # how often orders are asked for; 0 leaves it to webhooks
//	  pull_from: 72h              # how far back the first time goes
//	  promotion: false            # ask in windows of 20 minutes, during big sales
//	  rate: 20                    # requests a second
//	- partner: taobao
//	  adapter: taobao
//	  app_key: "12345678"
//	  key_env: TAOBAO_APP_SECRET
//	  session_env: TAOBAO_SESSION # good for 30 days; see Taobao
//	  session_ends: 2026-12-26    # warned of daily from a week before
//	  pid: mm_1_2_3
//
// Every channel is guarded. The error names every field that cannot be used and
// how to mend it, and no secret.
func Load(file string, env Environment) (*Channels, error) {
	text, err := readBounded(file)
	if err != nil {
		return nil, fmt.Errorf("channels: %w", err)
	}
	var entries []entry
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&entries); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("channels %s: %w", file, err)
	}
	if env.Getenv == nil {
		env.Getenv = os.Getenv
	}
	var channels []recommend.Channel
	var problems []error
	taken := make(map[string]bool)
	for i, e := range entries {
		ch, err := e.channel(env)
		if err == nil && taken[e.Partner] {
			err = errors.New("partner: is given twice; put all of it into one")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("channel %d (%s): %w", i+1, cmp.Or(e.Partner, "no partner"), err))
			continue
		}
		taken[e.Partner] = true
		channels = append(channels, ch)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("channels %s: %w", file, err)
	}
	return NewChannels(channels...), nil
}

func (e *entry) channel(env Environment) (recommend.Channel, error) {
	ch := recommend.Channel{Partner: e.Partner, Promotion: e.Promotion}
	if !recommend.ValidID(e.Partner) {
		return ch, fmt.Errorf("partner: %q is not an id; give that of the policy file", e.Partner)
	}
	secret, err := secretOf("secret", e.SecretEnv, e.SecretFile, env)
	if err != nil {
		return ch, err
	}
	if secret != "" && len(secret) < minSecret {
		return ch, fmt.Errorf("secret: is shorter than %d bytes, and whoever guesses it writes orders; take 32 random ones", minSecret)
	}
	if secret != "" {
		ch.Secret = []byte(secret)
	}
	if ch.Pull, err = durationOf("pull", e.Pull, Pull); err != nil {
		return ch, err
	}
	if ch.PullFrom, err = durationOf("pull_from", e.PullFrom, PullFrom); err != nil {
		return ch, err
	}
	for _, o := range e.Origins {
		origin, err := originOf(o)
		if err != nil {
			return ch, fmt.Errorf("origins: %q: %w", o, err)
		}
		ch.Origins = append(ch.Origins, origin)
	}
	if e.Rate < 0 {
		return ch, fmt.Errorf("rate: %g is negative; give requests a second, 20 when left out", e.Rate)
	}
	guard := GuardConfig{Partner: e.Partner, Rate: e.Rate, Logger: env.Logger}
	var a recommend.Adapter
	switch e.Adapter {
	case "shop":
		a, err = e.shop(&ch, env)
	case "taobao":
		guard.AsksForLinks = true
		a, err = e.taobao(&ch, env)
	default:
		err = fmt.Errorf("adapter: %q; use shop or taobao", e.Adapter)
	}
	if err != nil {
		return ch, err
	}
	ch.Adapter = Guard(a, guard)
	return ch, nil
}

func (e *entry) shop(ch *recommend.Channel, env Environment) (recommend.Adapter, error) {
	for _, f := range []struct{ name, value string }{{"app_key", e.AppKey}, {"pid", e.PID}, {"session_env", e.SessionEnv + e.SessionFile}, {"session_ends", e.SessionEnds}} {
		if f.value != "" {
			return nil, fmt.Errorf("%s: belongs to the adapter taobao; leave it out", f.name)
		}
	}
	key, err := secretOf("key", e.KeyEnv, e.KeyFile, env)
	if err != nil {
		return nil, err
	}
	s, err := NewShop(ShopConfig{
		Partner: e.Partner, URL: e.URL, Checkout: e.Checkout, Key: key, Embed: e.Embed, Client: env.Client, Now: env.Now,
	})
	if err != nil {
		return nil, err
	}
	origin, err := originOf(s.Origin())
	if err != nil {
		return nil, fmt.Errorf("checkout_url: %w", err)
	}
	if !slices.Contains(ch.Origins, origin) {
		ch.Origins = append(ch.Origins, origin)
	}
	return s, nil
}

// originOf reads scheme and host of where readers are sent. A connection that
// others can read is let through on this machine alone.
func originOf(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("is no origin; write scheme and host alone, such as https://pay.shop.example")
	case u.Scheme == "https", u.Scheme == "http" && isLocal(u.Hostname()):
		return u.Scheme + "://" + strings.ToLower(u.Host), nil
	}
	return "", errors.New("readers would pay over a connection that others can read; use https")
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate())
}

func durationOf(field, s string, otherwise time.Duration) (time.Duration, error) {
	if s == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s: %q is no span of time; write one such as 5m or 72h", field, s)
	}
	return d, nil
}

// secretOf reads what an operator keeps out of the channels file; "" when
// neither a variable nor a file is named.
func secretOf(field, variable, file string, env Environment) (string, error) {
	switch {
	case variable != "" && file != "":
		return "", fmt.Errorf("%s_env and %s_file: name one of them", field, field)
	case variable != "":
		v := strings.TrimSpace(env.Getenv(variable))
		if v == "" {
			return "", fmt.Errorf("%s_env: the variable %s is empty; set it", field, variable)
		}
		return v, nil
	case file != "":
		text, err := readBounded(file)
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", field, err)
		}
		v := strings.TrimSpace(string(text))
		if v == "" {
			return "", fmt.Errorf("%s_file: %s is empty", field, file)
		}
		return v, nil
	}
	return "", nil
}

func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is over %d bytes", file, maxFile)
	}
	return text, err
}

func (e *entry) taobao(ch *recommend.Channel, env Environment) (recommend.Adapter, error) {
	if e.Checkout != "" {
		return nil, errors.New("checkout_url: belongs to the adapter shop; leave it out")
	}
	secret, err := secretOf("key", e.KeyEnv, e.KeyFile, env)
	if err != nil {
		return nil, err
	}
	session, err := secretOf("session", e.SessionEnv, e.SessionFile, env)
	if err != nil {
		return nil, err
	}
	var ends time.Time
	if e.SessionEnds != "" {
		if ends, err = time.Parse(time.DateOnly, e.SessionEnds); err != nil {
			return nil, fmt.Errorf("session_ends: %q is no day; write one such as 2026-12-26", e.SessionEnds)
		}
	}
	for _, origin := range []string{"https://s.click.taobao.com", "https://uland.taobao.com"} { // what the union's links begin with
		if !slices.Contains(ch.Origins, origin) {
			ch.Origins = append(ch.Origins, origin)
		}
	}
	return NewTaobao(TaobaoConfig{
		Partner: e.Partner, URL: e.URL, AppKey: e.AppKey, Secret: secret, Session: session, PID: e.PID, Embed: e.Embed,
		SessionEnds: ends, Logger: env.Logger, Client: env.Client, Now: env.Now,
	})
}
