package everact_test

// State machines.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

func contains(err error, part string) bool { return err != nil && strings.Contains(err.Error(), part) }

// Door is a state machine: locked until somebody pays, then open for a while.
type Door struct {
	everact.MachineState
	Coins int
	Log   []string
}

func (d *Door) paid(ctx *everact.Context, coins int) (string, error) {
	d.Coins += coins
	ctx.NextState("open")
	return "thanks", nil
}

func (d *Door) pushedOpen(ctx *everact.Context) (string, error) {
	ctx.NextState("locked")
	return "through", nil
}

func (d *Door) pushedLocked(ctx *everact.Context) (string, error) {
	ctx.Postpone()
	return "", nil
}

func (d *Door) look(*everact.Context) (Door, error) { return *d, nil }

func (d *Door) do(ctx *everact.Context, what string) (everact.None, error) {
	switch what {
	case "unknown":
		ctx.NextState("opne")
	case "repeat":
		ctx.RepeatState()
	case "note":
		ctx.NextEvent("note", "one")
		ctx.NextEvent("note", "two", everact.AsTold())
	case "misdirected":
		ctx.NextEvent("nobody", "one")
	case "timers":
		ctx.EventTimeout(time.Hour, nil)
		ctx.NamedTimeout("never", time.Millisecond, nil)
		ctx.CancelTimeout(everact.NamedTimeout("never"))
		ctx.NamedTimeout("soon", time.Hour, "old")
		ctx.UpdateTimeout(everact.NamedTimeout("soon"), "new")
		ctx.NamedTimeout("soon", time.Millisecond, "newer")
	case "fail":
		ctx.NextState("open")
		return everact.None{}, errors.New("boom")
	}
	return everact.None{}, nil
}

func (d *Door) note(ctx *everact.Context, text string) error {
	if ctx.IsInternal() {
		text += " from inside"
	}
	d.Log = append(d.Log, text)
	return nil
}

func (d *Door) OnEnter(_ *everact.Context, previous string) error {
	d.Log = append(d.Log, d.State+" after "+previous)
	return nil
}

func (d *Door) entered(ctx *everact.Context, previous string) error {
	ctx.StateTimeout(time.Hour, map[string]int{"coins": d.Coins})
	return d.OnEnter(ctx, previous)
}

func (d *Door) OnTimeout(_ *everact.Context, timeout everact.Timeout) error {
	d.Log = append(d.Log, timeout.Which.String()+" "+string(timeout.Content))
	return nil
}

type doors struct {
	kind   *everact.Kind[Door]
	pay    *everact.Handler[Door, int, string]
	push   *everact.Handler[Door, everact.None, string]
	look   *everact.Handler[Door, everact.None, Door]
	do     *everact.Handler[Door, string, everact.None]
	engine *everact.Engine
}

// Queue is empty, wanted or full.
type Queue struct {
	everact.MachineState
	asker *everact.Asker
}

func TestAnEventMayBeAnAskThatWasPutOff(t *testing.T) {
	queues, waits := everact.NewStateMachine[Queue]("queue", "empty"), make(chan struct{})
	take := everact.HandleNoMessage(queues, "take", func(q *Queue, ctx *everact.Context) (string, error) {
		q.asker = ctx.Defer()
		close(waits)
		ctx.NextState("wanted")
		return "", nil
	}, everact.InState("empty"))
	put := everact.HandleNoReply(queues, "put", func(q *Queue, ctx *everact.Context, what string) error {
		ctx.NextState("full")
		ctx.NextEvent("give", what, everact.AsAsk(q.asker))
		return nil
	}, everact.InState("wanted"))
	everact.Handle(queues, "give", func(_ *Queue, ctx *everact.Context, what string) (string, error) {
		if ctx.IsTell() {
			return "", errors.New("nobody asks")
		}
		return what, nil
	}, everact.InState("full"))
	engine, ctx := everact.Must(everact.OpenInMemory(everact.WithKinds(queues))), during(t)
	defer closed(t, engine)
	to, err := queues.Spawn(engine, Queue{})
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan string, 1)
	go func() {
		what, err := take.Ask(ctx, to, everact.None{})
		taken <- fmt.Sprintf("%s %v", what, err)
	}()
	<-waits
	if _, err := put.Ask(ctx, to, "a thing"); err != nil {
		t.Fatal(err)
	}
	if what := <-taken; what != "a thing <nil>" {
		t.Errorf("it took %q", what)
	}
}

