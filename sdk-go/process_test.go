package everact_test

// Processes in handler style, their ties, names and groups.

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// worker is a process in handler style that keeps what it is told about others.
type worker struct {
	Name string
	// Seen are the exits and ends that came, in words.
	Seen []string
}

func (w *worker) OnExit(_ *everact.Context, exit everact.Exit) error {
	w.Seen = append(w.Seen, "exit "+exit.Reason.String())
	return nil
}

func (w *worker) OnDown(_ *everact.Context, down everact.Down) error {
	w.Seen = append(w.Seen, "down "+down.From.Kind()+" "+down.Reason.String())
	return nil
}

func (w *worker) OnGroup(_ *everact.Context, change everact.GroupChange) error {
	switch change := change.(type) {
	case everact.Joined:
		w.Seen = append(w.Seen, "joined "+change.Group)
	case everact.Left:
		w.Seen = append(w.Seen, "left "+change.Group)
	}
	return nil
}

// act is something that a test has a worker do in a turn of its own.
type act func(ctx *everact.Context) error

type workers struct {
	kind   *everact.Kind[worker]
	do     *everact.Handler[worker, int, everact.None]
	seen   *everact.Handler[worker, everact.None, []string]
	acts   []act
	engine *everact.Engine
}

func newWorkers(t *testing.T, kinds ...everact.AnyKind) *workers {
	t.Helper()
	w := &workers{kind: everact.NewProcess[worker]("")}
	w.do = everact.HandleNoReply(w.kind, "do", func(_ *worker, ctx *everact.Context, number int) error { return w.acts[number](ctx) })
	w.seen = everact.HandleNoMessage(w.kind, "seen", func(w *worker, _ *everact.Context) ([]string, error) { return w.Seen, nil })
	engine, err := everact.OpenInMemory(everact.WithKinds(append(kinds, w.kind)...), everact.Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *workers) spawn(t *testing.T, options ...everact.SpawnOption) everact.Ref[worker] {
	t.Helper()
	ref, err := w.kind.Spawn(w.engine, worker{Name: "w"}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// act runs something in a turn of a worker, and gives what came of it.
func (w *workers) act(ref everact.Ref[worker], what act) error {
	w.acts = append(w.acts, what)
	_, err := w.do.Ask(context.Background(), ref, len(w.acts)-1)
	return err
}

// must is act where nothing may fail.
func (w *workers) must(t *testing.T, ref everact.Ref[worker], what act) {
	t.Helper()
	if err := w.act(ref, what); err != nil {
		t.Fatal(err)
	}
}

func (w *workers) sees(t *testing.T, ref everact.Ref[worker], want ...string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		seen, err := w.seen.Ask(context.Background(), ref, everact.None{})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(seen, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it has seen %q, not %q", seen, want)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAProcessBeginsWithItsFieldsAndEndsForItsReason(t *testing.T) {
	w := newWorkers(t)
	ref, watcher := w.spawn(t), w.spawn(t)
	w.must(t, watcher, func(ctx *everact.Context) error {
		if ctx.Self() != watcher.Process() || ctx.Self().Kind() != "worker" {
			t.Errorf("it calls itself %v, the others %v", ctx.Self(), watcher.Process())
		}
		_, err := ctx.Monitor(ref)
		return err
	})
	if !ref.IsAlive() {
		t.Error("it has just begun")
	}
	w.must(t, ref, func(ctx *everact.Context) error { return ctx.Exit(everact.Custom("tired")) })
	w.sees(t, watcher, `down worker custom "tired"`)
	if ref.IsAlive() {
		t.Error("it has ended")
	}
	if _, err := w.seen.Ask(context.Background(), ref, everact.None{}); !errors.Is(err, everact.ErrNoProcess) {
		t.Errorf("an ask of the dead gives %v", err)
	}
	if err := w.do.Tell(context.Background(), ref, 0); err != nil {
		t.Errorf("what is told to the dead is silent: %v", err)
	}
	if ref, err := w.kind.Spawn(w.engine, worker{Seen: []string{"before"}}); err != nil {
		t.Error(err)
	} else {
		w.sees(t, ref, "before")
	}
}

func TestAFailureEndsItsProcessAndThoseLinkedToIt(t *testing.T) {
	w := newWorkers(t)
	one, linked, trapping := w.spawn(t), w.spawn(t), w.spawn(t)
	w.must(t, linked, func(ctx *everact.Context) error { return ctx.Link(one) })
	w.must(t, trapping, func(ctx *everact.Context) error {
		if before, err := ctx.TrapExits(true); before || err != nil {
			t.Errorf("it trapped exits before: %v, %v", before, err)
		}
		return ctx.Link(one.Process())
	})
	err := w.act(one, func(*everact.Context) error { panic("boom") })
	if !errors.Is(err, everact.ErrHandlerFailed) || err.Error() != "everact: HandlerFailed: panic: boom" {
		t.Errorf("the asker gets %v", err)
	}
	w.sees(t, trapping, "exit panic: boom")
	if linked.IsAlive() {
		t.Error("who is linked ends too")
	}
	if err := trapping.Kill(); err != nil || trapping.IsAlive() {
		t.Errorf("Kill cannot be trapped: %v", err)
	}
}

func TestTheStackOfAFailureReachesWhoWatches(t *testing.T) {
	w := newWorkers(t)
	ref := w.spawn(t)
	end := ref.Await(context.Background())
	_ = w.act(ref, func(*everact.Context) error { panic(errors.New("boom")) })
	reason, err := end.Wait(context.Background())
	if err != nil || reason.Kind != everact.ReasonFailed || reason.Text != "panic: boom" || reason.Stack == "" {
		t.Errorf("the reason is %+v, %v", reason, err)
	}
	if again, err := ref.Wait(context.Background()); again != reason || err != nil {
		t.Errorf("of one that is gone it is %v, %v", again, err)
	}
}

func TestALinkThatWasCutTellsNothing(t *testing.T) {
	w := newWorkers(t)
	one, other := w.spawn(t), w.spawn(t)
	var monitor everact.Monitor
	w.must(t, one, func(ctx *everact.Context) (err error) {
		if err = ctx.Link(other); err == nil {
			err = ctx.Unlink(other)
		}
		if err == nil {
			monitor, err = ctx.Monitor(other)
		}
		return err
	})
	w.must(t, one, func(ctx *everact.Context) error {
		if was, err := ctx.Demonitor(monitor, everact.Flush()); !was || err != nil {
			t.Errorf("the watch was on: %v, %v", was, err)
		}
		if was, err := ctx.Demonitor(monitor); was || err != nil {
			t.Errorf("the watch is off: %v, %v", was, err)
		}
		return ctx.ExitTo(other, everact.ShutdownWith(map[string]int{"code": 7}))
	})
	if other.IsAlive() || !one.IsAlive() {
		t.Error("only the other one has ended")
	}
	w.sees(t, one)
}

func TestASpawnIsLinkedWatchedAndNamedFromItsBeginning(t *testing.T) {
	w := newWorkers(t)
	parent := w.spawn(t)
	var child everact.Ref[worker]
	w.must(t, parent, func(ctx *everact.Context) (err error) {
		if _, err = ctx.TrapExits(true); err != nil {
			return err
		}
		var monitor everact.Monitor
		child, err = w.kind.Spawn(ctx, worker{}, everact.Linked(), everact.Monitored(&monitor), everact.Named("child"))
		if monitor == 0 {
			t.Error("there is no watch")
		}
		return err
	})
	if ref, ok := w.engine.Whereis("child"); !ok || ref != child.Process() {
		t.Errorf("child is %v, %v", ref, ok)
	}
	if err := child.Exit(everact.Shutdown); err != nil {
		t.Fatal(err)
	}
	w.sees(t, parent, "exit shutdown", "down worker shutdown")
	if _, ok := w.engine.Whereis("child"); ok {
		t.Error("a name vanishes with its process")
	}
	if _, err := w.kind.Spawn(w.engine, worker{}, everact.Linked()); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("a link from outside gives %v", err)
	}
}

func TestANameBelongsToOneProcess(t *testing.T) {
	w := newWorkers(t)
	one, other := w.spawn(t), w.spawn(t)
	if err := w.engine.Register("db", one); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Register("db", other.Process()); !errors.Is(err, everact.ErrNameTaken) {
		t.Errorf("a name that is taken gives %v", err)
	}
	w.must(t, other, func(ctx *everact.Context) error {
		if ref, ok := ctx.Whereis("db"); !ok || ref != one.Process() {
			t.Errorf("db is %v, %v", ref, ok)
		}
		if was, err := ctx.Unregister("db"); !was || err != nil {
			t.Errorf("it was registered: %v, %v", was, err)
		}
		return ctx.Register("db")
	})
	if ref, ok := w.engine.Whereis("db"); !ok || ref != other.Process() {
		t.Errorf("db is %v, %v", ref, ok)
	}
	if err := w.engine.Register("", one); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("an empty name gives %v", err)
	}
}

func TestAGroupHasThoseWhoJoinedAndTellsWhoWatchesIt(t *testing.T) {
	w := newWorkers(t)
	one, watcher := w.spawn(t), w.spawn(t)
	var monitor everact.GroupMonitor
	w.must(t, watcher, func(ctx *everact.Context) (err error) {
		var members []everact.ProcessRef
		monitor, members, err = ctx.MonitorGroup("room")
		if len(members) != 0 {
			t.Errorf("%v are in the room", members)
		}
		return err
	})
	w.must(t, one, func(ctx *everact.Context) error { return ctx.Join("room") })
	if err := w.engine.Join("room", one); err != nil {
		t.Fatal(err)
	}
	members, err := w.engine.Members("room")
	if err != nil || !slices.Equal(members, []everact.ProcessRef{one.Process(), one.Process()}) {
		t.Errorf("the members are %v, %v", members, err)
	}
	if groups, err := w.engine.Groups(); err != nil || !slices.Equal(groups, []string{"room"}) {
		t.Errorf("the groups are %v, %v", groups, err)
	}
	if was, err := w.engine.Leave("room", one); !was || err != nil {
		t.Errorf("it was a member: %v, %v", was, err)
	}
	w.sees(t, watcher, "joined room", "joined room", "left room")
	w.must(t, watcher, func(ctx *everact.Context) error {
		if was, err := ctx.DemonitorGroup(monitor); !was || err != nil {
			t.Errorf("the watch was on: %v, %v", was, err)
		}
		if was, err := ctx.Leave("room"); was || err != nil {
			t.Errorf("it was no member: %v, %v", was, err)
		}
		return nil
	})
}

func TestAReasonThatCannotBeWrittenIsRefusedWhereItIsGiven(t *testing.T) {
	w := newWorkers(t)
	ref := w.spawn(t)
	if err := ref.Exit(everact.Custom(func() {})); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("a function as a reason gives %v", err)
	}
	if err := ref.Exit(everact.ExitReason{}); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("no reason at all gives %v", err)
	}
	if err := w.act(ref, func(ctx *everact.Context) error { return ctx.Exit(everact.Custom(make(chan int))) }); err == nil {
		t.Error("a handler that cannot say its reason fails")
	}
}

