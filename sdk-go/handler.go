package reenact

// This file declares handlers and holds their typed front: Handler is what callers ask and tell with.

import "context"

// Handler is a message that actors of state A take: its message type M and its reply type R, None where there is none.
//
// A message or reply of type []byte is carried as it is, everything else as JSON.
type Handler[A, M, R any] struct {
	core    *handlerCore
	message codec[M]
	reply   codec[R]
}

// handlerCore is what the engine knows of a handler.
type handlerCore struct {
	name      string
	id        uint16
	readOnly  bool
	reentrant bool
	// run decodes the message, calls the handler and appends the reply to the frame.
	run func(object any, ctx *Context, payload, frame []byte) ([]byte, error)
}

// HandlerOption changes a handler's declaration.
type HandlerOption func(*handlerCore)

// ReadOnly lets the handler's turns overlap one another. It must not change state nor tell: such a turn is refused with ReadOnlyViolation.
func ReadOnly() HandlerOption { return func(h *handlerCore) { h.readOnly = true } }

// Reentrant lets a chain of asks that comes back to a waiting actor run this handler instead of failing with Deadlock.
func Reentrant() HandlerOption { return func(h *handlerCore) { h.reentrant = true } }

// Handle declares a handler that takes a message and gives a reply, usually from a method expression such as (*Airport).Landed. The name is the
// one on the wire, in lower snake case.
func Handle[A, M, R any](kind *Kind[A], name string, handle func(*A, *Context, M) (R, error), options ...HandlerOption) *Handler[A, M, R] {
	h := &Handler[A, M, R]{core: &handlerCore{name: name}, message: codecOf[M](), reply: codecOf[R]()}
	for _, option := range options {
		option(h.core)
	}
	h.core.run = func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
		message, err := h.message.parse(payload)
		if err != nil {
			return frame, &unfit{err}
		}
		reply, err := handle(&object.(*cell[A]).live, ctx, message)
		if err != nil {
			return frame, err
		}
		return h.reply.appendTo(frame, reply)
	}
	kind.core.add(h.core)
	return h
}

// HandleNoReply declares a handler that takes a message and gives no reply.
func HandleNoReply[A, M any](kind *Kind[A], name string, handle func(*A, *Context, M) error, options ...HandlerOption) *Handler[A, M, None] {
	return Handle(kind, name, func(a *A, ctx *Context, message M) (None, error) {
		return None{}, handle(a, ctx, message)
	}, options...)
}

// HandleNoMessage declares a handler that takes no message and gives a reply.
func HandleNoMessage[A, R any](kind *Kind[A], name string, handle func(*A, *Context) (R, error), options ...HandlerOption) *Handler[A, None, R] {
	return Handle(kind, name, func(a *A, ctx *Context, _ None) (R, error) { return handle(a, ctx) }, options...)
}

// HandleNothing declares a handler that takes no message and gives no reply.
func HandleNothing[A any](kind *Kind[A], name string, handle func(*A, *Context) error, options ...HandlerOption) *Handler[A, None, None] {
	return Handle(kind, name, func(a *A, ctx *Context, _ None) (None, error) { return None{}, handle(a, ctx) }, options...)
}

// Name is the handler's name on the wire.
func (h *Handler[A, M, R]) Name() string { return h.core.name }

// Ask sends the message and waits for the reply, which comes once everything it was built on is on disk.
//
// The context's deadline and cancellation bound the wait; without a deadline the engine's ask timeout does. Inside a handler pass its *Context
// (or one derived from it), so that the chain of asks is known. See the package's words on where the handler runs.
func (h *Handler[A, M, R]) Ask(ctx context.Context, to Ref[A], message M, options ...AskOption) (R, error) {
	c, err := to.begin(ctx, h.core.id, options)
	if err != nil {
		return h.nothing(), err
	}
	if err := encode(c, h.message, message); err != nil {
		return h.nothing(), err
	}
	return settled(c, h.reply, c.ask(ctx))
}

// Start sends the message without waiting: Pending gives the reply later. Messages that one goroutine starts arrive in the order of the calls.
func (h *Handler[A, M, R]) Start(ctx context.Context, to Ref[A], message M, options ...AskOption) *Pending[R] {
	c, err := to.begin(ctx, h.core.id, options)
	if err != nil {
		return refused[R](err)
	}
	if err := encode(c, h.message, message); err != nil {
		return refused[R](err)
	}
	return started(ctx, c, h.reply)
}

// Tell sends the message and does not wait for it to be handled. With the *Context of a handler it is an effect of the turn: sent when the turn
// commits, and exactly once between durable actors. From outside it returns once the mailbox has accepted the message.
func (h *Handler[A, M, R]) Tell(ctx context.Context, to Ref[A], message M) error {
	return tell(ctx, to.Reference, h.core.id, h.message, message)
}

func (h *Handler[A, M, R]) nothing() (none R) { return none }

func (k *kindCore) add(h *handlerCore) {
	if !kindName.MatchString(h.name) {
		k.refuse("kind %s: %q is no name for a handler: lower snake case is", k.name, h.name)
	}
	for _, other := range k.handlers {
		if other.name == h.name {
			k.refuse("kind %s: handler %s is declared twice", k.name, h.name)
		}
	}
	h.id = uint16(len(k.handlers))
	k.handlers = append(k.handlers, h)
}

// handler finds a handler by name.
func (k *kindCore) handler(name string) (*handlerCore, error) {
	for _, h := range k.handlers {
		if h.name == name {
			return h, nil
		}
	}
	return nil, failure(CodeUnknownHandler, "kind %s has no handler %q", k.name, name)
}

// hook is a handler of the life cycle: no message, no reply.
func hook[A any](name string, run func(*A, *Context) error) *handlerCore {
	return &handlerCore{name: name, run: func(object any, ctx *Context, _, frame []byte) ([]byte, error) {
		return frame, run(&object.(*cell[A]).live, ctx)
	}}
}

// unfit marks a message that does not fit the handler's type.
type unfit struct{ error }
