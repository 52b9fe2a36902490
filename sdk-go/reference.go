package everact

// This file reaches actors: references, asks and tells by handler name, and asks whose reply is taken later.

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/json"
	"github.com/everact/everact-go/internal/payload"
)

// Scope is where references are made: an *Engine, a *Connection, or the *Context of a handler.
type Scope interface {
	system() *Engine
	// turn is the turn that it belongs to, nil outside of one.
	turn() *Context
}

// Ref is an actor whose kind is known to the compiler; make one with Kind.Actor.
type Ref[A any] struct {
	Reference
}

// Reference is an actor or a process in an engine; make one with Engine.Actor, Context.Actor, Engine.Process or Context.Process. The zero value reaches
// nobody.
type Reference struct {
	engine *Engine
	kind   *registered
	// key is the actor's; of a process its number in eight bytes.
	key     string
	process bool
	err     error
}

// Key is the actor's key, or the process' number as text.
func (r Reference) Key() string {
	if r.process {
		return strconv.FormatUint(frame.ProcessNumber(r.key), 10)
	}
	return r.key
}

// Address is the actor's kind and key, or the process' kind and number.
func (r Reference) Address() Address {
	if r.kind == nil {
		return Address{Key: r.Key()}
	}
	return Address{Kind: r.kind.name, Key: r.Key()}
}

// Address names an actor in its system.
type Address struct {
	Kind, Key string
}

// String is kind/key.
func (a Address) String() string { return a.Kind + "/" + a.Key }

// AskOption changes one ask.
type AskOption struct {
	flag     uint16
	source   string
	sequence uint64
	keep     time.Duration
	endless  bool
	metadata Metadata
	into     *Metadata
}

// Producer marks the ask as number sequence of a producer's rising numbers: a durable actor applies each number once. The newest one repeated is
// answered with its recorded reply, an older one with AlreadyApplied.
func Producer(name string, sequence uint64) AskOption {
	return AskOption{flag: frame.AskFlagProducer, source: name, sequence: sequence}
}

// IdempotencyKey marks the ask with a free key: while the key is kept, a durable actor answers it again with the recorded reply. It is kept for at least a
// millisecond and at most 4,294,967,294 of them, 49.7 days.
func IdempotencyKey(key string, keep time.Duration) AskOption {
	return AskOption{flag: frame.AskFlagKey, source: key, keep: keep}
}

// NoTimeout lifts the engine's ask timeout from an ask whose context has no deadline.
func NoTimeout() AskOption { return AskOption{endless: true} }

// WithMetadata sends metadata beside the message; the handler finds it in Context.Metadata.
func WithMetadata(metadata Metadata) AskOption { return AskOption{metadata: metadata} }

// ReplyMetadata puts the metadata that comes beside the reply into the variable: nil where there is none. It is there when the ask has returned, and
// of a Pending when Wait has.
func ReplyMetadata(into *Metadata) AskOption { return AskOption{into: into} }

// Ask sends a message by the handler's name and waits for the reply. The message may be anything that encodes to the JSON the handler takes; nil
// or None is no message, and a []byte goes as it is. See Handler.Ask.
func Ask[R any](ctx context.Context, to Reference, handler string, message any, options ...AskOption) (R, error) {
	var none R
	c, err := to.beginNamed(ctx, handler, message, Reference.beginAsk, options)
	if err != nil {
		return none, err
	}
	held, err := c.ask(ctx)
	return settled(c, codecOf[R](json.Lenient), held, err)
}

// Start sends a message by the handler's name without waiting for the reply. See Handler.Start.
func Start[R any](ctx context.Context, to Reference, handler string, message any, options ...AskOption) *Pending[R] {
	c, err := to.beginNamed(ctx, handler, message, Reference.begin, options)
	if err != nil {
		return refused[R](err)
	}
	return started(ctx, c, codecOf[R](json.Lenient))
}

// Tell sends a message by the handler's name and does not wait for it to be handled. See Handler.Tell.
func Tell(ctx context.Context, to Reference, handler string, message any, options ...AskOption) error {
	h, err := to.handler(handler)
	if err != nil {
		return err
	}
	return tell(ctx, to, h.id, payload.Codec[any]{Append: appendAny}, message, options)
}

