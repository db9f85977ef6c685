package recommend

import (
	"errors"
	"strings"
)

// The kinds of error that cross a package border. Everything else is a bug or
// a cause wrapped by one of these.
var (
	// ErrInvalid marks input that can never be accepted as it is.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound marks the absence of something asked for by name.
	ErrNotFound = errors.New("not found")
	// ErrConflict marks a write that lost against a newer state.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable marks an engine that may answer later; retrying is right.
	ErrUnavailable = errors.New("unavailable")
)

// A Problem is one thing wrong with an input, told so that its sender can mend
// it.
type Problem struct {
	// Code is a stable slug such as "unsupported-channel"; the API maps it to
	// a status, the dead-letter topic carries it as reason.
	Code string `json:"code"`
	// Pointer is the RFC 6901 JSON pointer of the field, "" for the whole.
	Pointer string `json:"pointer,omitempty"`
	// Message says what is wrong, in English, without internals.
	Message string `json:"message"`
	// Fix says what to do about it.
	Fix string `json:"fix,omitempty"`
	// Details carries figures and names that go with Code, such as
	// "existing_id" of a duplicate pick.
	Details map[string]any `json:"details,omitempty"`
}

// A Refusal is the error of an input that breaks one or more rules. It wraps
// [ErrInvalid].
type Refusal struct { //nolint:errname // the word of the domain
	Problems []Problem
}

// Refuse returns a Refusal of problems, or nil when there are none.
func Refuse(problems ...Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Refusal{Problems: problems}
}

// Error lists code, field and message of every problem.
func (r *Refusal) Error() string {
	var b strings.Builder
	for i, p := range r.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.Code)
		if p.Pointer != "" {
			b.WriteString(" at " + p.Pointer)
		}
		b.WriteString(": " + p.Message)
	}
	return b.String()
}

// Unwrap makes every Refusal an [ErrInvalid].
func (r *Refusal) Unwrap() error { return ErrInvalid }

// Code is the code of the first problem.
func (r *Refusal) Code() string {
	if len(r.Problems) == 0 {
		return "invalid"
	}
	return r.Problems[0].Code
}
