package everact

// This file declares state machines: processes or actors as OTP's gen_statem has them.

import (
	stdjson "encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/everact/everact-go/internal/frame"
)

// MachineState is what the struct of a state machine embeds: the name of its state, stored with the rest. It changes when a callback that has called
// Context.NextState returns; nothing else should change it.
type MachineState struct {
	// State is the name of the state.
	State string `json:"state"`
}

func (m *MachineState) machineState() *string { return &m.State }

// machineHolder is a struct that embeds a MachineState.
type machineHolder interface{ machineState() *string }

// stateName is where a state machine has the name of its state.
func stateName(actor any) *string { return actor.(machineHolder).machineState() }

// machineCore is what a kind knows of its state machine.
type machineCore struct {
	initial string
	// states are the names that are declared; enter and timeout are the callbacks of one state.
	states  map[string]bool
	enter   map[string]func(object any, ctx *Context, previous string) error
	timeout map[string]func(object any, ctx *Context, timeout Timeout) error
	// name is where an object has the name of its state.
	name func(object any) *string
}

// NewStateMachine declares a kind of state machines that are processes. A is a struct that embeds MachineState. The general part is the core's, as
// gen_statem is.
//
// Handlers with the option InState are for these states only, and several functions may handle the same message in different states; those without it are
// for all other states. A message that nothing in the state takes fails with UnknownHandler, and as any failure ends the process. HandleEnter and EnterHandler
// run when a state is entered, HandleTimeout and TimeoutHandler when a time-out comes, Terminator at the end. A state that neither these nor States name is an
// error where NextState wants it.
//
//	var doors = everact.NewStateMachine[Door]("door", "locked")
//
//	everact.HandleNothing(doors, "push", (*Door).Pushed, everact.InState("unlocked"))
//
// A process begins in the state that its first fields name, or in the initial one where they name none.
func NewStateMachine[A any](name, initial string, options ...KindOption) *Kind[A] {
	return NewProcess[A](name, append(options[:len(options):len(options)], asMachine(initial))...)
}

// NewStateMachineActor declares a kind of state machines that are actors: found by their keys, and durable unless Transient. The name of the state is stored
// with the rest of it. See NewStateMachine. A callback that fails leaves the state as it was before; Terminator does not run.
func NewStateMachineActor[A any](name, initial string, options ...KindOption) *Kind[A] {
	return NewKind[A](name, append(options[:len(options):len(options)], asMachine(initial))...)
}

func asMachine(initial string) KindOption {
	return func(o *kindOptions) {
		declared := o.core.machine
		if declared == nil {
			declared = newMachineCore()
		}
		o.core.behaviour, o.core.machine = behaviourMachine, declared
		declared.initial = initial
		declared.states[initial] = true
		if initial == "" {
			o.core.refuse("kind %s: the initial state has no name", o.core.name)
		}
	}
}

func newMachineCore() *machineCore {
	return &machineCore{
		states: map[string]bool{}, enter: map[string]func(any, *Context, string) error{}, timeout: map[string]func(any, *Context, Timeout) error{},
	}
}

// States names states of a state machine that no handler is for alone.
func States(names ...string) KindOption {
	return func(o *kindOptions) {
		if o.core.machine == nil {
			o.core.machine = newMachineCore()
		}
		for _, name := range names {
			o.core.machine.states[name] = true
		}
	}
}

// InState lets a handler of a state machine take its message in these states only.
func InState(names ...string) HandlerOption {
	return func(h *handlerCore) { h.states = append(h.states, names...) }
}

// EnterHandler is a state machine with a callback for each state that is entered, the initial one included: previous is the state before. It may neither want
// another state nor postpone.
type EnterHandler interface {
	OnEnter(ctx *Context, previous string) error
}

// TimeoutHandler is a state machine that takes time-outs.
type TimeoutHandler interface {
	OnTimeout(ctx *Context, timeout Timeout) error
}

// Timeout is a time-out that has come.
type Timeout struct {
	// Which is the time-out.
	Which WhichTimeout
	// Content is what it was given, as JSON; null where that was nothing.
	Content stdjson.RawMessage
}

// WhichTimeout is one of a state machine's time-outs: StateTimeout, EventTimeout, or NamedTimeout of a name. Values may be compared by ==.
type WhichTimeout struct{ sort, name string }

