package main

// The catalogue of actors, part 7: the kind whose handlers run in a pool. See `cruncher` in tests/conformance/README.md.

import (
	"errors"
	"os"
	"time"

	everact "github.com/everact/everact-go"
)

// crunchingMax is how long a handler computes at most.
const crunchingMax = 20 * time.Second

// Cruncher counts, and keeps a processor busy.
type Cruncher struct {
	Value int `json:"value"`
}

// crunch is an amount to add once a file is there.
type crunch struct {
	Amount int    `json:"amount"`
	File   string `json:"file"`
}

var cruncher = everact.NewKind[Cruncher]("cruncher", everact.Pool(everact.CPUPool), everact.Exposed())

func (c *Cruncher) add(amount int) int {
	c.Value += amount
	return c.Value
}

func init() {
	everact.Handle(cruncher, "add", func(c *Cruncher, _ *everact.Context, amount int) (int, error) { return c.add(amount), nil })
	everact.Handle(cruncher, "add_then_fail", func(c *Cruncher, _ *everact.Context, amount int) (int, error) {
		c.add(amount)
		return 0, errors.New("boom")
	})
	everact.Handle(cruncher, "crunch", func(c *Cruncher, _ *everact.Context, to crunch) (int, error) {
		for end := time.Now().Add(crunchingMax); time.Now().Before(end); {
			if _, err := os.Stat(to.File); err == nil {
				break
			}
		}
		return c.add(to.Amount), nil
	})
	everact.Handle(cruncher, "send", func(c *Cruncher, ctx *everact.Context, p parcel) (int, error) {
		if err := counterAdd.Tell(ctx, counter.Actor(ctx, p.To), p.Amount); err != nil {
			return 0, err
		}
		return c.add(p.Amount), nil
	})
	everact.HandleNoMessage(cruncher, "get", func(c *Cruncher, _ *everact.Context) (int, error) { return c.Value, nil }, everact.ReadOnly())
}
