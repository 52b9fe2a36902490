package everact

// This file declares event managers: processes as OTP's gen_event has them, whose handlers come and go while they live.

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/everact/everact-go/internal/json"
	"github.com/everact/everact-go/internal/payload"
)

// EventManager is a kind of event managers whose events are an E. Each event is seen by all handlers, the newest first. The general part is the core's, as
// gen_event is.
type EventManager[E any] struct {
	core   *kindCore
	events payload.Codec[E]
}

// EventHandler is a handler of an event manager. Its exported fields are its state, which travels with ManagerRef.Add. A callback that fails costs the manager
// this handler and nothing more. EventBeginner, InfoHandler, QueryHandler, ExitHandler and EventTerminator are what it may have beside OnEvent.
type EventHandler[E any] interface {
	OnEvent(ctx *Context, event E) error
}

// EventBeginner is a handler with a beginning; after is nil unless it takes another handler's place. What RefuseHandler gives keeps it out.
type EventBeginner interface {
	Init(ctx *Context, after *Predecessor) error
}

// InfoHandler is a handler that sees what comes to the manager as a message: a value of one of the kind's Messages, or Down, Joined or Left.
type InfoHandler interface {
	OnInfo(ctx *Context, message any) error
}

// QueryHandler is a handler that answers ManagerRef.Call.
type QueryHandler interface {
	OnCall(ctx *Context, query stdjson.RawMessage) (reply any, err error)
}

// EventTerminator is a handler with an end. The result goes to who removes it, or to who takes its place.
type EventTerminator interface {
	Terminate(ctx *Context, end HandlerEnd) (result any, err error)
}

// Predecessor is a handler whose place another one takes.
type Predecessor struct {
	// Known tells whether it was there.
	Known bool
	// Result is what its last callback gave, as JSON; Failed is why, where that failed.
	Result stdjson.RawMessage
	Failed *ExitReason
}

// HandlerEndKind says which sort of end a HandlerEnd is.
type HandlerEndKind string

// The ends of a handler.
const (
	// HandlerAsked: somebody removes it, or puts another one in its place.
	HandlerAsked HandlerEndKind = "asked"
	// HandlerRemoved: a callback of its own wanted it.
	HandlerRemoved HandlerEndKind = "removed"
	// HandlerOwnerExited: who supervises it has ended.
	HandlerOwnerExited HandlerEndKind = "supervisor_exited"
	// HandlerStopped: the manager ends.
	HandlerStopped HandlerEndKind = "stopped"
	// HandlerFailed: a callback of its own has failed.
	HandlerFailed HandlerEndKind = "failed"
)

// HandlerEnd is why a handler ends.
type HandlerEnd struct {
	Kind HandlerEndKind
	// Argument is what it was told by who removes it, as JSON.
	Argument stdjson.RawMessage
	// Reason is why its owner has ended, or its callback failed.
	Reason ExitReason
}

// HandlerGone tells an actor or a process that a handler it supervises has left its manager.
type HandlerGone struct {
	// Manager is the event manager, Handler the handler's id there.
	Manager ProcessRef
	Handler string
	// Reason is why; ReplacedBy is the id of the handler that has taken its place, empty where none has.
	Reason     ExitReason
	ReplacedBy string
}

// HandlerGoneHandler is an actor or a process that handles the ends of the handlers it supervises.
type HandlerGoneHandler interface {
	OnHandlerGone(ctx *Context, gone HandlerGone) error
}

// reasonSwapped is the core's word for a handler whose place another one has taken.
const reasonSwapped = "swapped"

func (n *note) gone(e *Engine) HandlerGone {
	gone := HandlerGone{Manager: n.Manager.process(e), Handler: n.Handler, Reason: n.reason()}
	if n.Reason.Is == reasonSwapped {
		gone.Reason, gone.ReplacedBy = Normal, n.Reason.New
	}
	return gone
}

