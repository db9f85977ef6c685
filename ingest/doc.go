// Package ingest carries events through the log into documents: the wire form
// of events, the publisher, the folds, the consumer that runs them, dead
// letters and lag.
//
// It decides nothing that a rule of package recommend decides, and it answers
// nobody: what it makes is read from the store.
package ingest
