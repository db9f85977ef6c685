package api

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var openapi []byte

// A spec is the contract in both spellings.
type spec struct{ yaml, json []byte }

func newSpec() (spec, error) {
	var tree any
	if err := yaml.Unmarshal(openapi, &tree); err != nil {
		return spec{}, fmt.Errorf("openapi.yaml: %w", err)
	}
	b, err := json.Marshal(tree)
	if err != nil {
		return spec{}, fmt.Errorf("openapi.yaml: %w", err)
	}
	return spec{openapi, b}, nil
}

func (s *Server) openapiJSON(c *call) error {
	c.Header("Cache-Control", "public, max-age=300")
	return c.taggedRaw("", "application/json; charset=utf-8", s.spec.json)
}

func (s *Server) openapiYAML(c *call) error {
	c.Header("Cache-Control", "public, max-age=300")
	return c.taggedRaw("", "application/yaml; charset=utf-8", s.spec.yaml)
}