// The time-outs without a name.
var (
	// StateTimeout is cancelled by a change of the state.
	StateTimeout = WhichTimeout{sort: "state"}
	// EventTimeout is cancelled by any event.
	EventTimeout = WhichTimeout{sort: "event"}
)

// NamedTimeout is the time-out of this name, which nothing cancels but Context.CancelTimeout.
func NamedTimeout(name string) WhichTimeout { return WhichTimeout{name: name} }

// Name is the name of a NamedTimeout, empty of the others.
func (w WhichTimeout) Name() string { return w.name }

// String is state, event or the name.
func (w WhichTimeout) String() string {
	if w.sort != "" {
		return w.sort
	}
	return w.name
}

// MarshalJSON is the time-out in the core's form.
func (w WhichTimeout) MarshalJSON() ([]byte, error) {
	if w.sort != "" {
		return stdjson.Marshal(w.sort)
	}
	return stdjson.Marshal(map[string]string{"name": w.name})
}

// UnmarshalJSON reads it.
func (w *WhichTimeout) UnmarshalJSON(text []byte) error {
	*w = WhichTimeout{}
	if len(text) > 0 && text[0] == '"' {
		return stdjson.Unmarshal(text, &w.sort)
	}
	var named struct{ Name string }
	err := stdjson.Unmarshal(text, &named)
	w.name = named.Name
	return err
}

// HandleEnter declares what runs when one state is entered; see EnterHandler, which is for the states without.
func HandleEnter[A any](kind *Kind[A], state string, handle func(a *A, ctx *Context, previous string) error) {
	m := kind.core.machine
	if m == nil || m.enter[state] != nil {
		kind.core.refuse("kind %s: HandleEnter is for state machines, once for a state", kind.core.name)
		return
	}
	m.states[state] = true
	m.enter[state] = func(object any, ctx *Context, previous string) error {
		return handle(&object.(*cell[A]).live, ctx, previous)
	}
	kind.core.hooks.enter = entering
}

// HandleTimeout declares what runs when a time-out comes in one state; see TimeoutHandler, which is for the states without.
func HandleTimeout[A any](kind *Kind[A], state string, handle func(a *A, ctx *Context, timeout Timeout) error) {
	m := kind.core.machine
	if m == nil || m.timeout[state] != nil {
		kind.core.refuse("kind %s: HandleTimeout is for state machines, once for a state", kind.core.name)
		return
	}
	m.states[state] = true
	m.timeout[state] = func(object any, ctx *Context, timeout Timeout) error {
		return handle(&object.(*cell[A]).live, ctx, timeout)
	}
}

// anyState stands for the states that have no callback of their own.
const anyState = ""

// declareMachine finds the callbacks of a state machine.
func declareMachine[A any](core *kindCore) {
	actor := any((*A)(nil))
	if _, ok := actor.(machineHolder); !ok {
		core.refuse("kind %s: a state machine's struct embeds everact.MachineState", core.name)
		return
	}
	m := core.machine
	m.name = func(object any) *string { return stateName(&object.(*cell[A]).live) }
	if _, ok := actor.(EnterHandler); ok {
		m.enter[anyState] = func(object any, ctx *Context, previous string) error {
			return any(&object.(*cell[A]).live).(EnterHandler).OnEnter(ctx, previous)
		}
		core.hooks.enter = entering
	}
	if _, ok := actor.(TimeoutHandler); ok {
		m.timeout[anyState] = func(object any, ctx *Context, timeout Timeout) error {
			return any(&object.(*cell[A]).live).(TimeoutHandler).OnTimeout(ctx, timeout)
		}
	}
	core.hooks.timeout = timingOut
}

// entering runs what a state has for being entered.
var entering = &handlerCore{name: "on_enter", run: func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
	m := ctx.activation.kind.machine
	var previous string
	if err := stdjson.Unmarshal(payload, &previous); err != nil {
		return frame, failure(CodeInternal, "an enter call cannot be read: %v", err)
	}
	run := m.enter[*m.name(object)]
	if run == nil {
		run = m.enter[anyState]
	}
	if run == nil {
		return frame, nil
	}
	return frame, run(object, ctx, previous)
}}

