package everact_test

// Kinds whose turns run in a pool.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

type render struct{ Frames int }

type canvas struct{}

// pooled is a kind in a pool beside one that is in none.
type pooled struct {
	kind      *everact.Kind[render]
	compute   *everact.Handler[render, int, int]
	fail      *everact.Handler[render, string, everact.None]
	ask       *everact.Handler[render, string, int]
	canvas    *everact.Kind[canvas]
	ping      *everact.Handler[canvas, everact.None, int]
	engine    *everact.Engine
	now, peak atomic.Int32
}

func openPooled(t *testing.T, pool string, options ...everact.Option) *pooled {
	t.Helper()
	p := &pooled{kind: everact.NewKind[render]("render", everact.Pool(pool)), canvas: everact.NewKind[canvas]("canvas", everact.Transient())}
	p.compute = everact.Handle(p.kind, "compute", func(r *render, ctx *everact.Context, ms int) (int, error) {
		now := p.now.Add(1)
		defer p.now.Add(-1)
		for peak := p.peak.Load(); now > peak && !p.peak.CompareAndSwap(peak, now); peak = p.peak.Load() {
		}
		for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
			r.Frames++
		}
		r.Frames = ms
		return r.Frames, nil
	})
	p.fail = everact.HandleNoReply(p.kind, "fail", func(r *render, _ *everact.Context, how string) error {
		r.Frames = -1
		switch how {
		case "panic":
			panic("no canvas")
		case "refuse":
			return everact.Refuse("too_dark", "it is night")
		}
		return errors.New("out of paint")
	})
	p.ask = everact.Handle(p.kind, "ask", func(_ *render, ctx *everact.Context, key string) (int, error) {
		return p.compute.Ask(ctx, p.kind.Actor(ctx, key), 1)
	})
	p.ping = everact.HandleNoMessage(p.canvas, "ping", func(*canvas, *everact.Context) (int, error) { return 1, nil })
	engine, err := everact.OpenInMemory(append(options, everact.WithKinds(p.kind, p.canvas))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	p.engine = engine
	return p
}

func TestAPingIsAnsweredWhileAPoolComputes(t *testing.T) {
	p := openPooled(t, everact.CPUPool)
	ctx := context.Background()
	frames := p.compute.Start(ctx, p.kind.Actor(p.engine, "a"), 300)
	for answered := 0; answered < 10; answered++ {
		if n, err := p.ping.Ask(ctx, p.canvas.Actor(p.engine, "c"), everact.None{}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		select {
		case <-frames.Done():
			t.Fatalf("%d pings were answered while the pool computed", answered)
		default:
		}
	}
	if n, err := frames.Wait(ctx); n != 300 || err != nil {
		t.Fatal(n, err)
	}
}

func TestAPoolRunsAsManyTurnsAsItIsWideAndLosesNone(t *testing.T) {
	p := openPooled(t, "paint", everact.WithPool("paint", 2))
	var group sync.WaitGroup
	for i := range 40 {
		group.Add(1)
		go func() {
			defer group.Done()
			if n, err := p.compute.Ask(context.Background(), p.kind.Actor(p.engine, fmt.Sprint(i%10)), 2); n != 2 || err != nil {
				t.Error(n, err)
			}
		}()
	}
	group.Wait()
	if peak := p.peak.Load(); peak > 2 {
		t.Fatalf("%d turns at a time in a pool of 2", peak)
	}
}

func TestTurnsOfOnePoolMayAskOneAnother(t *testing.T) {
	p := openPooled(t, "paint", everact.WithPool("paint", 1))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var group sync.WaitGroup
	for i := range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			if n, err := p.ask.Ask(ctx, p.kind.Actor(p.engine, fmt.Sprint("asks", i)), fmt.Sprint("asked", i)); n != 1 || err != nil {
				t.Error(n, err)
			}
		}()
	}
	group.Wait()
	if peak := p.peak.Load(); peak > 1 {
		t.Fatalf("%d turns at a time in a pool of 1", peak)
	}
}

func TestATurnInAPoolThatFailsIsUndoneAndSaysWhy(t *testing.T) {
	p := openPooled(t, everact.CPUPool)
	ctx, a := context.Background(), p.kind.Actor(p.engine, "a")
	if _, err := p.compute.Ask(ctx, a, 1); err != nil {
		t.Fatal(err)
	}
	for how, want := range map[string]string{"panic": "no canvas", "error": "out of paint", "refuse": "it is night"} {
		if _, err := p.fail.Ask(ctx, a, how); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("%s: %v", how, err)
		}
	}
	state, err := everact.Ask[int](ctx, p.engine.Actor("render", "a"), "compute", 2)
	if state != 2 || err != nil {
		t.Fatal(state, err)
	}
}

func TestAPoolThatCannotBeUsedIsRefused(t *testing.T) {
	open := func(kind everact.AnyKind, options ...everact.Option) error {
		engine, err := everact.OpenInMemory(append(options, everact.WithKinds(kind))...)
		if err == nil {
			engine.Close()
		}
		return err
	}
	if err := open(everact.NewKind[render]("render", everact.Pool("paint"))); !errors.Is(err, everact.ErrInvalidDeclaration) {
		t.Fatal(err)
	}
	receiver := everact.ProcessFunc("idle", func(*everact.ProcessContext, everact.None) error { return nil }, everact.Pool(everact.CPUPool))
	if err := open(receiver); !errors.Is(err, everact.ErrInvalidDeclaration) {
		t.Fatal(err)
	}
	if err := open(everact.NewKind[render]("render"), everact.WithPool("paint", 0)); !errors.Is(err, everact.ErrInvalidConfiguration) {
		t.Fatal(err)
	}
}
