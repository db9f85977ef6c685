package recommend

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// SourceOrders is the source of events made of partners' reports, whether a
// partner sent them or was asked for them.
const SourceOrders = "/vitrine/orders"

// EventID is the id, under [SourceOrders], of the event that carries o. It is
// made of all that o states, so that one report that comes twice, sent and
// asked for, is one event. Fields this version does not know make no
// difference: a partner may count there how often it has tried.
func (o *OrderReport) EventID() string {
	return contentID(
		"o", o.Partner, o.ID, o.Line, o.State, o.Refund, strconv.FormatInt(o.Amount.Amount, 10), o.Amount.Currency,
		strconv.Itoa(o.Quantity), o.At.UTC().Format(time.RFC3339Nano), o.Token, o.Reader, o.Pick,
	)
}

// contentID is an id made of parts. Each is preceded by its length, so that no
// two lists of them have the same.
func contentID(prefix string, parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	const kept = 15 // bytes: 24 digits
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:kept]))
}
