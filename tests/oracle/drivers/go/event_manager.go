package main

import (
	"context"
	"encoding/json"
	"errors"

	everact "github.com/everact/everact-go"
)

// listening is the world that is played: handlers of event managers are made from data alone.
var listening *world

// listenerData is a handler as a scenario has it.
type listenerData struct {
	On      map[string]listenerEntry
	Refuses string
	Crash   string
}

// listenerEntry is what a handler does for an event.
type listenerEntry struct {
	Crash  string
	Remove bool
	// Nonsense is a reply that cannot be encoded.
	Nonsense bool
	Swap     []json.RawMessage
	Reply    json.RawMessage
}

// listener is a handler from data. Lane is the log that it writes to, its manager's name.
type listener struct {
	Lane, Name string
	Data       listenerData
}

func managerKind() *everact.EventManager[string] {
	kind := everact.NewEventManager[string]("manager", everact.Messages(info("")))
	everact.HandleEvents[listener](kind, "listener")
	return kind
}

func (l *listener) write(line string) { listening.write(l.Lane, l.Name+line) }

// Init is the handler's beginning.
func (l *listener) Init(_ *everact.Context, after *everact.Predecessor) error {
	left := ""
	switch {
	case after == nil:
	case after.Result != nil:
		var result string
		if err := json.Unmarshal(after.Result, &result); err != nil {
			return err
		}
		left = " after " + result
	default:
		left = " after error"
	}
	l.write(" begins" + left)
	switch {
	case l.Data.Crash != "":
		return errors.New(l.Data.Crash)
	case l.Data.Refuses != "":
		var detail any
		reason(l.Data.Refuses).Detail(&detail)
		return everact.RefuseHandler(detail)
	default:
		return nil
	}
}

// handle writes what came, and does what the table says of it.
func (l *listener) handle(ctx *everact.Context, line, key string) (any, error) {
	l.write(": " + line)
	entry := l.Data.On[key]
	switch {
	case entry.Crash != "":
		return nil, errors.New(entry.Crash)
	case entry.Remove:
		ctx.RemoveHandler()
	case len(entry.Swap) > 0:
		swap := command(entry.Swap)
		ctx.SwapHandler(swap.text(0), listener{l.Lane, swap.text(0), decoded[listenerData](swap, 1)}, "swapped")
	}
	if entry.Nonsense {
		return make(chan int), nil
	}
	if isGiven(entry.Reply) {
		return entry.Reply, nil
	}
	return "no reply", nil
}

// OnEvent is an event.
func (l *listener) OnEvent(ctx *everact.Context, event string) error {
	_, err := l.handle(ctx, event, event)
	return err
}

// OnInfo is a message to the manager.
func (l *listener) OnInfo(ctx *everact.Context, message any) error {
	text, is := message.(info)
	if !is {
		return nil
	}
	_, err := l.handle(ctx, "info "+string(text), string(text))
	return err
}

// OnCall is a query.
func (l *listener) OnCall(ctx *everact.Context, query json.RawMessage) (any, error) {
	var text string
	if err := json.Unmarshal(query, &text); err != nil {
		return nil, err
	}
	return l.handle(ctx, "call "+text, text)
}

// OnExit is an exit that was sent to the manager.
func (l *listener) OnExit(ctx *everact.Context, exit everact.Exit) error {
	line := listening.exitLine(exit)
	_, err := l.handle(ctx, line, line)
	return err
}

// Terminate is the handler's end.
func (l *listener) Terminate(_ *everact.Context, end everact.HandlerEnd) (any, error) {
	why := ""
	switch end.Kind {
	case everact.HandlerAsked:
		if err := json.Unmarshal(end.Argument, &why); err != nil {
			return nil, err
		}
	case everact.HandlerRemoved:
		why = "remove_handler"
	case everact.HandlerStopped:
		why = "stop"
	case everact.HandlerOwnerExited:
		why = "stop " + shown(end.Reason)
	default:
		why = "failed " + shown(end.Reason)
	}
	l.write(": ends: " + why)
	return l.Name + " left", nil
}

// manage asks something of an event manager, in the name of a turn or of nobody.
func (w *world) manage(ctx context.Context, c command) any {
	name := c.text(1)
	ref := w.ref(name)
	if ref.Kind() != "manager" {
		if c.text(0) == "notify" {
			return "ok"
		}
		return []any{"failed", "noproc"}
	}
	m := w.managers.Manager(w.engine, ref)
	handler := func(at int) listener { return listener{name, c.text(at), decoded[listenerData](c, at+1)} }
	var value any = "ok"
	var err error
	switch c.text(0) {
	case "add_handler":
		err = m.Add(ctx, c.text(2), handler(2))
	case "add_sup_handler":
		err = m.Add(ctx, c.text(2), handler(2), everact.Supervised())
	case "delete_handler":
		value, err = m.Remove(ctx, c.text(2), "deleted")
	case "swap_handler":
		err = m.Swap(ctx, c.text(2), "swapped", c.text(3), handler(3))
	case "handlers":
		value, err = m.Handlers(ctx)
	case "notify":
		err = m.Notify(ctx, c.text(2))
	case "sync_notify":
		err = m.SyncNotify(ctx, c.text(2))
	case "call_handler":
		value, err = everact.CallHandler[json.RawMessage](ctx, m, c.text(2), c.text(3))
	}
	if err == nil {
		return value
	}
	answer := everact.AsEventHandlerError(err)
	if answer == nil {
		return []any{"failed", why(err)}
	}
	switch {
	case answer.Why == everact.NoSuchHandler:
		return "unknown_handler"
	case answer.Why == everact.HandlerAlreadyThere:
		return "already_installed"
	case answer.Why == everact.HandlerCallbackFailed && answer.Reason.Kind == everact.ReasonFailed && c.text(0) != "call_handler":
		return []any{"failed", shown(answer.Reason)}
	default:
		return []any{"error", shown(answer.Reason)}
	}
}
