package partner

import (
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the gateway knows no better beside HMAC-MD5
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// taobaoTime is how the gateway writes times, in the hours of China.
const taobaoTime = "2006-01-02 15:04:05"

// china has had no summer time since 1991.
func china() *time.Location { return time.FixedZone("GMT+8", 8*60*60) }

// sessionNotice is how long before its end the session is warned of.
const sessionNotice = 7 * 24 * time.Hour

// remind warns once a day that the session ends.
func (t *Taobao) remind(ctx context.Context) {
	ends, now := t.cfg.SessionEnds, t.cfg.Now()
	if ends.IsZero() || t.cfg.Logger == nil || now.Before(ends.Add(-sessionNotice)) {
		return
	}
	const secondsOfDay = 24 * 60 * 60
	if day := now.Unix() / secondsOfDay; t.warned.Swap(day) != day {
		t.cfg.Logger.WarnContext(ctx, "partner's session ends: grant a new one", "partner", t.cfg.Partner, "ends", ends.UTC().Format(time.RFC3339))
	}
}

// call makes a signed call and decodes its answer into v.
func (t *Taobao) call(ctx context.Context, method string, params map[string]string, v any) error {
	t.remind(ctx)
	all := map[string]string{
		"method": method, "app_key": t.cfg.AppKey, "v": "2.0", "format": "json", "sign_method": "hmac",
		"timestamp": t.cfg.Now().In(china()).Format(taobaoTime),
	}
	if t.cfg.Session != "" {
		all["session"] = t.cfg.Session
	}
	maps.Copy(all, params)
	all["sign"] = signTaobao(t.cfg.Secret, all)
	form := make(url.Values, len(all))
	for k, value := range all {
		form.Set(k, value)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("%s: %w: %w", method, recommend.ErrInvalid, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	var raw json.RawMessage
	if err := ask(t.client, req, &raw); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if err := taobaoError(raw); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	answer := strings.ReplaceAll(strings.TrimPrefix(method, "taobao."), ".", "_") + "_response"
	var named map[string]json.RawMessage
	if err := decode(raw, &named); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if named[answer] == nil {
		return fmt.Errorf("%s: %w: the answer has no %s", method, recommend.ErrUnavailable, answer)
	}
	if err := decode(raw, v); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// signTaobao is HMAC-MD5 over all parameters but sign, sorted by name, name and
// value run together, in capital hex.
func signTaobao(secret string, params map[string]string) string {
	mac := hmac.New(md5.New, []byte(secret))
	for _, k := range slices.Sorted(maps.Keys(params)) {
		if k != "sign" && params[k] != "" {
			mac.Write([]byte(k + params[k]))
		}
	}
	return strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))
}

// taobaoError reads an error_response. Codes under 100 are the gateway's, with
// 15 for what lies behind it; an isv. sub-code says that the request is wrong,
// an isp. one that a later try may pass.
func taobaoError(raw json.RawMessage) error {
	var answer struct {
		Error *struct {
			Code    int    `json:"code"`
			SubCode string `json:"sub_code"`
		} `json:"error_response"`
	}
	if err := decode(raw, &answer); err != nil {
		return err
	}
	e := answer.Error
	if e == nil {
		return nil
	}
	told := fmt.Sprintf("code %d, sub-code %q", e.Code, e.SubCode)
	switch {
	case strings.Contains(e.SubCode, "item-not-exist") || strings.Contains(e.SubCode, "item-not-found"):
		return fmt.Errorf("%w: %s", recommend.ErrNotFound, told)
	case e.Code == 26 || e.Code == 27:
		return fmt.Errorf("%w: %s: the session has ended; grant a new one", recommend.ErrUnavailable, told)
	case e.Code == 11 || e.Code == 12 || e.Code == 13 || e.Code == 25 || e.Code == 28 || e.Code == 29:
		return fmt.Errorf("%w: %s: check key, secret and permissions", recommend.ErrUnavailable, told)
	case e.Code == 40 || e.Code == 41, e.Code == 15 && strings.HasPrefix(e.SubCode, "isv."):
		return fmt.Errorf("%w: %s", recommend.ErrInvalid, told)
	}
	return fmt.Errorf("%w: %s", recommend.ErrUnavailable, told)
}
