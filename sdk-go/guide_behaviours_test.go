package everact_test

// Programs with behaviours, as the guide has them.

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

type Gate struct {
	waiting []*everact.Asker // not exported, so no part of the state
}

var (
	barriers = everact.NewProcess[Gate]("gate")
	wait     = everact.HandleNoMessage(barriers, "wait", func(g *Gate, ctx *everact.Context) (string, error) {
		g.waiting = append(g.waiting, ctx.Defer())
		return "", nil // nobody gets it
	})
	open = everact.HandleNoMessage(barriers, "open", func(g *Gate, _ *everact.Context) (int, error) {
		for _, asker := range g.waiting {
			if err := asker.Reply("go"); err != nil {
				return 0, err
			}
		}
		count := len(g.waiting)
		g.waiting = nil
		return count, nil
	})
)

type Session struct {
	User string
	Log  []string
}

func (s *Session) Activated(ctx *everact.Context) error {
	ctx.ContinueWith(map[string]string{"load": s.User}) // the start is quick, the work comes right after it
	_, err := ctx.TrapExits(true)
	return err
}

func (s *Session) OnContinue(ctx *everact.Context, value json.RawMessage) error {
	var what struct{ Load string }
	if err := json.Unmarshal(value, &what); err != nil {
		return err
	}
	s.Log = append(s.Log, "loaded "+what.Load)
	ctx.IdleTimeout(20 * time.Millisecond)
	return nil
}

func (s *Session) OnTimeout(ctx *everact.Context) error {
	return ctx.Exit(everact.ShutdownWith("idle"))
}

func (s *Session) Terminate(_ *everact.Context, reason everact.ExitReason) error {
	fmt.Println("session of", s.User, "ends:", reason)
	return nil
}

var (
	userSessions = everact.NewServer[Session]("session")
	visitPage    = everact.Handle(userSessions, "visit", func(s *Session, ctx *everact.Context, page string) (int, error) {
		s.Log = append(s.Log, page)
		ctx.IdleTimeout(20 * time.Millisecond)
		return len(s.Log), nil
	})
	leave = everact.HandleNoMessage(userSessions, "leave", func(_ *Session, ctx *everact.Context) (string, error) {
		return "bye", ctx.Exit(everact.Normal) // an answer before the end
	})
)

type Lock struct {
	everact.MachineState
	Code, Typed string
}

func (l *Lock) Button(ctx *everact.Context, digit string) (string, error) {
	l.Typed += digit
	l.Typed = l.Typed[max(0, len(l.Typed)-len(l.Code)):]
	ctx.StateTimeout(5*time.Second, "too slow")
	if l.Typed == l.Code {
		ctx.NextState("open")
		return "open", nil
	}
	return "locked", nil
}

func (l *Lock) ButtonWhileOpen(ctx *everact.Context, _ string) (string, error) {
	ctx.Postpone()
	return "", nil
}

func (l *Lock) Opened(ctx *everact.Context, _ string) error {
	ctx.StateTimeout(50*time.Millisecond, "close")
	return nil
}

func (l *Lock) Locked(*everact.Context, string) error {
	l.Typed = ""
	return nil
}

func (l *Lock) OnTimeout(ctx *everact.Context, timeout everact.Timeout) error {
	if string(timeout.Content) == `"close"` {
		ctx.NextState("locked")
	}
	l.Typed = ""
	return nil
}

var (
	locks   = everact.NewStateMachine[Lock]("lock", "locked")
	button  = everact.Handle(locks, "button", (*Lock).Button, everact.InState("locked"))
	seeLock = everact.HandleNoMessage(locks, "look", func(l *Lock, _ *everact.Context) (string, error) { return l.State, nil })
)

func init() {
	everact.Handle(locks, "button", (*Lock).ButtonWhileOpen, everact.InState("open"))
	everact.HandleEnter(locks, "open", (*Lock).Opened)
	everact.HandleEnter(locks, "locked", (*Lock).Locked)
}

