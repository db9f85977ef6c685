// Package analytics tells analysts what readers see, open, keep and buy. It asks
// an engine for counts (see [recommend.Aggregates]), puts beside them what only
// the shelf knows, such as topics, and says of every rate how sure it is and of
// every answer what it leaves out.
package analytics
