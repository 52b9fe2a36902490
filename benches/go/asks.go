package main

// The asks: one in flight, many callers, one hot key, many keys.

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	everact "github.com/everact/everact-go"
)

const (
	inFlight    = 1_000
	manyKeys    = 1_000
	millionKeys = 1_000_000
)

// Counter is the actor of all figures.
type Counter struct {
	Value int `json:"value"`
}

// Add is its only handler.
func (c *Counter) Add(_ *everact.Context, amount int) (int, error) {
	c.Value += amount
	return c.Value, nil
}

var (
	transient    = everact.NewKind[Counter]("scratch", everact.Transient())
	transientAdd = everact.Handle(transient, "add", (*Counter).Add)
	durable      = everact.NewKind[Counter]("counter")
	durableAdd   = everact.Handle(durable, "add", (*Counter).Add)
)

// quiet drops the engine's notices: with a thousand goroutines on few processors the scheduler itself makes turns slow.
var quiet = everact.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))

type add = *everact.Handler[Counter, int, int]

func transientSeq(_ string, seconds time.Duration) (float64, error) {
	return withEngine("", seconds, func(engine *everact.Engine, seconds time.Duration) (float64, error) {
		return sequence(transientAdd, transient.Actor(engine, "a"), seconds)
	})
}

func transientConc(_ string, seconds time.Duration) (float64, error) {
	return withEngine("", seconds, func(engine *everact.Engine, seconds time.Duration) (float64, error) {
		return loops(transientAdd, seconds, func(caller int) everact.Ref[Counter] {
			return transient.Actor(engine, strconv.Itoa(caller))
		})
	})
}

func durableSeq(folder string, seconds time.Duration) (float64, error) {
	return withEngine(folder, seconds, func(engine *everact.Engine, seconds time.Duration) (float64, error) {
		return sequence(durableAdd, durable.Actor(engine, "a"), seconds)
	})
}

func durableKeys(folder string, seconds time.Duration) (float64, error) {
	return withEngine(folder, seconds, func(engine *everact.Engine, seconds time.Duration) (float64, error) {
		return stream(engine, during(seconds, func(i int) string { return strconv.Itoa(i % manyKeys) }))
	})
}

func durableHot(folder string, seconds time.Duration) (float64, error) {
	return withEngine(folder, seconds, func(engine *everact.Engine, seconds time.Duration) (float64, error) {
		return pipeline(engine, during(seconds, func(int) string { return "hot" }))
	})
}

func durableMillion(folder string, seconds time.Duration) (float64, error) {
	return withEngine(folder, seconds, func(engine *everact.Engine, seconds time.Duration) (float64, error) {
		return pipeline(engine, during(seconds, func(i int) string { return strconv.Itoa(i * 7_368_787 % millionKeys) }))
	})
}

// withEngine opens, warms up for a fifth of the time, measures.
func withEngine(folder string, seconds time.Duration, measure func(*everact.Engine, time.Duration) (float64, error)) (float64, error) {
	engine, err := everact.Open(folder, everact.WithKinds(transient, durable), quiet)
	if err != nil {
		return 0, err
	}
	defer engine.Close()
	if _, err := measure(engine, seconds/5); err != nil {
		return 0, err
	}
	return measure(engine, seconds)
}

// sequence asks with one in flight.
func sequence(handler add, to everact.Ref[Counter], seconds time.Duration) (float64, error) {
	ctx := context.Background()
	began, done := time.Now(), 0
	for time.Since(began) < seconds {
		for range 100 {
			if _, err := handler.Ask(ctx, to, 1); err != nil {
				return 0, err
			}
		}
		done += 100
	}
	return float64(done) / time.Since(began).Seconds(), nil
}

// loops lets many goroutines ask, each in a loop of its own.
func loops(handler add, seconds time.Duration, to func(caller int) everact.Ref[Counter]) (float64, error) {
	var (
		group  sync.WaitGroup
		over   atomic.Bool
		done   atomic.Int64
		failed atomic.Pointer[error]
	)
	began := time.Now()
	for caller := range inFlight {
		group.Add(1)
		go func() {
			defer group.Done()
			actor, mine := to(caller), 0
			for !over.Load() {
				if _, err := handler.Ask(context.Background(), actor, 1); err != nil {
					failed.Store(&err)
					return
				}
				mine++
			}
			done.Add(int64(mine))
		}()
	}
	time.Sleep(seconds)
	over.Store(true)
	group.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}

// pipeline keeps a thousand asks in flight, from one goroutine that starts them without waiting, as long as there are keys.
func pipeline(engine *everact.Engine, key func(i int) (string, bool)) (float64, error) {
	ctx, began, done := context.Background(), time.Now(), 0
	var open [inFlight]*everact.Pending[int]
	for name, more := key(0); more; name, more = key(done) {
		slot := &open[done%inFlight]
		if *slot != nil {
			if _, err := (*slot).Wait(ctx); err != nil {
				return 0, err
			}
		}
		*slot = durableAdd.Start(ctx, durable.Actor(engine, name), 1)
		done++
	}
	for _, pending := range open {
		if pending == nil {
			continue
		}
		if _, err := pending.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return float64(done) / time.Since(began).Seconds(), nil
}

// during gives keys for so long.
func during(seconds time.Duration, key func(i int) string) func(i int) (string, bool) {
	end := time.Now().Add(seconds)
	return func(i int) (string, bool) { return key(i), i%64 != 0 || time.Now().Before(end) }
}

// stream keeps a thousand asks in flight, from as many goroutines, as long as there are keys.
func stream(engine *everact.Engine, key func(i int) (string, bool)) (float64, error) {
	var (
		group  sync.WaitGroup
		over   atomic.Bool
		next   atomic.Int64
		done   atomic.Int64
		failed atomic.Pointer[error]
	)
	began := time.Now()
	for range inFlight {
		group.Add(1)
		go func() {
			defer group.Done()
			for !over.Load() {
				name, more := key(int(next.Add(1)) - 1)
				if !more {
					over.Store(true)
					return
				}
				if _, err := durableAdd.Ask(context.Background(), durable.Actor(engine, name), 1); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		}()
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}
