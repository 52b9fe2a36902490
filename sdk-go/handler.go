package everact

// This file declares handlers and holds their typed front: Handler is what callers ask and tell with.

import (
	"context"
	"time"

	"github.com/everact/everact-go/internal/json"
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
	internal   bool
	bytes      bool
	retry      *Retry
	doc        string
	// states are those of a state machine in which it is used, none for all; variants are the functions of one message, by state.
	states   []string
	variants []*handlerCore
	// answer encodes a reply that is given later.
	answer func(b []byte, reply any) ([]byte, error)
	// run decodes the message, calls the handler and appends the reply to the frame.
	run func(object any, ctx *Context, payload, frame []byte) ([]byte, error)
	// parse decodes a message for a process that receives it itself.
	parse func(payload []byte) (any, error)
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

// Internal keeps a handler to the actors and the program of its own engine: the gateway does not serve it.
func Internal() HandlerOption { return func(h *handlerCore) { h.internal = true } }

// Doc says what a handler does, for OpenAPI, the page and describe.
func Doc(text string) HandlerOption { return func(h *handlerCore) { h.doc = text } }

// WithRetry says what happens to a told message that the handler fails on. Without it such a message is tried five times within a minute, and then becomes
// a dead letter.
func WithRetry(policy Retry) HandlerOption { return func(h *handlerCore) { h.retry = &policy } }

// Retry is a policy for told messages whose handler fails; what is zero is the engine's default, but for Jitter. An application error is never tried again.
// A policy that cannot be used is ErrInvalidDeclaration when an engine opens.
type Retry struct {
	// AttemptsMax is how often the handler runs at most, the first time included.
	AttemptsMax int
	// FirstWait is the time before the second attempt, WaitMax the longest time between two (at least FirstWait, at most 49 days), Factor by how much
	// each is longer than the one before (at least 1).
	FirstWait, WaitMax time.Duration
	Factor             float64
	// Jitter is the part of a wait that is drawn at random, 0 (none) to 1.
	Jitter float64
	// NotRetried are names of errors that are not worth another attempt: what stands before the first colon of the failure's text.
	NotRetried []string
	// Hold lets the sender's later messages wait until the failed one is sent again or dropped, instead of going on without it.
	Hold bool
}

// Handle declares a handler that takes a message and gives a reply, usually from a method expression such as (*Airport).Landed. The name is the
// one on the wire, in lower snake case.
func Handle[A, M, R any](kind *Kind[A], name string, handle func(*A, *Context, M) (R, error), options ...HandlerOption) *Handler[A, M, R] {
	declarable[M](kind.core, name, "message")
	declarable[R](kind.core, name, "reply")
	h := &Handler[A, M, R]{declared(kind.core, name, codecOf[M](json.Strict), codecOf[R](json.Lenient), options)}
	h.core.bytes = isBytes[M]()
	h.core.run = func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
		message, err := h.message.Parse(payload)
		if err != nil {
			return frame, &unfit{err}
		}
		reply, err := handle(&object.(*cell[A]).live, ctx, message)
		if err != nil && !ctx.ends(err) {
			return frame, err
		}
		grown, wrong := replied(frame, h.reply, reply)
		if wrong != nil {
			err = wrong
		}
		return grown, err
	}
	return h
}

// replied appends a handler's reply to the frame.
func replied[R any](frame []byte, replies payload.Codec[R], reply R) ([]byte, error) {
	grown, err := replies.Append(frame, reply)
	if err != nil {
		return frame, &badReply{err}
	}
	return grown, nil
}

// declared adds a handler to a kind; what it runs is still missing.
func declared[M, R any](
	kind *kindCore, name string, message payload.Codec[M], reply payload.Codec[R], options []HandlerOption,
) sender[M, R] {
	core := &handlerCore{name: name}
	for _, option := range options {
		option(core)
	}
	core.answer = answering(reply)
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
//
// From outside Producer and IdempotencyKey make it safe to repeat; WithMetadata goes along with the message.
func (h *Handler[A, M, R]) Tell(ctx context.Context, to Ref[A], message M, options ...AskOption) error {
	return h.tell(ctx, to.Reference, message, options)
}

func (s *sender[M, R]) ask(ctx context.Context, to Reference, message M, options []AskOption) (R, error) {
	var none R
	c, err := to.beginAsk(ctx, s.core.id, options)
	if err != nil {
		return none, err
	}
	if err := encode(c, s.message, message); err != nil {
		return none, err
	}
	held, err := c.ask(ctx)
	return settled(c, s.reply, held, err)
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

func (s *sender[M, R]) tell(ctx context.Context, to Reference, message M, options []AskOption) error {
	return tell(ctx, to, s.core.id, s.message, message, options)
}

func (k *kindCore) add(h *handlerCore) {
	if !kindName.MatchString(h.name) {
		k.refuse("kind %s: %q is no name for a handler: lower snake case is", k.name, h.name)
	}
	k.fitsBehaviour(h)
	if k.machine != nil && h.parse == nil {
		k.addVariant(h)
		return
	}
	for _, other := range k.handlers {
		if other.name == h.name {
			k.refuse("kind %s: handler %s is declared twice", k.name, h.name)
		}
	}
	h.id = uint16(len(k.handlers))
	k.handlers = append(k.handlers, h)
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
