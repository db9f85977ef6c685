package recommend_test

import (
	"encoding/json"
	"strings"
	"testing"

	"vitrine.dev/recommend"
)

// A producer may add fields, but none that the document decides by.
func TestUnknownFieldsNeverStandForKnownOnes(t *testing.T) {
	t.Run("a publication that claims a state", func(t *testing.T) {
		in := `{"id":"p1","expert":"mei","link":"https://item.jd.com/1.html","reason":"r","topics":["home"],"published_at":"2026-11-23T12:00:00Z",
			"state":"published","State":"published","\u017ftate":"published","product":"jd:2","revision":9,"history":[],"kept":1}`
		var p recommend.PublishedPick
		if err := json.Unmarshal([]byte(in), &p); err != nil {
			t.Fatal(err)
		}
		v := recommend.Judge(goodCase())
		v.State = recommend.PickHeld
		b, err := json.Marshal(recommend.NewPick(&p, &v, "e1"))
		if err != nil {
			t.Fatal(err)
		}
		var pick recommend.Pick
		if err := json.Unmarshal(b, &pick); err != nil {
			t.Fatal(err)
		}
		if pick.State != recommend.PickHeld || pick.Product != v.Link.Key() || pick.Revision != 1 {
			t.Errorf("got %s %s revision %d, want held %s revision 1: %s", pick.State, pick.Product, pick.Revision, v.Link.Key(), b)
		}
		if got, want := string(pick.Extra["kept"]), "1"; got != want || len(pick.Extra) != 1 {
			t.Errorf("unknown fields %s, want kept alone", pick.Extra)
		}
	})
	t.Run("a verification that claims trust", func(t *testing.T) {
		var v recommend.VerifiedExpert
		if err := json.Unmarshal([]byte(`{"id":"mei","name":"Mei","topics":["home"],"verified":true,"trust":100,"Archived":true,"standing":"active"}`), &v); err != nil {
			t.Fatal(err)
		}
		var x recommend.Expert
		x.Verify(&v, noon, false, recommend.StandingFrozen)
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		var again recommend.Expert
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if again.Trust != recommend.PriorTrust || again.Archived || again.Standing != recommend.StandingFrozen {
			t.Errorf("trust %v, archived %t, %s; want what the fold says: %s", again.Trust, again.Archived, again.Standing, b)
		}
	})
}

// A document may have been written by a newer version, which takes over again
// later: what this one does not know goes through it untouched.
func TestDocumentsKeepWhatANewerVersionWrote(t *testing.T) {
	for name, v := range map[string]interface {
		json.Unmarshaler
		json.Marshaler
	}{
		`"id":"r1","interests":[{"topic":"home","weight":1,"source":"declared"}]`:                                           new(recommend.Reader),
		`"target":{"kind":"pick","id":"p1"},"action":"remove","at":"2026-11-23T12:00:00Z"`:                                  new(recommend.Ruling),
		`"target":{"kind":"pick","id":"p1"},"action":"remove","rule":"spam","text":"","by":"m","at":"2026-11-23T12:00:00Z"`: new(recommend.MadeRuling),
		`"id":"r1","interests":{}`:                                         new(recommend.DeclaredReader),
		`"id":"p1","expert":"mei","at":"2026-11-23T12:00:00Z"`:             new(recommend.PickMark),
		`"id":"p1","expert":"mei","images":[],"at":"2026-11-23T12:00:00Z"`: new(recommend.EditedPick),
	} {
		in := "{" + name + `,"wishes":[{"pick":"p1"}],"z":null}`
		if err := v.UnmarshalJSON([]byte(in)); err != nil {
			t.Fatal(err)
		}
		out, err := v.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if want := `,"wishes":[{"pick":"p1"}],"z":null}`; !strings.HasSuffix(string(out), want) {
			t.Errorf("%T: got %s, want the unknown fields at the end", v, out)
		}
	}
}

// Nearly nothing has unknown fields, and that is seen without decoding twice;
// what looks like a name and is none, or hides that it is one, must not fool it.
func TestUnknownFieldsAreFoundWhereverTheyStand(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"none", `{"id":"a","kind":"open","pick":"p"}`, ""},
		{"an empty object", ` { } `, ""},
		{"blanks everywhere", "\n{ \"id\" :\t\"a\" , \"kind\" : \"open\" }", ""},
		{"names in another case", `{"ID":"a","Kind":"open"}`, ""},
		{"inside a known one", `{"id":"a","click":{"foo":{"bar":[1,{"baz":2}]}},"lines":[{"foo":1}]}`, ""},
		{"braces and commas in strings", `{"id":"a,\"x\":{[","text":"}]\\","kind":"open"}`, ""},
		{"behind a string that ends in a backslash", `{"text":"\\","new":1}`, `{"new":1}`},
		{"first", `{"new":{"id":[1,2]},"id":"a"}`, `{"new":{"id":[1,2]}}`},
		{"last", `{"id":"a","position":3,"new":null}`, `{"new":null}`},
		{"a known name in escapes", `{"\u0069d":"a"}`, ""},
		{"an unknown name in escapes", `{"n\u0065w":1}`, `{"new":1}`},
		{"a known name in another alphabet", "{\"\u212aind\":\"open\"}", ""}, // the sign of Kelvin folds to k
		{"not ASCII", `{"新":1}`, `{"新":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a recommend.Action
			if err := json.Unmarshal([]byte(c.in), &a); err != nil {
				t.Fatal(err)
			}
			got := ""
			if a.Extra != nil {
				b, err := json.Marshal(a.Extra)
				if err != nil {
					t.Fatal(err)
				}
				got = string(b)
			}
			if got != c.want {
				t.Errorf("unknown fields %s, want %s", got, c.want)
			}
		})
	}
	var a recommend.Action
	if err := json.Unmarshal([]byte(`null`), &a); err != nil || a.Extra != nil {
		t.Errorf("null: %v, %v", a.Extra, err)
	}
}
