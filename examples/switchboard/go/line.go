package main

import (
	"fmt"
	"time"

	everact "github.com/everact/everact-go"
)

// Line is one telephone at the end of a wire: idle, or in one call. It watches that call; however it ends, the line is idle afterwards.
type Line struct {
	Number int
	Call   everact.ProcessRef
}

// Seize lifts the handset.
type Seize struct{ Call everact.ProcessRef }

// Ring rings the line: for which call, and after how long somebody picks up (0: nobody is at home).
type Ring struct {
	Call     everact.ProcessRef
	AnswerMs int
}

var (
	lines  = everact.NewProcess[Line]("line")
	isIdle = everact.HandleNoMessage(lines, "is_idle", func(l *Line, _ *everact.Context) (bool, error) { return l.Call.IsZero(), nil })
)

func init() {
	everact.HandleNoReply(lines, "seize", (*Line).Seize)
	everact.HandleNoReply(lines, "ring", (*Line).Ring)
}

// lineName is the name under which a line is found.
func lineName(number int) string { return fmt.Sprintf("line %02d", number) }

// Activated begins anew, after a kill as well: idle, and in no call.
func (l *Line) Activated(ctx *everact.Context) error {
	manager, err := events(ctx)
	if err != nil {
		return err
	}
	return manager.Notify(ctx, Event{What: "line up", Line: l.Number})
}

// Seize gives a dial tone, unless the line is in a call.
func (l *Line) Seize(ctx *everact.Context, seize Seize) error {
	if taken, err := l.takes(ctx, seize.Call); err != nil || !taken {
		return ctx.Tell(seize.Call, Engaged{})
	}
	return ctx.Tell(seize.Call, Tone{})
}

// Ring is somebody else's call.
func (l *Line) Ring(ctx *everact.Context, ring Ring) error {
	if taken, err := l.takes(ctx, ring.Call); err != nil || !taken {
		return ctx.Tell(ring.Call, Engaged{})
	}
	if ring.AnswerMs == 0 {
		return nil
	}
	_, err := ctx.SendAfter(time.Duration(ring.AnswerMs)*time.Millisecond, ring.Call, Answered{})
	return err
}

// OnDown tells that the call has ended, or was killed.
func (l *Line) OnDown(*everact.Context, everact.Down) error {
	l.Call = everact.ProcessRef{}
	return nil
}

func (l *Line) takes(ctx *everact.Context, call everact.ProcessRef) (bool, error) {
	if !l.Call.IsZero() {
		return false, nil
	}
	l.Call = call
	_, err := ctx.Monitor(call)
	return true, err
}
