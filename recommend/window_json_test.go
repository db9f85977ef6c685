package recommend

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// encoded is the JSON of w by encoding/json.
func encoded(w *Window) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(w)
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), err
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", `"\`, "\x00\x1f\x7f", "<&>", "你好", "a\u2028b\u2029", "\xff", "\ufffd", "😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(appendString(nil, s))
		want, _ := encodedAny(s)
		if got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	})
}

func FuzzAppendNumber(f *testing.F) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -1.5, 1e-6, 9.9e-7, 1e-10, 1e20, 1e21, -1e21, 1e100, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		if !isNumber(v) {
			return
		}
		got := string(appendNumber(nil, v))
		want, _ := encodedAny(v)
		if got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	})
}

func encodedAny(v any) (string, error) {
	b, err := plainJSON(v)
	return string(b), err
}

// anyWindow is a window with all that windows can have, or not.
func anyWindow(dice *rand.Rand) *Window {
	words := []string{"", "tea", `a "b"`, "茶 & <b>", "\u2028", "\xff\xfe", "line\nbreak"}
	word := func() string { return words[dice.IntN(len(words))] }
	wordsOf := func() []string {
		if dice.IntN(4) == 0 {
			return nil
		}
		out := make([]string, dice.IntN(3))
		for i := range out {
			out[i] = word()
		}
		return out
	}
	number := func() float64 { return math.Exp(dice.NormFloat64()*20) * float64(dice.IntN(3)-1) }
	when := func() time.Time {
		if dice.IntN(2) == 0 {
			return time.Time{}
		}
		return time.UnixMicro(dice.Int64N(1 << 50)).UTC()
	}
	w := &Window{ID: word(), NextCursor: word(), PolicyVersion: word(), Arm: word(), Degraded: dice.IntN(2) == 0, Missing: wordsOf(), Reason: word(), NextAllowedAt: when()}
	if dice.IntN(2) == 0 {
		w.LeftOut = []LeftOut{{word(), word()}}
	}
	if dice.IntN(2) == 0 {
		w.Missing, w.Reason, w.NextAllowedAt, w.LeftOut = nil, "", time.Time{}, nil
	}
	if dice.IntN(5) > 0 {
		w.Items = []Item{}
	}
	for range dice.IntN(4) {
		i := Item{
			Pick: word(), Position: dice.IntN(100), Score: number(), Propensity: number(), Source: word(), Reasons: wordsOf(),
			Expert: ExpertCard{word(), word(), number()}, Product: ProductCard{Key: word(), Partner: word(), Title: word(), Image: word(), Availability: Availability(word())},
			Reason: word(), Topics: wordsOf(), Disclosure: DisclosureOf{Label: word(), Relationship: Relationship(word())},
			Images: wordsOf(), Link: word(), PublishedAt: when(), EditedAt: when(), Bookmarked: dice.IntN(2) == 0, InCart: dice.IntN(2) == 0,
		}
		if n := dice.Int64N(3); n > 0 {
			i.Inventory, i.Product.Price = &n, &Money{Amount: n, Currency: "CNY"}
			at := when()
			i.Product.CheckedAt = &at
		}
		for range dice.IntN(3) {
			i.AlsoBy = append(i.AlsoBy, AlsoBy{word(), ExpertCard{word(), word(), number()}})
		}
		f := &face{item: i}
		if dice.IntN(3) > 0 {
			f.encode()
		}
		if dice.IntN(4) == 0 {
			i.Factors = []Factor{{word(), number(), number()}}
		}
		*w.show(f) = i
	}
	return w
}

func TestTheJSONOfAWindowIsThatOfEncodingJSON(t *testing.T) {
	for seed := range uint64(2_000) {
		w := anyWindow(rand.New(rand.NewPCG(seed, 1)))
		want, err := encoded(w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.AppendJSON([]byte("before"))
		if err != nil || string(got) != "before"+want {
			t.Fatalf("seed %d: %v\n%s, want\n%s", seed, err, got, want)
		}
	}
}

func TestAWindowThatHasNoJSONFails(t *testing.T) {
	for i, broken := range []Item{{Score: math.NaN()}, {Propensity: math.Inf(1)}, {Expert: ExpertCard{Trust: math.NaN()}}, {AlsoBy: []AlsoBy{{Expert: ExpertCard{Trust: math.Inf(-1)}}}}} {
		for _, faced := range []bool{false, true} {
			t.Run(strconv.Itoa(i)+strconv.FormatBool(faced), func(t *testing.T) {
				w, f := new(Window), &face{item: broken}
				if faced {
					f.encode()
				}
				*w.show(f) = broken
				if b, err := w.AppendJSON(nil); err == nil {
					t.Errorf("no error, but %s", b)
				}
			})
		}
	}
}