func TestAMessageThatDoesNotFitIsRefusedAndTheProcessGoesOn(t *testing.T) {
	w := newWorkers(t)
	ref := w.spawn(t)
	if _, err := everact.Ask[everact.None](context.Background(), ref.Reference, "do", "no number"); !errors.Is(err, everact.ErrInvalidPayload) {
		t.Errorf("a text in place of a number gives %v", err)
	}
	if err := everact.Tell(context.Background(), ref.Reference, "do", "no number"); err != nil {
		t.Error(err)
	}
	w.sees(t, ref)
}

func TestAReasonThatWasToldCanBePassedOn(t *testing.T) {
	w := newWorkers(t)
	for _, given := range []everact.ExitReason{
		everact.Killed, everact.NoProcess, everact.Custom("so"), {Kind: everact.ReasonFailed, Name: "HandlerFailed", Text: "no disk", Stack: "line 7"},
	} {
		ref := w.spawn(t)
		end := ref.Await(context.Background())
		if err := ref.Exit(given); err != nil {
			t.Fatal(err)
		}
		if reason, err := end.Wait(context.Background()); reason != given || err != nil {
			t.Errorf("%+v arrives as %+v, %v", given, reason, err)
		}
	}
}

func TestAProcessRefTravelsAsText(t *testing.T) {
	w := newWorkers(t)
	ref := w.spawn(t).Process()
	text, err := ref.MarshalText()
	var back everact.ProcessRef
	if err != nil || back.UnmarshalText(text) != nil || back != ref || !back.Equal(ref) {
		t.Errorf("%q is read back as %v, %v", text, back, err)
	}
	for _, wrong := range []string{"worker", "worker/", "worker/x", "/0", "5"} {
		if back.UnmarshalText([]byte(wrong)) == nil {
			t.Errorf("%q names no process", wrong)
		}
	}
	if (everact.ProcessRef{}).String() != "" || everact.Tell(context.Background(), everact.Reference{}, "x", nil) == nil {
		t.Error("the zero value names nobody")
	}
	if err := everact.TellMessage(context.Background(), ref, worker{}); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("a bare reference outside of a handler gives %v", err)
	}
}

