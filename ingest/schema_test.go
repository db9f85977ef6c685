package ingest_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// examples are good data of every event type; fields of later versions are
// among them.
func examples() map[string][]string {
	const at = `"2026-11-23T08:30:00Z"`
	return map[string][]string{
		recommend.TypePickPublished: {
			`{"id":"p1","expert":"e1","link":"https://item.jd.com/100012043978.html","reason":"三年来每天早上都用","topics":["home/kitchen"],"published_at":` + at + `}`,
			`{"id":"p1","expert":"e1","link":"https://item.jd.com/1.html","reason":"r","topics":["tea","home"],"inventory":0,"relationship":"gift","images":["https://img.example/1.jpg"],"published_at":` + at + `,"later":[1]}`,
		},
		recommend.TypePickEdited:    {`{"id":"p1","expert":"e1","at":` + at + `}`, `{"id":"p1","expert":"e1","reason":"better","base":4,"at":` + at + `}`},
		recommend.TypePickWithdrawn: {`{"id":"p1","expert":"e1","at":` + at + `}`},
		recommend.TypePickRestored:  {`{"id":"p1","expert":"e1","at":` + at + `,"base":9}`},
		recommend.TypeProductListed: {
			`{"key":"jd:100012043978","title":"Kettle","updated_at":` + at + `}`,
			`{"key":"jd:1","title":"水壶","url":"https://item.jd.com/1.html","topic":"home/kitchen","price":{"amount":19900,"currency":"CNY"},"stock":3,"preorder":false,"image":"https://img.example/1.jpg","seller":"JD","commission_bp":350,"updated_at":` + at + `}`,
		},
		recommend.TypeReaderDeclared: {`{"id":"r1"}`, `{"id":"r1","interests":{"tea":1,"home/kitchen":0.25},"follows":["e1"],"at":` + at + `}`},
		recommend.TypeActed: {
			`{"id":"a1","reader":"r1","kind":"follow","expert":"e1","at":` + at + `}`,
			`{"id":"a2","reader":"r1","kind":"impression","pick":"p1","window":"w1","position":0,"at":` + at + `}`,
			`{"id":"a3","reader":"r1","kind":"cart","pick":"p1","expert":"e1","product":"jd:1","sku":"red","quantity":2,"set":true,"price":{"amount":100,"currency":"CNY"},"base":3,"guest":true,"at":` + at + `}`,
			`{"id":"a4","reader":"r1","kind":"merge","lines":[{"id":"l1","pick":"p1","quantity":2,"at":` + at + `}],"at":` + at + `}`,
			`{"id":"a5","reader":"r1","kind":"complain","click":{"id":"c1"},"category":"damaged","text":"t","at":` + at + `}`,
			`{"id":"a6","reader":"r1","kind":"impersonal","at":` + at + `}`,
		},
		recommend.TypeReaderErased:      {`{"id":"r1","at":` + at + `}`},
		recommend.TypePartnerRegistered: {`{"id":"weidian","name":"微店"}`, `{"id":"shop","name":"Shop","links":["https://item.example/i/{item}"],"state":"probation","since":` + at + `}`},
		recommend.TypeExpertVerified:    {`{"id":"e1","name":"陈","topics":["tea"],"verified":true}`, `{"id":"e1","name":"Chen","topics":null,"verified":false,"bio":"b"}`},
		recommend.TypeRulingMade:        {`{"target":{"kind":"partner","id":"jd"},"action":"pause","rule":"honest-prices","text":"","by":"m1","at":` + at + `}`},
		recommend.TypeOrderReported:     {`{"id":"o1","partner":"jd","line":"1","reader":"r1","pick":"p1","token":"t","amount":{"amount":19900,"currency":"CNY"},"state":"paid","at":` + at + `}`, `{"id":"o1","partner":"jd","line":"1","amount":{"amount":100,"currency":"CNY"},"state":"refunded","refund":"f1","quantity":2,"at":` + at + `,"later":1}`},
		recommend.TypeOrdersSynced:      {`{"partner":"jd","from":"2026-11-23T05:30:00Z","to":` + at + `,"reports":3}`},
		recommend.TypeModelLearned: {
			`{"by":"t1","sequence":1,"parts":1,"made_at":` + at + `}`,
			`{"by":"t1","sequence":2,"part":1,"parts":2,"made_at":` + at + `,"epoch":2,"offsets":[0,7],"surfaces":{"home":{"weights":[{"name":"interest","value":-0.5}],"state":{"a":1},"back":1,"doubtful":true,"lists":3,"loss":2.5,"later":1}},"rows":[{"family":"lists","of":"product:jd:1","row":""},{"family":"topics","of":"topic:home/kitchen"}],"later":1}`,
		},
		recommend.TypeModelRuled: {
			`{"surface":"home","action":"pin","text":"it is good","by":"m1","at":` + at + `}`,
			`{"surface":"rank","action":"rollback","version":3,"text":"it is bad","by":"m1","at":` + at + `,"later":1}`,
		},
		recommend.TypeModelLoaded:  {`{"surface":"home","trees":` + oneTree + `,"text":"trained on last month","by":"m1","at":` + at + `,"later":1}`},
		recommend.TypeEarningRuled: {`{"order":"o1","partner":"jd","line":"1","state":"fraud","text":"two accounts, one buyer","by":"m1","at":` + at + `}`},
		recommend.TypeSignalResolved: {
			`{"signal":"fast-order-x","key":"o1","state":"dismissed","text":"a person with one click","by":"m1","at":` + at + `}`,
		},
		recommend.TypeClickCounted: {`{"pick":"p1","expert":"e1","at":` + at + `}`, `{"pick":"p1","expert":"e1","at":` + at + `,"again":true,"near":true}`},
		recommend.TypeLineWatched:  {`{"pick":"p1","order":"o1","partner":"jd","line":"1","click":"c1","at":` + at + `}`},
		recommend.TypeLineFlagged: {
			`{"order":"o1","partner":"jd","line":"1","signal":{"id":"click-burst-x","kind":"click-burst","click":"c1","state":"open","revision":1,"first_seen":` + at + `,"last_seen":` + at + `,"expires":` + at + `}}`,
		},
		recommend.TypePayoutDeclared: {`{"expert":"e1","digest":"d1","last":"1234","at":` + at + `}`},
		recommend.TypePayoutUsed:     {`{"digest":"d1","expert":"e1","sequence":1,"now":true}`},
		recommend.TypeSignalEnded:    {`{"signal":"fast-order-x","key":"o1","at":` + at + `}`},
	}
}