// NewEventManager declares a kind of event managers. HandleEvents declares the types that its handlers are of. Messages may name messages for InfoHandler.
//
//	var events = everact.NewEventManager[Event]("events")
//
//	func init() { everact.HandleEvents[Counter](events, "counter") }
func NewEventManager[E any](name string, options ...KindOption) *EventManager[E] {
	core := newKindCore(name, append(options[:len(options):len(options)], inRole(roleProcess), inBehaviour(behaviourManager))).core
	declarable[E](core, "on_event", "event")
	core.state = &managerState{core}
	m := &EventManager[E]{core, codecOf[E](json.Lenient)}
	core.hooks.manager = &handlerCore{name: "event_manager", run: runCallback}
	return m
}

// handlerType is a type of handlers.
type handlerType struct {
	name string
	of   reflect.Type
	make func(argument []byte) (any, error)
	// event gives a handler an event.
	event func(handler any, ctx *Context, event []byte) error
}

// HandleEvents declares that handlers of an event manager may be an H, and the name that H has on the wire: in lower snake case, H's own where it is empty.
func HandleEvents[H, E any, P interface {
	*H
	EventHandler[E]
}](manager *EventManager[E], name string) {
	t, core := reflect.TypeFor[H](), manager.core
	if name == "" {
		name = snakeCase(t.Name())
	}
	switch {
	case t.Kind() != reflect.Struct:
		core.refuse("kind %s: the handler %s is no struct", core.name, t)
		return
	case !kindName.MatchString(name):
		core.refuse("kind %s: %q is no name for a type of handlers: lower snake case is", core.name, name)
	case core.handlerType(name) != nil || core.typeOf(t) != nil:
		core.refuse("kind %s: the handler %s is declared twice", core.name, name)
	}
	for _, err := range []error{json.Unwritable(t), json.Unreadable(t)} {
		if err != nil {
			core.refuse("kind %s: the handler %s cannot travel: %v", core.name, t, err)
			return
		}
	}
	core.handlerTypes = append(core.handlerTypes, &handlerType{
		name: name, of: t,
		make: func(argument []byte) (any, error) {
			made := new(H)
			return made, json.Parse(argument, made, json.Lenient)
		},
		event: func(handler any, ctx *Context, text []byte) error {
			event, err := manager.events.Parse(text)
			if err != nil {
				return fmt.Errorf("the event does not fit: %w", err)
			}
			return P(handler.(*H)).OnEvent(ctx, event)
		},
	})
}

