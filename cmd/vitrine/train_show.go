package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"vitrine.dev/recommend"
)

// showModel prints the versions of surfaces and the weights that are served.
func showModel(out io.Writer, m *recommend.LearnedModel, only string) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SURFACE\tVERSION\tMADE\tLISTS\tLOSS\t")
	for _, s := range recommend.Surfaces() {
		if only == "" || only == s.String() {
			showVersions(w, s, m.Surface(s))
		}
	}
	for _, s := range recommend.Surfaces() {
		if only != "" && only != s.String() {
			continue
		}
		v := m.Surface(s).Serving()
		if v == nil || len(v.Weights) == 0 {
			continue
		}
		fmt.Fprintf(w, "\nWEIGHTS\t%s\t\n", s)
		showWeights(w, v.Weights)
	}
	return w.Flush()
}

func showVersions(w io.Writer, s recommend.Surface, m *recommend.SurfaceModel) {
	if m == nil {
		fmt.Fprintf(w, "%s\tprior\t\t\t\tserved\n", s)
		return
	}
	serving := m.Serving()
	for _, v := range slices.Backward(m.Versions) {
		note := ""
		switch {
		case serving != nil && v.Version == serving.Version && m.Pinned != 0:
			note = "served, pinned"
		case serving != nil && v.Version == serving.Version:
			note = "served"
		}
		switch {
		case v.Trees > 0:
			note += " trees"
		case v.Again > 0:
			note += fmt.Sprintf(" = %d", v.Again)
		case len(v.Weights) == 0:
			note += " prior"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%.4f\t%s\n", s, v.Version, v.MadeAt.Format(time.RFC3339), v.Lists, v.Loss, note)
	}
}

// showWeights prints weights, those that count most first.
func showWeights(w io.Writer, weights []recommend.ModelWeight) {
	weights = slices.Clone(weights)
	slices.SortStableFunc(weights, func(a, b recommend.ModelWeight) int {
		return cmp.Compare(math.Abs(b.Value), math.Abs(a.Value))
	})
	for _, x := range weights {
		fmt.Fprintf(w, "%s\t%.4f\t\n", x.Name, x.Value)
	}
}

// showRefit prints what would be served, and how it did on lists held out beside
// what is served now.
func showRefit(out io.Writer, now *recommend.LearnedModel, surfaces map[string]recommend.LearnedWeights) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SURFACE\tLISTS\tLOSS\tLOSS OF WHAT IS SERVED\t")
	for _, s := range recommend.Surfaces() {
		x, ok := surfaces[s.String()]
		if !ok {
			continue
		}
		served := "prior"
		if v := now.Surface(s).Serving(); v != nil {
			served = fmt.Sprintf("%.4f", v.Loss)
		}
		fmt.Fprintf(w, "%s\t%d\t%.4f\t%s\t\n", s, x.Lists, x.Loss, served)
	}
	for _, s := range recommend.Surfaces() {
		if x, ok := surfaces[s.String()]; ok {
			fmt.Fprintf(w, "\nWEIGHTS\t%s\t\n", s)
			showWeights(w, x.Weights)
		}
	}
	return w.Flush()
}
