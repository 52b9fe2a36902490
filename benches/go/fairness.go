package main

// Fairness: how long a ping waits where a hundred actors never run dry, beside an engine that is otherwise idle.
//
// `ask` is an ask from outside, whose turn the asking goroutine runs where the actor is idle. `told` is a tell whose handler answers through a
// channel of the caller's: its turn waits with all others that are ready.

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	everact "github.com/everact/everact-go"
)

const (
	// busyActors always have a message: each tells itself the next one.
	busyActors = 100
	// pace is between two pings.
	pace   = time.Millisecond
	warmUp = 200 * time.Millisecond
)

var (
	spun     atomic.Int64
	spinOver atomic.Bool
	answers  = make(chan struct{}, 1)
)

type busy struct{}

func (b *busy) Spin(ctx *everact.Context) error {
	spun.Add(1)
	if spinOver.Load() {
		return nil
	}
	return spin.Tell(ctx, busyKind.Actor(ctx, ctx.Key()), everact.None{})
}

type pong struct{}

func (p *pong) Ping(*everact.Context) (int, error) { return 1, nil }

func (p *pong) Told(*everact.Context) error {
	answers <- struct{}{}
	return nil
}

var (
	busyKind = everact.NewKind[busy]("busy", everact.Transient())
	pongKind = everact.NewKind[pong]("pong", everact.Transient())
	spin     *everact.Handler[busy, everact.None, everact.None]
	ping     = everact.HandleNoMessage(pongKind, "ping", (*pong).Ping)
	told     = everact.HandleNothing(pongKind, "told", (*pong).Told)
)

func init() { spin = everact.HandleNothing(busyKind, "spin", (*busy).Spin) }

// found is a figure of a run of several.
type found struct {
	name, unit string
	value      float64
}

// fairness gives the figures of one run, with the collector as it is unless a program sets it.
func fairness(seconds time.Duration) ([]found, error) {
	spinOver.Store(false)
	engine, err := everact.Open("", everact.WithKinds(busyKind, pongKind), quiet)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	defer spinOver.Store(true)
	ctx, to := context.Background(), pongKind.Actor(engine, "pong")
	pings := []struct {
		name string
		ping func() error
	}{
		{"ask", func() error { _, err := ping.Ask(ctx, to, everact.None{}); return err }},
		{"told", func() error {
			if err := told.Tell(ctx, to, everact.None{}); err != nil {
				return err
			}
			<-answers
			return nil
		}},
	}
	var all []found
	idle := map[string]float64{}
	for _, state := range []string{"idle", "busy"} {
		for key := 0; state == "busy" && key < busyActors; key++ {
			if err := spin.Tell(ctx, busyKind.Actor(engine, strconv.Itoa(key)), everact.None{}); err != nil {
				return nil, err
			}
		}
		for _, one := range pings {
			if _, err := waits(one.ping, warmUp); err != nil {
				return nil, err
			}
			before, began := spun.Load(), time.Now()
			took, err := waits(one.ping, seconds)
			if err != nil {
				return nil, err
			}
			p50, p99 := at(took, 0.5), at(took, 0.99)
			all = append(all, found{"fair." + one.name + "." + state + "_p50_us", "us", p50}, found{"fair." + one.name + "." + state + "_p99_us", "us", p99})
			if state == "idle" {
				idle[one.name] = p99
				continue
			}
			all = append(all, found{"fair." + one.name + ".busy_by_idle_p99", "times", p99 / idle[one.name]})
			if one.name == "told" {
				all = append(all, found{"fair.turns_per_s", "1/s", float64(spun.Load()-before) / time.Since(began).Seconds()})
			}
		}
	}
	return all, nil
}

// waits gives the microseconds that pings took, sorted.
func waits(ping func() error, seconds time.Duration) ([]float64, error) {
	var took []float64
	for end := time.Now().Add(seconds); time.Now().Before(end); {
		time.Sleep(pace)
		began := time.Now()
		if err := ping(); err != nil {
			return nil, err
		}
		took = append(took, float64(time.Since(began).Nanoseconds())/1000)
	}
	slices.Sort(took)
	return took, nil
}

func at(took []float64, part float64) float64 {
	return took[min(len(took)-1, int(float64(len(took))*part))]
}
