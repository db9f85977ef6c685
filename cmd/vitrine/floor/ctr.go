package floor

import "vitrine.dev/recommend"

// clickRate puts first what is opened most often of the times it is shown. An
// open counts only where it answers an impression of the same window: opens
// that came another way say nothing of how a card does in a list.
type clickRate struct {
	shown, clicked       []float64 // by product
	allShown, allClicked float64
	open                 map[listed]bool // impressions not clicked yet
}

// listed is a pick in a window.
type listed struct{ window, pick string }

// clickPrior is how many impressions at the rate of all products each begins
// with.
const clickPrior = 20

func newClickRate() *clickRate { return &clickRate{open: make(map[listed]bool)} }

func (f *clickRate) See(e Event) {
	where := listed{e.Window, e.Pick}
	switch {
	case e.Window == "":
	case e.Kind == recommend.ActImpression:
		*at(&f.shown, e.Product)++
		f.allShown++
		f.open[where] = true
	case e.Kind == recommend.ActOpen && f.open[where]:
		*at(&f.clicked, e.Product)++
		f.allClicked++
		delete(f.open, where)
	}
}

func (f *clickRate) Score(Query) func(int32) float64 {
	rate := f.allClicked / max(f.allShown, 1)
	return func(product int32) float64 {
		return (*at(&f.clicked, product) + clickPrior*rate) / (*at(&f.shown, product) + clickPrior)
	}
}
