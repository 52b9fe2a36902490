package everact_test

// The programs of docs/guide/processes.md, in one.

import (
	"context"
	"fmt"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

type Counter struct{ Count int }

var (
	counters = everact.NewProcess[Counter]("counter")
	addTo    = everact.Handle(counters, "add", func(c *Counter, _ *everact.Context, n int) (int, error) {
		c.Count += n
		return c.Count, nil
	})
)

type (
	Ping     struct{ From everact.ProcessRef }
	Pong     struct{}
	Finished struct{}
)

var pong = everact.ProcessFunc("pong", func(ctx *everact.ProcessContext, _ everact.None) error {
	for {
		message, err := ctx.Receive(everact.Any[Ping](), everact.Any[Finished]())
		if err != nil {
			return err
		}
		switch message := message.(type) {
		case Ping:
			if err := ctx.Tell(message.From, Pong{}); err != nil {
				return err
			}
		case Finished:
			return nil
		}
	}
}, everact.Messages(Ping{}, Finished{}))

var pinger = everact.ProcessFunc("ping", func(ctx *everact.ProcessContext, rounds int) error {
	other, err := pong.Spawn(ctx, everact.None{})
	if err != nil {
		return err
	}
	for range rounds {
		if err := ctx.Tell(other, Ping{From: ctx.Self()}); err != nil {
			return err
		}
		if _, err := everact.ReceiveOf[Pong](ctx, everact.Within(5*time.Second)); err != nil {
			return err
		}
	}
	return ctx.Tell(other, Finished{})
}, everact.Messages(Pong{}))

type Pool struct{}

func (p *Pool) Activated(ctx *everact.Context) error {
	if _, err := ctx.TrapExits(true); err != nil {
		return err
	}
	_, err := counters.SpawnLink(ctx, Counter{})
	return err
}

func (p *Pool) OnExit(ctx *everact.Context, exit everact.Exit) error {
	if exit.Parent {
		return ctx.Exit(exit.Reason)
	}
	_, err := counters.SpawnLink(ctx, Counter{})
	return err
}

var pools = everact.NewProcess[Pool]("pool")

type (
	Listener struct{ Heard []string }
	News     struct{ Text string }
	Tick     struct{}
)

func (l *Listener) Activated(ctx *everact.Context) error { return ctx.Join("listeners") }

func (l *Listener) News(_ *everact.Context, news News) error {
	l.Heard = append(l.Heard, news.Text)
	return nil
}

var (
	listeners = everact.NewProcess[Listener]("listener")
	clock     = everact.ProcessFunc("clock", func(ctx *everact.ProcessContext, _ everact.None) error {
		if _, err := ctx.SendEvery(10*time.Millisecond, ctx.Self(), Tick{}); err != nil {
			return err
		}
		for range 3 {
			if _, err := everact.ReceiveOf[Tick](ctx); err != nil {
				return err
			}
		}
		return nil
	}, everact.Messages(Tick{}))
)

func init() { everact.Handlers(listeners, (*Listener).News) }

func guided(t *testing.T) (*everact.Engine, context.Context) {
	return opened(t, "", everact.WithKinds(counters, pong, pinger, pools, listeners, clock)), during(t)
}

func TestTheGuidesProcessesCountAndPlay(t *testing.T) {
	engine, ctx := guided(t)
	counter := must(counters.Spawn(engine, Counter{Count: 5}))(t)
	if err := addTo.Tell(ctx, counter, 1); err != nil {
		t.Error(err)
	}
	if sum := must(addTo.Ask(ctx, counter, 2))(t); sum != 8 {
		t.Errorf("the sum is %d", sum)
	}
	if err := counter.Exit(everact.Shutdown); err != nil || counter.IsAlive() {
		t.Errorf("it lives, %v", err)
	}
	game := must(pinger.Spawn(engine, 3))(t)
	if reason := must(game.Wait(ctx))(t); reason != everact.Normal {
		t.Errorf("the game ended for %v", reason)
	}
	if reason := must(must(clock.Spawn(engine, everact.None{}))(t).Wait(ctx))(t); reason != everact.Normal {
		t.Errorf("the clock ended for %v", reason)
	}
}

func TestTheGuidesTreeAndNames(t *testing.T) {
	engine, ctx := guided(t)
	top := must(engine.Run(ctx, everact.Supervisor{
		Strategy:  everact.RestForOne,
		Intensity: 3,
		Period:    5 * time.Second,
		Children: []everact.Child{
			{ID: "counter", Start: counters.Child(Counter{Count: 1}).Named("the counter")},
			{Start: pools.Child(Pool{}), Shutdown: 2 * time.Second},
			{Start: pinger.Child(3), Restart: everact.RestartTransient},
			{ID: "workers", Start: everact.Supervisor{
				Strategy: everact.Dynamic,
				Name:     "workers",
				Children: []everact.Child{{Start: counters.Child(Counter{}), Restart: everact.RestartTemporary}},
			}},
		},
	}))(t)
	counter, found := engine.Whereis("the counter")
	if !found || must(addTo.Ask(ctx, counters.Process(engine, counter), 1))(t) != 2 {
		t.Errorf("the counter is %v, %v", counter, found)
	}
	if err := engine.ExitTo(counter, everact.Kill); err != nil {
		t.Error(err)
	}
	if err := top.TerminateChild(ctx, "pool"); err != nil {
		t.Error(err)
	}
	if pool := must(top.RestartChild(ctx, "pool"))(t); pool.Kind() != "pool" {
		t.Errorf("the pool is %v", pool)
	}
	workers, _ := engine.Whereis("workers")
	if another := must(engine.Supervisor(workers).StartDynamic(ctx, counters.Child(Counter{Count: 2})))(t); another.IsZero() {
		t.Error("there is no other")
	}
	listener := must(listeners.Spawn(engine, Listener{}))(t)
	eventually(t, "it does not join", func() bool {
		members, err := engine.Members("listeners")
		return err == nil && len(members) == 1
	})
	if told := must(engine.Publish("listeners", News{"it rains"}))(t); told != 1 {
		t.Errorf("%d were told", told)
	}
	timer := must(engine.SendAfter(30*time.Second, listener, News{"late"}))(t)
	if left, waits := timer.Left(); !waits || left > 30*time.Second {
		t.Errorf("%v are left, %v", left, waits)
	}
	if _, waited := timer.Cancel(); !waited {
		t.Error("it does not wait")
	}
}

func Example_processes() {
	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(counters)))
	defer engine.Close()
	ctx := context.Background()
	counter := everact.Must(counters.Spawn(engine, Counter{Count: 5}, everact.Named("visits")))
	fmt.Println(everact.Must(addTo.Ask(ctx, counter, 2)))
	end := counter.Await(ctx)
	_ = counter.Exit(everact.Custom("enough"))
	fmt.Println(everact.Must(end.Wait(ctx)))
	// Output:
	// 7
	// custom "enough"
}
