package everact

// This file holds what the behaviours have in common: servers, state machines and event managers. The general part of them runs in the core; a callback is a
// turn, and what it wants goes along with its completion.

import (
	"context"
	stdjson "encoding/json"
	"math"
	"runtime/debug"
	"time"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/json"
)

// behaviour is whose general part the core runs for a kind.
type behaviour string

const (
	behaviourServer  behaviour = "server"
	behaviourMachine behaviour = "state_machine"
	behaviourManager behaviour = "event_manager"
)

// isServed tells whether the behaviour ends with its parent, and has Terminate.
func (b behaviour) isServed() bool { return b == behaviourServer || b == behaviourMachine }

// behaviourHooks are the callbacks of a behaviour, nil where there is none.
type behaviourHooks struct {
	timeout, enter, continued, manager *handlerCore
	terminate                          func(object any, ctx *Context, reason ExitReason) error
}

// Forever is a time-out that never comes.
const Forever time.Duration = math.MaxInt64

// Terminator is a server or a state machine that has something to do at its end. Terminate runs when a callback exits or fails, and, where exits are trapped,
// when the parent ends the process or Reference.Stop does. What Terminate itself fails with is the reason then. It does not run where the process is killed,
// nor where Activated does not succeed.
type Terminator interface {
	Terminate(ctx *Context, reason ExitReason) error
}

// inBehaviour makes a kind one of a behaviour.
func inBehaviour(b behaviour) KindOption { return func(o *kindOptions) { o.core.behaviour = b } }

// declareBehaviour finds the callbacks of A.
func declareBehaviour[A any](core *kindCore) {
	if !core.behaviour.isServed() {
		return
	}
	if _, ok := any((*A)(nil)).(Terminator); ok {
		core.hooks.terminate = func(object any, ctx *Context, reason ExitReason) error {
			return any(&object.(*cell[A]).live).(Terminator).Terminate(ctx, reason)
		}
	}
	if core.activated == nil {
		core.activated = hook("activated", func(any, *Context) error { return nil })
	}
	if core.behaviour == behaviourServer {
		declareServer[A](core)
	} else {
		declareMachine[A](core)
	}
}

// fitsBehaviour refuses handlers that cannot be where one callback runs at a time.
func (k *kindCore) fitsBehaviour(h *handlerCore) {
	switch {
	case k.behaviour != "" && (h.readOnly || h.reentrant):
		k.refuse("kind %s: handler %s: one callback of a %s runs at a time, none is ReadOnly or Reentrant", k.name, h.name, k.behaviour)
	case k.machine == nil && len(h.states) > 0:
		k.refuse("kind %s: handler %s: InState is for state machines", k.name, h.name)
	}
}

// wish is what a callback wants, besides its reply, its state and its tells.
type wish struct {
	// wrong is the first thing that cannot be wanted: the turn fails with it.
	wrong *Error
	// then is what a server or an event handler wants; of several the last counts.
	then map[string]any
	// next, repeat and actions are a state machine's.
	next    string
	repeat  bool
	actions []any
}

func (w *wish) refuse(format string, arguments ...any) {
	if w.wrong == nil {
		w.wrong = failure(CodeInvalidArgument, format, arguments...)
	}
}

// content is a value as JSON; null where it cannot be, which is wrong.
func (w *wish) content(what string, value any) stdjson.RawMessage {
	text, err := written(value)
	if err != nil {
		w.refuse("%s cannot be encoded: %s", what, err.Error())
		return stdjson.RawMessage("null")
	}
	return text
}

// wait is a time in milliseconds, nil for ever.
func (w *wish) wait(what string, after time.Duration) any {
	switch {
	case after == Forever:
		return nil
	case after < 0:
		w.refuse("%s: %v is no time to wait", what, after)
	}
	return int64((after + time.Millisecond - 1) / time.Millisecond)
}

// encoded is the wish as the core reads it, nil where nothing is wanted.
func (w *wish) encoded() ([]byte, *Error) {
	whole := map[string]any{}
	for name, value := range w.then {
		whole[name] = value
	}
	if w.next != "" {
		whole["next"] = w.next
	}
	if w.repeat {
		whole["repeat"] = true
	}
	if len(w.actions) > 0 {
		whole["do"] = w.actions
	}
	if len(whole) == 0 {
		return nil, nil
	}
	text, err := stdjson.Marshal(whole)
	if err != nil {
		return nil, failure(CodeInvalidArgument, "what the callback wants cannot be encoded: %s", err.Error())
	}
	return text, nil
}

// written is a value as JSON; nothing is null.
func written(value any) (stdjson.RawMessage, error) {
	switch value.(type) {
	case nil, None:
		return stdjson.RawMessage("null"), nil
	}
	return json.Append(nil, &value)
}

// want changes what the callback wants. What is for another behaviour fails the turn.
func (c *Context) want(of behaviour, what string, change func(w *wish)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		return
	}
	x := c.extrasLocked()
	if x.wish == nil {
		x.wish = &wish{}
	}
	is := c.activation.kind.behaviour
	if is == "" || (of != "" && of != is) {
		x.wish.refuse("kind %s: %s is for another behaviour", c.Kind(), what)
		return
	}
	change(x.wish)
}

// wished is what the callback wants, nil where it has said nothing.
func (c *Context) wished() *wish {
	x := c.extras.Load()
	if x == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return x.wish
}