// appendAny writes a message whose type is known only now.
func appendAny(b []byte, message any) ([]byte, error) {
	switch message := message.(type) {
	case nil, None:
		return b, nil
	case []byte:
		return append(b, message...), nil
	default:
		return json.AppendAny(b, message)
	}
}

// tell is the effect of a turn inside one, else an ask for the mailbox's acceptance.
func tell[M any](ctx context.Context, to Reference, handler uint16, messages payload.Codec[M], message M, options []AskOption) error {
	if err := to.reaches(handler); err != nil {
		return err
	}
	if turn := turnOf(ctx, to.engine); turn != nil {
		return tellWithin(turn, &to, handler, &messages, message, options)
	}
	c, err := to.begin(ctx, handler, options)
	if err != nil {
		return err
	}
	c.record.Flags |= frame.AskFlagTell
	if err := encode(c, messages, message); err != nil {
		return err
	}
	held, err := c.ask(ctx)
	_, err = settled(c, payload.Codec[None]{Parse: parseNone}, held, err)
	if to.process && errors.Is(err, ErrNoProcess) {
		// As in Erlang: who tells does not learn whether the other one lives.
		return nil
	}
	return err
}

func (r Reference) handler(name string) (*handlerCore, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.kind == nil {
		return nil, failure(CodeInvalidArgument, "the reference is empty")
	}
	return r.kind.handler(name)
}

// keyBytesMax is the core's bound of a key, sourceBytesMax that of a producer's name or an idempotency key.
const (
	keyBytesMax    = 1024
	sourceBytesMax = 1024
)

// reaches says what is wrong with the reference, or with the handler there. What the core could not read never gets so far.
func (r Reference) reaches(handler uint16) error {
	switch {
	case r.err != nil:
		return r.err
	case r.engine == nil:
		return failure(CodeInvalidArgument, "the reference is empty")
	case r.process:
		return r.kind.has(handler)
	case len(r.key) == 0 || len(r.key) > keyBytesMax:
		return failure(CodeInvalidArgument, "a key has 1 to %d bytes, this one has %d", keyBytesMax, len(r.key))
	case !utf8.ValidString(r.key):
		return failure(CodeInvalidArgument, "a key is UTF-8, this one is not")
	}
	return r.kind.has(handler)
}

// begins is begin or beginAsk.
type begins func(r Reference, ctx context.Context, handler uint16, options []AskOption) (*call, error)

func (r Reference) beginNamed(ctx context.Context, handler string, message any, begin begins, options []AskOption) (*call, error) {
	h, err := r.handler(handler)
	if err != nil {
		return nil, err
	}
	c, err := begin(r, ctx, h.id, options)
	if err != nil {
		return nil, err
	}
	return c, encode(c, payload.Codec[any]{Append: appendAny}, message)
}

// beginAsk is begin of a call whose caller waits, and runs its turn itself where that may be.
func (r Reference) beginAsk(ctx context.Context, handler uint16, options []AskOption) (*call, error) {
	c, err := r.begin(ctx, handler, options)
	if err == nil && runsHere(ctx) {
		c.record.Flags |= frame.AskFlagCallerRuns
	}
	return c, err
}

// begin takes a call and fills in what is known before the message.
func (r Reference) begin(ctx context.Context, handler uint16, options []AskOption) (*call, error) {
	if err := r.reaches(handler); err != nil {
		return nil, err
	}
	for i := range options {
		if err := options[i].check(); err != nil {
			return nil, err
		}
	}
	turn := turnOf(ctx, r.engine)
	if turn != nil && turn.isOver() {
		return nil, failure(CodeInvalidArgument, "the turn is over")
	}
	deadlineMs, err := deadlineOf(ctx, turn)
	if err != nil {
		return nil, err
	}
	c := r.engine.calls.take()
	c.engine, c.durable = r.engine, r.kind.durable
	c.key = r.key
	c.turnOf = turn
	c.source = ""
	c.record = frame.Ask{ID: c.id(), Kind: r.kind.id, Handler: handler, DeadlineMs: deadlineMs}
	if r.process {
		c.record.Flags = frame.AskFlagProcess
	}
	if c.turnOf != nil {
		c.record.Parent = c.turnOf.id
	}
	for i := range options {
		c.apply(&options[i])
	}
	return c, nil
}

