package web

import "vitrine.dev/recommend"

// acting are the beginnings of the keys of what scripts say about acts that
// many pages offer.
func acting() []string { return []string{"act."} }

// earningStates are those that an expert can ask for.
func earningStates() []recommend.EarningState {
	return []recommend.EarningState{
		recommend.EarningPending, recommend.EarningProcessed, recommend.EarningPaid, recommend.EarningOnHold,
		recommend.EarningRefunded, recommend.EarningCanceled, recommend.EarningFraud, recommend.EarningDuplicate,
	}
}
