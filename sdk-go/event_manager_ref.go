package everact

// This file reaches event managers: events for them, and their handlers.

import (
	"context"
	stdjson "encoding/json"
	"errors"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/json"
)

// ManagerRef is an event manager that was started. Stop ends it.
type ManagerRef[E any] struct {
	Reference
	manager *EventManager[E]
}

// HandlerProblem says why an event manager does not do what it was asked.
type HandlerProblem string

// The problems.
const (
	// NoSuchHandler: the manager has no handler of this id.
	NoSuchHandler HandlerProblem = "no_such_handler"
	// HandlerAlreadyThere: the manager has a handler of this id.
	HandlerAlreadyThere HandlerProblem = "already_there"
	// ManagerFull: the manager has as many handlers as it can.
	ManagerFull HandlerProblem = "full"
	// HandlerRefused: Init refuses to come in.
	HandlerRefused HandlerProblem = "refused"
	// HandlerCallbackFailed: the handler's callback has failed.
	HandlerCallbackFailed HandlerProblem = "failed"
)

// EventHandlerError is what an event manager answers in place of what it was asked.
type EventHandlerError struct {
	Why HandlerProblem
	// Reason is why a callback has failed, or as a Custom what RefuseHandler was given.
	Reason ExitReason
}

// Error gives the problem and the reason.
func (e *EventHandlerError) Error() string {
	text := "everact: the event manager says " + string(e.Why)
	if e.Reason.Kind != "" {
		text += ": " + e.Reason.String()
	}
	return text
}

// Is tells errors.Is that two of them with the same problem are the same, where the other one has no reason.
func (e *EventHandlerError) Is(target error) bool {
	other, ok := target.(*EventHandlerError)
	return ok && other.Why == e.Why && other.Reason == ExitReason{}
}

// Name is the kind's name on the wire.
func (m *EventManager[E]) Name() string { return m.core.name }

func (m *EventManager[E]) declaration() *kindCore { return m.core }

// Spawn begins an event manager, which has no handlers yet. Where is an *Engine, or inside a handler its *Context.
func (m *EventManager[E]) Spawn(where Scope, options ...SpawnOption) (ManagerRef[E], error) {
	if m.core.declaredWrong != nil {
		return ManagerRef[E]{}, m.core.declaredWrong
	}
	r, err := spawn(where, m.core, []byte("{}"), options)
	return ManagerRef[E]{r, m}, err
}

// SpawnLink is Spawn with a link between the new manager and the one that spawns it, from its beginning.
func (m *EventManager[E]) SpawnLink(ctx Turn, options ...SpawnOption) (ManagerRef[E], error) {
	return m.Spawn(ctx, append(options[:len(options):len(options)], Linked())...)
}

// Child is a child that is an event manager of this kind.
func (m *EventManager[E]) Child() ProcessStart {
	return ProcessStart{kind: m.core.name, argument: []byte("{}"), err: m.core.declaredWrong}
}

// Manager is the event manager of this kind that a ProcessRef names.
func (m *EventManager[E]) Manager(where Scope, ref ProcessRef) ManagerRef[E] {
	r := where.system().Process(ProcessRef{kind: m.core.name, number: ref.number})
	if ref.kind != "" && ref.kind != m.core.name {
		r.err = failure(CodeInvalidArgument, "%s is no event manager of kind %s", ref, m.core.name)
	}
	return ManagerRef[E]{r, m}
}

// Notify sends an event to all handlers, and does not wait for them. A manager that does not live is silent.
func (m ManagerRef[E]) Notify(ctx context.Context, event E) error {
	return m.send(ctx, frame.ManageNotify, event)
}

// SyncNotify sends an event, and returns when all handlers have seen it.
func (m ManagerRef[E]) SyncNotify(ctx context.Context, event E) error {
	return m.send(ctx, frame.ManageSyncNotify, event)
}

func (m ManagerRef[E]) send(ctx context.Context, what uint16, event E) error {
	if m.manager == nil {
		return failure(CodeInvalidArgument, "the reference is empty")
	}
	text, err := m.manager.events.Append(nil, event)
	switch {
	case err != nil:
		return failure(CodeInvalidArgument, "the event cannot be encoded: %s", err.Error())
	case len(text) == 0:
		text = []byte("null")
	}
	_, err = m.manage(ctx, what, 0, stdjson.RawMessage(text))
	return err
}

// AddOption changes how a handler comes in.
type AddOption struct{ flags uint16 }

// Supervised has the actor or process in whose handler this is called supervise the new handler: it gets HandlerGone when the handler leaves, and its own end
// removes the handler.
func Supervised() AddOption { return AddOption{frame.ManageFlagSupervised} }

