package main

import (
	"flag"
	"strings"

	"vitrine.dev/cmd/vitrine/floor"
)

// An evalConfig holds the settings of eval; JSON and Profile are also those of
// demo.
type evalConfig struct {
	JSON    string
	Only    int
	Profile string
	Floors  string
	Against string
	Trees   string
}

func evalFlags() []string { return []string{"json", "only", "profile", "floor", "against", "trees"} }

func (c *evalConfig) define(fs *flag.FlagSet) {
	fs.StringVar(&c.JSON, "json", "", "`file` to write all figures to, of eval those of every query too")
	fs.IntVar(&c.Only, "only", 0, "ask the first `n` queries alone; all when 0")
	fs.StringVar(&c.Floors, "floor", "", "counting `policies` to beat, a,b,…: "+strings.Join(floor.Names(), ", "))
	fs.StringVar(&c.Against, "against", "", "`file` that --json of another run wrote, to compare with query by query")
	fs.StringVar(&c.Trees, "trees", "", "SURFACE=FILE,… `models` of trees to score by in place of weights, as LightGBM dumps them; surfaces: home, topic, rank")
	fs.StringVar(&c.Profile, "profile", "", "`file` to write a CPU profile to")
}
