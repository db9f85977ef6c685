package ranking

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrRow means that bytes are no row of the structure they were given to.
var ErrRow = errors.New("malformed row")

// rowVersion begins every row, of whatever structure.
const rowVersion = 1

// appendFloat writes v as a float32.
func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
}

// appendTime writes microseconds since 1970; what lies before counts as 0.
func appendTime(b []byte, at int64) []byte {
	return binary.AppendUvarint(b, uint64(max(at, 0)))
}

// A decoder takes a row apart. Once something is wrong, bad stays set and
// everything reads as 0.
type decoder struct {
	b   []byte
	bad bool
}

// version reads the first byte, which must be rowVersion.
func (d *decoder) version() {
	if len(d.b) == 0 || d.b[0] != rowVersion {
		d.fail()
		return
	}
	d.b = d.b[1:]
}

func (d *decoder) fail() { d.b, d.bad = nil, true }

// uint reads a whole number up to most.
func (d *decoder) uint(most uint64) uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > most {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// time reads microseconds since 1970, up to the year 287396.
func (d *decoder) time() int64 {
	return int64(d.uint(1<<63 - 1)) //nolint:gosec // within int64
}

// float reads a finite number.
func (d *decoder) float() float64 {
	if len(d.b) < 4 {
		d.fail()
		return 0
	}
	v := float64(math.Float32frombits(binary.LittleEndian.Uint32(d.b)))
	d.b = d.b[4:]
	if math.IsNaN(v) || math.IsInf(v, 0) {
		d.fail()
		return 0
	}
	return v
}

// amount reads a finite number that is not negative.
func (d *decoder) amount() float64 {
	v := d.float()
	if v < 0 {
		d.fail()
		return 0
	}
	return v
}

// end returns ErrRow if anything was wrong or is left over.
func (d *decoder) end() error {
	if d.bad || len(d.b) > 0 {
		return ErrRow
	}
	return nil
}
