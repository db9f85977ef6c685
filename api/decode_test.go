package api_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// What is read strictly is read the same from what it is written as, and what
// is not is told to the client as its own fault.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"link":"https://item.jd.com/1.html","reason":"good","topics":["home"],"inventory":3,"images":["a"]}`,
		`{"topics":[null]}`, `{"inventory":1e3}`, `{"x":{"~/":1}}`, `[]`, `null`, `{} {}`, `{"link":1,"link":"a"}`, `{"LINK":"a"}`,
	} {
		f.Add([]byte(s))
	}
	w := &api.Server{}
	f.Fuzz(func(t *testing.T, b []byte) {
		var content recommend.PickContent
		err := api.DecodeStrict(b, &content)
		if err != nil {
			if status, code := w.StatusOf(err); code != "validation" && code != "body-malformed" || status >= 500 {
				t.Fatalf("%q: %d %s: %v", b, status, code, err)
			}
			return
		}
		written, err := json.Marshal(content)
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		var again recommend.PickContent
		var refusal *recommend.Refusal
		err = api.DecodeStrict(written, &again)
		if errors.As(err, &refusal) && content.Topics == nil {
			return // topics left out are written as null
		}
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", b, written, err)
		}
		if diff := cmp.Diff(content, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round trip (-first +again):\n%s", diff)
		}
	})
}
