package ingest

import (
	"embed"
	"io/fs"
)

// schemaBase is where the schemas say they are; nothing is fetched from it.
const schemaBase = "https://vitrine.dev/schema/"

//go:embed schema/*.json
var schemas embed.FS

// Schemas returns the JSON Schemas (draft 2020-12) of the data of all event
// types, each in a file named after its type, such as "action.v1.json".
// Fields that a schema does not name are allowed, and kept.
func Schemas() fs.FS {
	sub, err := fs.Sub(schemas, "schema")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return sub
}

// SchemaURI is the dataschema of events of type t.
func SchemaURI(t string) string { return schemaBase + t + ".json" }
