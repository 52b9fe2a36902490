package everact

// The numbers of asks: their generations begin again before they leave the 63 bits that the core takes; and a call that was left finds nobody.

import (
	"context"
	"testing"
	"time"
)

type tallied struct{ N int }

func TestGenerationsBeginAgain(t *testing.T) {
	kind := NewKind[tallied]("tallied", Transient())
	add := Handle(kind, "add", func(s *tallied, _ *Context, n int) (int, error) { s.N += n; return s.N, nil })
	engine, err := OpenInMemory(WithKinds(kind))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	// The next call to be used is the one that was given back last.
	c := engine.calls.take()
	c.generation.Store(generationMax - 4)
	engine.calls.give(c)
	cancellable, cancel := context.WithCancel(context.Background())
	defer cancel()
	for round, asked := 0, 0; round < 4; round++ {
		for name, ask := range map[string]func() (int, error){
			"here":    func() (int, error) { return add.Ask(context.Background(), kind.Actor(engine, "a"), 1) },
			"worker":  func() (int, error) { return add.Ask(cancellable, kind.Actor(engine, "a"), 1) },
			"pending": func() (int, error) { return add.Start(cancellable, kind.Actor(engine, "a"), 1).Wait(cancellable) },
		} {
			asked++
			if got, err := ask(); err != nil || got != asked {
				t.Fatalf("%s at generation %d: %d %v", name, c.generation.Load(), got, err)
			}
		}
	}
	if generation := c.generation.Load(); generation == 0 || generation > 100 {
		t.Errorf("the generation is %d", generation)
	}
}

func TestACancelThatFindsNobodyHoldsNobody(t *testing.T) {
	kind := NewKind[tallied]("tallied", Transient())
	engine, err := OpenInMemory(WithKinds(kind))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	// A call whose ask the core has never seen: no answer of it will come, as where a cancellation is lost on its way.
	c := engine.calls.take()
	c.engine, c.record.ID = engine, c.id()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	waited := make(chan bool, 1)
	go func() { waited <- c.wait(ctx) }()
	select {
	case answered := <-waited:
		if answered {
			t.Error("there was an answer")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the asker is held past its context")
	}
	id := c.id()
	engine.deliver(id, uint16(CodeCancelled), nil, nil)
	if engine.calls.find(id) != nil {
		t.Error("the late answer did not give the call back")
	}
}
