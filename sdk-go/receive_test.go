package everact_test

// Processes in receive style.

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

type remark struct{ Text string }

type question struct {
	From everact.ProcessRef
	N    int
}

type stop struct{}

// functions runs programs of a test as processes in receive style.
type functions struct {
	*workers
	kind     *everact.Receiver[int]
	mu       sync.Mutex
	programs []func(ctx *everact.ProcessContext) error
}

// add gives a program its number.
func (f *functions) add(program func(ctx *everact.ProcessContext) error) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.programs = append(f.programs, program)
	return len(f.programs) - 1
}

func (f *functions) program(number int) func(ctx *everact.ProcessContext) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.programs[number]
}

func newFunctions(t *testing.T) *functions {
	t.Helper()
	f := &functions{}
	f.kind = everact.ProcessFunc("function", func(ctx *everact.ProcessContext, number int) error { return f.program(number)(ctx) },
		everact.Messages(remark{}, question{}, stop{}), everact.MailboxCapacity(100_000))
	f.workers = newWorkers(t, f.kind)
	return f
}

// run begins a process, and gives where its function's outcome comes.
func (f *functions) run(t *testing.T, program func(ctx *everact.ProcessContext) error) (everact.Reference, <-chan error) {
	t.Helper()
	returned := make(chan error, 1)
	ref, err := f.kind.Spawn(f.engine, f.add(func(ctx *everact.ProcessContext) error {
		err := program(ctx)
		returned <- err
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	return ref, returned
}

func tellAll(t *testing.T, to everact.Reference, messages ...any) {
	t.Helper()
	for _, message := range messages {
		if err := everact.TellMessage(context.Background(), to, message); err != nil {
			t.Fatal(err)
		}
	}
}

func returns(t *testing.T, returned <-chan error) error {
	t.Helper()
	select {
	case err := <-returned:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("the function does not return")
		return nil
	}
}

func TestAFunctionTakesWhatItWantsAndTheRestStaysInOrder(t *testing.T) {
	f := newFunctions(t)
	ref, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		if _, err := everact.ReceiveOf[stop](ctx); err != nil {
			return err
		}
		got, err := everact.ReceiveOf[remark](ctx, everact.When(func(n remark) bool { return n.Text == "3" }))
		if err != nil || got.Text != "3" {
			return fmt.Errorf("it took %v, %w", got, err)
		}
		for _, want := range []string{"1", "2", "4"} {
			message, err := ctx.Receive()
			if got, ok := message.(remark); !ok || got.Text != want {
				return fmt.Errorf("it took %v, %w", message, err)
			}
		}
		if _, err := ctx.Receive(everact.Within(0)); err != everact.ErrTimeout {
			return fmt.Errorf("an empty mailbox gives %w", err)
		}
		if _, err := everact.ReceiveOf[stop](ctx, everact.Within(20*time.Millisecond)); err != everact.ErrTimeout {
			return fmt.Errorf("a wait in vain gives %w", err)
		}
		return nil
	})
	tellAll(t, ref, remark{"1"}, remark{"2"}, remark{"3"}, remark{"4"}, stop{})
	if err := returns(t, returned); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfOneThatIsWatchedIsFoundAmongThosePassedOver(t *testing.T) {
	f := newFunctions(t)
	dead, over := f.run(t, func(*everact.ProcessContext) error { return nil })
	if err := returns(t, over); err != nil {
		t.Fatal(err)
	}
	if _, err := dead.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	ref, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		first, err := ctx.Monitor(dead)
		if err != nil {
			return err
		}
		second, err := ctx.Monitor(dead)
		if err != nil {
			return err
		}
		if _, err := everact.ReceiveOf[stop](ctx); err != nil {
			return err
		}
		for _, monitor := range []everact.Monitor{second, first} {
			down, err := everact.ReceiveOf[everact.Down](ctx, everact.DownOf(monitor))
			if err != nil || down.Monitor != monitor {
				return fmt.Errorf("%v came for %v: %w", down, monitor, err)
			}
			if _, err := ctx.Receive(everact.DownOf(monitor), everact.Within(0)); err != everact.ErrTimeout {
				return fmt.Errorf("it was there twice: %w", err)
			}
		}
		third, err := ctx.Monitor(dead)
		if err != nil {
			return err
		}
		if down, err := everact.ReceiveOf[everact.Down](ctx, everact.DownOf(third)); err != nil || down.Monitor != third {
			return fmt.Errorf("%v came for a fresh watch: %w", down, err)
		}
		for _, want := range []string{"1", "2"} {
			message, err := ctx.Receive()
			if got, ok := message.(remark); !ok || got.Text != want {
				return fmt.Errorf("it took %v, %w", message, err)
			}
		}
		return nil
	})
	tellAll(t, ref, remark{"1"}, remark{"2"}, stop{})
	if err := returns(t, returned); err != nil {
		t.Error(err)
	}
}

