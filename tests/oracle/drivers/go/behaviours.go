package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// info is what a behaviour is sent as a message of its own: `info` in OTP.
type info string

// isBehaviour tells whether a process is a server, a state machine or an event manager.
func isBehaviour(ref everact.ProcessRef) bool {
	switch ref.Kind() {
	case "server", "functions", "handlers", "manager":
		return true
	default:
		return false
	}
}

// startBehaviour starts a server, a state machine or an event manager, and waits until it has begun.
func (w *world) startBehaviour(where everact.Scope, c command, options ...everact.SpawnOption) any {
	kind, name := c.text(1), c.text(2)
	var ref everact.ProcessRef
	switch kind {
	case "server":
		data := decoded[serverData](c, 3)
		ref = must(w.servers.Spawn(where, server{Name: name, Data: data}, options...)).Process()
	case "machine":
		data := decoded[machineData](c, 3)
		ref = must(w.machineKind(&data).Spawn(where, machine{Name: name, Data: data}, options...)).Process()
	case "manager":
		ref = must(w.managers.Spawn(where, options...)).Process()
		w.enter(name, ref)
		return "ok"
	default:
		return notYet(kind)
	}
	var came any = "no answer"
	w.until(answerTime, func() bool {
		given, is := w.begins[ref.Number()]
		if is {
			came = given
		}
		return is
	})
	if came != "ok" {
		w.endOf(ref)
	}
	return came
}

// outcome is what comes of a beginning: a reason to stop, a text to crash with, or to be ignored.
type outcome struct {
	Stop, Crash string
	Ignore      bool
}

// begin is the beginning of a server or a state machine. An error is the end of it.
func (w *world) begin(ctx *everact.Context, name string, trap bool, how outcome) error {
	w.enter(name, ctx.Self())
	w.write("tree", "start "+name)
	if trap {
		if _, err := ctx.TrapExits(true); err != nil {
			return err
		}
	}
	var came any = "ok"
	var err error
	switch {
	case how.Stop != "":
		came, err = []any{"error", how.Stop}, ctx.Exit(reason(how.Stop))
	case how.Crash != "":
		came, err = []any{"error", "error:" + how.Crash}, errors.New(how.Crash)
	case how.Ignore:
		came, err = "ignore", ctx.Exit(everact.Normal)
	}
	w.change(func() { w.begins[ctx.Self().Number()] = came })
	return err
}

// say sends something to a behaviour.
func (w *world) say(given everact.Turn, c command) any {
	ref, text := w.ref(c.text(1)), c.text(2)
	if c.text(0) != "call" {
		if !isBehaviour(ref) {
			return "ok"
		}
		if err := everact.Tell(given, w.engine.Process(ref), c.text(0), text); err != nil {
			panic(err)
		}
		return "ok"
	}
	if !isBehaviour(ref) {
		return []any{"failed", "noproc"}
	}
	within, cancel := context.WithTimeout(given, time.Duration(c.number(3, int(waitTime()/time.Millisecond)))*time.Millisecond)
	defer cancel()
	answer, err := everact.Ask[json.RawMessage](within, w.engine.Process(ref), "call", text)
	if err != nil {
		return []any{"failed", why(err)}
	}
	return answer
}

// why is the reason for which something that was asked has failed.
func why(err error) string {
	var failure *everact.Error
	if !errors.As(err, &failure) {
		return err.Error()
	}
	ended, has := strings.CutPrefix(failure.Text, "the process has ended: ")
	sort, detail, detailed := strings.Cut(ended, " ")
	switch {
	case errors.Is(err, everact.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, everact.ErrHandlerFailed):
		return "error:" + thrown(failure.Text)
	case !has:
		return "noproc"
	case detailed && sort == "shutdown":
		return "shutdown:" + strings.Trim(detail, `"`)
	case strings.HasPrefix(ended, `"`):
		return "custom:" + strings.Trim(ended, `"`)
	default:
		return ended
	}
}

// done is what a request without a value gives.
func done(err error) any {
	if err != nil {
		return []any{"failed", why(err)}
	}
	return "ok"
}

func decoded[T any](c command, at int) (value T) {
	if at < len(c) {
		if err := json.Unmarshal(c[at], &value); err != nil {
			panic(err)
		}
	}
	return value
}

// isGiven tells whether an entry has this part: what it has not comes back as null, since data travels as the argument of a process.
func isGiven(part json.RawMessage) bool { return len(part) > 0 && string(part) != "null" }
