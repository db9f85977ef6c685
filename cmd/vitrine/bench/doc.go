// Package bench measures how fast the service is: it starts the service and a
// floor to hold it against as processes of their own, asks both over HTTP in
// turns, and tells figure, floor and ratio of every row.
//
// It is not a load test of an installation: it makes its own world, the same
// for a seed, and leaves nothing behind but a cache of it.
package bench
