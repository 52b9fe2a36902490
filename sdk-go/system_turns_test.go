package everact_test

// System turns: the state of what lives, read and replaced; and answers that come later.

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// Basket is an actor's state and a process' fields.
type Basket struct {
	Items []string
	Owner string
}

type baskets struct {
	actors, processes *everact.Kind[Basket]
	put               map[*everact.Kind[Basket]]*everact.Handler[Basket, string, int]
	wait              map[*everact.Kind[Basket]]*everact.Handler[Basket, everact.None, string]
	answer            map[*everact.Kind[Basket]]*everact.Handler[Basket, string, everact.None]
	asker             map[*everact.Kind[Basket]]*everact.Asker
	function          *everact.Receiver[everact.None]
	engine            *everact.Engine
}

func newBaskets(t *testing.T, folder string) *baskets {
	t.Helper()
	b := &baskets{
		actors: everact.NewKind[Basket]("basket"), processes: everact.NewProcess[Basket]("basket_process"),
		put:    map[*everact.Kind[Basket]]*everact.Handler[Basket, string, int]{},
		wait:   map[*everact.Kind[Basket]]*everact.Handler[Basket, everact.None, string]{},
		answer: map[*everact.Kind[Basket]]*everact.Handler[Basket, string, everact.None]{},
		asker:  map[*everact.Kind[Basket]]*everact.Asker{},
	}
	for _, kind := range []*everact.Kind[Basket]{b.actors, b.processes} {
		b.put[kind] = everact.Handle(kind, "put", func(b *Basket, _ *everact.Context, item string) (int, error) {
			b.Items = append(b.Items, item)
			return len(b.Items), nil
		})
		b.wait[kind] = everact.HandleNoMessage(kind, "wait", func(_ *Basket, ctx *everact.Context) (string, error) {
			b.asker[kind] = ctx.Defer()
			return "this goes nowhere", nil
		})
		b.answer[kind] = everact.HandleNoReply(kind, "answer", func(_ *Basket, _ *everact.Context, text string) error {
			asker := b.asker[kind]
			switch {
			case text == "wrong type":
				return asker.Reply(12)
			case text == "refuse":
				return asker.Fail(everact.Refuse("no_answer", "there is none"))
			case strings.HasPrefix(text, "fail"):
				if err := asker.Reply(text); err != nil {
					return err
				}
				return errors.New("failed after it has answered")
			default:
				return asker.Reply(text)
			}
		})
	}
	b.function = everact.ProcessFunc("function", func(ctx *everact.ProcessContext, _ everact.None) error {
		_, err := ctx.Receive()
		return err
	})
	engine, err := everact.Open(folder, everact.WithKinds(b.actors, b.processes, b.function))
	if err != nil {
		t.Fatal(err)
	}
	b.engine = engine
	return b
}

