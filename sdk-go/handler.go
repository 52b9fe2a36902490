package everact

// This file declares handlers and holds their typed front: Handler is what callers ask and tell with.

import (
	"context"

	"github.com/everact/everact-go/internal/payload"
)

// Handler is a message that actors of state A take: its message type M and its reply type R, None where there is none.
//
// A message or reply of type []byte is carried as it is, everything else as JSON.
type Handler[A, M, R any] struct {
	sender[M, R]
}

// sender asks and tells with messages and replies of known types.
type sender[M, R any] struct {
	core    *handlerCore
	message payload.Codec[M]
	reply   payload.Codec[R]
}

// handlerCore is what the engine knows of a handler.
type handlerCore struct {
	name       string
	id         uint16
	readOnly   bool
	reentrant  bool
	idempotent bool
	// run decodes the message, calls the handler and appends the reply to the frame.
	run func(object any, ctx *Context, payload, frame []byte) ([]byte, error)
}

// HandlerOption changes a handler's declaration.
type HandlerOption func(*handlerCore)

// ReadOnly lets the handler's turns overlap one another. It must not change state nor tell: such a turn is refused with ReadOnlyViolation.
func ReadOnly() HandlerOption { return func(h *handlerCore) { h.readOnly = true } }

// Reentrant lets a chain of asks that comes back to a waiting actor run this handler instead of failing with Deadlock.
func Reentrant() HandlerOption { return func(h *handlerCore) { h.reentrant = true } }

// Idempotent says that handling a message twice is the same as handling it once, so that a connection may send it again when it does not know
// whether it arrived. A read-only handler is idempotent without saying so. Within an engine it changes nothing.
func Idempotent() HandlerOption { return func(h *handlerCore) { h.idempotent = true } }

// Handle declares a handler that takes a message and gives a reply, usually from a method expression such as (*Airport).Landed. The name is the
// one on the wire, in lower snake case.
func Handle[A, M, R any](kind *Kind[A], name string, handle func(*A, *Context, M) (R, error), options ...HandlerOption) *Handler[A, M, R] {
	h := &Handler[A, M, R]{declared(kind.core, name, codecOf[M](), codecOf[R](), options)}
	h.core.run = func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
		message, err := h.message.Parse(payload)
		if err != nil {
			return frame, &unfit{err}
		}
		reply, err := handle(&object.(*cell[A]).live, ctx, message)
		if err != nil {
			return frame, err
		}
		return h.reply.Append(frame, reply)
	}
	return h
}

// declared adds a handler to a kind; what it runs is still missing.
func declared[M, R any](
	kind *kindCore, name string, message payload.Codec[M], reply payload.Codec[R], options []HandlerOption,
) sender[M, R] {
	core := &handlerCore{name: name}
	for _, option := range options {
		option(core)
	}
	kind.add(core)
	return sender[M, R]{core, message, reply}
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
	return h.ask(ctx, to.Reference, message, options)
}

// Start sends the message without waiting: Pending gives the reply later. Messages that one goroutine starts arrive in the order of the calls.
func (h *Handler[A, M, R]) Start(ctx context.Context, to Ref[A], message M, options ...AskOption) *Pending[R] {
	return h.start(ctx, to.Reference, message, options)
}

// Tell sends the message and does not wait for it to be handled. With the *Context of a handler it is an effect of the turn: sent when the turn
// commits, and exactly once between durable actors. From outside it returns once the mailbox has accepted the message.
func (h *Handler[A, M, R]) Tell(ctx context.Context, to Ref[A], message M) error {
	return h.tell(ctx, to.Reference, message)
}

func (s *sender[M, R]) ask(ctx context.Context, to Reference, message M, options []AskOption) (R, error) {
	var none R
	c, err := to.begin(ctx, s.core.id, options)
	if err != nil {
		return none, err
	}
	if err := encode(c, s.message, message); err != nil {
		return none, err
	}
	return settled(c, s.reply, c.ask(ctx))
}

func (s *sender[M, R]) start(ctx context.Context, to Reference, message M, options []AskOption) *Pending[R] {
	c, err := to.begin(ctx, s.core.id, options)
	if err != nil {
		return refused[R](err)
	}
	if err := encode(c, s.message, message); err != nil {
		return refused[R](err)
	}
	return started(ctx, c, s.reply)
}

func (s *sender[M, R]) tell(ctx context.Context, to Reference, message M) error {
	return tell(ctx, to, s.core.id, s.message, message)
}

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

// hook is a handler of the life cycle: no message, no reply. There is none where nothing is to run.
func hook(name string, run func(object any, ctx *Context) error) *handlerCore {
	if run == nil {
		return nil
	}
	return &handlerCore{name: name, run: func(object any, ctx *Context, _, frame []byte) ([]byte, error) {
		return frame, run(object, ctx)
	}}
}

// unfit marks a message that does not fit the handler's type.
type unfit struct{ error }
