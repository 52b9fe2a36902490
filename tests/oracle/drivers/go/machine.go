package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// states are the names of the states that scenarios have: a machine has to declare them.
var states = []string{"a", "b", "c", "closed", "locked", "open", "unlocked"}

// machineData is a state machine as a scenario has it.
type machineData struct {
	outcome
	Style   string
	Trap    bool
	Initial string
	Do      []command
	States  map[string]map[string]machineEntry
}

// machineEntry is what a machine does for an event in a state.
type machineEntry struct {
	outcome
	Next         string
	Repeat, Hold bool
	Do           []command
}

// machine is a state machine from data.
type machine struct {
	everact.MachineState
	Name string
	Data machineData

	world *world
	held  *everact.Asker
}

// machineKind is the kind of a machine's style.
func (w *world) machineKind(data *machineData) *everact.Kind[machine] {
	if data.Style == "functions" {
		return w.functions
	}
	return w.handlers
}

// handlersKind has one handler for all states.
func (w *world) handlersKind() *everact.Kind[machine] {
	kind := everact.NewStateMachine[machine]("handlers", states[0], everact.States(states...), everact.WithNew(func() *machine { return &machine{world: w} }))
	declareMachine(kind)
	return kind
}

// functionsKind has functions of their own for each state.
func (w *world) functionsKind() *everact.Kind[machine] {
	kind := everact.NewStateMachine[machine]("functions", states[0], everact.WithNew(func() *machine { return &machine{world: w} }))
	for _, state := range states {
		declareMachine(kind, everact.InState(state))
		everact.HandleEnter(kind, state, (*machine).OnEnter)
		everact.HandleTimeout(kind, state, (*machine).OnTimeout)
	}
	return kind
}

func declareMachine(kind *everact.Kind[machine], options ...everact.HandlerOption) {
	everact.Handle(kind, "call", func(m *machine, ctx *everact.Context, text string) (json.RawMessage, error) {
		return m.handle(ctx, "call "+text, "")
	}, options...)
	for _, name := range []string{"cast", "info", "internal"} {
		everact.HandleNoReply(kind, name, func(m *machine, ctx *everact.Context, text string) error {
			_, err := m.handle(ctx, name+" "+text, "")
			return err
		}, options...)
	}
}

// Activated is the machine's beginning.
func (m *machine) Activated(ctx *everact.Context) error {
	if m.Data.Initial != "" {
		ctx.NextState(m.Data.Initial)
	}
	m.actions(ctx, m.Data.Do)
	return m.world.begin(ctx, m.Name, m.Data.Trap, m.Data.outcome)
}

// handle writes the event with the state in which it comes, and does what the table says of it.
func (m *machine) handle(ctx *everact.Context, event, key string) (json.RawMessage, error) {
	m.world.write(m.Name, m.State+": "+event)
	if key == "" {
		key = event
	}
	entry, has := m.Data.States[m.State][key]
	if !has {
		entry = m.Data.States["*"][key]
	}
	if entry.Crash != "" {
		return nil, errors.New(entry.Crash)
	}
	reply, replies := replied(entry.Do)
	postpones := postponed(entry.Do)
	if !replies && !postpones {
		asker := ctx.Defer()
		if entry.Hold {
			m.held = asker
		}
	}
	if entry.Stop != "" {
		m.release(entry.Do)
		return reply, ended(ctx, entry.Stop)
	}
	m.actions(ctx, entry.Do)
	switch {
	case entry.Next != "":
		ctx.NextState(entry.Next)
	case entry.Repeat:
		ctx.RepeatState()
	}
	return reply, nil
}

// replied is the reply among the actions.
func replied(actions []command) (reply json.RawMessage, is bool) {
	for _, action := range actions {
		if action.text(0) == "reply" {
			return action[1], true
		}
	}
	return nil, false
}

func postponed(actions []command) bool {
	for _, action := range actions {
		if action.text(0) == "postpone" {
			return true
		}
	}
	return false
}

// release answers the caller that was kept.
func (m *machine) release(actions []command) {
	for _, action := range actions {
		if action.text(0) == "release" {
			if err := m.held.Reply(action[1]); err != nil {
				panic(err)
			}
		}
	}
}

// actions does what an entry says in its `do`.
func (m *machine) actions(ctx *everact.Context, actions []command) {
	m.release(actions)
	for _, action := range actions {
		switch verb := action.text(0); verb {
		case "reply", "release":
		case "postpone":
			ctx.Postpone()
		case "next_event":
			var options []everact.EventOption
			if action.text(1) != "internal" {
				options = append(options, everact.AsTold())
			}
			ctx.NextEvent(action.text(1), action.text(2), options...)
		case "timer":
			timeout(ctx, everact.NamedTimeout(action.text(1)), action[2:])
		case "state_timeout":
			timeout(ctx, everact.StateTimeout, action[1:])
		case "event_timeout":
			timeout(ctx, everact.EventTimeout, action[1:])
		default:
			panic("no action is called " + verb)
		}
	}
}

// timeout does an action about a time-out.
func timeout(ctx *everact.Context, which everact.WhichTimeout, how command) {
	switch how.text(0) {
	case "cancel":
		ctx.CancelTimeout(which)
		return
	case "update":
		ctx.UpdateTimeout(which, how.text(1))
		return
	}
	after := everact.Forever
	if how.text(0) == "" {
		after = time.Duration(how.number(0, 0)) * time.Millisecond
	}
	switch content := how.text(1); which {
	case everact.StateTimeout:
		ctx.StateTimeout(after, content)
	case everact.EventTimeout:
		ctx.EventTimeout(after, content)
	default:
		ctx.NamedTimeout(which.Name(), after, content)
	}
}

// OnEnter is the beginning of a state.
func (m *machine) OnEnter(ctx *everact.Context, previous string) error {
	_, err := m.handle(ctx, "enter from "+previous, "enter")
	return err
}

// OnTimeout is a time-out.
func (m *machine) OnTimeout(ctx *everact.Context, timeout everact.Timeout) error {
	var content string
	if err := json.Unmarshal(timeout.Content, &content); err != nil {
		return err
	}
	line := timeout.Which.String() + "_timeout " + content
	if name := timeout.Which.Name(); name != "" {
		line = "timer " + name + " " + content
	}
	_, err := m.handle(ctx, line, "")
	return err
}

// OnExit is the end of another one.
func (m *machine) OnExit(ctx *everact.Context, exit everact.Exit) error {
	_, err := m.handle(ctx, m.world.exitLine(exit), "")
	return err
}

// Terminate is the machine's end.
func (m *machine) Terminate(_ *everact.Context, why everact.ExitReason) error {
	m.world.write(m.Name, "terminate in "+m.State+": "+shown(why))
	return nil
}

// cutError is the text of a reason that is an error.
func cutError(why string) (text string, is bool) { return strings.CutPrefix(why, "error:") }
