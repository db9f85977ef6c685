package ranking

import "math"

// Smoothed is clicks per impression, drawn to the rate of a prior for as long as
// there are few: (weight+clicks) / (weight*priorShown/priorClicks + shown), as
// if there had been weight more clicks at the prior's rate. With no clicks in
// the prior it is clicks/shown, and 0 without impressions. Counts may be
// decayed sums; none is negative.
func Smoothed(clicks, shown, priorClicks, priorShown, weight float64) float64 {
	if priorClicks > 0 && priorShown > 0 && weight > 0 {
		clicks += weight
		shown += weight * (priorShown / priorClicks)
	}
	if shown <= 0 {
		return 0
	}
	return clicks / shown
}

// Wilson is the interval in which the chance of a success lies, after successes
// in trials (Wilson, 1927); z is 1.96 for one that is right 95 times of 100. It
// stays within 0 and 1 and says something after the first trial already; with
// none it is from 0 to 1. More successes than trials count as all.
func Wilson(successes, trials, z float64) (low, high float64) {
	if trials <= 0 {
		return 0, 1
	}
	p := min(max(successes/trials, 0), 1)
	z2 := z * z / trials
	middle := p + z2/2
	half := z / math.Sqrt(trials) * math.Sqrt(p*(1-p)+z2/4)
	return max((middle-half)/(1+z2), 0), min((middle+half)/(1+z2), 1)
}
