package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"vitrine.dev/recommend"
)

// How money and time are written here is how Intl writes them in the same
// language, for scripts write some too.

const htmlTime = "2006-01-02T15:04:05Z"

// minorDigits is how many decimals amounts of a currency have.
func minorDigits(currency string) int {
	switch currency {
	case "JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "OMR", "TND":
		return 3
	}
	return 2
}

// symbol is how lang writes a currency before an amount.
func symbol(currency, lang string) string {
	zh := map[string]string{"CNY": "¥", "JPY": "JP¥"}
	en := map[string]string{"CNY": "CN¥", "JPY": "¥"}
	both := map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$", "KRW": "₩", "INR": "₹"}
	own := en
	if lang == "zh" {
		own = zh
		both["KRW"], both["USD"] = "￦", "US$"
	}
	if s := own[currency]; s != "" {
		return s
	}
	if s := both[currency]; s != "" {
		return s
	}
	return currency + "\u00a0"
}

// money writes an amount; decimals are left out of whole amounts.
func money(m recommend.Money, lang string) string {
	digits := minorDigits(m.Currency)
	unit := int64(math.Pow10(digits))
	whole, rest := m.Amount/unit, m.Amount%unit
	s := symbol(m.Currency, lang) + grouped(strconv.FormatInt(whole, 10))
	if rest != 0 {
		s += fmt.Sprintf(".%0*d", digits, rest)
	}
	return s
}

// grouped puts commas between groups of three digits.
func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// count writes a number, and hundredths of one that is not whole.
func count(n float64) string {
	const hundredths = 2
	whole, part, _ := strings.Cut(strconv.FormatFloat(n, 'f', hundredths, 64), ".")
	if part = strings.TrimRight(part, "0"); part == "" {
		return grouped(whole)
	}
	return grouped(whole) + "." + part
}

// date writes a day.
func date(t time.Time, lang string) string {
	if lang == "zh" {
		return t.Format("2006年1月2日")
	}
	return t.Format("2 January 2006")
}

// dated is a day for machines too.
func dated(t time.Time, lang string) template.HTML {
	s := fmt.Sprintf(`<time datetime=%q>%s</time>`, t.UTC().Format(htmlTime), date(t, lang))
	return template.HTML(s) //nolint:gosec // digits, letters and signs of ours
}

// moment is a minute for machines too.
func moment(t time.Time, lang string) template.HTML {
	s := fmt.Sprintf(`<time datetime=%q>%s %s</time>`, t.UTC().Format(htmlTime), date(t, lang), t.UTC().Format("15:04 UTC"))
	return template.HTML(s) //nolint:gosec // digits, letters and signs of ours
}

// ago says how long before now t was; after a month, the day.
func (c *catalog) ago(now, t time.Time) (template.HTML, error) {
	d := now.Sub(t)
	n, key := 0, "ago.now"
	switch {
	case d < time.Minute: // a partner's clock may be ahead of ours
	case d < time.Hour:
		n, key = int(d/time.Minute), "ago.minutes"
	case d < 24*time.Hour:
		n, key = int(d/time.Hour), "ago.hours"
	case d < 30*24*time.Hour:
		n, key = int(d/(24*time.Hour)), "ago.days"
	default:
		return dated(t, c.lang), nil
	}
	words, err := c.text(key, "n", n)
	s := fmt.Sprintf(`<time datetime=%q data-ago>%s</time>`, t.UTC().Format(htmlTime), template.HTMLEscapeString(words))
	return template.HTML(s), err //nolint:gosec // escaped above
}

// textLang guesses the language of what a person wrote, for fonts, hyphens and
// voices.
func textLang(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}
