package main

import "flag"

// An evalConfig holds the settings of eval alone.
type evalConfig struct {
	JSON    string
	Only    int
	Profile string
}

func evalFlags() []string { return []string{"json", "only", "profile"} }

func (c *evalConfig) define(fs *flag.FlagSet) {
	fs.StringVar(&c.JSON, "json", "", "`file` to write the figures to, those of every query too")
	fs.IntVar(&c.Only, "only", 0, "ask the first `n` queries alone; all when 0")
	fs.StringVar(&c.Profile, "profile", "", "`file` to write a CPU profile to")
}
