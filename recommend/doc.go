// Package recommend is Vitrine's domain: picks, products, experts, readers,
// partners, the rules of the game, the contract of the store, and the windows
// ranked from it.
//
// It knows no HTTP, no Kafka and no database. Packages api and ingest call it,
// so that a rule holds on every road into the service; packages sqlite and
// elastic implement its [Store].
package recommend