// oneTree is a model that splits once, by interest.
const oneTree = `{"num_class":1,"num_tree_per_iteration":1,"feature_names":["interest"],"tree_info":[{"tree_structure":{"split_feature":0,"threshold":0.5,"decision_type":"<=","default_left":true,"missing_type":"None","internal_value":0,"left_child":{"leaf_value":-1},"right_child":{"leaf_value":1}}}]}`

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	b, err := fs.ReadFile(ingest.Schemas(), name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	id := ingest.SchemaURI(strings.TrimSuffix(name, ".json"))
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	if s.Location != id+"#" {
		t.Errorf("%s is at %s, want %s#", name, s.Location, id)
	}
	return s
}

func TestEveryTypeHasASchemaThatTakesItsData(t *testing.T) {
	for typ, datas := range examples() {
		t.Run(typ, func(t *testing.T) {
			s := compileSchema(t, typ+".json")
			for _, data := range datas {
				v, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Validate(v); err != nil {
					t.Errorf("%s: %v", data, err)
				}
			}
		})
	}
}

func TestSchemasRefuseWhatLacksARequiredField(t *testing.T) {
	for typ, datas := range examples() {
		t.Run(typ, func(t *testing.T) {
			s := compileSchema(t, typ+".json")
			if len(s.Required) == 0 {
				t.Fatal("the schema requires nothing")
			}
			for _, field := range s.Required {
				var v map[string]any
				if err := json.Unmarshal([]byte(datas[0]), &v); err != nil {
					t.Fatal(err)
				}
				delete(v, field)
				if err := s.Validate(v); err == nil {
					t.Errorf("valid without %q", field)
				}
			}
		})
	}
}

func TestNoSchemaIsForNothing(t *testing.T) {
	files, err := fs.Glob(ingest.Schemas(), "*")
	if err != nil {
		t.Fatal(err)
	}
	known := examples()
	for _, f := range files {
		if _, ok := known[strings.TrimSuffix(f, ".json")]; !ok {
			t.Errorf("%s has no example here", f)
		}
	}
	if len(files) != len(known) {
		t.Errorf("%d schemas for %d types: %v", len(files), len(known), slices.Sorted(slices.Values(files)))
	}
}

// TestFoldsTakeTheExamples keeps the schemas and the rules of the domain at
// one: what the schema takes as good has the form that the fold asks for.
func TestFoldsTakeTheExamples(t *testing.T) {
	keys := map[string]string{
		recommend.TypePickPublished: "e1", recommend.TypePickEdited: "e1", recommend.TypePickWithdrawn: "e1", recommend.TypePickRestored: "e1",
		recommend.TypeReaderDeclared: "r1", recommend.TypeReaderErased: "r1", recommend.TypeActed: "r1",
		recommend.TypeExpertVerified: "expert:e1", recommend.TypeRulingMade: "partner:jd",
		recommend.TypeOrderReported: "o1", recommend.TypeOrdersSynced: "sync:jd", recommend.TypeEarningRuled: "o1",
		recommend.TypeSignalResolved: "o1", recommend.TypeSignalEnded: "o1",
		recommend.TypePayoutDeclared: "payout:e1", recommend.TypePayoutUsed: "account:d1",
		recommend.TypeClickCounted: "watch:p1", recommend.TypeLineWatched: "watch:p1", recommend.TypeLineFlagged: "o1",
		recommend.TypeModelLearned: recommend.ModelKey, recommend.TypeModelRuled: recommend.ModelKey, recommend.TypeModelLoaded: recommend.ModelKey,
	}
	for typ, datas := range examples() {
		for _, data := range datas {
			e := recommend.Event{ID: "1", Source: "/test", Type: typ, Key: keys[typ], Data: []byte(data)}
			var named struct {
				ID  string `json:"id"`
				Key string `json:"key"`
			}
			if err := json.Unmarshal(e.Data, &named); err != nil {
				t.Fatal(err)
			}
			switch typ {
			case recommend.TypeProductListed:
				e.Key = named.Key
			case recommend.TypePartnerRegistered:
				e.Key = "partner:" + named.ID
			}
			var took []string
			var errs []error
			for _, f := range ingest.Folders() {
				if _, err := f.Check(e); err == nil {
					took = append(took, f.Topic)
				} else {
					errs = append(errs, err)
				}
			}
			if len(took) != 1 {
				t.Errorf("%s %s: taken by %v, want one fold: %v", typ, data, took, errs)
			}
		}
	}
}
