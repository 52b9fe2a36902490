package everact_test

// Turns: what a handler sees, how turns overlap or do not, what becomes of a turn that fails.

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// ledger is a state that is not flat, with every way to go wrong.
type ledger struct {
	Entries map[string]int `json:"entries"`
	Last    string         `json:"last"`
}

var (
	ledgers = everact.NewKind[ledger]("ledger")
	enter   = everact.Handle(ledgers, "enter", func(l *ledger, _ *everact.Context, name string) (int, error) {
		if l.Entries == nil {
			l.Entries = map[string]int{}
		}
		l.Entries[name]++
		l.Last = name
		switch name {
		case "error":
			return 0, errors.New("refused")
		case "panic":
			panic("refused")
		case "goexit":
			runtime.Goexit()
		}
		return l.Entries[name], nil
	})
	enterReadOnly = everact.Handle(ledgers, "enter_read_only", func(l *ledger, ctx *everact.Context, name string) (int, error) {
		l.Last = name
		return 0, nil
	}, everact.ReadOnly())
	tellReadOnly = everact.HandleNothing(ledgers, "tell_read_only", func(l *ledger, ctx *everact.Context) error {
		return enter.Tell(ctx, ledgers.Actor(ctx, "other"), "told")
	}, everact.ReadOnly())
	whole = everact.HandleNoMessage(ledgers, "whole", func(l *ledger, _ *everact.Context) (ledger, error) {
		return *l, nil
	}, everact.ReadOnly())
)

func TestADiscardedTurnPutsTheObjectBack(t *testing.T) {
	for name, folder := range map[string]string{"durable": t.TempDir(), "memory": ""} {
		engine := opened(t, folder, everact.WithKinds(ledgers))
		actor := ledgers.Actor(engine, "a")
		must(enter.Ask(during(t), actor, "good"))(t)
		for _, way := range []string{"error", "panic", "goexit"} {
			_, err := enter.Ask(during(t), actor, way)
			wants(t, err, everact.ErrHandlerFailed)
		}
		_, err := enterReadOnly.Ask(during(t), actor, "sly")
		wants(t, err, everact.ErrReadOnlyViolation)
		_, err = tellReadOnly.Ask(during(t), actor, everact.None{})
		wants(t, err, everact.ErrReadOnlyViolation)
		if got := must(whole.Ask(during(t), actor, everact.None{}))(t); got.Last != "good" || len(got.Entries) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestGoexitOnTheAskersGoroutineLeavesTheActorAlive(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(ledgers))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = enter.Ask(context.Background(), ledgers.Actor(engine, "a"), "goexit")
		t.Error("the goroutine goes on")
	}()
	<-ended
	if times := must(enter.Ask(context.Background(), ledgers.Actor(engine, "a"), "good"))(t); times != 1 {
		t.Errorf("entered %d times", times)
	}
	if stats := must(engine.Stats())(t); stats.OpenTurns != 0 || stats.OpenAsks != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestReadOnlyTurnsOverlapAndOthersDoNot(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(waiter))
	actor := waiter.Actor(engine, "a")
	g := gate{make(chan struct{}), make(chan struct{})}
	gates.Store(t.Name(), g)
	close(openGate(t.Name() + "/first"))
	must(look.Ask(during(t), actor, t.Name()+"/first"))(t) // the first turn makes the object and overlaps none
	one, two := look.Start(during(t), actor, t.Name()), look.Start(during(t), actor, t.Name())
	<-g.entered
	<-g.entered
	writer := pass.Start(during(t), actor, t.Name())
	select {
	case <-g.entered:
		t.Error("a turn that writes overlaps readers")
	case <-time.After(30 * time.Millisecond):
	}
	g.leave <- struct{}{}
	g.leave <- struct{}{}
	<-g.entered
	close(g.leave)
	for _, pending := range []*everact.Pending[int]{one, two, writer} {
		must(pending.Wait(during(t)))(t)
	}
}

// hop asks along a path of keys and back, through actors that wait meanwhile.
type hop struct {
	Visits int `json:"visits"`
}

type journey struct {
	Path []string `json:"path"`
	Fail string   `json:"fail"`
}

var (
	hops  = everact.NewKind[hop]("hop")
	visit *everact.Handler[hop, journey, []string]
	times = everact.HandleNoMessage(hops, "times", func(h *hop, _ *everact.Context) (int, error) { return h.Visits, nil }, everact.ReadOnly())
)

func init() {
	visit = everact.Handle(hops, "visit", func(h *hop, ctx *everact.Context, j journey) ([]string, error) {
		h.Visits++
		seen := []string{ctx.Key()}
		if len(j.Path) > 0 {
			rest, err := visit.Ask(ctx, hops.Actor(ctx, j.Path[0]), journey{j.Path[1:], j.Fail})
			if err != nil && len(j.Path) > 1 {
				return nil, err
			}
			seen = append(seen, rest...)
		}
		if j.Fail == ctx.Key() {
			return nil, errors.New("as asked")
		}
		return seen, nil
	}, everact.Reentrant())
}

func TestAReentrantChainComesBack(t *testing.T) {
	folder := t.TempDir()
	engine := opened(t, folder, everact.WithKinds(hops))
	seen := must(visit.Ask(context.Background(), hops.Actor(engine, "a"), journey{Path: []string{"b", "a", "b"}}))(t)
	if strings.Join(seen, "") != "abab" {
		t.Errorf("%v", seen)
	}
	for key, want := range map[string]int{"a": 2, "b": 2} {
		if got := must(times.Ask(during(t), hops.Actor(engine, key), everact.None{}))(t); got != want {
			t.Errorf("%s visited %d times", key, got)
		}
	}
	_, err := visit.Ask(during(t), hops.Actor(engine, "a"), journey{Path: []string{"b", "a"}, Fail: "a"})
	wants(t, err, everact.ErrHandlerFailed)
	if got := must(times.Ask(during(t), hops.Actor(engine, "a"), everact.None{}))(t); got != 2 {
		t.Errorf("a was visited %d times after a failed visit", got)
	}
}

// sleeper counts its own comings and goings.
type sleeper struct {
	Activations, Passivations, Told int
}

func (s *sleeper) Activated(*everact.Context) error   { s.Activations++; return nil }
func (s *sleeper) Passivating(*everact.Context) error { s.Passivations++; return nil }

var (
	sleepers = everact.NewKind[sleeper]("sleeper", everact.WithNew(func() *sleeper { return &sleeper{Told: 100} }))
	doze     = everact.HandleNothing(sleepers, "doze", func(s *sleeper, ctx *everact.Context) error {
		s.Told++
		ctx.Passivate()
		return nil
	})
	recall = everact.HandleNoMessage(sleepers, "recall", func(s *sleeper, _ *everact.Context) (sleeper, error) { return *s, nil })
)

func TestPassivationRunsTheHooksAndKeepsTheState(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(sleepers))
	actor := sleepers.Actor(engine, "a")
	must(doze.Ask(during(t), actor, everact.None{}))(t)
	waitFor(t, func() bool { return must(engine.Stats())(t).Activations == 0 })
	if got := must(recall.Ask(during(t), actor, everact.None{}))(t); got != (sleeper{2, 1, 101}) {
		t.Errorf("%+v", got)
	}
}

// waitFor gives a condition ten seconds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for range 10_000 {
		if holds() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it never came to be")
}
