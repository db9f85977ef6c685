package society

import (
	"fmt"
	"io"
)

// WriteTable writes r for people, one line a week.
func (r *Report) WriteTable(out io.Writer) {
	fmt.Fprintf(out, "%d readers, %d experts, %d picks; pages of %d cards, expected clicks a page\n\n", r.Readers, r.Experts, r.Picks, r.Page)
	fmt.Fprintln(out, "week pages  served   twin regret     ±  share | oracle (free) random newest popular declared topics quality |  rate cover  gini | new  due small due top10 due | topics due found due | day week most half")
	for i := range r.Weeks {
		w := &r.Weeks[i]
		fmt.Fprintf(out, "%4d %5d  %6.3f %6.3f %6.3f %.3f %5.1f%% |", w.Week, w.Pages, w.Served, w.Twin, w.Regret, w.RegretError, 100*w.RegretShare)
		fmt.Fprintf(out, " %6.3f %6.3f %6.3f %6.3f %7.3f %8.3f %6.3f %7.3f |", w.Oracle, w.Free, w.Random, w.Newest, w.Popular, w.Declared, w.KnowTopics, w.Quality)
		fmt.Fprintf(out, " %4.1f%% %4.0f%%  %.2f |", 100*w.ClickRate, 100*w.Coverage, w.Gini)
		fmt.Fprintf(out, " %3.0f  %3.0f   %3.0f %3.0f   %3.0f %3.0f |", 100*w.New, 100*w.NewDue, 100*w.Small, 100*w.SmallDue, 100*w.TopTen, 100*w.TopTenDue)
		fmt.Fprintf(out, " %6.1f %3.1f   %3.0f %3.0f |", w.Topics, w.TopicsDue, 100*w.Discovered, 100*w.DiscDue)
		half := "-" // nobody to tell by
		if w.Debuts.HalfClicked > 0 {
			half = fmt.Sprintf("%.2f", w.Debuts.HalfClicked)
		}
		fmt.Fprintf(out, " %3.0f  %3.0f  %3.1f %4s\n", 100*w.RepeatsDay, 100*w.RepeatsWeek, w.PerExpert, half)
	}
	d := r.Debuts
	fmt.Fprintf(out, "\nnew experts' picks: %d, half of their final impressions after %.2f days, of their final clicks after %.2f; %.0f %% within two days; %d never shown in a week, %d no longer\n",
		d.Picks, d.HalfShown, d.HalfClicked, 100*d.Within, d.Unseen, d.Faded)
	fmt.Fprintf(out, "of %d that perfect knowledge would show, %.0f %% had half of their due clicks on some day of their first week, the median after %.2f days\n\n", d.Worthy, 100*d.Found, d.HalfDue)
	say := func(ok bool, what string) {
		verdict := "no "
		if ok {
			verdict = "yes"
		}
		fmt.Fprintf(out, "%s  %s\n", verdict, what)
	}
	say(r.Goals.RegretFalls, "regret falls every week")
	say(r.Goals.DebutInTwoDays, "a new pick of a new expert has half of its final clicks within two days")
	say(r.Goals.TopTenBelowTwice, "the ten best-known experts have less than twice their share of clicks under perfect knowledge")
}
