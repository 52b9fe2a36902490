package main

import (
	"errors"
	"fmt"
	"time"

	everact "github.com/everact/everact-go"
)

// Day is how much the people who use the telephone talk.
type Day struct {
	Seed         int64
	Calls, Lines int
}

const betweenCalls = 8 * time.Millisecond

// traffic has somebody lift a handset every few milliseconds, so many times, and is done.
var traffic = everact.ProcessFunc("traffic", func(ctx *everact.ProcessContext, day Day) error {
	ref, found := ctx.Whereis("exchange")
	if !found {
		return errors.New("there is no exchange")
	}
	dice, exchange := NewDice(day.Seed), exchanges.Process(ctx, ref)
	for range day.Calls {
		if _, err := place.Ask(ctx, exchange, plan(dice, day.Lines)); err != nil {
			return err
		}
		select {
		case <-time.After(betweenCalls):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
})

// plan is somebody's call. One in twelve forgets to dial, one in eight is not at home.
func plan(dice *Dice, lines int) Plan {
	caller, callee := dice.Roll(lines), dice.Roll(lines)
	made := Plan{Caller: caller}
	if dice.Roll(12) > 0 {
		made.Dials = fmt.Sprintf("%02d", callee)
	}
	if dice.Roll(8) > 0 {
		made.AnswerMs = 2 + dice.Roll(15)
	}
	made.TalkMs = 10 + dice.Roll(50)
	return made
}