func closed(t *testing.T, engine *everact.Engine) {
	t.Helper()
	if err := engine.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheStateOfWhatLivesIsReadAndReplaced(t *testing.T) {
	folder, ctx := t.TempDir(), during(t)
	b := newBaskets(t, folder)
	process, err := b.processes.Spawn(b.engine, Basket{Owner: "p"})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []everact.Ref[Basket]{b.actors.Actor(b.engine, "a"), process} {
		put := b.put[b.actors]
		if to.Process().Number() != 0 {
			put = b.put[b.processes]
		}
		if _, err := put.Ask(ctx, to, "milk"); err != nil {
			t.Fatal(err)
		}
		state, err := b.engine.State(ctx, to)
		var seen Basket
		if err != nil || json.Unmarshal(state, &seen) != nil || len(seen.Items) != 1 || seen.Items[0] != "milk" {
			t.Errorf("the state of %s is %s, %v", to.Address(), state, err)
		}
		if err := b.engine.ReplaceState(ctx, to, []byte(`{"Items":["bread","salt"],"Owner":"o"}`)); err != nil {
			t.Fatal(err)
		}
		if count, err := put.Ask(ctx, to, "milk"); err != nil || count != 3 {
			t.Errorf("%s has %d items, %v", to.Address(), count, err)
		}
		if err := b.engine.ReplaceState(ctx, to, []byte(`{"Items":7}`)); !errors.Is(err, everact.ErrStateMismatch) {
			t.Errorf("what does not fit is %v", err)
		}
		if state, err := b.engine.State(ctx, to); err != nil || !strings.Contains(string(state), "bread") {
			t.Errorf("after what did not fit the state of %s is %s, %v", to.Address(), state, err)
		}
	}
	function, err := b.function.Spawn(b.engine, everact.None{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.engine.State(ctx, function); !errors.Is(err, everact.ErrInvalidArgument) || !contains(err, "no state") {
		t.Errorf("the state of a function is %v", err)
	}
	if !function.IsAlive() {
		t.Error("who is looked at has ended")
	}
	closed(t, b.engine)
	b = newBaskets(t, folder)
	defer closed(t, b.engine)
	if state, err := b.engine.State(ctx, b.actors.Actor(b.engine, "a")); err != nil || !strings.Contains(string(state), "salt") {
		t.Errorf("after a restart the replaced state is %s, %v", state, err)
	}
}

func TestAnAskIsAnsweredByALaterTurn(t *testing.T) {
	b := newBaskets(t, t.TempDir())
	defer closed(t, b.engine)
	ctx := during(t)
	process, err := b.processes.Spawn(b.engine, Basket{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, to := range map[*everact.Kind[Basket]]everact.Ref[Basket]{b.actors: b.actors.Actor(b.engine, "a"), b.processes: process} {
		pending := b.wait[kind].Start(ctx, to, everact.None{})
		for _, text := range []string{"wrong type", "late"} {
			_, err := b.answer[kind].Ask(ctx, to, text)
			if wrong := text == "wrong type"; wrong != (err != nil) {
				t.Fatalf("%s: the answer %q gives %v", to.Address(), text, err)
			}
			if kind == b.processes && err != nil {
				// A handler that fails ends its process; who waits is told.
				if _, err := pending.Wait(ctx); !errors.Is(err, everact.ErrNoProcess) {
					t.Errorf("who waited for the process that ended got %v", err)
				}
				if to, err = b.processes.Spawn(b.engine, Basket{}); err != nil {
					t.Fatal(err)
				}
				pending = b.wait[kind].Start(ctx, to, everact.None{})
			}
		}
		if reply, err := pending.Wait(ctx); err != nil || reply != "late" {
			t.Errorf("%s: the late answer is %q, %v", to.Address(), reply, err)
		}
		pending = b.wait[kind].Start(ctx, to, everact.None{})
		if _, err := b.answer[kind].Ask(ctx, to, "refuse"); err != nil {
			t.Fatal(err)
		}
		var refused *everact.ApplicationError
		if _, err := pending.Wait(ctx); !errors.As(err, &refused) || refused.Type != "no_answer" {
			t.Errorf("%s: the refusal is %v", to.Address(), err)
		}
	}
}

func TestAnActorsAnswerCountsWithTheTurnThatGivesIt(t *testing.T) {
	b := newBaskets(t, t.TempDir())
	defer closed(t, b.engine)
	ctx := during(t)
	to := b.actors.Actor(b.engine, "a")
	pending := b.wait[b.actors].Start(ctx, to, everact.None{})
	if _, err := b.answer[b.actors].Ask(ctx, to, "fail"); err == nil {
		t.Fatal("the turn did not fail")
	}
	select {
	case <-pending.Done():
		t.Error("the answer of a turn that failed has come")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestAnAnswerIsGivenWithinATurn(t *testing.T) {
	kind := everact.NewProcess[Basket]("outsider")
	askers := make(chan *everact.Asker, 1)
	wait := everact.HandleNoMessage(kind, "wait", func(_ *Basket, ctx *everact.Context) (string, error) {
		askers <- ctx.Defer()
		return "", nil
	})
	tell := everact.HandleNothing(kind, "told", func(_ *Basket, ctx *everact.Context) error {
		asker := ctx.Defer()
		if asker != nil || !ctx.IsTell() {
			return errors.New("nobody waits for what was told")
		}
		askers <- asker
		return asker.Reply("nobody")
	})
	engine, err := everact.OpenInMemory(everact.WithKinds(kind))
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, engine)
	ctx := during(t)
	to, err := kind.Spawn(engine, Basket{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tell.Tell(ctx, to, everact.None{}); err != nil {
		t.Fatal(err)
	}
	<-askers
	within, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	pending := wait.Start(within, to, everact.None{})
	asker := <-askers
	eventually(t, "the turn does not end", func() bool { return errors.Is(asker.Reply("late"), everact.ErrInvalidArgument) })
	if _, err := pending.Wait(ctx); !errors.Is(err, everact.ErrDeadlineExceeded) {
		t.Errorf("who waits for an answer that never comes gets %v", err)
	}
}
