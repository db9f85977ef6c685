package bench

// Rows are all that can be measured, in the order of the table.
func Rows() []Row {
	return []Row{
		windowRow("window/64", 64),
		windowRow("window/1", 1),
		anewRow("window/anew", 64),
		windowElasticRow(),
		rankRow(),
		rateRow(),
		busyRow(),
		bookmarkRow(),
		publishRow(),
		ingestEmbeddedRow(),
		ingestElasticRow(),
		shelfRow(),
		soakRow(),
	}
}