// Hibernate has a behaviour that is idle now take as little memory as it can, until its next callback.
func (c *Context) Hibernate() {
	c.want("", "Hibernate", func(w *wish) {
		if c.activation.kind.machine != nil {
			w.actions = append(w.actions, map[string]any{"hibernate": true})
			return
		}
		w.then = map[string]any{"hibernate": true}
	})
}

// behave looks at what a callback wants that went well, and runs the end of a process that leaves.
func (p *passage) behave() {
	kind, wish := p.activation.kind, p.ctx.wished()
	if wish != nil && wish.wrong != nil {
		p.failed = ofCallback(wish.wrong)
		return
	}
	if kind.machine != nil {
		if wish, p.failed = p.move(wish); p.failed != nil {
			p.failed = ofCallback(p.failed)
			return
		}
	}
	if p.leaving != nil {
		p.terminateLeaving()
		return
	}
	if wish != nil {
		if p.wanted, p.failed = wish.encoded(); p.failed != nil {
			p.failed = ofCallback(p.failed)
		}
	}
}

// ofCallback is a failure of what a callback wants: it is the callback's, and not of whoever asked.
func ofCallback(wrong *Error) *Error {
	return failure(CodeHandlerFailed, "%s: %s", wrong.Name(), wrong.Text)
}

// terminateLeaving runs the last callback of a process that a callback ends.
func (p *passage) terminateLeaving() {
	if p.turn.handler == frame.HandlerExit && p.turn.ask != 0 && p.replyBytes == 0 {
		// Reference.Stop waits for it.
		p.record = append(p.record, "null"...)
		p.replyBytes = len("null")
	}
	if !p.terminates() {
		return
	}
	another, failed := p.terminate(p.leaving.reason)
	switch {
	case failed != nil:
		p.failed = failed
	case another != nil:
		p.leaving = another
	}
}

// terminateFailed runs the last callback of a process that a failed callback ends. A failure of its own is the reason then.
func (p *passage) terminateFailed() {
	if p.ctx == nil || p.activation.process == 0 || !p.ends() || !p.terminates() {
		return
	}
	reason := ExitReason{Kind: ReasonFailed, Name: p.failed.crashName(), Text: p.failed.Text, Stack: string(p.stack)}
	another, failed := p.terminate(reason)
	if failed != nil {
		p.failed = failed
	}
	p.instead = another
}

// ends tells whether the failure ends the process: an application error in answer to an ask does not, nor does a message that does not fit.
func (p *passage) ends() bool {
	switch p.failed.Code {
	case CodeApplicationError:
		return p.turn.ask == 0
	case CodeInvalidPayload:
		return false
	default:
		return p.turn.handler != frame.HandlerGetState && p.turn.handler != frame.HandlerReplaceState
	}
}

// terminates tells whether the last callback is to run; once, and not where the first did not succeed.
func (p *passage) terminates() bool {
	return p.activation.kind.hooks.terminate != nil && !p.terminated && p.turn.handler != frame.HandlerActivated
}

// terminate runs the last callback. another is the reason it wants in place of this one.
func (p *passage) terminate(reason ExitReason) (another *exitRequest, failed *Error) {
	p.terminated = true
	made := p.activation.object.Load()
	if made == nil {
		return nil, nil
	}
	p.beforeEntering(made.held)
	var err error
	var panicked any
	var stack []byte
	returned := aside(func() {
		defer func() {
			if panicked = recover(); panicked != nil {
				stack = debug.Stack()
			}
		}()
		err = p.activation.kind.hooks.terminate(made.held, p.ctx, reason)
	})
	switch {
	case panicked != nil:
		p.panicked, p.stack = panicked, stack
		return nil, p.reason()
	case !returned:
		return nil, failure(CodeHandlerFailed, "Terminate ended its goroutine (runtime.Goexit)")
	case err == nil:
		return nil, nil
	}
	if another = p.ctx.exitOf(err); another != nil {
		return another, nil
	}
	p.panicked, p.stack, p.err = nil, nil, err
	return nil, p.reason()
}

// manage has the core do something with a behaviour, and gives its reply.
func (r Reference) manage(ctx context.Context, what, flags uint16, about any) ([]byte, error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.engine == nil || !r.process:
		return nil, failure(CodeInvalidArgument, "the reference names no process")
	}
	text, err := stdjson.Marshal(about)
	if err != nil {
		return nil, failure(CodeInvalidArgument, "what is asked of %s cannot be encoded: %s", r.Process(), err.Error())
	}
	turn := turnOf(ctx, r.engine)
	deadlineMs, err := deadlineOf(ctx, turn)
	if err != nil {
		return nil, err
	}
	given := frame.Manage{What: what, Flags: flags, Process: frame.ProcessNumber(r.key), DeadlineMs: deadlineMs, JSON: text}
	if turn != nil {
		given.Turn = turn.id
	}
	return r.engine.command(ctx, turn, func(b []byte, id uint64) []byte {
		given.ID = id
		return frame.AppendManage(b, &given)
	})
}

// Stop ends a server, a state machine or an event manager with a reason, and returns once it has ended. Others are UnknownHandler: Exit ends them.
func (r Reference) Stop(ctx context.Context, reason ExitReason) error {
	if _, err := reason.number(); err != nil {
		return err
	}
	_, err := r.manage(ctx, frame.ManageStop, 0, map[string]any{"reason": reason.note()})
	return err
}

// note is the reason in the form of notes.
func (r ExitReason) note() map[string]any {
	note := map[string]any{"is": r.Kind}
	if r.detail != "" {
		note["detail"] = stdjson.RawMessage(r.detail)
	}
	return note
}
