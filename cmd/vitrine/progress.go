package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// A progress shows how far a long command is: a line that rewrites itself on a
// terminal, a plain line now and then elsewhere.
type progress struct {
	out   io.Writer
	term  bool
	what  string
	total int64 // 0: not known
	start time.Time

	mu   sync.Mutex
	done int64
	next time.Time
}

func newProgress(out io.Writer, what string, total int64) *progress {
	p := &progress{out: out, what: what, total: total, start: time.Now()}
	if f, ok := out.(*os.File); ok {
		p.term = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// set tells how much is done. It prints at most four times a second on a
// terminal, every five seconds elsewhere.
func (p *progress) set(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = done
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	pause := 5 * time.Second
	if p.term {
		pause = 250 * time.Millisecond
	}
	p.next = now.Add(pause)
	p.print(now)
}

func (p *progress) print(now time.Time) {
	spent := now.Sub(p.start)
	rate := float64(p.done) / max(spent.Seconds(), 0.001)
	line := fmt.Sprintf("%s %d", p.what, p.done)
	if p.total > 0 {
		line = fmt.Sprintf("%s %d of %d, %d %%", p.what, p.done, p.total, 100*p.done/p.total)
	}
	line += fmt.Sprintf(", %.0f/s", rate)
	if p.total > p.done && rate > 0 {
		left := time.Duration(float64(p.total-p.done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	if p.term {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

// end shows the last figure.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(time.Now())
	if p.term {
		fmt.Fprintln(p.out)
	}
}
