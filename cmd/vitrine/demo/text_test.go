package demo

import (
	"strings"
	"testing"
)

func TestPhrase(t *testing.T) {
	shared := lists{{}, {"dur": {"two months"}}}
	slots := []string{"m", "cap"}
	labels := map[string]string{"m": "Cloudfoot", "cap": "90 ml"}
	t.Run("fills every kind of hole", func(t *testing.T) {
		p, err := parsePhrase("{m} {cap}: {@Dur}, {a|a}, {7-8}.", en, shared, slots)
		if err != nil {
			t.Fatalf("parse: %v", err)
		}
		got := strings.ReplaceAll(p.fill(throw("x"), en, shared, labels), "8.", "7.")
		if want := "Cloudfoot 90 ml: Two months, a, 7."; got != want {
			t.Errorf("filled %q, want %q", got, want)
		}
	})
	t.Run("fills alike from the same dice", func(t *testing.T) {
		p, err := parsePhrase("{a|b|c|d} {1-900}", en, shared, slots)
		if err != nil {
			t.Fatalf("parse: %v", err)
		}
		a, b := p.fill(throw("x"), en, shared, nil), p.fill(throw("x"), en, shared, nil)
		if a != b {
			t.Errorf("filled %q and %q", a, b)
		}
	})
	for name, text := range map[string]string{
		"an open brace":       "one {m",
		"an unknown slot":     "{colour}",
		"an unknown list":     "{@kin}",
		"a range upside down": "{8-3}",
		"nothing":             "",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if p, err := parsePhrase(text, en, shared, slots); err == nil {
				t.Errorf("parsed %q to %v, want an error", text, p)
			}
		})
	}
}

func TestGrammarErrorsTellWhatIsWrong(t *testing.T) {
	g := &grammar{}
	if err := g.readKind("gaiwan 49-360"); err == nil {
		t.Error("a kind without makers was read")
	}
	k := &kind{}
	if _, err := k.addLine("home.txt:1", "x"); err == nil {
		t.Error("a line of an unknown role was read")
	}
	if err := k.readValue("90ml | 90 ml"); err == nil {
		t.Error("a value outside an axis was read")
	}
	v := &voice{topics: []string{"home/tea"}}
	if err := v.addRemark("o@pets/cats hello", lists{{}, {}}); err == nil {
		t.Error("a remark on a foreign topic was read")
	}
	lib := &library{kinds: []*kind{{id: "gaiwan", topic: "home/tea"}}}
	if err := lib.check(); err == nil || !strings.Contains(err.Error(), "gaiwan") {
		t.Errorf("check of a kind with nothing to say: %v", err)
	}
}
