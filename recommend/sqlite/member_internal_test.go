package sqlite

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzMember: what is found in a body, and whether it is taken, is as
// encoding/json says.
func FuzzMember(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, ``, `[]`, `{"reason":"r"}`, ` {"a":{"reason":"x"},"reason":7,"reason":"later" } `, `{"reason":"r"}x`, `{"reason":"r"} {}`, `{"Reason":"r"}`,
		`{"\u0072eason":"r","b":[1,{"c":null}]}`, `{"reason":"\ud800"}`, "{\"reason\":\"\xff\"}", `{"reason":`, `{"reason" "r"}`, `{"a":01,"reason":"r"}`, `{"reason":"r",}`, `"reason"`,
		`{"pad":"` + strings.Repeat("x", 600) + `","reason":"r"}`, `{"pad":"` + strings.Repeat("x", 600) + `","reason":"r"`, `[` + strings.Repeat("1,", 600) + `1]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var all map[string]json.RawMessage
		err := json.Unmarshal(b, &all)
		got, gotErr := member(b, "reason")
		if (gotErr == nil) != (err == nil && all != nil) {
			t.Fatalf("%q: error %v, want %v", b, gotErr, err)
		}
		if want := all["reason"]; gotErr == nil && string(got) != string(want) {
			t.Fatalf("%q: got %s, want %s", b, got, want)
		}
		if gotErr := object(b); (gotErr == nil) != (err == nil && all != nil) {
			t.Fatalf("%q: as an object: %v, want %v", b, gotErr, err)
		}
	})
}
