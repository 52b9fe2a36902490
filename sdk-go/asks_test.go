package everact_test

// Asks and tells from outside: types, deadlines and cancellation both ways, marks, order, overload.

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

func TestAMessageThatDoesNotFitNamesTheField(t *testing.T) {
	type flight struct {
		Delay int `json:"delay"`
	}
	board := everact.NewKind[Airport]("board")
	everact.Handle(board, "show", func(a *Airport, _ *everact.Context, f flight) (int, error) { return f.Delay, nil })
	engine := opened(t, "", everact.WithKinds(board, airport))
	_, err := everact.Ask[int](during(t), engine.Actor("board", "a"), "show", map[string]any{"delay": "late"})
	wants(t, err, everact.ErrInvalidPayload, "delay")
	for _, message := range []any{nil, "late", 1.5, []byte(`{"delay`), []byte("1 2"), []byte("null")} {
		_, err = everact.Ask[int](during(t), engine.Actor("airport", "a"), "landed", message)
		wants(t, err, everact.ErrInvalidPayload)
	}
	if flights := must(count.Ask(during(t), airport.Actor(engine, "a"), everact.None{}))(t); flights != 0 {
		t.Errorf("%d flights from messages that do not fit", flights)
	}
	_, err = everact.Ask[string](during(t), engine.Actor("airport", "a"), "landed", 1)
	wants(t, err, everact.ErrInvalidPayload, "reply")
}

func TestPayloadsOfEverySize(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(echo))
	for _, size := range []int{0, 1, 7, 8, 65535, 65536, 65537, 300_000, 5_000_000} {
		message := make([]byte, size)
		for i := range message {
			message[i] = byte(i % 251)
		}
		for name, ctx := range map[string]context.Context{"here": context.Background(), "worker": during(t)} {
			if reply := must(repeat.Ask(ctx, echo.Actor(engine, "ünï/código"), message))(t); string(reply) != string(message) {
				t.Errorf("%s: %d bytes came back as %d", name, size, len(reply))
			}
		}
		if reply := must(repeat.Start(during(t), echo.Actor(engine, "a"), message).Wait(during(t)))(t); string(reply) != string(message) {
			t.Errorf("start: %d bytes came back as %d", size, len(reply))
		}
	}
	_, err := repeat.Ask(during(t), echo.Actor(engine, "a"), make([]byte, 20<<20))
	wants(t, err, everact.ErrTooLarge)
	_, err = repeat.Ask(during(t), echo.Actor(engine, ""), nil)
	wants(t, err, everact.ErrInvalidArgument, "key")
}

func TestADeadlineEndsTheWaitAndReachesTheHandler(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter))
	g := gate{make(chan struct{}, 1), make(chan struct{})}
	gates.Store(t.Name(), g)
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Millisecond)
	defer cancel()
	_, err := passUnlessCancelled.Ask(ctx, waiter.Actor(engine, "a"), t.Name())
	wants(t, err, everact.ErrDeadlineExceeded)
	if !errors.Is(err, context.DeadlineExceeded) || !everact.Retryable(err) {
		t.Errorf("%v", err)
	}
	<-g.leave
	_, err = passUnlessCancelled.Ask(ctx, waiter.Actor(engine, "a"), t.Name())
	wants(t, err, everact.ErrDeadlineExceeded)
}

func TestTheEnginesTimeoutEndsAnAskWithoutADeadline(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter), everact.Options{AskTimeout: 30 * time.Millisecond})
	g := gate{make(chan struct{}, 2), make(chan struct{})}
	gates.Store(t.Name(), g)
	_, err := pass.Start(context.Background(), waiter.Actor(engine, "a"), t.Name()).Wait(context.Background())
	wants(t, err, everact.ErrDeadlineExceeded)
	endless := pass.Start(context.Background(), waiter.Actor(engine, "b"), t.Name(), everact.NoTimeout())
	time.Sleep(80 * time.Millisecond)
	close(g.leave)
	must(endless.Wait(context.Background()))(t)
}

func TestCancellingEndsTheWaitAndReachesTheHandler(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter))
	for name, ask := range map[string]func(context.Context) error{
		"ask": func(ctx context.Context) error {
			_, err := passUnlessCancelled.Ask(ctx, waiter.Actor(engine, "a"), t.Name())
			return err
		},
		"start": func(ctx context.Context) error {
			_, err := passUnlessCancelled.Start(ctx, waiter.Actor(engine, "a"), t.Name()).Wait(context.Background())
			return err
		},
	} {
		g := gate{make(chan struct{}), make(chan struct{})}
		gates.Store(t.Name(), g)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-g.entered; cancel() }()
		err := ask(ctx)
		wants(t, err, everact.ErrCancelled)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		<-g.leave
	}
}

