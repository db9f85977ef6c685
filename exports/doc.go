// Package exports makes files of figures for analysts, in the background: a
// job is a small file in a directory beside its result, and so outlives the
// process that took it. It decides who asks for nothing (package api does) and
// counts nothing itself: the figures are those of package analytics, so that
// an exported row says what the API answers.
package exports