func newDoors(t *testing.T, kind *everact.Kind[Door], folder string) *doors {
	t.Helper()
	d := &doors{kind: kind}
	d.pay = everact.Handle(kind, "pay", (*Door).paid, everact.InState("locked"))
	d.push = everact.HandleNoMessage(kind, "push", (*Door).pushedOpen, everact.InState("open"))
	everact.HandleNoMessage(kind, "push", (*Door).pushedLocked)
	d.look = everact.HandleNoMessage(kind, "look", (*Door).look)
	d.do = everact.Handle(kind, "do", (*Door).do)
	everact.HandleNoReply(kind, "note", (*Door).note)
	everact.HandleEnter(kind, "open", (*Door).entered)
	engine, err := everact.Open(folder, everact.WithKinds(kind))
	if err != nil {
		t.Fatal(err)
	}
	d.engine = engine
	return d
}

func (d *doors) log(t *testing.T, to everact.Ref[Door], lines ...string) {
	t.Helper()
	var door Door
	eventually(t, "the log of the door is another one", func() bool {
		var err error
		if door, err = d.look.Ask(during(t), to, everact.None{}); err != nil {
			t.Fatal(err)
		}
		return strings.Join(door.Log, "; ") == strings.Join(lines, "; ")
	})
}

func TestAStateMachineHasHandlersByState(t *testing.T) {
	d, ctx := newDoors(t, everact.NewStateMachine[Door]("door", "locked"), t.TempDir()), during(t)
	defer closed(t, d.engine)
	to, err := d.kind.Spawn(d.engine, Door{})
	if err != nil {
		t.Fatal(err)
	}
	pushed := d.push.Start(ctx, to, everact.None{})
	if reply, err := d.pay.Ask(ctx, to, 2); err != nil || reply != "thanks" {
		t.Fatalf("paying gives %q, %v", reply, err)
	}
	if reply, err := pushed.Wait(ctx); err != nil || reply != "through" {
		t.Errorf("what was postponed gives %q, %v", reply, err)
	}
	d.log(t, to, "locked after locked", "open after locked", "locked after open")
	if door, err := d.look.Ask(ctx, to, everact.None{}); err != nil || door.State != "locked" || door.Coins != 2 {
		t.Errorf("the door is %+v, %v", door, err)
	}
	opened, err := d.kind.Spawn(d.engine, Door{MachineState: everact.MachineState{State: "open"}})
	if err != nil {
		t.Fatal(err)
	}
	ended := opened.Await(ctx)
	_, err = d.pay.Ask(ctx, opened, 1)
	if !errors.Is(err, everact.ErrUnknownHandler) || !contains(err, `state "open"`) {
		t.Errorf("what no function of the state takes is %v", err)
	}
	if reason, err := ended.Wait(ctx); err != nil || reason.Kind != everact.ReasonFailed {
		t.Errorf("the process ends with %v, %v", reason, err)
	}
}

func TestAStateMachineSendsItselfEventsAndTimeouts(t *testing.T) {
	d, ctx := newDoors(t, everact.NewStateMachine[Door]("door", "locked"), t.TempDir()), during(t)
	defer closed(t, d.engine)
	to, err := d.kind.Spawn(d.engine, Door{})
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"note", "repeat", "timers"} {
		if _, err := d.do.Ask(ctx, to, what); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	d.log(t, to, "locked after locked", "one from inside", "two", "locked after locked", `soon "newer"`)
}