// keepMax is the longest time that a frame can say.
const keepMax = (math.MaxUint32 - 1) * time.Millisecond

// check says what is wrong with an option.
func (o *AskOption) check() error {
	switch {
	case o.flag == 0:
		return nil
	case len(o.source) == 0 || len(o.source) > sourceBytesMax || !utf8.ValidString(o.source):
		return failure(CodeInvalidArgument, "a producer or idempotency key is UTF-8 of 1 to %d bytes", sourceBytesMax)
	case o.flag == frame.AskFlagKey && (o.keep < time.Millisecond || o.keep > keepMax):
		return failure(CodeInvalidArgument, "keep is %v: an idempotency key is kept for 1 to %d milliseconds", o.keep, keepMax/time.Millisecond)
	}
	return nil
}

func (c *call) apply(option *AskOption) {
	c.record.Flags |= option.flag
	if option.flag != 0 {
		c.source, c.record.Sequence = option.source, option.sequence
		c.record.MarkTTLMs = milliseconds(option.keep)
	}
	if option.metadata != nil {
		c.metadata = option.metadata
	}
	if option.into != nil {
		c.into = option.into
	}
	if option.endless && c.record.DeadlineMs == 0 {
		c.record.DeadlineMs = frame.NoDeadline
	}
}

// deadlineOf is the context's deadline from now, 0 where it has none. A handler's own context has its deadline in the core that runs the handler.
func deadlineOf(ctx context.Context, turn *Context) (uint32, error) {
	switch own := ctx.(type) {
	case *Context:
		if own == turn {
			return 0, nil
		}
	case *ProcessContext:
		if own.Context == turn && ctx.Err() == nil {
			return 0, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, contextFailure(err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0, nil
	}
	left := time.Until(deadline)
	if left <= 0 {
		return 0, contextFailure(context.DeadlineExceeded)
	}
	return milliseconds(left), nil
}

// milliseconds rounds up, within what the boundary can say.
func milliseconds(d time.Duration) uint32 {
	ms := (d + time.Millisecond - 1) / time.Millisecond
	return uint32(min(max(ms, 0), math.MaxUint32-1))
}

func contextFailure(err error) *Error {
	if err == context.DeadlineExceeded {
		return &Error{Code: CodeDeadlineExceeded, Text: "the context's deadline passed before the reply came"}
	}
	return &Error{Code: CodeCancelled, Text: "the context was cancelled before the reply came"}
}

// encode writes the whole ASK record; a call whose message cannot be encoded is given back.
func encode[M any](c *call, messages payload.Codec[M], message M) error {
	b, err := messages.Append(frame.BeginAsk(c.room(), c.key), message)
	if err != nil {
		c.release()
		return unencodable(err)
	}
	var metadata []byte
	if c.metadata != nil {
		var problem *Error
		if metadata, problem = c.metadata.encoded(); problem != nil {
			c.release()
			return problem
		}
		if metadata != nil {
			c.record.Flags |= frame.AskFlagMetadata
		}
	}
	c.command = frame.EndAsk(b, &c.record, len(c.key), c.source, metadata)
	return nil
}

func unencodable(err error) *Error {
	return failure(CodeInvalidArgument, "the message cannot be encoded: %s", err.Error())
}

// settled decodes the reply of an answered call and gives the call back, unless it is no longer the asker's.
func settled[R any](c *call, replies payload.Codec[R], held bool, err error) (R, error) {
	if !held {
		var none R
		return none, err
	}
	if c.into != nil {
		*c.into = readMetadata(c.beside)
	}
	if err != nil {
		var none R
		c.release()
		return none, err
	}
	reply, err := replies.Parse(c.reply)
	c.release()
	if err != nil {
		return reply, failure(CodeInvalidPayload, "the reply does not fit: %v", err)
	}
	return reply, nil
}
