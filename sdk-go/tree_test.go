package everact_test

// Supervisors, timers, and messages for groups.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

func refusedAs(err error, why everact.SupervisorProblem) bool {
	answer := everact.AsSupervisorError(err)
	return answer != nil && answer.Why == why
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestASupervisorStartsItsChildrenAgain(t *testing.T) {
	w := newWorkers(t)
	ctx := during(t)
	top, err := w.engine.StartSupervisor(ctx, everact.Supervisor{
		Intensity: 5, Period: time.Minute,
		Children: []everact.Child{
			{ID: "a", Start: w.kind.Child(worker{}).Named("a")},
			{ID: "inner", Start: everact.Supervisor{
				Strategy: everact.RestForOne,
				Children: []everact.Child{{Start: w.kind.Child(worker{}), Restart: everact.RestartTransient, Shutdown: everact.ShutdownBrutal}},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := w.engine.Whereis("a")
	if err := w.engine.ExitTo(first, everact.Custom("boom")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is not started again", func() bool {
		second, is := w.engine.Whereis("a")
		return is && second != first
	})
	counts, err := top.Count(ctx)
	if err != nil || counts != (everact.Counts{Specs: 2, Active: 2, Supervisors: 1, Workers: 1}) {
		t.Errorf("the children are %+v, %v", counts, err)
	}
	children, err := top.Children(ctx)
	if err != nil || len(children) != 2 || children[0].ID != "inner" || !children[0].Supervisor || children[1].Status != everact.ChildRunning {
		t.Fatalf("the children are %+v, %v", children, err)
	}
	if children[1].Process.Kind() != "worker" {
		t.Errorf("the worker is %v", children[1].Process)
	}
	inner := w.engine.Supervisor(children[0].Process)
	spec, err := inner.Spec(ctx, "worker")
	if err != nil || spec.Restart != everact.RestartTransient || string(spec.Shutdown) != `"brutal"` || spec.Type != "worker" {
		t.Errorf("the child was declared as %+v, %v", spec, err)
	}
	if err := w.engine.ExitTo(top.Process(), everact.Shutdown); err != nil {
		t.Fatal(err)
	}
	if reason, err := w.engine.Process(top.Process()).Wait(ctx); err != nil || (reason != everact.Shutdown && reason != everact.NoProcess) {
		t.Errorf("it ended for %v, %v", reason, err)
	}
	if _, err := top.Count(ctx); !errors.Is(err, everact.ErrNoProcess) {
		t.Errorf("one that is gone answers %v", err)
	}
}

func TestASupervisorIsNamedAsOne(t *testing.T) {
	w := newWorkers(t)
	ctx := during(t)
	inner := everact.Child{ID: "inner", Start: everact.Supervisor{Name: "worker"}}
	top, err := w.engine.StartSupervisor(ctx, everact.Supervisor{Children: []everact.Child{inner}})
	if err != nil {
		t.Fatal(err)
	}
	other := everact.Child{ID: "other", Start: everact.Supervisor{Name: "another"}}
	started, err := top.StartChild(ctx, other)
	if err != nil || started.Kind() != "supervisor" {
		t.Errorf("%v was started, %v", started, err)
	}
	children, err := top.Children(ctx)
	if err != nil || len(children) != 2 || children[0].Process != started || children[1].Process.Kind() != "supervisor" {
		t.Errorf("the children are %v, %v", children, err)
	}
	whole := top.Process()
	if text := whole.String(); text != fmt.Sprintf("supervisor/%d", whole.Number()) {
		t.Errorf("it is %q", text)
	}
	var read everact.ProcessRef
	if err := read.UnmarshalText([]byte(whole.String())); err != nil || read != whole {
		t.Errorf("%v was read, %v", read, err)
	}
	ended := w.engine.Process(read).Await(ctx)
	if !w.engine.Process(read).IsAlive() || w.engine.ExitTo(read, everact.Shutdown) != nil {
		t.Error("it cannot be reached")
	}
	if reason, err := ended.Wait(ctx); err != nil || reason.Kind != everact.ReasonShutdown {
		t.Errorf("it ended as %v, %v", reason, err)
	}
	if err := everact.TellMessage(ctx, w.engine.Process(read), struct{}{}); err == nil {
		t.Error("a supervisor took a message")
	}
}

func TestChildrenComeAndGoAtRunTime(t *testing.T) {
	w := newWorkers(t)
	ctx := during(t)
	top, err := w.engine.Run(ctx, everact.Supervisor{Intensity: everact.NoRestarts})
	if err != nil {
		t.Fatal(err)
	}
	child := everact.Child{ID: "late", Start: w.kind.Child(worker{Name: "late"})}
	ref, err := top.StartChild(ctx, child)
	if err != nil || ref.Kind() != "worker" {
		t.Fatalf("it is %v, %v", ref, err)
	}
	if _, err := top.StartChild(ctx, child); !refusedAs(err, everact.ChildAlreadyStarted) {
		t.Errorf("the same again gives %v", err)
	}
	if err := top.DeleteChild(ctx, "late"); !refusedAs(err, everact.ChildRuns) {
		t.Errorf("one that runs is deleted: %v", err)
	}
	if err := top.TerminateChild(ctx, "late"); err != nil {
		t.Error(err)
	}
	if again, err := top.RestartChild(ctx, "late"); err != nil || again == ref {
		t.Errorf("it is %v again, %v", again, err)
	}
	if err := errors.Join(top.TerminateChild(ctx, "late"), top.DeleteChild(ctx, "late")); err != nil {
		t.Error(err)
	}
	if _, err := top.RestartChild(ctx, "late"); !refusedAs(err, everact.ChildNotFound) {
		t.Errorf("one that is not there gives %v", err)
	}
	pool, err := w.engine.StartSupervisor(ctx, everact.Supervisor{
		Strategy: everact.Dynamic, Children: []everact.Child{{Start: w.kind.Child(worker{}), Restart: everact.RestartTemporary}},
	})
	if err != nil {
		t.Fatal(err)
	}
	one, err := pool.StartDynamic(ctx, w.kind.Child(worker{Name: "one"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.StartDynamic(ctx, w.kind.Child(worker{Name: "two"})); err != nil {
		t.Error(err)
	}
	if err := pool.TerminateProcess(ctx, one); err != nil || w.engine.Process(one).IsAlive() || one.Kind() != w.kind.Name() {
		t.Errorf("it lives, %v", err)
	}
	if counts, err := pool.Count(ctx); err != nil || counts.Active != 1 {
		t.Errorf("%+v are left, %v", counts, err)
	}
}

// fragile is a process whose beginning fails as often as it is told.
type fragile struct{ Fails string }

func (f *fragile) Activated(ctx *everact.Context) error {
	switch f.Fails {
	case "":
		return nil
	case "ignore":
		return ctx.Exit(everact.Normal)
	default:
		return errors.New(f.Fails)
	}
}

func TestATreeThatCannotStartSaysWhichChildDidNot(t *testing.T) {
	fragiles := everact.NewProcess[fragile]("")
	w := newWorkers(t, fragiles)
	ctx := during(t)
	tree := func(fails string) everact.Supervisor {
		return everact.Supervisor{Children: []everact.Child{
			{Start: w.kind.Child(worker{}).Named("before")},
			{ID: "inner", Start: everact.Supervisor{Children: []everact.Child{{ID: "weak", Start: fragiles.Child(fragile{Fails: fails})}}}},
		}}
	}
	_, err := w.engine.StartSupervisor(ctx, tree("no disk"))
	refused := everact.AsSupervisorError(err)
	if refused == nil || refused.Why != everact.ChildNotStarted || !slices.Equal(refused.Path, []string{"inner", "weak"}) {
		t.Errorf("it started: %v", err)
	} else if !strings.Contains(refused.Reason.Text, "no disk") {
		t.Errorf("the reason is %v", refused.Reason)
	}
	if _, is := w.engine.Whereis("before"); is {
		t.Error("what was started before is ended")
	}
	if _, err := w.engine.StartSupervisor(ctx, tree("ignore")); err != nil {
		t.Errorf("a child that wants to be ignored is no failure: %v", err)
	}
	twice := everact.Child{ID: "x", Start: w.kind.Child(worker{})}
	for what, wrong := range map[string]everact.Supervisor{
		"twice":       {Children: []everact.Child{twice, twice}},
		"no start":    {Children: []everact.Child{{ID: "x"}}},
		"strategy":    {Strategy: "all", Children: []everact.Child{twice}},
		"kind":        {Children: []everact.Child{{Start: everact.NewProcess[fragile]("unknown").Child(fragile{})}}},
		"no template": {Strategy: everact.Dynamic},
		"intensity":   {Intensity: everact.NoRestarts - 1, Children: []everact.Child{twice}},
		"period":      {Period: -time.Second, Children: []everact.Child{twice}},
		"shutdown":    {Children: []everact.Child{{ID: "x", Start: twice.Start, Shutdown: -time.Second}}},
		"backoff":     {Backoff: &everact.Backoff{First: -time.Second}, Children: []everact.Child{twice}},
	} {
		if _, err := w.engine.StartSupervisor(ctx, wrong); !errors.Is(err, everact.ErrInvalidArgument) && !errors.Is(err, everact.ErrUnknownKind) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestASupervisorEndsWithTheProcessThatStartedIt(t *testing.T) {
	f := newFunctions(t)
	children := make(chan everact.ProcessRef, 1)
	_, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		top, err := ctx.StartSupervisor(everact.Supervisor{Children: []everact.Child{{Start: f.workers.kind.Child(worker{})}}})
		if err != nil {
			return err
		}
		list, err := top.Children(ctx)
		if len(list) != 1 {
			return fmt.Errorf("the children are %v, %w", list, err)
		}
		children <- list[0].Process
		return nil
	})
	if err := returns(t, returned); err != nil {
		t.Fatal(err)
	}
	child := f.engine.Process(<-children)
	eventually(t, "its child lives on", func() bool { return !child.IsAlive() })
}

func TestATimerTellsAfterAWhileAndCanBeTakenBack(t *testing.T) {
	f := newFunctions(t)
	_, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		late, err := ctx.SendAfter(time.Hour, ctx.Self(), remark{"late"})
		if err != nil {
			return err
		}
		if left, ok := late.Left(); !ok || left > time.Hour || left < 59*time.Minute {
			return fmt.Errorf("%v are left, %v", left, ok)
		}
		soon, err := ctx.SendAfter(5*time.Millisecond, ctx.Self(), remark{"soon"})
		if err != nil {
			return err
		}
		if got, err := everact.ReceiveOf[remark](ctx); got.Text != "soon" {
			return fmt.Errorf("%v came, %w", got, err)
		}
		if _, ok := soon.Cancel(); ok {
			return errors.New("it has come, and can be taken back")
		}
		if left, ok := late.Cancel(); !ok || left < 59*time.Minute {
			return fmt.Errorf("%v were left, %v", left, ok)
		}
		if _, ok := late.Left(); ok {
			return errors.New("it was taken back, and comes")
		}
		again, err := ctx.SendEvery(2*time.Millisecond, ctx.Self(), remark{"again"})
		if err != nil {
			return err
		}
		for range 3 {
			if _, err := everact.ReceiveOf[remark](ctx); err != nil {
				return err
			}
		}
		if _, ok := again.Cancel(); !ok {
			return errors.New("it comes no more, and was not taken back")
		}
		_, err = ctx.SendAfter(-1, ctx.Self(), remark{})
		if !errors.Is(err, everact.ErrInvalidArgument) {
			return fmt.Errorf("a time before now gives %w", err)
		}
		_, err = ctx.SendAfter(1, ctx.Self(), worker{})
		if !errors.Is(err, everact.ErrUnknownHandler) {
			return fmt.Errorf("a message that nobody takes gives %w", err)
		}
		return nil
	})
	if err := returns(t, returned); err != nil {
		t.Error(err)
	}
	if _, ok := (everact.Timer{}).Cancel(); ok {
		t.Error("there is no timer")
	}
}

func TestWhatIsPublishedReachesEveryMemberThatTakesIt(t *testing.T) {
	f := newFunctions(t)
	wait := func(ctx *everact.ProcessContext) error {
		if err := ctx.Join("news"); err != nil {
			return err
		}
		got, err := everact.ReceiveOf[remark](ctx)
		if got.Text != "extra" {
			return fmt.Errorf("%v came, %w", got, err)
		}
		return err
	}
	_, one := f.run(t, wait)
	_, other := f.run(t, wait)
	if err := f.engine.Join("news", f.spawn(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "they do not join", func() bool {
		members, err := f.engine.Members("news")
		return err == nil && len(members) == 3
	})
	if told, err := f.engine.Publish("news", remark{"extra"}); told != 2 || err != nil {
		t.Errorf("%d were told, %v", told, err)
	}
	if err := errors.Join(returns(t, one), returns(t, other)); err != nil {
		t.Error(err)
	}
	if _, err := f.engine.Publish("news", 7); !errors.Is(err, everact.ErrInvalidArgument) && !errors.Is(err, everact.ErrUnknownHandler) && err != nil {
		t.Errorf("a number has no name: %v", err)
	}
}

func TestAnInspectionShowsTies(t *testing.T) {
	w := newWorkers(t)
	one, other := w.spawn(t), w.spawn(t)
	w.must(t, one, func(ctx *everact.Context) error { return ctx.Link(other) })
	seen, err := w.engine.Inspect(other)
	if err != nil || len(seen.Links) != 1 || !seen.Links[0].Process.Equal(one.Process()) || !seen.Active {
		t.Errorf("it is seen as %+v, %v", seen, err)
	}
	if err := other.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Inspect(other.Process()); !errors.Is(err, everact.ErrNoProcess) {
		t.Errorf("one that is gone is seen: %v", err)
	}
}

func TestAnEngineWithProcessesClosesAtOnce(t *testing.T) {
	began := time.Now()
	f := newFunctions(t)
	for range 10 {
		f.run(t, func(ctx *everact.ProcessContext) error {
			_, err := ctx.Receive()
			return err
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := f.engine.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if _, err := f.kind.Spawn(f.engine, 0); !errors.Is(err, everact.ErrClosed) {
		t.Errorf("a closed engine spawns: %v", err)
	}
}
