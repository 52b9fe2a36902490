package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	everact "github.com/everact/everact-go"
)

// born is what a puppet begins with: its name, and a command that is its first act.
type born struct {
	Name  string
	First json.RawMessage `json:",omitempty"`
}

// first is the command that a new puppet begins with, where the command that makes it has one.
func first(c command) json.RawMessage {
	if len(c) < 3 {
		return nil
	}
	return c[2]
}

// hands is the mailbox of a process in receive style.
type hands struct{ ctx *everact.ProcessContext }

func (h hands) take(wait time.Duration, fits func(any) bool) any {
	received, err := h.ctx.Receive(everact.Within(wait), everact.When(fits))
	if err != nil {
		return nil
	}
	return received
}

func (h hands) down(monitor everact.Monitor) bool {
	_, err := h.ctx.Receive(everact.DownOf(monitor), everact.Within(receiveTime))
	return err == nil
}

func (h hands) demonitor(monitor everact.Monitor, flush bool) bool {
	var options []everact.DemonitorOption
	if flush {
		options = append(options, everact.Flush())
	}
	was, _ := h.ctx.Demonitor(monitor, options...)
	return was
}

// puppet is a process that does what it is told. Commands overtake its other messages, which stay until it is told to receive them.
func (w *world) puppet(ctx *everact.ProcessContext, begin born) error {
	if begin.Name == "" {
		_, err := ctx.Receive()
		return err
	}
	m := w.memory(hands{ctx})
	w.enter(begin.Name, ctx.Self())
	if begin.First != nil {
		var c command
		if err := json.Unmarshal(begin.First, &c); err != nil {
			return err
		}
		if _, err := m.act(ctx.Context, ctx, c); err != nil {
			return err
		}
	}
	for {
		received, err := ctx.Receive(everact.Any[do](), everact.Any[ping]())
		if err != nil {
			return err
		}
		asker := ctx.Asker()
		var answer any = "pong"
		if told, is := received.(do); is {
			var c command
			if err := json.Unmarshal(told.Command, &c); err != nil {
				return err
			}
			w.change(func() { w.taken[begin.Name]++ })
			if answer, err = m.act(ctx.Context, ctx, c); err != nil {
				return err
			}
		}
		written, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if err := asker.Reply(json.RawMessage(written)); err != nil {
			return err
		}
	}
}

// entered waits until a process that was just spawned has entered.
func (w *world) entered(ref everact.ProcessRef) {
	w.until(answerTime, func() bool { _, is := w.whose[ref.Number()]; return is })
}

// run does what a command of the runner says.
func (w *world) run(c command) any {
	switch c.text(0) {
	case "spawn":
		ref, err := w.puppets.Spawn(w.engine, born{c.text(1), first(c)})
		if errors.Is(err, everact.ErrClosed) {
			return "closed"
		}
		if err != nil {
			panic(err)
		}
		w.entered(ref.Process())
		return "ok"
	case "start":
		return w.start(c)
	case "run":
		return w.runRoot(c)
	case "close":
		w.closed = true
		return done(w.engine.Close())
	case "actor":
		w.change(func() { w.actors[c.text(1)] = true })
		return "ok"
	case "stop":
		return w.stop(c)
	case "ended":
		return w.ended(c.text(1), c.number(2, 1))
	case "log":
		return w.log(c.text(1), c.number(2, 0))
	case "first":
		lines := w.log(c.text(1), c.number(2, 0))
		return lines[:min(len(lines), c.number(2, 0))]
	case "history":
		return w.history()
	case "add_handler", "delete_handler", "swap_handler", "handlers", "notify", "sync_notify", "call_handler":
		return w.manage(context.Background(), c)
	case "count", "which", "start_child", "terminate_child", "restart_child", "delete_child":
		return w.operate(c)
	default:
		if given, is := w.actByActor(c); is {
			return given
		}
		return w.send(c)()
	}
}

// send tells a process a command; what it gives waits for the answer, or for the end of the process.
func (w *world) send(c command) (finish func() any) {
	w.notice()
	ref := w.ref(c.text(1))
	if ref.Kind() == "child" && c.text(0) == "receive" {
		return func() any { return w.poll(ref, c) }
	}
	to := w.engine.Process(ref)
	if !w.closed && !to.IsAlive() {
		return func() any { return []any{"ended", "noproc"} }
	}
	inner := append(command{c[0]}, c[2:]...)
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	pending := everact.Start[json.RawMessage](ctx, to, "do", do{must(json.Marshal(inner))})
	return func() any {
		defer cancel()
		answer, err := pending.Wait(ctx)
		switch {
		case err == nil:
			return answer
		case errors.Is(err, everact.ErrDeadlineExceeded):
			return "no answer"
		case errors.Is(err, everact.ErrClosed):
			return "closed"
		default:
			return []any{"ended", w.endOf(ref)}
		}
	}
}

// poll has a process in handler style look into its mailbox until something is there.
func (w *world) poll(ref everact.ProcessRef, c command) any {
	wait := time.Duration(c.number(3, int(receiveTime/time.Millisecond))) * time.Millisecond
	pattern := json.RawMessage("[]")
	if len(c) > 2 {
		pattern = c[2]
	}
	at := []json.RawMessage{c[0], c[1], pattern, json.RawMessage("0")}
	for until := time.Now().Add(wait); ; time.Sleep(5 * time.Millisecond) {
		to := w.engine.Process(ref)
		inner := append(command{at[0]}, at[2:]...)
		answer, err := everact.Ask[json.RawMessage](context.Background(), to, "do", do{must(json.Marshal(inner))})
		if err != nil {
			return []any{"ended", w.endOf(ref)}
		}
		if string(answer) != `"nothing"` || time.Now().After(until) {
			return answer
		}
	}
}