func TestAStateThatNobodyHasDeclaredIsWrong(t *testing.T) {
	d, ctx := newDoors(t, everact.NewStateMachine[Door]("door", "locked"), t.TempDir()), during(t)
	defer closed(t, d.engine)
	for what, text := range map[string]string{"unknown": `the state "opne", nor does States name it; declared are locked, open`, "misdirected": "nobody"} {
		to, err := d.kind.Spawn(d.engine, Door{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.do.Ask(ctx, to, what); !errors.Is(err, everact.ErrHandlerFailed) || !contains(err, text) {
			t.Errorf("%s is %v", what, err)
		}
	}
	to, err := d.kind.Spawn(d.engine, Door{MachineState: everact.MachineState{State: "nowhere"}})
	if err != nil {
		t.Fatal(err)
	}
	if reason, err := to.Wait(ctx); err != nil || (reason.Kind != everact.ReasonFailed && reason.Kind != everact.ReasonNoProcess) {
		t.Errorf("one that begins nowhere ends with %v, %v", reason, err)
	}
	if _, err := everact.OpenInMemory(everact.WithKinds(everact.NewStateMachine[Basket]("basket", "full"))); !errors.Is(err, everact.ErrInvalidDeclaration) {
		t.Errorf("a state machine that does not embed MachineState is %v", err)
	}
	twice := everact.NewStateMachine[Door]("twice", "locked", everact.States("open"))
	everact.HandleNoMessage(twice, "push", (*Door).pushedOpen, everact.InState("open"))
	everact.HandleNoMessage(twice, "push", (*Door).pushedOpen, everact.InState("locked", "open"))
	if _, err := everact.OpenInMemory(everact.WithKinds(twice)); !errors.Is(err, everact.ErrInvalidDeclaration) {
		t.Errorf("two functions for a message in a state are %v", err)
	}
}

func TestADurableStateMachineKeepsItsState(t *testing.T) {
	folder, ctx := t.TempDir(), during(t)
	d := newDoors(t, everact.NewStateMachineActor[Door]("door", "locked"), folder)
	to := d.kind.Actor(d.engine, "front")
	if reply, err := d.pay.Ask(ctx, to, 3); err != nil || reply != "thanks" {
		t.Fatalf("paying gives %q, %v", reply, err)
	}
	if _, err := d.do.Ask(ctx, to, "fail"); !errors.Is(err, everact.ErrHandlerFailed) {
		t.Fatalf("what fails is %v", err)
	}
	if err := d.engine.ReplaceState(ctx, to, []byte(`{"state":"ajar","Coins":7}`)); !errors.Is(err, everact.ErrStateMismatch) {
		t.Errorf("a state that is not declared is %v", err)
	}
	if err := d.engine.ReplaceState(ctx, to, []byte(`{"state":"locked","Coins":1}`)); err != nil {
		t.Errorf("another state from outside is %v", err)
	}
	if reply, err := d.pay.Ask(ctx, to, 2); err != nil || reply != "thanks" {
		t.Fatalf("paying again gives %q, %v", reply, err)
	}
	d.log(t, to, "open after locked")
	closed(t, d.engine)
	d = newDoors(t, everact.NewStateMachineActor[Door]("door", "locked"), folder)
	defer closed(t, d.engine)
	to = d.kind.Actor(d.engine, "front")
	if door, err := d.look.Ask(ctx, to, everact.None{}); err != nil || door.State != "open" || door.Coins != 3 {
		t.Errorf("after a restart the door is %+v, %v", door, err)
	}
	if reply, err := d.push.Ask(ctx, to, everact.None{}); err != nil || reply != "through" {
		t.Errorf("pushing gives %q, %v", reply, err)
	}
	fresh := d.kind.Actor(d.engine, "back")
	if door, err := d.look.Ask(ctx, fresh, everact.None{}); err != nil || door.State != "locked" {
		t.Errorf("a new door is %+v, %v", door, err)
	}
}
