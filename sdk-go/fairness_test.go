package everact

// A hundred actors that never run dry hold nobody up.

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

type spinner struct{}

type ponger struct{}

func TestAsksTellsAndCommandsOvertakeAHundredActorsThatNeverRunDry(t *testing.T) {
	const busy, soon = 100, 5 * time.Second
	var over atomic.Bool
	heard := make(chan struct{}, 1)
	spinners, pongs := NewKind[spinner]("spinner", Transient()), NewKind[ponger]("pong", Transient())
	var spin *Handler[spinner, None, None]
	spin = HandleNothing(spinners, "spin", func(_ *spinner, ctx *Context) error {
		if over.Load() {
			return nil
		}
		return spin.Tell(ctx, spinners.Actor(ctx, ctx.Key()), None{})
	})
	ping := HandleNoMessage(pongs, "ping", func(*ponger, *Context) (int, error) { return 1, nil })
	told := HandleNothing(pongs, "told", func(*ponger, *Context) error {
		heard <- struct{}{}
		return nil
	})
	engine, err := OpenInMemory(WithKinds(spinners, pongs))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	defer over.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for key := range busy {
		if err := spin.Tell(ctx, spinners.Actor(engine, strconv.Itoa(key)), None{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		began := time.Now()
		if _, err := ping.Ask(ctx, pongs.Actor(engine, "pong"), None{}); err != nil {
			t.Fatal(err)
		}
		if err := told.Tell(ctx, pongs.Actor(engine, "pong"), None{}); err != nil {
			t.Fatal(err)
		}
		<-heard
		if took := time.Since(began); took > soon {
			t.Fatalf("a ping and a tell took %v", took)
		}
	}
	commandsOvertake(t, engine, busy, soon)
}

// commandsOvertake looks at spinners 0 to busy-1, and suspends and ends the seventh.
func commandsOvertake(t *testing.T, engine *Engine, busy int, soon time.Duration) {
	t.Helper()
	type seen struct {
		Active, Suspended bool
		Turns             int
	}
	look := func(topic string, key int) (of seen) {
		t.Helper()
		if err := engine.describe(fmt.Sprintf(`{"topic":%q,"kind":"spinner","key":"%d"}`, topic, key), &of); err != nil {
			t.Fatal(err)
		}
		return of
	}
	before := make([]int, busy)
	for key := range busy {
		before[key] = look("inspect", key).Turns
	}
	for key := range busy {
		for limit := time.Now().Add(soon); look("inspect", key).Turns == before[key]; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("spinner/%d waits for ever", key)
			}
		}
	}
	if !look("suspend", 7).Suspended {
		t.Fatal("it was not running")
	}
	time.Sleep(50 * time.Millisecond)
	turns := look("inspect", 7).Turns
	time.Sleep(50 * time.Millisecond)
	if again := look("inspect", 7).Turns; again != turns {
		t.Fatalf("a suspended actor ran %d turns", again-turns)
	}
	if !look("exit", 7).Active {
		t.Fatal("it was not in memory")
	}
	for limit := time.Now().Add(soon); look("inspect", 7).Active; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("it is in memory still")
		}
	}
}
