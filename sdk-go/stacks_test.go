package everact

// A look at an actor or a process says where its handler is.

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// resting is an actor whose handlers go on until they are let go.
type resting struct{}

var (
	restingNow atomic.Int64
	restOver   atomic.Bool
	restDone   = make(chan struct{})
)

// Compute holds up its processor.
func (r *resting) Compute(*Context) error {
	restingNow.Add(1)
	for !restOver.Load() {
	}
	return nil
}

// Await waits.
func (r *resting) Await(*Context) error {
	restingNow.Add(1)
	awaitTheEnd()
	return nil
}

func awaitTheEnd() { <-restDone }

type Never struct{}

func TestALookAtARunningHandlerShowsItsStack(t *testing.T) {
	restingNow.Store(0)
	restOver.Store(false)
	restDone = make(chan struct{})
	kind := NewKind[resting]("resting", Transient())
	compute := HandleNothing(kind, "compute", (*resting).Compute)
	await := HandleNothing(kind, "await", (*resting).Await)
	waiter := ProcessFunc("waiter", func(ctx *ProcessContext, _ None) error {
		restingNow.Add(1)
		_, err := ReceiveOf[Never](ctx)
		return err
	}, Messages(Never{}))
	engine := Must(OpenInMemory(WithKinds(kind, waiter)))
	defer engine.Close()
	idle := kind.Actor(engine, "idle")
	for handler, key := range map[*Handler[resting, None, None]]string{compute: "computing", await: "waiting"} {
		if err := handler.Tell(context.Background(), kind.Actor(engine, key), None{}); err != nil {
			t.Fatal(err)
		}
	}
	process := Must(waiter.Spawn(engine, None{}))
	for restingNow.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	for _, expected := range []struct {
		whom   Peer
		places []string
	}{
		{kind.Actor(engine, "computing"), []string{"(*resting).Compute\n"}},
		{kind.Actor(engine, "waiting"), []string{"[chan receive]", "everact-go.awaitTheEnd\n", "(*resting).Await\n"}},
		{process, []string{"ReceiveOf[", "TestALookAtARunningHandlerShowsItsStack"}},
	} {
		seen := Must(engine.Inspect(expected.whom))
		rest := seen.Stack
		for _, place := range expected.places {
			_, after, is := strings.Cut(rest, place)
			if !is {
				t.Errorf("%q is not in its place in %q", place, seen.Stack)
			}
			rest = after
		}
		if strings.Contains(seen.Stack, "(*passage).run") || strings.Contains(seen.Stack, "(0x") {
			t.Error(seen.Stack)
		}
	}
	restOver.Store(true)
	close(restDone)
	Must(compute.Ask(context.Background(), idle, None{}))
	if seen := Must(engine.Inspect(idle)); seen.Stack != "" {
		t.Error(seen.Stack)
	}
}

func TestStacksAreToldUntilTheEngineEnds(t *testing.T) {
	engine := Must(OpenInMemory())
	told := make(chan struct{})
	go func() {
		engine.tellStacks()
		close(told)
	}()
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	<-told
}

// chained asks itself back through another.
type chained struct{}

func TestAHandlerThatWaitsForAnAnswerIsSeenWaiting(t *testing.T) {
	restingNow.Store(0)
	restDone = make(chan struct{})
	inner := NewKind[resting]("inner", Transient())
	await := HandleNothing(inner, "await", (*resting).Await)
	outer := NewKind[chained]("outer", Transient())
	back := HandleNothing(outer, "back", func(*chained, *Context) error { return nil }, Reentrant())
	var around *Handler[chained, None, None]
	through := NewKind[chained]("through", Transient())
	call := HandleNothing(through, "call", func(_ *chained, ctx *Context) error {
		_, err := back.Ask(ctx, outer.Actor(ctx, "a"), None{})
		return err
	})
	around = HandleNothing(outer, "around", func(_ *chained, ctx *Context) error {
		// A turn of its own comes and goes while this one waits.
		if _, err := call.Ask(ctx, through.Actor(ctx, "a"), None{}); err != nil {
			return err
		}
		_, err := await.Ask(ctx, inner.Actor(ctx, "a"), None{})
		return err
	})
	engine := Must(OpenInMemory(WithKinds(inner, outer, through)))
	defer engine.Close()
	if err := around.Tell(context.Background(), outer.Actor(engine, "a"), None{}); err != nil {
		t.Fatal(err)
	}
	for restingNow.Load() < 1 {
		time.Sleep(time.Millisecond)
	}
	if seen := Must(engine.Inspect(outer.Actor(engine, "a"))); !strings.Contains(seen.Stack, "TestAHandlerThatWaitsForAnAnswerIsSeenWaiting") {
		t.Error(seen.Stack)
	}
	close(restDone)
}
