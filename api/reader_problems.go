package api

import "net/http"

// readerProblems are the codes of what readers do.
func readerProblems() []problemType {
	return []problemType{
		{
			"purchase-unproven", http.StatusUnprocessableEntity,
			text{"Purchases are told by the shop", "购买由商店告知"},
			text{"A purchase or a refund counts when the partner reports the order. Nobody else can tell of one.", "购买与退款以合作方回传的订单为准，他人无法代为上报。"},
		},
	}
}
