// Package api is Vitrine's HTTP side: it authenticates, limits and validates
// requests, lets package recommend judge them, appends what was accepted to
// the log, waits until it can be read back, and answers from documents and
// windows.
//
// It writes no document and ranks nothing. openapi.yaml is its contract; every
// handler test is checked against it.
package api
