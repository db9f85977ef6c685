package recommend

import "fmt"

// Money is an amount in integer minor units (fen, cents) of an ISO 4217
// currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// MaxAmount is the largest amount taken: sums of millions of them stay exact,
// here and in clients whose numbers have 53 bits.
const MaxAmount = 1_000_000_000_000

// Problems says what is wrong with m as a price at pointer.
func (m Money) Problems(pointer string) []Problem {
	var ps []Problem
	if m.Amount < 0 {
		ps = append(ps, Problem{
			Code: "validation", Pointer: pointer + "/amount",
			Message: fmt.Sprintf("amount %d is negative", m.Amount), Fix: "give minor units, 0 or more",
		})
	}
	if m.Amount > MaxAmount {
		ps = append(ps, Problem{
			Code: "validation", Pointer: pointer + "/amount",
			Message: fmt.Sprintf("amount %d is too large", m.Amount), Fix: fmt.Sprintf("give minor units, at most %d", int64(MaxAmount)),
		})
	}
	if !isCurrency(m.Currency) {
		ps = append(ps, Problem{
			Code: "validation", Pointer: pointer + "/currency",
			Message: fmt.Sprintf("currency %q is not an ISO 4217 code", clip(m.Currency)), Fix: "give three capital letters such as CNY",
		})
	}
	return ps
}

func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// clip shortens foreign text that an error message repeats.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
