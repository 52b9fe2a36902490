package main

import (
	"encoding/json"
	"strconv"
	"time"

	everact "github.com/everact/everact-go"
)

const (
	digits   = 2
	dialling = 50 * time.Millisecond
	ringing  = 50 * time.Millisecond
)

// Plan is what the two people are going to do.
type Plan struct {
	Caller int
	// Dials are the digits, or nothing by somebody who lifts the handset and forgets why.
	Dials            string
	AnswerMs, TalkMs int
}

// Call is a state machine from the lifted handset to the last word:
//
//	idle -> dialling -> ringing -> connected -> released, and from each of them straight to released.
//
// How a call ends is the reason with which its process ends, so nothing can come between the two.
type Call struct {
	everact.MachineState
	Plan             Plan
	Dialled, Outcome string
}

// Result is the detail of that reason.
type Result struct {
	Outcome string
	Plan    Plan
}

// What a call is told: by the exchange, by the line of the caller, by the people.
type (
	Lift     struct{}
	Tone     struct{}
	Engaged  struct{}
	Digit    struct{ Digit string }
	Answered struct{}
)

var calls = everact.NewStateMachine[Call]("call", "idle")

// lineLost is why a call ends whose line was killed. There is nothing to be saved: let it crash.
var lineLost = everact.Custom("line lost")

func init() {
	everact.HandleNoReply(calls, "lift", (*Call).Lift, everact.InState("idle"))
	everact.HandleNoReply(calls, "tone", (*Call).Tone, everact.InState("idle"))
	everact.HandleNoReply(calls, "digit", (*Call).TooEarly, everact.InState("idle"))
	everact.HandleNoReply(calls, "digit", (*Call).Digit, everact.InState("dialling"))
	everact.HandleNoReply(calls, "answered", (*Call).Answered, everact.InState("ringing"))
	everact.HandleNoReply(calls, "engaged", (*Call).Engaged, everact.InState("idle", "ringing"))
	everact.HandleEnter(calls, "dialling", (*Call).AwaitDigits)
	everact.HandleEnter(calls, "ringing", (*Call).Ring)
	everact.HandleEnter(calls, "connected", (*Call).Talk)
	everact.HandleEnter(calls, "released", (*Call).HangUp)
}

// Lift takes the caller's handset off, and waits for the tone.
func (c *Call) Lift(ctx *everact.Context, _ Lift) error {
	return c.tellLine(ctx, c.Plan.Caller, Seize{Call: ctx.Self()})
}

// Tone says that the line is ours.
func (c *Call) Tone(ctx *everact.Context, _ Tone) error {
	ctx.NextState("dialling")
	return nil
}

// TooEarly loses no digit that is dialled before the tone: it comes again in the next state.
func (c *Call) TooEarly(ctx *everact.Context, _ Digit) error {
	ctx.Postpone()
	return nil
}

// AwaitDigits lets nobody hold a line for ever without dialling.
func (c *Call) AwaitDigits(ctx *everact.Context, _ string) error {
	ctx.StateTimeout(dialling, "given up")
	return nil
}

// Digit makes it ring, if it is the last one.
func (c *Call) Digit(ctx *everact.Context, digit Digit) error {
	if c.Dialled += digit.Digit; len(c.Dialled) == digits {
		ctx.NextState("ringing")
	}
	return nil
}

// Ring rings the other line, for a while.
func (c *Call) Ring(ctx *everact.Context, _ string) error {
	callee, err := strconv.Atoi(c.Dialled)
	if err != nil {
		return err
	}
	ctx.StateTimeout(ringing, "given up")
	return c.tellLine(ctx, callee, Ring{Call: ctx.Self(), AnswerMs: c.Plan.AnswerMs})
}

// Answered is when the other one says hello.
func (c *Call) Answered(ctx *everact.Context, _ Answered) error {
	ctx.NextState("connected")
	return nil
}

// Engaged is when a line is in another call.
func (c *Call) Engaged(ctx *everact.Context, _ Engaged) error {
	c.release(ctx, "busy")
	return nil
}

// Talk lasts until they have said it all.
func (c *Call) Talk(ctx *everact.Context, _ string) error {
	ctx.StateTimeout(time.Duration(c.Plan.TalkMs)*time.Millisecond, "completed")
	return nil
}

// OnTimeout ends the time of a state; what that means is what it was started with.
func (c *Call) OnTimeout(ctx *everact.Context, timeout everact.Timeout) error {
	var outcome string
	if err := json.Unmarshal(timeout.Content, &outcome); err != nil {
		return err
	}
	c.release(ctx, outcome)
	return nil
}

// HangUp ends the process. Both lines see it, and so does the exchange, which reads the outcome.
func (c *Call) HangUp(ctx *everact.Context, _ string) error {
	return ctx.Exit(everact.ShutdownWith(Result{c.Outcome, c.Plan}))
}

// OnDown tells that a line was killed.
func (c *Call) OnDown(ctx *everact.Context, _ everact.Down) error { return ctx.Exit(lineLost) }

func (c *Call) release(ctx *everact.Context, outcome string) {
	c.Outcome = outcome
	ctx.NextState("released")
}

// tellLine tells a line something and watches it from now on; one that was killed a moment ago may not be back yet.
func (c *Call) tellLine(ctx *everact.Context, number int, message any) error {
	line, found := ctx.Whereis(lineName(number))
	if !found {
		return ctx.Exit(lineLost)
	}
	if _, err := ctx.Monitor(line); err != nil {
		return err
	}
	return ctx.Tell(line, message)
}
