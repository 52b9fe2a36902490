package main

// A progress bar on stderr: one line, rewritten; plain lines where stderr is no terminal.

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	barWidth = 40
	barPause = 100 * time.Millisecond
)

type progress struct {
	total, done, tenths int
	shown               time.Time
	rewrites            bool
}

func newProgress(total int) *progress {
	about, err := os.Stderr.Stat()
	return &progress{total: max(total, 1), rewrites: err == nil && about.Mode()&os.ModeCharDevice != 0}
}

// advance counts one more.
func (p *progress) advance() {
	p.done++
	if p.rewrites {
		p.rewrite()
		return
	}
	if tenths := p.done * 10 / p.total; tenths > p.tenths {
		p.tenths = tenths
		fmt.Fprintf(os.Stderr, "%d %% of %d flights\n", tenths*10, p.total)
	}
}

func (p *progress) rewrite() {
	if p.done < p.total && (p.done%64 != 0 || time.Since(p.shown) < barPause) {
		return
	}
	p.shown = time.Now()
	filled := p.done * barWidth / p.total
	fmt.Fprintf(os.Stderr, "\r[%s%s] %d/%d", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), p.done, p.total)
	if p.done == p.total {
		fmt.Fprintln(os.Stderr)
	}
}
