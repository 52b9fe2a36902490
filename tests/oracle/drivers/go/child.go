package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// child is a puppet that a supervisor starts. It handles a message at a time, since its beginning may fail, and keeps those that it is sent.
type child struct {
	Name     string
	Manner   manner
	Outcomes []string

	kept  *keeper
	world *world
}

// manner says how a child ends: plain does not trap exits, polite traps them and ends with its supervisor after some time, stubborn traps them and stays.
type manner struct {
	Traps, Polite bool
	Ms            int
}

func mannerOf(given any) manner {
	switch given := given.(type) {
	case []any:
		return manner{Traps: true, Polite: true, Ms: int(given[1].(float64))}
	case string:
		return manner{Traps: given != "plain", Polite: given == "polite"}
	default:
		return manner{}
	}
}

// keeper is what a child has while it lives.
type keeper struct {
	memory *memory
	ctx    *everact.Context
	came   []any
}

func (k *keeper) take(_ time.Duration, fits func(any) bool) any {
	at := slices.IndexFunc(k.came, fits)
	if at < 0 {
		return nil
	}
	received := k.came[at]
	k.came = slices.Delete(k.came, at, at+1)
	return received
}

// down is for processes in receive style.
func (k *keeper) down(everact.Monitor) bool { return false }

func (k *keeper) demonitor(monitor everact.Monitor, flush bool) bool {
	was, _ := k.ctx.Demonitor(monitor)
	if flush {
		k.came = slices.DeleteFunc(k.came, func(received any) bool {
			down, is := received.(everact.Down)
			return is && down.Monitor == monitor
		})
	}
	return was
}

func (w *world) childKind() *everact.Kind[child] {
	kind := everact.NewProcess[child]("child", everact.WithNew(func() *child { return &child{kept: &keeper{}, world: w} }))
	everact.Handle(kind, "do", (*child).do)
	everact.Handle(kind, "ping", func(*child, *everact.Context, ping) (string, error) { return "pong", nil })
	everact.HandleNoReply(kind, "message", func(c *child, _ *everact.Context, received message) error {
		c.kept.came = append(c.kept.came, received)
		return nil
	})
	return kind
}

// Activated is the child's start, which has an outcome for each attempt; the last one goes on to hold.
func (c *child) Activated(ctx *everact.Context) error {
	c.world.notice()
	outcome := "ok"
	if attempt := c.world.attempt(c.Name); len(c.Outcomes) > 0 {
		outcome = c.Outcomes[min(attempt, len(c.Outcomes)-1)]
	}
	switch outcome {
	case "ok":
		return c.begin(ctx)
	case "ignore":
		c.world.write("tree", "start "+c.Name+" is ignored")
		return ctx.Exit(everact.Normal)
	case "hang":
		c.world.enter(c.Name, ctx.Self())
		c.world.write("tree", "start "+c.Name+" hangs")
		<-ctx.Done()
		return ctx.Err()
	default:
		c.world.write("tree", "start "+c.Name+" fails")
		return ctx.Exit(reason(outcome))
	}
}

func (c *child) begin(ctx *everact.Context) error {
	c.kept.memory = c.world.memory(c.kept)
	if c.Manner.Traps {
		if _, err := ctx.TrapExits(true); err != nil {
			return err
		}
	}
	c.world.enter(c.Name, ctx.Self())
	c.world.write("tree", "start "+c.Name)
	return nil
}

func (c *child) do(ctx *everact.Context, told do) (json.RawMessage, error) {
	var given command
	if err := json.Unmarshal(told.Command, &given); err != nil {
		return nil, err
	}
	c.kept.ctx = ctx
	answer, err := c.kept.memory.act(ctx, ctx, given)
	written, failed := json.Marshal(answer)
	return written, errors.Join(err, failed)
}

// OnExit ends a polite child with its supervisor.
func (c *child) OnExit(ctx *everact.Context, exit everact.Exit) error {
	if !c.Manner.Polite || !exit.Parent {
		c.kept.came = append(c.kept.came, exit)
		return nil
	}
	select {
	case <-time.After(time.Duration(c.Manner.Ms) * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	c.world.write("tree", strings.Join([]string{"stop ", c.Name, ": ", shown(exit.Reason)}, ""))
	return ctx.Exit(exit.Reason)
}

// OnDown keeps the end of another.
func (c *child) OnDown(_ *everact.Context, down everact.Down) error {
	c.kept.came = append(c.kept.came, down)
	return nil
}
