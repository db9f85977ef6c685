// Package stats is the arithmetic of reports: rates with their intervals, and
// whether two rates differ, however often somebody looks.
//
// It is pure: counts go in, numbers come out, and it knows nothing of readers,
// picks or stores. It is not a library of statistics: what it has is what the
// reports of this module show.
package stats
