package web

import "vitrine.dev/recommend"

// acting are the beginnings of the keys of what scripts say about acts that
// many pages offer.
func acting() []string { return []string{"act."} }

// categories are what a reader can report a pick for, in the order offered.
func categories() []string {
	return []string{"spam", "fraud", "counterfeit", "mlm", "undisclosed_ad", "legal", "other"}
}

// complaints are what can go wrong after a checkout.
func complaints() []string {
	return []string{"refund_refused", "not_as_described", "not_delivered", "damaged", "counterfeit", "other"}
}

// earningStates are those that an expert can ask for.
func earningStates() []recommend.EarningState {
	return []recommend.EarningState{
		recommend.EarningPending, recommend.EarningProcessed, recommend.EarningPaid, recommend.EarningOnHold,
		recommend.EarningRefunded, recommend.EarningCanceled, recommend.EarningFraud, recommend.EarningDuplicate,
	}
}
