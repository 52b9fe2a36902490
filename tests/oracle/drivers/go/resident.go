package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	everact "github.com/everact/everact-go"
)

// resident is a durable actor of a scenario, whose key is its name. OTP has none. What it hears of others is in its log.
type resident struct {
	Value int

	world *world
}

func (w *world) residentKind() *everact.Kind[resident] {
	kind := everact.NewKind[resident]("resident", everact.WithNew(func() *resident { return &resident{world: w} }))
	everact.Handle(kind, "do", (*resident).do)
	return kind
}

// Activated is its coming into memory.
func (r *resident) Activated(ctx *everact.Context) error {
	r.world.write(ctx.Key(), "activated")
	return nil
}

// Passivating is its leaving of memory.
func (r *resident) Passivating(ctx *everact.Context) error {
	r.world.write(ctx.Key(), "passivating")
	return nil
}

// OnExit is the end of one that it is linked to.
func (r *resident) OnExit(ctx *everact.Context, exit everact.Exit) error {
	r.world.write(ctx.Key(), r.world.exitLine(exit))
	return nil
}

// OnDown is the end of one that it watches.
func (r *resident) OnDown(ctx *everact.Context, down everact.Down) error {
	r.world.write(ctx.Key(), "down "+r.world.nameOfTied(down.From, down.Actor)+" "+shown(down.Reason))
	return nil
}

func (r *resident) do(ctx *everact.Context, told do) (json.RawMessage, error) {
	var c command
	if err := json.Unmarshal(told.Command, &c); err != nil {
		return nil, err
	}
	var err error
	var answer any = "ok"
	switch c.text(0) {
	case "link":
		err = ctx.Link(r.world.tied(c.text(1)))
	case "unlink":
		err = ctx.Unlink(r.world.tied(c.text(1)))
	case "monitor":
		_, err = ctx.Monitor(r.world.tied(c.text(1)))
	case "trap":
		var on bool
		_ = json.Unmarshal(c[1], &on)
		_, err = ctx.TrapExits(on)
	case "spawn_link":
		var ref everact.Reference
		if ref, err = r.world.puppets.SpawnLink(ctx, born{Name: c.text(1)}); err == nil {
			r.world.entered(ref.Process())
		}
	case "passivate":
		ctx.Passivate()
	case "add":
		r.Value += c.number(1, 0)
		answer = r.Value
	case "crash":
		r.Value = -1
		err = errors.New(c.text(1))
	default:
		answer = notYet(c.text(0))
	}
	written, failed := json.Marshal(answer)
	return written, errors.Join(err, failed)
}

// nameOfTied is the name of a process or, where it is none, of an actor.
func (w *world) nameOfTied(process everact.ProcessRef, actor everact.Address) string {
	if actor.Key != "" {
		return actor.Key
	}
	return w.nameOf(process)
}

// tied is what a tie leads to: an actor, or the newest process of a name.
func (w *world) tied(name string) everact.Peer {
	w.mu.Lock()
	is := w.actors[name]
	w.mu.Unlock()
	if is {
		return w.engine.Actor("resident", name)
	}
	return w.ref(name)
}

// actByActor has an actor do something; false where the name is none's.
func (w *world) actByActor(c command) (any, bool) {
	w.mu.Lock()
	is := w.actors[c.text(1)]
	w.mu.Unlock()
	if !is {
		return nil, false
	}
	inner := append(command{c[0]}, c[2:]...)
	to := w.engine.Actor("resident", c.text(1))
	answer, err := everact.Ask[json.RawMessage](context.Background(), to, "do", do{must(json.Marshal(inner))})
	var failure *everact.Error
	if errors.As(err, &failure) {
		return []any{"failed", "error:" + strings.TrimPrefix(failure.Text, "HandlerFailed: ")}, true
	}
	return answer, true
}
