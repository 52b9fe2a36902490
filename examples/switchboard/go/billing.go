package main

import (
	"encoding/json"
	"errors"

	everact "github.com/everact/everact-go"
)

// Event is what the exchange and the lines tell of. It goes to an event manager, whose handlers make bills and watch over the lines.
type Event struct {
	What         string
	Line, TalkMs int
}

var (
	manager = everact.NewEventManager[Event]("events")
	clerks  = everact.NewProcess[Clerk]("clerk")
)

func init() {
	everact.HandleEvents[Billing](manager, "billing")
	everact.HandleEvents[Monitor](manager, "monitor")
}

// events is the event manager.
func events(ctx *everact.Context) (everact.ManagerRef[Event], error) {
	ref, found := ctx.Whereis("events")
	if !found {
		return everact.ManagerRef[Event]{}, errors.New("there is no event manager")
	}
	return manager.Manager(ctx, ref), nil
}

// Billing makes a bill for each call that was completed.
type Billing struct{ Bills, TalkedMs int }

// OnEvent looks at completed calls only.
func (b *Billing) OnEvent(_ *everact.Context, event Event) error {
	if event.What == "completed" {
		b.Bills++
		b.TalkedMs += event.TalkMs
	}
	return nil
}

// OnCall tells how many bills there are.
func (b *Billing) OnCall(*everact.Context, json.RawMessage) (any, error) { return b.Bills, nil }

// Monitor counts how often lines have come up.
type Monitor struct{ Starts int }

// OnEvent looks at lines only.
func (m *Monitor) OnEvent(_ *everact.Context, event Event) error {
	if event.What == "line up" {
		m.Starts++
	}
	return nil
}

// OnCall tells how many starts there were.
func (m *Monitor) OnCall(*everact.Context, json.RawMessage) (any, error) { return m.Starts, nil }

// Clerk sees to it that both handlers are there. One that fails is removed by the manager, and the clerk is told.
type Clerk struct{}

// Activated comes right after the manager in the tree, so no event is missed.
func (c *Clerk) Activated(ctx *everact.Context) error {
	return errors.Join(add(ctx, "billing", Billing{}), add(ctx, "monitor", Monitor{}))
}

// OnHandlerGone puts a new one in the place of one that has failed.
func (c *Clerk) OnHandlerGone(ctx *everact.Context, gone everact.HandlerGone) error {
	if gone.Handler == "billing" {
		return add(ctx, "billing", Billing{})
	}
	return add(ctx, "monitor", Monitor{})
}

func add(ctx *everact.Context, name string, handler any) error {
	manager, err := events(ctx)
	if err != nil {
		return err
	}
	return manager.Add(ctx, name, handler, everact.Supervised())
}
