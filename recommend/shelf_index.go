package recommend

import "time"

// An index gives small numbers to ids, in order of arrival.
type index struct {
	of  map[string]int32
	ids []string
}

// number returns the number of id, giving it the next one if it is new.
func (x *index) number(id string) (n int32, fresh bool) {
	if n, ok := x.of[id]; ok {
		return n, false
	}
	if x.of == nil {
		x.of = make(map[string]int32)
	}
	n = int32(len(x.ids)) //nolint:gosec // memory ends long before 2^31 ids
	x.of[id] = n
	x.ids = append(x.ids, id)
	return n, true
}

// find returns the number of id, if it has one.
func (x *index) find(id string) (int32, bool) {
	n, ok := x.of[id]
	return n, ok
}

// A moment is microseconds since 1970: a time in 8 bytes. never is before all.
type moment int64

const never = moment(-1 << 63)

func momentOf(t time.Time) moment {
	if t.IsZero() {
		return never
	}
	return moment(t.UnixMicro())
}

func (m moment) time() time.Time {
	if m == never {
		return time.Time{}
	}
	return time.UnixMicro(int64(m)).UTC()
}
