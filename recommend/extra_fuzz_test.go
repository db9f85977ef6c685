package recommend

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzFieldsAreReadAsBefore: whatever is read, it is what encoding/json reads, or
// refused in the same words.
func FuzzFieldsAreReadAsBefore(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `[]`, ``, `{"id":1}`, ` {"id":"a","reader":"r","kind":"open","pick":"p","position":3,"at":"2026-11-27T08:00:00.5Z"} `,
		`{"ID":"a","Pick":"b","KIND":"c","\u017fource":"d","window":null}`, `{"id":"a","id":"b","position":1,"position":null}`, `{"position":1.5}`, `{"position":1e2}`,
		`{"at":"2026-11-27 08:00"}`, `{"at":"2026-11-27T08:00:00,5+08:00"}`, `{"at":"2026-11-27T24:00:00Z"}`, `{"at":null}`, `{"pick":"\ud800"}`, "{\"pick\":\"\xff\"}", `{"propensity":1e400}`, `{"propensity":-0}`,
		`{"id":"p","expert":"e","link":"https://x.example/1?a=1&b=<2>","reason":"好","topics":["home",null,"a/b"],"images":[],"relationship":"gift","inventory":7,"published_at":"2026-01-02T03:04:05+08:00","extra":{"a":[1,2]}}`,
		`{"topics":"home"}`, `{"topics":{"a":1}}`, `{"inventory":"7"}`, `{"inventory":12345678901234567890}`,
		`{"interests":[{"topic":"home","weight":0.5},{"topic":"a"}],"traces":"p1,1,tmkg00,2 p2,b","history":"p1,a,tmkg00","seen":{"a":1},"cart":{"lines":[{"id":"x","quantity":2}]},"erased":"2026-01-02T03:04:05Z"}`,
		`{"traces":7}`, `{"history":"p1,z"}`, `{"interests":[[]]}`, `{"price":{"amount":1,"currency":"CNY"},"stock":0,"updated_at":"2026-01-02T03:04:05Z","kept":{"b":2}}`, `{"price":[]}`, `{"a":1}x`, `{"a"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, like := range []any{
			new(actionFields), new(publishedFields), new(pickFields), new(productFields), new(readerFields), new(declaredFields), new(orderFields), new(rulingFields), new(madeFields), new(partnerFields), new(Publisher), new(Pulse), new(Exposure), new(Journey),
		} {
			want, got := reflect.New(reflect.TypeOf(like).Elem()), reflect.New(reflect.TypeOf(like).Elem())
			wantErr, gotErr := json.Unmarshal(b, want.Interface()), UnmarshalZero(b, got.Interface())
			if (wantErr == nil) != (gotErr == nil) || wantErr != nil && wantErr.Error() != gotErr.Error() {
				t.Fatalf("%T of %q: error %v, want %v", like, b, gotErr, wantErr)
			}
			if wantErr == nil && !reflect.DeepEqual(want.Interface(), got.Interface()) {
				t.Fatalf("%T of %q:\n%+v, want\n%+v", like, b, got, want)
			}
		}
	})
}
