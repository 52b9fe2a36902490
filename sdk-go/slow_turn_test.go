package everact

// A handler that takes long is named, with its stack.

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

type dawdler struct{}

// Linger is where the stack has to lead.
func (d *dawdler) Linger(_ *Context, ms int) (int, error) {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms, nil
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestAHandlerThatTakesLongIsNamedOnceWithItsStack(t *testing.T) {
	kind := NewKind[dawdler]("dawdler", Transient())
	linger := Handle(kind, "linger", (*dawdler).Linger)
	var log lines
	engine, err := OpenInMemory(WithKinds(kind), Options{SlowTurn: 100 * time.Millisecond}, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if _, err := linger.Ask(context.Background(), kind.Actor(engine, "a b"), 2_500); err != nil {
		t.Fatal(err)
	}
	said := log.String()
	if strings.Count(said, "SlowTurn") != 1 || !strings.Contains(said, "dawdler/a b linger has been open for") {
		t.Fatal(said)
	}
	if !strings.Contains(said, "(*dawdler).Linger") || strings.Contains(said, "(*passage).run") {
		t.Fatal(said)
	}
}
