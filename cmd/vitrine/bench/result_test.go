package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample(answers int64, cpu time.Duration, latencies ...time.Duration) *Sample {
	s := &Sample{Answers: answers, Took: time.Second, CPU: cpu, Latency: newHistogram(), Bytes: 10 * answers, Mallocs: 3 * float64(answers), Allocate: 70 * float64(answers)}
	for _, l := range latencies {
		_ = s.Latency.RecordValue(int64(l))
	}
	return s
}

func TestADuelTellsMediansAndTheRatioOfEachRound(t *testing.T) {
	ms := time.Millisecond
	d := &Duel{
		Subject: []*Sample{sample(100, 10*ms, ms), sample(300, 30*ms, 2*ms), sample(200, 40*ms, 3*ms)},
		Floor:   []*Sample{sample(1000, 10*ms), sample(1000, 10*ms), sample(4000, 10*ms)},
	}
	d.Subject[1].Errors, d.Subject[1].Error = 2, os.ErrClosed
	got := d.result("window/64", "windows/s")
	got.P50, got.P99, got.P999 = float64(int(got.P50*10))/10, float64(int(got.P99*10))/10, float64(int(got.P999*10))/10
	want := Result{
		Name: "window/64", Value: 200, Unit: "windows/s", Floor: 1000, Ratio: .1, P50: 2, P99: 2, P999: 2, CPU: 100, FloorCPU: 10,
		More: map[string]float64{"bytes": 10, "allocations": 3, "allocated bytes": 70}, Errors: 2, Error: os.ErrClosed.Error(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func exampleTable() *Table {
	return &Table{Machine: Machine{2, "go1.26", "linux/amd64"}, World: Size{Seed: 1, Picks: 1000, Readers: 50, Actions: 20}, Rows: []Result{
		{
			Name: "window/64", Value: 12345, Unit: "windows/s", Floor: 30000, Ratio: .4115, P50: 4.2, P99: 26.3, P999: 31.25, CPU: 81.5, FloorCPU: 33,
			More: map[string]float64{"bytes": 22000, "allocations": 58}, Aims: []Aim{atLeast("ratio", .4115, .35), atMost("p99 ms", 26.3, 25)},
		},
		{Name: "publish", Notes: []string{"no engines"}, Error: "refused", Errors: 1},
	}}
}

const printed = `2 CPUs, linux/amd64, go1.26; 1000 picks, 50 readers

        row  value             floor  ratio  p50 ms  p99 ms  p99.9 ms  CPU µs  floor's
  window/64  12345  windows/s  30000  0.411     4.2    26.3      31.2    81.5       33
    publish      0                 –      –       –       –         –       –        –

window/64: allocations 58, bytes 22000
window/64: ratio ≥ 0.35: met
window/64: p99 ms ≤ 25: MISSED
publish: no engines
publish: FAILED: 1 errors, such as: refused
`

func TestATableIsPrinted(t *testing.T) {
	var b bytes.Buffer
	if err := exampleTable().Write(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(printed, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := exampleTable().Failed(); !cmp.Equal(got, []string{"publish"}) {
		t.Errorf("failed: %q", got)
	}
}

func TestATableIsWrittenForMachines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	if err := exampleTable().WriteJSON(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Rows []struct {
			Name  string
			Value float64
			Unit  string
			Floor float64
			Ratio float64
			P50   float64 `json:"p50_ms"`
			P99   float64 `json:"p99_ms"`
			Aims  []struct {
				What string
				Met  bool
			}
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	r := got.Rows[0]
	if r.Name != "window/64" || r.Value != 12345 || r.Unit != "windows/s" || r.Floor != 30000 || r.Ratio != .4115 || r.P50 != 4.2 || r.P99 != 26.3 || len(r.Aims) != 2 || r.Aims[1].Met {
		t.Errorf("%s", b)
	}
}

func TestCPUIsReadBehindAnyName(t *testing.T) {
	stat := []byte("42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 8 0 100 0 0")
	if got := cpuOf(stat); got != 3*time.Second {
		t.Errorf("got %s, want 3s", got)
	}
	if got := cpuOf([]byte("what")); got != 0 {
		t.Errorf("got %s of nothing", got)
	}
}

func TestRowsAreChosenByNameAndByGroup(t *testing.T) {
	rows := []Row{{Name: "window/64"}, {Name: "window/1"}, {Name: "soak", Asked: true}}
	for _, tt := range []struct {
		names, want []string
	}{
		{nil, []string{"window/64", "window/1"}},
		{[]string{"window"}, []string{"window/64", "window/1"}},
		{[]string{"soak", "window/1"}, []string{"window/1", "soak"}},
	} {
		got, err := choose(rows, tt.names)
		var names []string
		for _, r := range got {
			names = append(names, r.Name)
		}
		if err != nil || !cmp.Equal(names, tt.want) {
			t.Errorf("%q: got %q %v, want %q", tt.names, names, err, tt.want)
		}
	}
	if _, err := choose(rows, []string{"widow"}); err == nil {
		t.Error("an unknown row is taken")
	}
}