type Alarm struct{ Level string }

type Tally struct{ Limit, Seen int }

func (t *Tally) Init(_ *everact.Context, after *everact.Predecessor) error {
	if after != nil && after.Result != nil {
		return json.Unmarshal(after.Result, &t.Seen) // what the handler whose place it takes has left
	}
	return nil
}

func (t *Tally) OnEvent(ctx *everact.Context, _ Alarm) error {
	if t.Seen++; t.Seen == t.Limit {
		ctx.RemoveHandler()
	}
	return nil
}

func (t *Tally) OnCall(*everact.Context, json.RawMessage) (any, error) { return t.Seen, nil }

func (t *Tally) Terminate(*everact.Context, everact.HandlerEnd) (any, error) { return t.Seen, nil }

var alarms = everact.NewEventManager[Alarm]("alarms")

func init() { everact.HandleEvents[Tally](alarms, "tally") }

func Example_behaviours() {
	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(userSessions)))
	defer engine.Close()
	ctx := context.Background()
	session := everact.Must(userSessions.Spawn(engine, Session{User: "Joe"}))
	fmt.Println(everact.Must(visitPage.Ask(ctx, session, "/news")))
	fmt.Println(everact.Must(session.Wait(ctx)))
	session = everact.Must(userSessions.Spawn(engine, Session{User: "Mike"}))
	fmt.Println(everact.Must(leave.Ask(ctx, session, everact.None{})))
	session = everact.Must(userSessions.Spawn(engine, Session{User: "Robert"}))
	fmt.Println(session.Stop(ctx, everact.Normal), session.IsAlive())
	// Output:
	// 2
	// session of Joe ends: shutdown "idle"
	// shutdown "idle"
	// session of Mike ends: normal
	// bye
	// session of Robert ends: normal
	// <nil> false
}

func TestTheGuidesBehaviours(t *testing.T) {
	engine, ctx := opened(t, "", everact.WithKinds(barriers, locks, alarms)), during(t)
	gate := must(barriers.Spawn(engine, Gate{}))(t)
	waiter := wait.Start(ctx, gate, everact.None{})
	if count := must(open.Ask(ctx, gate, everact.None{}))(t); count != 1 {
		t.Errorf("%d waited", count)
	}
	if word := must(waiter.Wait(ctx))(t); word != "go" {
		t.Errorf("the waiter gets %q", word)
	}
	lock := must(locks.Spawn(engine, Lock{Code: "42"}))(t)
	for _, press := range []struct{ digit, gives string }{{"4", "locked"}, {"2", "open"}, {"4", "locked"}} {
		if given := must(button.Ask(ctx, lock, press.digit))(t); given != press.gives {
			t.Errorf("the button %s gives %q", press.digit, given)
		}
	}
	if state := must(seeLock.Ask(ctx, lock, everact.None{}))(t); state != "locked" {
		t.Errorf("the lock is %s", state)
	}
	manager := must(alarms.Spawn(engine, everact.Named("alarms")))(t)
	for _, err := range []error{
		manager.Add(ctx, "tally", Tally{Limit: 100}), manager.Notify(ctx, Alarm{"high"}), manager.SyncNotify(ctx, Alarm{"low"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen := must(everact.CallHandler[int](ctx, manager, "tally", "how many"))(t); seen != 2 {
		t.Errorf("the tally is %d", seen)
	}
	if err := manager.Swap(ctx, "tally", nil, "new tally", Tally{Limit: 3}); err != nil {
		t.Fatal(err)
	}
	if ids := must(manager.Handlers(ctx))(t); len(ids) != 1 || ids[0] != "new tally" {
		t.Errorf("the handlers are %q", ids)
	}
	if result := must(manager.Remove(ctx, "new tally", nil))(t); string(result) != "2" {
		t.Errorf("it leaves %s", result)
	}
	if err := manager.Stop(ctx, everact.Normal); err != nil {
		t.Error(err)
	}
}