func TestAWaitersOwnContextEndsOnlyItsWait(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter))
	g := gate{make(chan struct{}, 1), make(chan struct{})}
	gates.Store(t.Name(), g)
	pending := pass.Start(context.Background(), waiter.Actor(engine, "a"), t.Name())
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := pending.Wait(short)
	wants(t, err, everact.ErrDeadlineExceeded)
	close(g.leave)
	<-pending.Done()
	if passed := must(pending.Wait(context.Background()))(t); passed != 1 {
		t.Errorf("passed %d", passed)
	}
}

// TestEveryWaiterGetsTheOutcome: those that wait before it is there and those that come later, by Done as by Wait.
func TestEveryWaiterGetsTheOutcome(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter))
	g := gate{make(chan struct{}, 1), make(chan struct{})}
	gates.Store(t.Name(), g)
	pending := pass.Start(context.Background(), waiter.Actor(engine, "a"), t.Name())
	var waiters sync.WaitGroup
	wait := func() {
		defer waiters.Done()
		if passed, err := pending.Wait(context.Background()); passed != 1 || err != nil {
			t.Errorf("passed %d, %v", passed, err)
		}
	}
	waiters.Add(20)
	for range 10 {
		go wait()
		go func() { <-pending.Done(); wait() }()
	}
	<-g.entered
	close(g.leave)
	waiters.Wait()
	waiters.Add(1)
	<-pending.Done()
	wait()
	refused := pass.Start(context.Background(), waiter.Actor(engine, ""), t.Name())
	<-refused.Done()
	_, err := refused.Wait(context.Background())
	wants(t, err, everact.ErrInvalidArgument)
}

func TestAProducersNumbersAreAppliedOnce(t *testing.T) {
	sfo := airport.Actor(opened(t, t.TempDir(), everact.WithKinds(airport)), "SFO")
	ask := func(sequence uint64) (float64, error) {
		return landed.Ask(during(t), sfo, int(sequence), everact.Producer("tower", sequence))
	}
	must(ask(1))(t)
	if first, second := must(ask(2))(t), must(ask(2))(t); first != second || first != 1.5 {
		t.Errorf("%v, then %v", first, second)
	}
	_, err := ask(1)
	wants(t, err, everact.ErrAlreadyApplied)
	keyed := func() float64 {
		return must(landed.Ask(during(t), sfo, 3, everact.IdempotencyKey("three", time.Minute)))(t)
	}
	if first, second := keyed(), keyed(); first != 2 || second != 2 {
		t.Errorf("%v, then %v", first, second)
	}
}

func TestStartedMessagesArriveInOrder(t *testing.T) {
	type list struct{ Entries []int }
	kind := everact.NewKind[list]("list")
	push := everact.Handle(kind, "push", func(l *list, _ *everact.Context, entry int) (int, error) {
		l.Entries = append(l.Entries, entry)
		return len(l.Entries), nil
	})
	engine := opened(t, t.TempDir(), everact.WithKinds(kind))
	var all []*everact.Pending[int]
	for i := range 2_000 {
		all = append(all, push.Start(context.Background(), kind.Actor(engine, "a"), i))
	}
	for i, pending := range all {
		if length := must(pending.Wait(during(t)))(t); length != i+1 {
			t.Fatalf("message %d arrived as number %d", i, length)
		}
	}
}

func TestAFullMailboxRefuses(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter))
	g := gate{make(chan struct{}, 9), make(chan struct{})}
	gates.Store(t.Name(), g)
	first := pass.Start(during(t), waiter.Actor(engine, "a"), t.Name())
	<-g.entered
	second := pass.Start(during(t), waiter.Actor(engine, "a"), t.Name())
	if err := pass.Tell(during(t), waiter.Actor(engine, "a"), t.Name()); err != nil {
		t.Fatal(err)
	}
	_, err := pass.Ask(during(t), waiter.Actor(engine, "a"), t.Name())
	wants(t, err, everact.ErrMailboxFull, "waiter/a")
	close(g.leave)
	must(first.Wait(during(t)))(t)
	must(second.Wait(during(t)))(t)
}

func TestManyCallersOfManyActors(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(airport))
	failures := make(chan error, 64)
	for caller := range 64 {
		go func() {
			for i := range 100 {
				if _, err := landed.Ask(context.Background(), airport.Actor(engine, fmt.Sprint((caller+i)%8)), 1); err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}()
	}
	for range 64 {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	sum := 0
	for key := range 8 {
		sum += must(count.Ask(during(t), airport.Actor(engine, fmt.Sprint(key)), everact.None{}))(t)
	}
	if sum != 6_400 {
		t.Errorf("%d flights of 6400", sum)
	}
}
