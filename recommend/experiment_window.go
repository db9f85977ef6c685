package recommend

import (
	"fmt"
	"slices"

	"vitrine.dev/ranking"
)

// opened is who asks for a window.
type opened struct {
	name    string  // his pseudonym; "" for somebody unknown
	reader  *Reader // nil when nothing is known of him
	missing []string
	body    []byte    // of his document
	version int64     // of it; -1 for none
	kept    *standing // made of this version; reader is without his history then
	former  *standing // made of another, in which he wished for the same; nil beside kept
}

// deal is the arms of a new window. A reader whom windows are made without is in
// none, for the arm would be a trace of him; nor is one of whom that cannot be
// told now.
func (o *opened) deal(policy *Policy, on Surface) assignment {
	if len(o.missing) > 0 || o.reader != nil && o.reader.Impersonal {
		return assignment{}
	}
	return policy.assign(on, o.name)
}

// arms are those that the window with id is made with, from its first page to
// its last: when the policy has others since, the window is over.
func (o *opened) arms(policy *Policy, id windowID) (assignment, error) {
	about := id.about()
	if about.arms == 0 {
		return assignment{}, nil
	}
	a := policy.assign(about.on, o.name)
	if a.code() != about.arms || o.reader != nil && o.reader.Impersonal {
		return a, Refuse(Problem{Code: "cursor-expired", Pointer: "/cursor", Message: "what the window was made by has changed", Fix: "start again without a cursor"})
	}
	return a, nil
}

// newWindow is the id of a window that is asked for now.
func (w *Windows) newWindow(o *opened, on Surface, arms *assignment, asked uint16) windowID {
	return w.signer.newWindowID(windowAbout{on, arms.code(), asked}, o.name, w.now())
}

// askedCode is what a window's id tells of the request, beside reader and
// surface: enough to notice that another one is explained.
func askedCode(topics []string, r *WindowRequest) uint16 {
	exclude := slices.Sorted(slices.Values(r.Exclude))
	return uint16(ranking.Hash(fmt.Sprintf("%q %d %q %t %t %t", topics, r.Seed, exclude, r.Fresh, r.IncludeSeen, r.Bare))) //nolint:gosec // the low bits are as good as any
}

// surfaceFor is that of a window of some topics, of all when there are none.
func surfaceFor(topics []string) Surface {
	if len(topics) > 0 {
		return SurfaceTopic
	}
	return SurfaceHome
}
