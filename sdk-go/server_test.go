package everact_test

// Servers.

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// diary is what callbacks write down.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) until(t *testing.T, lines ...string) {
	t.Helper()
	var seen []string
	deadline := time.Now().Add(5 * time.Second)
	for ; time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		d.mu.Lock()
		seen = slices.Clone(d.lines)
		d.mu.Unlock()
		if slices.Equal(seen, lines) {
			return
		}
	}
	t.Errorf("the diary has %q and not %q", seen, lines)
}

// session is a server that is told how to behave.
type session struct {
	Traps bool
	// Ends is what Terminate fails with.
	Ends string

	diary *diary
}

func (s *session) Activated(ctx *everact.Context) error {
	if s.Traps {
		if _, err := ctx.TrapExits(true); err != nil {
			return err
		}
	}
	ctx.ContinueWith(map[string]int{"at": 1})
	return nil
}

func (s *session) OnTimeout(*everact.Context) error {
	s.diary.write("timeout")
	return nil
}

func (s *session) OnContinue(_ *everact.Context, value json.RawMessage) error {
	s.diary.write("continue " + string(value))
	return nil
}

func (s *session) Terminate(_ *everact.Context, reason everact.ExitReason) error {
	s.diary.write("terminate " + reason.String())
	if s.Ends == "panic" {
		panic("in the end")
	}
	if s.Ends != "" {
		return errors.New(s.Ends)
	}
	return nil
}

// Do is a message to a session: what it does.
func (s *session) do(ctx *everact.Context, what string) (string, error) {
	switch what {
	case "fail":
		return "", errors.New("boom")
	case "panic":
		panic("boom")
	case "refuse":
		return "", everact.Refuse("no", "not now")
	case "stop":
		return "bye", ctx.Exit(everact.Custom("tired"))
	case "silent":
		ctx.Defer()
		return "", ctx.Exit(everact.Custom("tired"))
	case "idle":
		ctx.IdleTimeout(10 * time.Millisecond)
	case "never":
		ctx.IdleTimeout(everact.Forever)
	case "past":
		ctx.IdleTimeout(-time.Second)
	case "hibernate":
		ctx.Hibernate()
	case "door":
		ctx.NextState("open")
	case "chan":
		ctx.ContinueWith(make(chan int))
	}
	return what, nil
}

type sessions struct {
	diary
	kind   *everact.Kind[session]
	do     *everact.Handler[session, string, string]
	engine *everact.Engine
}

func newSessions(t *testing.T) *sessions {
	t.Helper()
	s := &sessions{}
	s.kind = everact.NewServer[session]("session", everact.WithNew(func() *session { return &session{diary: &s.diary} }))
	s.do = everact.Handle(s.kind, "do", (*session).do)
	engine, err := everact.OpenInMemory(everact.WithKinds(s.kind))
	if err != nil {
		t.Fatal(err)
	}
	s.engine = engine
	t.Cleanup(func() { closed(t, engine) })
	return s
}

