package link

import (
	"strconv"
	"strings"
)

// The codes an [Error] can carry. They are part of the API's contract.
const (
	// CodeUnsupported is a link to a shop that is not an approved partner,
	// look-alikes included.
	CodeUnsupported = "unsupported-channel"
	// CodeMalformed is text without a usable link, or a link written in a way
	// that could mean something else to another reader.
	CodeMalformed = "link-malformed"
	// CodeNotItem is a link to an approved partner that is not an item page.
	CodeNotItem = "link-not-an-item"
	// CodeNeedsResolving is a short or tracking link: only the partner knows
	// which item it stands for. Error.Partner and Error.URL say what to ask whom.
	CodeNeedsResolving = "link-needs-resolving"
	// CodeAmbiguous is a link that names an item, or a variant, more than once.
	CodeAmbiguous = "link-ambiguous"
	// CodeKey is a product key that is not "partner:item".
	CodeKey = "key-malformed"
)

// An Error says why a link was refused, in words for the person who pasted it.
type Error struct {
	Code    string
	Message string // what is wrong
	Fix     string // what to do about it

	// Accepted are the names of the accepted channels, sorted. It is empty when
	// no registry was asked, as in ParseKey.
	Accepted []string

	// Partner is the id of the partner the link leads to, where that is known.
	Partner string
	// URL is what the partner's interface can resolve to an item page; set
	// with CodeNeedsResolving only. Parse the answer like any other link.
	URL string
}

// Error is one line with code, message, fix and the accepted channels.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Message + "; " + e.Fix
	if len(e.Accepted) > 0 {
		s += " (accepted: " + strings.Join(e.Accepted, ", ") + ")"
	}
	return s
}

func malformed(message, fix string) *Error {
	return &Error{Code: CodeMalformed, Message: message, Fix: fix}
}

// show quotes foreign text for a message: one line, ASCII only so that a
// look-alike letter can be seen, and not long.
func show(s string) string {
	const most = 80
	if len(s) > most {
		return strconv.QuoteToASCII(strings.ToValidUTF8(s[:most], "")) + "…"
	}
	return strconv.QuoteToASCII(s)
}