// timingOut runs what a state has for time-outs.
var timingOut = &handlerCore{name: "on_timeout", run: func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
	m := ctx.activation.kind.machine
	var told struct {
		Timeout WhichTimeout
		Content stdjson.RawMessage
	}
	if err := stdjson.Unmarshal(payload, &told); err != nil {
		return frame, failure(CodeInternal, "a time-out cannot be read: %v", err)
	}
	state := *m.name(object)
	run := m.timeout[state]
	if run == nil {
		run = m.timeout[anyState]
	}
	if run == nil {
		return frame, &exactly{failure(CodeUnknownHandler, "kind %s: in state %q nothing takes the time-out %s", ctx.Kind(), state, told.Timeout)}
	}
	return frame, run(object, ctx, Timeout{Which: told.Timeout, Content: told.Content})
}}

// addVariant adds one of the functions that take a message, each in other states.
func (k *kindCore) addVariant(h *handlerCore) {
	for _, state := range h.states {
		k.machine.states[state] = true
	}
	for _, group := range k.handlers {
		if group.name == h.name {
			k.clashes(group, h)
			h.id = group.id
			group.variants = append(group.variants, h)
			return
		}
	}
	h.id = uint16(len(k.handlers))
	group := &handlerCore{
		name: h.name, id: h.id, idempotent: h.idempotent, internal: h.internal, retry: h.retry, doc: h.doc, variants: []*handlerCore{h},
	}
	group.run = func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
		state := *ctx.activation.kind.machine.name(object)
		if taking := group.in(state); taking != nil {
			return taking.run(object, ctx, payload, frame)
		}
		return frame, &exactly{failure(CodeUnknownHandler, "kind %s: in state %q nothing takes %s", ctx.Kind(), state, group.name)}
	}
	k.handlers = append(k.handlers, group)
}

// clashes refuses a second function for a message in the same state.
func (k *kindCore) clashes(group, h *handlerCore) {
	for _, other := range group.variants {
		both := slices.ContainsFunc(h.states, func(state string) bool { return slices.Contains(other.states, state) })
		if both || (len(h.states) == 0 && len(other.states) == 0) {
			k.refuse("kind %s: handler %s is declared twice for the same state", k.name, h.name)
		}
	}
}

// in is the function that takes the message in a state: its own, or the one for all states; nil where there is none.
func (h *handlerCore) in(state string) (taking *handlerCore) {
	for _, variant := range h.variants {
		if slices.Contains(variant.states, state) {
			return variant
		}
		if len(variant.states) == 0 {
			taking = variant
		}
	}
	return taking
}

// carriesBytes tells whether its message is bytes.
func (h *handlerCore) carriesBytes() bool {
	if len(h.variants) > 0 {
		return h.variants[0].bytes
	}
	return h.bytes
}

// has tells whether a state is declared, or which are.
func (m *machineCore) has(kind, state string) *Error {
	if m.states[state] {
		return nil
	}
	var declared []string
	for name := range m.states {
		declared = append(declared, name)
	}
	slices.Sort(declared)
	return failure(CodeInvalidArgument, "kind %s: no handler is for the state %q, nor does States name it; declared are %s", kind, state, strings.Join(declared, ", "))
}

// fitsMachine says why what is put in place of a state machine's object cannot be: it names a state that is not declared. Where it names none, the machine
// stays in its own.
func (k *registered) fitsMachine(is, made any) error {
	if k.machine == nil {
		return nil
	}
	before, named := *k.machine.name(is), k.machine.name(made)
	if *named == "" {
		*named = before
	}
	if problem := k.machine.has(k.name, *named); problem != nil {
		return problem
	}
	return nil
}

// move changes the name of the state as the callback wants. The first turn names the state that the machine begins in.
func (p *passage) move(wanted *wish) (*wish, *Error) {
	m := p.activation.kind.machine
	switch p.turn.handler {
	case frame.HandlerGetState, frame.HandlerPassivating:
		return nil, nil
	case frame.HandlerReplaceState:
		return &wish{next: *m.name(p.activation.object.Load().held)}, nil
	}
	if p.leaving != nil {
		return wanted, nil
	}
	state := m.name(p.object)
	if p.turn.handler == frame.HandlerActivated {
		if wanted == nil {
			wanted = &wish{}
		}
		if wanted.next == "" {
			wanted.next = *state
		}
		if wanted.next == "" {
			wanted.next = m.initial
		}
		if problem := m.has(p.activation.kind.name, wanted.next); problem != nil {
			return nil, problem
		}
	}
	if wanted != nil && wanted.next != "" {
		*state = wanted.next
	}
	return wanted, nil
}

