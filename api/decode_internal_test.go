package api

import (
	"reflect"
	"testing"
)

// FuzzDecodePlain: in one pass bodies are read, and refused, as in several.
func FuzzDecodePlain(f *testing.F) {
	for _, s := range []string{
		`{"picks":["a","b"],"limit":3,"seed":7,"explain":true,"reader":"r"}`, ` {} `, ``, `[]`, `"a"`, `{"picks":null}`, `null`, `{"picks":["null"]}`, `{"Picks":["a"]}`, `{"picks":["a"],"picks":["b"]}`,
		`{"limit":1e3}`, `{"limit":1.0}`, `{"limit":-0}`, `{"limit":"1"}`, `{"seed":9223372036854775808}`, `{"explain":1}`, `{"picks":["\ud800"]}`, "{\"reader\":\"\xff\"}", `{"picks":{}}`, `{"picks":[1]}`, `{"pics":[]}`,
		`{"picks":[]}x`, `{"picks":[]}{}`, `{"p\u0069cks":["a"]}`, `{"reader":"\u0000"}`, `{"seed":01}`, `{"":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want, got rankBody
		wantErr, gotErr := decodeStrict(b, &want), decodeStrictly(b, &got)
		if (wantErr == nil) != (gotErr == nil) || wantErr != nil && wantErr.Error() != gotErr.Error() {
			t.Fatalf("%q: error %v, want %v", b, gotErr, wantErr)
		}
		if !reflect.DeepEqual(want, got) && wantErr == nil {
			t.Fatalf("%q: %+v, want %+v", b, got, want)
		}
	})
}

func BenchmarkDecodePlain(b *testing.B) {
	body := []byte(`{"picks":["k1"`)
	for range 40 {
		body = append(body, `,"k123456"`...)
	}
	body = append(body, `]}`...)
	for name, decode := range map[string]func([]byte, any) error{"several passes": decodeStrict, "one pass": decodeStrictly} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var in rankBody
				if err := decode(body, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
