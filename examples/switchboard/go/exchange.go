package main

import (
	"errors"

	everact "github.com/everact/everact-go"
)

// Tally is how the calls have ended so far.
type Tally struct{ Begun, Completed, Busy, GivenUp, Killed, LineLost int }

// Open is how many calls are under way.
func (t Tally) Open() int {
	return t.Begun - t.Completed - t.Busy - t.GivenUp - t.Killed - t.LineLost
}

// Exchange puts calls through, watches each of them, and keeps the tally. It has no part in a conversation, so nothing that happens to a call can harm it.
type Exchange struct {
	Tally   Tally
	waiting []*everact.Asker
}

var (
	exchanges = everact.NewServer[Exchange]("exchange")
	place     = everact.HandleNoReply(exchanges, "place", (*Exchange).Place)
	drained   = everact.HandleNoMessage(exchanges, "drained", (*Exchange).Drained)
)

// Place starts a call, and watches it before it begins.
func (e *Exchange) Place(ctx *everact.Context, plan Plan) error {
	supervisor, found := ctx.Whereis("calls")
	if !found {
		return errors.New("there is no supervisor of calls")
	}
	call, err := ctx.Supervisor(supervisor).StartDynamic(ctx, calls.Child(Call{Plan: plan}))
	if err != nil {
		return err
	}
	e.Tally.Begun++
	if _, err := ctx.Monitor(call); err != nil {
		return err
	}
	messages := []any{Lift{}}
	for _, digit := range plan.Dials {
		messages = append(messages, Digit{string(digit)})
	}
	for _, message := range messages {
		if err := ctx.Tell(call, message); err != nil {
			return err
		}
	}
	return nil
}

// OnDown counts a call that has ended. Its reason says how, whatever became of it.
func (e *Exchange) OnDown(ctx *everact.Context, down everact.Down) error {
	defer e.tellWhoWaits()
	var result Result
	switch {
	case down.Reason == lineLost:
		e.Tally.LineLost++
	case !down.Reason.Detail(&result):
		e.Tally.Killed++
	case result.Outcome == "busy":
		e.Tally.Busy++
	case result.Outcome == "given up":
		e.Tally.GivenUp++
	default:
		e.Tally.Completed++
		manager, err := events(ctx)
		if err != nil {
			return err
		}
		return manager.Notify(ctx, Event{What: "completed", TalkMs: result.Plan.TalkMs})
	}
	return nil
}

// Drained is the tally, once no call is under way.
func (e *Exchange) Drained(ctx *everact.Context) (Tally, error) {
	e.waiting = append(e.waiting, ctx.Defer())
	e.tellWhoWaits()
	return e.Tally, nil // nobody gets it
}

func (e *Exchange) tellWhoWaits() {
	if e.Tally.Open() > 0 {
		return
	}
	for _, asker := range e.waiting {
		_ = asker.Reply(e.Tally) // whoever has gone away misses nothing
	}
	e.waiting = nil
}