// beforeEntering puts back the state before, where the enter call of a new one has failed or ends the process: it was not entered.
func (p *passage) beforeEntering(object any) {
	if p.turn.handler != frame.HandlerEnter || p.failed == nil {
		return
	}
	var previous string
	if stdjson.Unmarshal(p.turn.payload, &previous) == nil {
		*p.activation.kind.machine.name(object) = previous
	}
}

// machineWants changes what a callback of a state machine wants.
func (c *Context) machineWants(what string, change func(w *wish)) {
	c.want(behaviourMachine, what, change)
}

// NextState has the state machine change to a state when the callback returns. Where it was in another one, what was postponed comes again.
func (c *Context) NextState(name string) {
	c.machineWants("NextState", func(w *wish) {
		if problem := c.activation.kind.machine.has(c.Kind(), name); problem != nil {
			w.refuse("%s", problem.Text)
			return
		}
		w.next, w.repeat = name, false
	})
}

// RepeatState has the state machine enter the state that it is in once more.
func (c *Context) RepeatState() {
	c.machineWants("RepeatState", func(w *wish) { w.next, w.repeat = "", true })
}

// Postpone puts the message aside until the state has changed; then it comes again, before those that wait. Who has asked waits.
func (c *Context) Postpone() {
	c.machineWants("Postpone", func(w *wish) { w.actions = append(w.actions, map[string]any{"postpone": true}) })
}

// EventOption changes how an event comes that a state machine sends itself.
type EventOption struct {
	told  bool
	asker *Asker
}

// AsTold has the event come as one that was told from outside, so that Context.IsInternal is false.
func AsTold() EventOption { return EventOption{told: true} }

// AsAsk has the event come as an ask, which this machine has put off with Defer: its handler's reply is the answer.
func AsAsk(asker *Asker) EventOption { return EventOption{asker: asker} }

// NextEvent sends this state machine a message that comes before all that wait; several come in their order. The handler is named.
func (c *Context) NextEvent(handler string, message any, options ...EventOption) {
	c.machineWants("NextEvent", func(w *wish) {
		if _, err := c.activation.kind.handler(handler); err != nil {
			w.refuse("NextEvent: %s", err.(*Error).Text)
			return
		}
		event := map[string]any{"next_event": handler, "payload": w.content("NextEvent: the message", message)}
		for _, option := range options {
			if option.told {
				event["type"] = "cast"
			}
			if option.asker != nil {
				event["type"], event["ask"] = "call", strconv.FormatUint(option.asker.ask, 10)
			}
		}
		w.actions = append(w.actions, event)
	})
}

// IsInternal tells whether the message is one that this state machine has sent itself with NextEvent.
func (c *Context) IsInternal() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open != nil && c.open.is(frame.TurnFlagInternal)
}

// StateTimeout starts the time-out that a change of the state cancels, anew where it runs. Forever cancels it; after 0 it comes before all that wait in the
// mailbox. The content is anything that can be written as JSON.
func (c *Context) StateTimeout(after time.Duration, content any) {
	c.timeout(StateTimeout, after, content)
}

// EventTimeout starts the time-out that any event cancels; see StateTimeout.
func (c *Context) EventTimeout(after time.Duration, content any) {
	c.timeout(EventTimeout, after, content)
}

// NamedTimeout starts a time-out with a name, of which there may be many; see StateTimeout.
func (c *Context) NamedTimeout(name string, after time.Duration, content any) {
	c.timeout(NamedTimeout(name), after, content)
}

func (c *Context) timeout(which WhichTimeout, after time.Duration, content any) {
	c.machineWants("a time-out", func(w *wish) {
		what := "the time-out " + which.String()
		w.actions = append(w.actions, map[string]any{
			"timeout": which, "after_ms": w.wait(what, after), "content": w.content(what+": its content", content),
		})
	})
}

// UpdateTimeout gives a time-out that runs another content; one that does not run comes at once.
func (c *Context) UpdateTimeout(which WhichTimeout, content any) {
	c.machineWants("UpdateTimeout", func(w *wish) {
		w.actions = append(w.actions, map[string]any{"timeout": which, "update": w.content("UpdateTimeout: the content", content)})
	})
}

// CancelTimeout cancels a time-out.
func (c *Context) CancelTimeout(which WhichTimeout) {
	c.machineWants("CancelTimeout", func(w *wish) {
		w.actions = append(w.actions, map[string]any{"timeout": which, "cancel": true})
	})
}