func flagsOf(ctx context.Context, r Reference, options []AddOption) (flags uint16, err error) {
	for _, option := range options {
		flags |= option.flags
	}
	if flags&frame.ManageFlagSupervised != 0 && (r.engine == nil || turnOf(ctx, r.engine) == nil) {
		err = failure(CodeInvalidArgument, "Supervised needs the one that supervises: pass a handler's *Context")
	}
	return flags, err
}

// Add adds a handler under an id: an H, or an *H, of a type that HandleEvents declared. Its fields travel.
func (m ManagerRef[E]) Add(ctx context.Context, id string, handler any, options ...AddOption) error {
	flags, err := flagsOf(ctx, m.Reference, options)
	if err != nil {
		return err
	}
	argument, err := m.carry(handler)
	if err != nil {
		return err
	}
	_, err = m.answer(ctx, frame.ManageAdd, flags, map[string]any{"handler": id, "argument": argument})
	return err
}

// Remove removes a handler; its Terminate gets the argument, and what that gives is the result, as JSON.
func (m ManagerRef[E]) Remove(ctx context.Context, id string, argument any) (result stdjson.RawMessage, err error) {
	text, err := written(argument)
	if err != nil {
		return nil, failure(CodeInvalidArgument, "the argument cannot be encoded: %s", err.Error())
	}
	return m.answer(ctx, frame.ManageRemove, 0, map[string]any{"handler": id, "argument": text})
}

// Swap puts a handler in another one's place: that one's Terminate gets the farewell, and what it gives is for the new one's Init. Where the other one is not
// there the new one is added all the same.
func (m ManagerRef[E]) Swap(ctx context.Context, id string, farewell any, newID string, handler any, options ...AddOption) error {
	flags, err := flagsOf(ctx, m.Reference, options)
	if err != nil {
		return err
	}
	argument, err := m.carry(handler)
	if err != nil {
		return err
	}
	text, err := written(farewell)
	if err != nil {
		return failure(CodeInvalidArgument, "the farewell cannot be encoded: %s", err.Error())
	}
	_, err = m.answer(ctx, frame.ManageSwap, flags, map[string]any{"handler": id, "farewell": text, "new": newID, "argument": argument})
	return err
}

// Handlers are the ids of the handlers, the newest first.
func (m ManagerRef[E]) Handlers(ctx context.Context) ([]string, error) {
	reply, err := m.manage(ctx, frame.ManageHandlers, 0, map[string]any{})
	if err != nil {
		return nil, err
	}
	var told struct{ Handlers []string }
	if err := stdjson.Unmarshal(reply, &told); err != nil {
		return nil, failure(CodeInternal, "the handlers of %s cannot be read: %v", m.Process(), err)
	}
	return told.Handlers, nil
}

// CallHandler asks one handler of an event manager, whose OnCall answers.
func CallHandler[R, E any](ctx context.Context, m ManagerRef[E], id string, query any) (R, error) {
	var reply R
	text, err := written(query)
	if err != nil {
		return reply, failure(CodeInvalidArgument, "the query cannot be encoded: %s", err.Error())
	}
	value, err := m.answer(ctx, frame.ManageCall, 0, map[string]any{"handler": id, "query": text})
	if err != nil {
		return reply, err
	}
	if reply, err = codecOf[R](json.Lenient).Parse(value); err != nil {
		return reply, failure(CodeInvalidPayload, "the reply does not fit: %v", err)
	}
	return reply, nil
}

func (m ManagerRef[E]) carry(handler any) (carried, error) {
	if m.manager == nil {
		return carried{}, failure(CodeInvalidArgument, "the reference is empty")
	}
	return m.manager.core.carry(handler)
}

// answer asks the manager for something, and gives the value of its answer.
func (r Reference) answer(ctx context.Context, what, flags uint16, about map[string]any) (stdjson.RawMessage, error) {
	reply, err := r.manage(ctx, what, flags, about)
	if err != nil {
		return nil, err
	}
	var told struct {
		Error stdjson.RawMessage
		Value stdjson.RawMessage
	}
	if err := stdjson.Unmarshal(reply, &told); err != nil {
		return nil, failure(CodeInternal, "the answer of %s cannot be read: %v", r.Process(), err)
	}
	if told.Error == nil {
		return told.Value, nil
	}
	return nil, eventHandlerError(told.Error)
}

func eventHandlerError(text stdjson.RawMessage) error {
	reason := reasonIn(text)
	switch problem := HandlerProblem(reason.Kind); problem {
	case NoSuchHandler, HandlerAlreadyThere, ManagerFull:
		return &EventHandlerError{Why: problem}
	}
	if reason.Kind == ReasonCustom {
		return &EventHandlerError{HandlerRefused, reason}
	}
	return &EventHandlerError{HandlerCallbackFailed, reason}
}

// AsEventHandlerError is the answer of an event manager in an error, nil where there is none.
func AsEventHandlerError(err error) *EventHandlerError {
	var answer *EventHandlerError
	if errors.As(err, &answer) {
		return answer
	}
	return nil
}
