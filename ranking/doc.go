// Package ranking is the arithmetic of a ranked page: features in columns, a
// linear score that can be taken apart again and is learned from what readers
// choose, decay, discounts and the mixing of a page.
//
// It is pure: it reads no clock, does no I/O, draws no random numbers and knows
// neither picks nor readers. Where candidates come from and what the features
// mean is the business of its callers, so the same code serves windows and is
// measured offline. What learns keeps its state in values that can be
// marshalled, so that a learner goes on exactly in another process.
package ranking
