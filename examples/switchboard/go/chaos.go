package main

import (
	"errors"
	"time"

	everact "github.com/everact/everact-go"
)

// Storm is what chaos is let loose on.
type Storm struct {
	Seed  int64
	Lines int
}

// Stop asks for an end of it; it is answered by Kills.
type Stop struct{}

// Kills is what chaos has killed.
type Kills struct{ Calls, Lines int }

const betweenKills = 30 * time.Millisecond

// chaos kills a call or a line every few milliseconds, from a seed, and sees it die. It goes on until it is stopped.
var chaos = everact.ProcessFunc("chaos", func(ctx *everact.ProcessContext, storm Storm) error {
	dice, kills := NewDice(storm.Seed), Kills{}
	for {
		_, err := everact.ReceiveOf[Stop](ctx, everact.Within(betweenKills))
		switch {
		case err == nil:
			return ctx.Reply(kills)
		case !errors.Is(err, everact.ErrTimeout):
			return err
		case dice.Roll(2) == 1:
			err = killCall(ctx, dice, &kills.Calls)
		default:
			err = killLine(ctx, dice.Roll(storm.Lines), &kills.Lines)
		}
		if err != nil {
			return err
		}
	}
}, everact.Messages(Stop{}))

// killCall kills any of those that are under way.
func killCall(ctx *everact.ProcessContext, dice *Dice, count *int) error {
	supervisor, found := ctx.Whereis("calls")
	if !found {
		return errors.New("there is no supervisor of calls")
	}
	underWay, err := ctx.Supervisor(supervisor).Children(ctx)
	if err != nil || len(underWay) == 0 {
		return err
	}
	return kill(ctx, underWay[dice.Roll(len(underWay))].Process, count)
}

// killLine kills a line, whatever it is doing.
func killLine(ctx *everact.ProcessContext, number int, count *int) error {
	line, found := ctx.Whereis(lineName(number))
	if !found {
		return nil
	}
	return kill(ctx, line, count)
}

// kill counts the victim if it was the kill that ended it: a call may have ended by itself just before.
func kill(ctx *everact.ProcessContext, victim everact.ProcessRef, count *int) error {
	monitor, err := ctx.Monitor(victim)
	if err != nil {
		return err
	}
	if err := ctx.ExitTo(victim, everact.Kill); err != nil {
		return err
	}
	down, err := everact.ReceiveOf[everact.Down](ctx, everact.When(func(down everact.Down) bool { return down.Monitor == monitor }))
	if err == nil && down.Reason == everact.Killed {
		*count++
	}
	return err
}
