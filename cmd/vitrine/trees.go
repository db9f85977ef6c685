package main

import (
	"fmt"
	"os"
	"strings"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// readTrees reads a file of trees. Errors name the file, and the place in it.
func readTrees(path string) ([]byte, ranking.Model, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, nil, err
	}
	model, err := recommend.ReadTrees(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, model, nil
}

// plantTrees serves on surfaces what a list of SURFACE=FILE names.
func plantTrees(m *recommend.Memory, list string) error {
	for _, one := range splitList(list) {
		name, path, ok := strings.Cut(one, "=")
		surface, known := recommend.SurfaceNamed(name)
		if !ok || !known {
			return fmt.Errorf("trees: %q is not SURFACE=FILE, with home, topic or rank", one)
		}
		_, model, err := readTrees(path)
		if err != nil {
			return err
		}
		m.SetModel(surface, 1, model)
	}
	return nil
}
