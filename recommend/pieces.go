package recommend

// pieces are what the cards of a page are made in: little for each, so that it is
// cut from one piece for all.
type pieces struct {
	rows [8]int32 // of a card at a time
	said []string
	also []AlsoBy
}

// cardsOfPiece are how many cards a piece is made for.
const cardsOfPiece = 20

// piece is an empty list with room for n, cut from all; appending more than that
// leaves the others alone.
func piece[T any](all *[]T, n int) []T {
	from := len(*all)
	if cap(*all)-from < n {
		*all, from = make([]T, 0, cardsOfPiece*n), 0
	}
	*all = (*all)[:from+n]
	return (*all)[from : from : from+n]
}
