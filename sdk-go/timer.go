package everact

// This file holds timers: messages after a while, once or again and again.

import (
	"context"
	"time"

	"github.com/everact/everact-go/internal/frame"
)

// Timer is a message that comes later.
type Timer struct {
	engine *Engine
	number uint64
}

// SendAfter tells a message to a process or an actor after a while. The message's handler is the one that has the name of its type.
func (e *Engine) SendAfter(after time.Duration, to Peer, message any) (Timer, error) {
	return e.timer(nil, frame.TimerAfter, after, to, message)
}

// SendEvery tells a message again and again, without drift, until it is cancelled or the receiver has ended.
func (e *Engine) SendEvery(every time.Duration, to Peer, message any) (Timer, error) {
	return e.timer(nil, frame.TimerEvery, every, to, message)
}

// SendAfter tells a message to a process or an actor after a while, or to this one where it is ctx.Self(). See Engine.SendAfter.
func (c *Context) SendAfter(after time.Duration, to Peer, message any) (Timer, error) {
	return c.system().timer(c, frame.TimerAfter, after, to, message)
}

// SendEvery tells a message again and again, without drift, until it is cancelled or one of both has ended. See Engine.SendEvery.
func (c *Context) SendEvery(every time.Duration, to Peer, message any) (Timer, error) {
	return c.system().timer(c, frame.TimerEvery, every, to, message)
}

func (e *Engine) timer(turn *Context, what uint16, wait time.Duration, to Peer, message any) (Timer, error) {
	if ref, ok := to.(ProcessRef); ok && turn == nil {
		to = e.Process(ref)
	}
	if wait < 0 || wait > keepMax {
		return Timer{}, failure(CodeInvalidArgument, "a timer's time is %v: 0 to %d milliseconds are", wait, keepMax/time.Millisecond)
	}
	name, payload, err := encoded(message)
	if err != nil {
		return Timer{}, err
	}
	r := to.in(turn)
	h, err := r.handler(name)
	if err == nil {
		err = r.reaches(h.id)
	}
	if err != nil {
		return Timer{}, err
	}
	given := frame.Timer{What: what, Kind: r.kind.id, Handler: h.id, Payload: payload, AfterMs: milliseconds(wait)}
	if r.process {
		given.Flags, given.Process = frame.TimerFlagProcess, frame.ProcessNumber(r.key)
	} else {
		given.Key = r.key
	}
	if turn != nil {
		given.Turn = turn.id
	}
	numbers, err := e.timed(turn, &given)
	if err != nil {
		return Timer{}, err
	}
	if len(numbers) == 0 {
		return Timer{}, failure(CodeInternal, "the core gave no number for a timer")
	}
	return Timer{e, numbers[0]}, nil
}

// timed has the core carry out a command about a timer.
func (e *Engine) timed(turn *Context, given *frame.Timer) ([]uint64, error) {
	reply, err := e.command(context.Background(), turn, func(b []byte, id uint64) []byte {
		given.ID = id
		return frame.AppendTimer(b, given)
	})
	return frame.Numbers(reply), err
}

// Cancel takes the timer back and gives the time that was left; false where its message has gone out, or it was cancelled before.
func (t Timer) Cancel() (left time.Duration, ok bool) { return t.left(frame.TimerCancel) }

// Left is the time that is left; false where the message has gone out, or the timer was cancelled.
func (t Timer) Left() (left time.Duration, ok bool) { return t.left(frame.TimerRead) }

func (t Timer) left(what uint16) (time.Duration, bool) {
	if t.engine == nil {
		return 0, false
	}
	numbers, err := t.engine.timed(nil, &frame.Timer{What: what, Timer: t.number})
	if err != nil || len(numbers) == 0 {
		return 0, false
	}
	return time.Duration(numbers[0]) * time.Millisecond, true
}
