package recommend

import "testing"

// While more pages are asked for than there are processors, renewing pauses for
// as long as it took.
func TestRenewingPausesWhileManyAsk(t *testing.T) {
	turns := newTurns()
	renew := func() bool {
		end, busy := turns.renew()
		if !busy {
			end()
		}
		return !busy
	}
	for range 2 {
		if !renew() {
			t.Error("two in turn are not renewed though nobody asks")
		}
	}
	turns.pages.Store(turns.processors + 1)
	turns.next.Store(1 << 62)
	if renew() {
		t.Error("one is renewed in the pause")
	}
	turns.next.Store(0)
	end, busy := turns.renew()
	if busy {
		t.Fatal("none is renewed after the pause")
	}
	end()
	if turns.next.Load() == 0 {
		t.Error("no pause after one was renewed")
	}
	turns.pages.Store(turns.processors)
	turns.next.Store(1 << 62)
	if !renew() {
		t.Error("none is renewed in a pause though no more ask than there are processors")
	}
}