func TestActorsAndProcessesAreNotTakenForEachOther(t *testing.T) {
	actor := everact.NewKind[struct{ N int }]("actor")
	w := newWorkers(t, actor)
	if _, err := actor.Spawn(w.engine, struct{ N int }{}); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("an actor that is spawned gives %v", err)
	}
	if err := w.do.Tell(context.Background(), w.kind.Actor(w.engine, "key"), 0); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("a process with a key gives %v", err)
	}
	other := everact.NewProcess[worker]("other")
	if _, err := other.Spawn(w.engine, worker{}); !errors.Is(err, everact.ErrUnknownKind) {
		t.Errorf("a kind that is not registered gives %v", err)
	}
}

func TestWhatIsToldBeforeATieGoesBeforeIt(t *testing.T) {
	w := newWorkers(t)
	one, other := w.spawn(t), w.spawn(t)
	w.acts = append(w.acts, func(ctx *everact.Context) error { return ctx.Exit(everact.Normal) })
	first := len(w.acts) - 1
	w.must(t, other, func(ctx *everact.Context) error {
		_, err := ctx.TrapExits(true)
		return err
	})
	w.must(t, one, func(ctx *everact.Context) error {
		if err := w.do.Tell(ctx, other, first); err != nil {
			return err
		}
		return ctx.ExitTo(other, everact.Kill)
	})
	w.must(t, one, func(ctx *everact.Context) error {
		_, err := ctx.Monitor(other)
		return err
	})
	w.sees(t, one, "down  no_process")
}