func (k *kindCore) handlerType(name string) *handlerType {
	for _, t := range k.handlerTypes {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (k *kindCore) typeOf(t reflect.Type) *handlerType {
	for _, known := range k.handlerTypes {
		if known.of == t {
			return known
		}
	}
	return nil
}

// carried is a handler on its way to a manager.
type carried struct {
	Type     string             `json:"type"`
	Argument stdjson.RawMessage `json:"argument"`
}

// carry writes a handler, which is an H or an *H.
func (k *kindCore) carry(handler any) (carried, error) {
	value := reflect.ValueOf(handler)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if !value.IsValid() || value.Kind() != reflect.Struct {
		return carried{}, failure(CodeInvalidArgument, "kind %s: %T is no handler", k.name, handler)
	}
	t := k.typeOf(value.Type())
	if t == nil {
		return carried{}, failure(CodeInvalidArgument, "kind %s: the handler %s is not declared: HandleEvents declares it", k.name, value.Type())
	}
	argument, err := written(value.Interface())
	if err != nil {
		return carried{}, failure(CodeInvalidArgument, "kind %s: the handler %s cannot be encoded: %s", k.name, t.name, err.Error())
	}
	return carried{t.name, argument}, nil
}

// refusal is what RefuseHandler gives.
type refusal struct {
	reason stdjson.RawMessage
	wrong  error
}

func (r *refusal) Error() string { return "everact: the handler does not come in: " + string(r.reason) }

// RefuseHandler is for Init to return: the handler does not come in, and who adds it gets the reason, anything that can be written as JSON, with EventHandlerError.
func RefuseHandler(reason any) error {
	text, err := written(reason)
	return &refusal{text, err}
}

// RemoveHandler is for a callback of a handler: the handler ends with it.
func (c *Context) RemoveHandler() {
	c.want(behaviourManager, "RemoveHandler", func(w *wish) { w.then = map[string]any{"remove": true} })
}

// SwapHandler is for a callback of a handler: another one takes its place. The farewell is for the end of the one that leaves.
func (c *Context) SwapHandler(id string, handler, farewell any) {
	c.want(behaviourManager, "SwapHandler", func(w *wish) {
		argument, err := c.activation.kind.carry(handler)
		if err != nil {
			w.refuse("SwapHandler: %s", err.Error())
			return
		}
		w.then = map[string]any{"swap": map[string]any{
			"handler": id, "argument": argument, "farewell": w.content("SwapHandler: the farewell", farewell),
		}}
	})
}

// callback is a callback of a handler, as the core tells it.
type callback struct {
	Do, Handler                     string
	Argument, Event, Message, Query stdjson.RawMessage
	Name                            string
	After, Why, Note                stdjson.RawMessage
}

// runCallback runs a callback of one of the handlers.
func runCallback(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
	m, told := object.(*managerObject), callback{}
	if err := stdjson.Unmarshal(payload, &told); err != nil {
		return frame, failure(CodeInternal, "a callback cannot be read: %v", err)
	}
	switch told.Do {
	case "init":
		return frame, m.begin(ctx, &told)
	case "gone":
		// A handler of its own in another manager, which none of these handlers has asked for.
		return frame, nil
	}
	held := m.handlers[told.Handler]
	if held == nil {
		return frame, failure(CodeInternal, "the manager has no handler %q", told.Handler)
	}
	var reply any
	var err error
	switch told.Do {
	case "event":
		return frame, held.of.event(held.handler, ctx, told.Event)
	case "info":
		return frame, held.info(ctx, &told)
	case "exit":
		handler, ok := held.handler.(ExitHandler)
		n, err := readNote(payload)
		if !ok || err != nil {
			return frame, err
		}
		return frame, handler.OnExit(ctx, n.exit(ctx.system()))
	case "call":
		handler, ok := held.handler.(QueryHandler)
		if !ok {
			return frame, &exactly{failure(CodeUnknownHandler, "the handler %s has no OnCall", told.Handler)}
		}
		reply, err = handler.OnCall(ctx, told.Query)
	case "terminate":
		delete(m.handlers, told.Handler)
		if handler, ok := held.handler.(EventTerminator); ok {
			reply, err = handler.Terminate(ctx, endOf(told.Why))
		}
	default:
		return frame, failure(CodeInternal, "%q is no callback", told.Do)
	}
	if err != nil {
		return frame, err
	}
	text, err := written(reply)
	if err != nil {
		return frame, &badReply{err}
	}
	return append(frame, text...), nil
}

// begin lets a handler in.
func (m *managerObject) begin(ctx *Context, told *callback) error {
	var argument carried
	if err := stdjson.Unmarshal(told.Argument, &argument); err != nil {
		return &unfit{err}
	}
	t := m.core.handlerType(argument.Type)
	if t == nil {
		return &exactly{failure(CodeUnknownHandler, "kind %s has no handlers of type %q", m.core.name, argument.Type)}
	}
	handler, err := t.make(argument.Argument)
	if err != nil {
		return &unfit{err}
	}
	if beginner, ok := handler.(EventBeginner); ok {
		err := beginner.Init(ctx, predecessorOf(told.After))
		var refused *refusal
		if errors.As(err, &refused) {
			ctx.want(behaviourManager, "RefuseHandler", func(w *wish) {
				if refused.wrong != nil {
					w.refuse("RefuseHandler: the reason cannot be encoded: %s", refused.wrong.Error())
				}
				w.then = map[string]any{"refuse": refused.reason}
			})
			return nil
		}
		if err != nil {
			return err
		}
	}
	m.handlers[told.Handler] = &heldHandler{t, handler}
	return nil
}

// info gives a handler what came to the manager as a message.
func (h *heldHandler) info(ctx *Context, told *callback) error {
	handler, ok := h.handler.(InfoHandler)
	if !ok {
		return nil
	}
	if told.Note != nil {
		n, err := readNote(told.Note)
		switch {
		case err != nil:
			return failure(CodeInternal, "what the core tells cannot be read: %v", err)
		case n.Group != "":
			return handler.OnInfo(ctx, n.change(ctx.system()))
		default:
			return handler.OnInfo(ctx, n.down(ctx.system()))
		}
	}
	known := ctx.activation.kind.byName[told.Name]
	if known == nil || known.parse == nil {
		return failure(CodeInternal, "kind %s has no message %q", ctx.Kind(), told.Name)
	}
	message, err := known.parse(told.Message)
	if err != nil {
		return fmt.Errorf("the message %s does not fit: %w", told.Name, err)
	}
	return handler.OnInfo(ctx, message)
}

// predecessorOf reads what became of the handler whose place a new one takes.
func predecessorOf(after stdjson.RawMessage) *Predecessor {
	if len(after) == 0 {
		return nil
	}
	var told struct {
		Is     string
		Result stdjson.RawMessage
	}
	if err := stdjson.Unmarshal(after, &told); err != nil {
		return nil
	}
	switch told.Is {
	case "unknown":
		return &Predecessor{}
	case "left":
		return &Predecessor{Known: true, Result: told.Result}
	default:
		reason := reasonIn(after)
		return &Predecessor{Known: true, Failed: &reason}
	}
}

// endOf reads why a handler ends.
func endOf(why stdjson.RawMessage) HandlerEnd {
	var told struct {
		Is               HandlerEndKind
		Argument, Reason stdjson.RawMessage
	}
	_ = stdjson.Unmarshal(why, &told)
	switch told.Is {
	case HandlerAsked, HandlerRemoved, HandlerStopped:
		return HandlerEnd{Kind: told.Is, Argument: told.Argument}
	case HandlerOwnerExited:
		return HandlerEnd{Kind: told.Is, Reason: reasonIn(told.Reason)}
	default:
		return HandlerEnd{Kind: HandlerFailed, Reason: reasonIn(why)}
	}
}

// reasonIn reads a reason in the form of notes.
func reasonIn(text stdjson.RawMessage) ExitReason {
	n := &note{}
	_ = stdjson.Unmarshal(text, &n.Reason)
	return n.reason()
}

// managerObject is an event manager's: its handlers by their ids.
type managerObject struct {
	core     *kindCore
	handlers map[string]*heldHandler
}

type heldHandler struct {
	of      *handlerType
	handler any
}

// managerState keeps event managers. None is stored; what is seen of one is its handlers, as they would travel.
type managerState struct{ core *kindCore }

func (s *managerState) Check() error { return nil }

func (s *managerState) Create(state []byte, stored bool) (any, error) {
	m := &managerObject{s.core, map[string]*heldHandler{}}
	if !stored || len(state) == 0 || string(state) == "{}" {
		return m, nil
	}
	handlers := map[string]carried{}
	if err := stdjson.Unmarshal(state, &handlers); err != nil {
		return nil, err
	}
	for id, one := range handlers {
		t := s.core.handlerType(one.Type)
		if t == nil {
			return nil, fmt.Errorf("there are no handlers of type %q", one.Type)
		}
		handler, err := t.make(one.Argument)
		if err != nil {
			return nil, err
		}
		m.handlers[id] = &heldHandler{t, handler}
	}
	return m, nil
}

func (s *managerState) Encode(object any, frame []byte) ([]byte, error) {
	handlers := map[string]carried{}
	for id, held := range object.(*managerObject).handlers {
		one, err := s.core.carry(held.handler)
		if err != nil {
			return frame, err
		}
		handlers[id] = one
	}
	text, err := stdjson.Marshal(handlers)
	return append(frame, text...), err
}

func (s *managerState) Settle(_ any, frame []byte) ([]byte, bool, error) { return frame, false, nil }

func (s *managerState) Inspect(_ any, frame []byte, _ uint64) ([]byte, bool, error) {
	return frame, false, nil
}

func (s *managerState) Restore(any) error { return nil }

func (s *managerState) Renew(object any) (any, error) { return object, nil }

func (s *managerState) Capture(any) (any, error) { return nil, nil }

func (s *managerState) Recapture(any, any) error { return nil }

func (s *managerState) Unknown(any, int) []string { return nil }