func TestAnAskIsAnsweredNowLaterOrByTheEnd(t *testing.T) {
	f := newFunctions(t)
	ref, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		var first *everact.Asker
		for {
			message, err := ctx.Receive()
			if err != nil {
				return err
			}
			switch message := message.(type) {
			case question:
				switch message.N {
				case 1:
					first = ctx.Asker()
				case 2:
					if err := ctx.Reply("two"); err != nil {
						return err
					}
					if err := first.Reply("one"); err != nil {
						return err
					}
				case 3:
					if err := ctx.Asker().Fail(everact.Refuse("no_way", "three is too many")); err != nil {
						return err
					}
				}
			case stop:
				if ctx.Asker() != nil {
					return errors.New("nobody waits for a told message")
				}
				return nil
			}
		}
	})
	ask := func(n int) chan string {
		answer := make(chan string, 1)
		go func() {
			got, err := everact.AskMessage[string](context.Background(), ref, question{N: n})
			if err != nil {
				got = err.Error()
			}
			answer <- got
		}()
		return answer
	}
	one := ask(1)
	time.Sleep(20 * time.Millisecond)
	if two := <-ask(2); two != "two" || <-one != "one" {
		t.Errorf("two got %q", two)
	}
	if _, err := everact.AskMessage[string](context.Background(), ref, question{N: 3}); !errors.Is(err, everact.ErrApplicationError) {
		t.Errorf("a refusal is %v", err)
	}
	four := ask(4)
	time.Sleep(20 * time.Millisecond)
	tellAll(t, ref, stop{})
	if got := <-four; got != "everact: NoProcess: the process has ended: normal" {
		t.Errorf("who is not answered gets %q", got)
	}
	if err := returns(t, returned); err != nil {
		t.Error(err)
	}
}

func TestAFunctionWhoseProcessIsEndedIsToldAtItsNextWait(t *testing.T) {
	f := newFunctions(t)
	before := runtime.NumGoroutine()
	ref, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		_, err := ctx.Receive()
		if ctx.Err() == nil {
			return errors.New("its context is not done")
		}
		if again, err := ctx.Receive(everact.Within(0)); again != nil || !errors.Is(err, everact.ErrCancelled) {
			return fmt.Errorf("the next wait gives %w", err)
		}
		if err := ctx.Register("late"); err == nil {
			return errors.New("what it does later has no effect")
		}
		return err
	})
	time.Sleep(20 * time.Millisecond)
	if err := ref.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := returns(t, returned); !errors.Is(err, everact.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("the wait gives %v", err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

func TestAMessageThatDoesNotFitIsRefusedAndTheFunctionGoesOn(t *testing.T) {
	f := newFunctions(t)
	ref, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		message, err := ctx.Receive()
		if _, ok := message.(stop); !ok {
			return fmt.Errorf("it took %v, %w", message, err)
		}
		return nil
	})
	if _, err := everact.Ask[string](context.Background(), ref, "question", map[string]any{"N": 1}); !errors.Is(err, everact.ErrInvalidPayload) {
		t.Errorf("a message without one of its fields gives %v", err)
	}
	if err := everact.TellMessage(context.Background(), ref, struct{}{}); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("a message without a name gives %v", err)
	}
	if err := everact.Tell(context.Background(), ref, "unknown", nil); !errors.Is(err, everact.ErrUnknownHandler) {
		t.Errorf("a message that the kind does not take gives %v", err)
	}
	tellAll(t, ref, stop{})
	if err := returns(t, returned); err != nil {
		t.Error(err)
	}
}

