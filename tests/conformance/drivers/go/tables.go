package main

// The driver's two tables outside all actors: gates that handlers pass, and notes that they leave.

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"sync"
)

type gate struct {
	open         bool
	inside, peak int
	changed      chan struct{}
}

var tables = struct {
	sync.Mutex
	gates map[string]*gate
	notes map[string]int
}{gates: map[string]*gate{}, notes: map[string]int{}}

func note(text string) {
	tables.Lock()
	defer tables.Unlock()
	tables.notes[text]++
}

func noted(text string) int {
	tables.Lock()
	defer tables.Unlock()
	return tables.notes[text]
}

// withGate changes a gate and wakes all who look at it.
func withGate(name string, change func(*gate)) {
	tables.Lock()
	defer tables.Unlock()
	g := tables.gates[name]
	if g == nil {
		g = &gate{changed: make(chan struct{})}
		tables.gates[name] = g
	}
	change(g)
	close(g.changed)
	g.changed = make(chan struct{})
}

// untilGate waits until a gate is as wanted.
func untilGate(ctx context.Context, name string, wanted func(*gate) bool) error {
	for {
		var there bool
		var changed chan struct{}
		tables.Lock()
		g := tables.gates[name]
		if g == nil {
			g = &gate{changed: make(chan struct{})}
			tables.gates[name] = g
		}
		there, changed = wanted(g), g.changed
		tables.Unlock()
		if there {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passGate enters, waits for the gate to open, and leaves.
func passGate(ctx context.Context, name string) error {
	withGate(name, func(g *gate) {
		g.inside++
		g.peak = max(g.peak, g.inside)
	})
	defer withGate(name, func(g *gate) { g.inside-- })
	return untilGate(ctx, name, func(g *gate) bool { return g.open })
}

// notices is what the SDK has logged, a copy of which goes to stderr.
var (
	notices = &journalOfNotices{}
	logger  = slog.New(slog.NewTextHandler(notices, nil))
)

type journalOfNotices struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journalOfNotices) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(line)
	return os.Stderr.Write(line)
}

// count is how many lines contain a text.
func (j *journalOfNotices) count(text string) (lines int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range bytes.Split(j.text.Bytes(), []byte("\n")) {
		if bytes.Contains(line, []byte(text)) {
			lines++
		}
	}
	return lines
}