func (s *sessions) spawn(t *testing.T, initial session) everact.Ref[session] {
	t.Helper()
	to, err := s.kind.Spawn(s.engine, initial)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestAServerContinuesAndTimesOut(t *testing.T) {
	s, ctx := newSessions(t), during(t)
	to := s.spawn(t, session{})
	for _, what := range []string{"hibernate", "never", "idle"} {
		if reply, err := s.do.Ask(ctx, to, what); err != nil || reply != what {
			t.Fatalf("%s gives %q, %v", what, reply, err)
		}
	}
	s.until(t, `continue {"at":1}`, "timeout")
}

func TestAServerTerminatesWithWhatEndsIt(t *testing.T) {
	for _, of := range []struct {
		what, reply, terminated string
		ends                    string
		reason                  everact.ExitReason
	}{
		{"stop", "bye", `custom "tired"`, "", everact.Custom("tired")},
		{"silent", "", `custom "tired"`, "", everact.Custom("tired")},
		{"fail", "", "boom", "", everact.ExitReason{Kind: everact.ReasonFailed, Text: "boom"}},
		{"panic", "", "panic: boom", "", everact.ExitReason{Kind: everact.ReasonFailed, Text: "panic: boom"}},
		{"stop", "", `custom "tired"`, "worse", everact.ExitReason{Kind: everact.ReasonFailed, Text: "worse"}},
		{"fail", "", "boom", "worse", everact.ExitReason{Kind: everact.ReasonFailed, Text: "worse"}},
		{"fail", "", "boom", "panic", everact.ExitReason{Kind: everact.ReasonFailed, Text: "panic: in the end"}},
	} {
		s, ctx := newSessions(t), during(t)
		to := s.spawn(t, session{Ends: of.ends})
		ended := to.Await(ctx)
		if reply, err := s.do.Ask(ctx, to, of.what); reply != of.reply || (err == nil) != (of.reply != "") {
			t.Errorf("%s gives %q, %v", of.what, reply, err)
		}
		reason, err := ended.Wait(ctx)
		if err != nil || reason.Kind != of.reason.Kind || reason.Text != of.reason.Text {
			t.Errorf("%s: the server has ended with %+v, %v", of.what, reason, err)
		}
		s.until(t, `continue {"at":1}`, "terminate "+of.terminated)
	}
}

func TestWhatEndsNoServerTerminatesNone(t *testing.T) {
	s, ctx := newSessions(t), during(t)
	to := s.spawn(t, session{})
	var refused *everact.ApplicationError
	if _, err := s.do.Ask(ctx, to, "refuse"); !errors.As(err, &refused) {
		t.Errorf("the refusal is %v", err)
	}
	if _, err := everact.Ask[string](ctx, to.Reference, "do", 12); !errors.Is(err, everact.ErrInvalidPayload) {
		t.Errorf("a message that does not fit is %v", err)
	}
	if reply, err := s.do.Ask(ctx, to, "go on"); err != nil || reply != "go on" {
		t.Errorf("the server gives %q, %v", reply, err)
	}
	s.until(t, `continue {"at":1}`)
}

func TestAServerIsStopped(t *testing.T) {
	s, ctx := newSessions(t), during(t)
	for _, traps := range []bool{true, false} {
		to := s.spawn(t, session{Traps: traps})
		ended := to.Await(ctx)
		if err := to.Stop(ctx, everact.ShutdownWith("enough")); err != nil {
			t.Fatal(err)
		}
		if reason, err := ended.Wait(ctx); err != nil || reason != everact.ShutdownWith("enough") {
			t.Errorf("it ended with %v, %v", reason, err)
		}
		if err := to.Stop(ctx, everact.Normal); !errors.Is(err, everact.ErrNoProcess) {
			t.Errorf("to stop the dead is %v", err)
		}
	}
}

func TestWhatAServerCannotWantFailsItsTurn(t *testing.T) {
	s, ctx := newSessions(t), during(t)
	for what, text := range map[string]string{"past": "IdleTimeout", "door": "NextState is for another behaviour", "chan": "ContinueWith"} {
		_, err := s.do.Ask(ctx, s.spawn(t, session{}), what)
		if !errors.Is(err, everact.ErrHandlerFailed) || !contains(err, text) {
			t.Errorf("%s is %v", what, err)
		}
	}
}

func TestHandlersOfServersAreNotReadOnly(t *testing.T) {
	kind := everact.NewServer[session]("wrong")
	everact.Handle(kind, "do", (*session).do, everact.ReadOnly())
	if _, err := everact.OpenInMemory(everact.WithKinds(kind)); !errors.Is(err, everact.ErrInvalidDeclaration) {
		t.Errorf("it is %v", err)
	}
	plain := everact.NewProcess[Basket]("plain")
	everact.HandleNothing(plain, "do", func(*Basket, *everact.Context) error { return nil }, everact.InState("open"))
	if _, err := everact.OpenInMemory(everact.WithKinds(plain)); !errors.Is(err, everact.ErrInvalidDeclaration) {
		t.Errorf("InState without a state machine is %v", err)
	}
}