func TestProcessesAskAndTellEachOtherAndKnowWhoSent(t *testing.T) {
	f := newFunctions(t)
	server, served := f.run(t, func(ctx *everact.ProcessContext) error {
		asked, err := everact.ReceiveOf[question](ctx)
		if err != nil {
			return err
		}
		if sender, ok := ctx.SenderProcess(); !ok || sender != asked.From {
			return fmt.Errorf("%v sent it, not %v", asked.From, sender)
		}
		if err := ctx.Tell(asked.From, remark{"first"}); err != nil {
			return err
		}
		return ctx.Reply(asked.N * 2)
	})
	_, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		twice, err := everact.AskMessage[int](ctx, server.Process(), question{From: ctx.Self(), N: 21})
		if err != nil || twice != 42 {
			return fmt.Errorf("twice is %d, %w", twice, err)
		}
		got, err := everact.ReceiveOf[remark](ctx)
		if got.Text != "first" {
			return fmt.Errorf("it got %v, %w", got, err)
		}
		return err
	})
	if err := errors.Join(returns(t, returned), returns(t, served)); err != nil {
		t.Error(err)
	}
}

func TestAnAnswerIsFoundBehindManyThatDoNotFit(t *testing.T) {
	f := newFunctions(t)
	const noise = 20_000
	ready := make(chan struct{})
	ref, returned := f.run(t, func(ctx *everact.ProcessContext) error {
		<-ready
		began := time.Now()
		for range 20 {
			if _, err := everact.ReceiveOf[stop](ctx); err != nil {
				return err
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			return fmt.Errorf("it took %v", took)
		}
		for i := range noise {
			got, err := everact.ReceiveOf[question](ctx, everact.Within(time.Second))
			if err != nil || got.N != i {
				return fmt.Errorf("number %d is %d, %w", i, got.N, err)
			}
		}
		return nil
	})
	err := everact.Tell(context.Background(), ref, "remark", remark{})
	if err != nil {
		t.Fatal(err)
	}
	sender, sent := f.run(t, func(ctx *everact.ProcessContext) error {
		if _, err := everact.ReceiveOf[stop](ctx); err != nil {
			return err
		}
		for i := range noise {
			if err := ctx.Tell(ref, question{N: i}); err != nil {
				return err
			}
		}
		for range 20 {
			if err := ctx.Tell(ref, stop{}); err != nil {
				return err
			}
		}
		return nil
	})
	tellAll(t, sender, stop{})
	if err := returns(t, sent); err != nil {
		t.Fatal(err)
	}
	close(ready)
	if err := returns(t, returned); err != nil {
		t.Error(err)
	}
}

func TestAFunctionThatFailsPanicsOrEndsItsGoroutineEndsItsProcess(t *testing.T) {
	f := newFunctions(t)
	endings := map[string]func(ctx *everact.ProcessContext) error{
		"failed boom":        func(*everact.ProcessContext) error { return errors.New("boom") },
		"failed panic: boom": func(*everact.ProcessContext) error { panic("boom") },
		"failed the handler ended its goroutine (runtime.Goexit)": func(*everact.ProcessContext) error { runtime.Goexit(); return nil },
		"normal normal":      func(*everact.ProcessContext) error { return nil },
		`custom custom "so"`: func(ctx *everact.ProcessContext) error { return ctx.Exit(everact.Custom("so")) },
	}
	for want, program := range endings {
		reasons := make(chan everact.ExitReason, 1)
		_, returned := f.run(t, func(ctx *everact.ProcessContext) error {
			_, monitor, err := f.kind.SpawnMonitor(ctx, f.add(program))
			if err != nil {
				return err
			}
			down, err := everact.ReceiveOf[everact.Down](ctx)
			if down.Monitor != monitor {
				return fmt.Errorf("%v is not %v: %w", down, monitor, err)
			}
			reasons <- down.Reason
			return nil
		})
		if err := returns(t, returned); err != nil {
			t.Fatal(err)
		}
		if reason := <-reasons; string(reason.Kind)+" "+reason.String() != want {
			t.Errorf("%+v is not %q", reason, want)
		}
	}
}

func TestADeclarationOfAFunctionThatCannotBeIsRefused(t *testing.T) {
	run := func(*everact.ProcessContext, int) error { return nil }
	for what, kind := range map[string]everact.AnyKind{
		"no type":          everact.ProcessFunc("p", run, everact.Messages(nil)),
		"no name":          everact.ProcessFunc("p", run, everact.Messages(struct{}{})),
		"twice":            everact.ProcessFunc("p", run, everact.Messages(remark{}, remark{})),
		"a channel":        everact.ProcessFunc("p", func(*everact.ProcessContext, chan int) error { return nil }),
		"no name at all":   everact.ProcessFunc("", run),
		"a field, channel": everact.ProcessFunc("p", run, everact.Messages(withChannel{})),
	} {
		if _, err := everact.OpenInMemory(everact.WithKinds(kind)); !errors.Is(err, everact.ErrInvalidDeclaration) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

type withChannel struct{ C chan int }
