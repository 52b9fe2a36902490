package everact

// This file is what a handler sees of its turn. A Context is also a context.Context: done when nobody waits for the turn any more, and when the
// turn is over.

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/payload"
)

// Context is a handler's view of its turn. Its time does not move while the turn runs, and its randomness and ids follow from one seed that the
// core gives to the turn. It must not be used after the handler returned.
type Context struct {
	activation *activation
	id, seed   uint64
	nowMs      int64
	// open is the turn as the core handed it out, nil once it is over.
	open *turn
	// extras is what few turns have, nil as long as this one does not; it is made under mu.
	extras    atomic.Pointer[extras]
	remaining uint32
	mu        sync.Mutex
	passivate bool
}

// extras is kept apart because each turn has a Context of its own, so that its size is much of what a turn costs.
type extras struct {
	// sender is who sent the message that a function received last, senderProcess whether that is a process, its key the number.
	sender        string
	senderProcess bool
	// came is what came beside the message, goes what goes beside the reply.
	came, goes Metadata
	// caller is who called, as the core says.
	caller string
	done   chan struct{}
	err    error
	// wish is what a callback of a behaviour wants; deferred: the ask of this turn is answered later.
	wish     *wish
	deferred bool
	// sending keeps what a process tells at once in the order in which it was told.
	sending sync.Mutex
}

// extrasLocked is the turn's extras, which are made where there are none.
func (c *Context) extrasLocked() *extras {
	x := c.extras.Load()
	if x == nil {
		x = &extras{}
		c.extras.Store(x)
	}
	return x
}

// take takes what came beside the message, and out of it what only the core writes.
func (x *extras) take(came Metadata) {
	x.caller = came.Get(callerName)
	for name := range came {
		if strings.HasPrefix(name, reservedNames) {
			delete(came, name)
		}
	}
	if len(came) > 0 {
		x.came = came
	}
}

// contextKey finds the Context that another context was derived from.
type contextKey struct{}

// contextsAtOnce is how many Contexts are made at once, since a turn that allocates while Go's collector works has to help it. Each serves one turn only,
// but one that is kept keeps the others.
const contextsAtOnce = 16

func newContext(a *activation, t *turn) *Context {
	if len(t.contexts) == 0 {
		t.contexts = make([]Context, contextsAtOnce)
	}
	ctx := &t.contexts[0]
	t.contexts = t.contexts[1:]
	ctx.activation, ctx.id, ctx.open, ctx.nowMs, ctx.remaining, ctx.seed = a, t.id, t, t.nowMs, t.remainingMs, t.seed
	if t.metadata != nil {
		ctx.extrasLocked().take(readMetadata(t.metadata))
	}
	return ctx
}

// turnOf is the open turn that a context belongs to, nil outside of one or in another engine's.
func turnOf(ctx context.Context, e *Engine) *Context {
	turn, ok := ctx.(*Context)
	if !ok {
		if process, ok := ctx.(*ProcessContext); ok {
			turn = process.Context
		} else if turn, ok = ctx.Value(contextKey{}).(*Context); !ok {
			return nil
		}
	}
	if turn.system() != e {
		return nil
	}
	return turn
}

// Kind is the actor's kind.
func (c *Context) Kind() string { return c.activation.kind.name }

// Key is the actor's key, or the process' number as text.
func (c *Context) Key() string { return c.activation.name() }

// Address is the actor's kind and key.
func (c *Context) Address() Address { return Address{Kind: c.Kind(), Key: c.Key()} }

// Revision is the revision of the state that the turn started from; 0 before the first commit.
func (c *Context) Revision() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		return 0
	}
	return c.open.revision
}

// IsTell tells whether the message was told: nobody waits for an answer.
func (c *Context) IsTell() bool { return c.asked() == 0 }

// asked is the ask that this turn answers, 0 where there is none.
func (c *Context) asked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil || c.open.is(frame.TurnFlagTell) {
		return 0
	}
	return c.open.ask
}

// Sender is the actor that sent the message; false where none did.
func (c *Context) Sender() (Address, bool) {
	sender, _ := c.sentBy()
	kind, key, found := strings.Cut(sender, "/")
	return Address{Kind: kind, Key: key}, found
}

// sentBy is who sent the message, as text, and whether that is a process; empty where nobody did, and when the turn is over.
func (c *Context) sentBy() (sender string, process bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		return "", false
	}
	if c.activation.kind.role != roleReceiver {
		return string(c.open.sender), c.open.is(frame.TurnFlagSenderProcess)
	}
	if x := c.extras.Load(); x != nil {
		return x.sender, x.senderProcess
	}
	return "", false
}

// SenderProcess is the process that sent the message; false where none did.
func (c *Context) SenderProcess() (ProcessRef, bool) {
	text, process := c.sentBy()
	if !process {
		return ProcessRef{}, false
	}
	var sender ProcessRef
	err := sender.UnmarshalText([]byte(text))
	return sender, err == nil && !sender.IsZero()
}

// Metadata is what came beside the message; nil where nothing did.
func (c *Context) Metadata() Metadata {
	x := c.extras.Load()
	if x == nil {
		return nil
	}
	return x.came
}

// ReplyMetadata is what goes beside the reply: the handler puts it there. It goes with a reply only: not with a failure, and not where nobody waits.
func (c *Context) ReplyMetadata() Metadata {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.extrasLocked()
	if x.goes == nil {
		x.goes = Metadata{}
	}
	return x.goes
}

// besideReply is the block beside the reply.
func (c *Context) besideReply() ([]byte, *Error) {
	x := c.extras.Load()
	if x == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return x.goes.encoded()
}

// Now is the turn's time. It stands still within the turn.
func (c *Context) Now() time.Time { return time.UnixMilli(c.nowMs) }

// Random is a number of the turn's randomness, at least 0 and less than 1.
func (c *Context) Random() float64 { return float64(c.draw()>>11) / (1 << 53) }

// NewID is a UUID of version 4 from the turn's randomness.
func (c *Context) NewID() string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], c.draw())
	binary.BigEndian.PutUint64(id[8:], c.draw())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// draw is the next number of SplitMix64.
func (c *Context) draw() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seed += 0x9E3779B97F4A7C15
	z := c.seed
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Actor is an actor by names.
func (c *Context) Actor(kind, key string) Reference { return c.system().Actor(kind, key) }

// Passivate lets the actor leave memory after this turn.
func (c *Context) Passivate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passivate = true
}

func (c *Context) system() *Engine { return c.activation.kind.engine }

func (c *Context) turn() *Context { return c }

func (c *Context) here() {}

// Turn is the *Context of a handler, or the *ProcessContext of a process in receive style.
type Turn interface {
	context.Context
	Scope
	here()
}

// tellWithin keeps a message for the turn's commit; that of a process in receive style leaves at once. What the core could not read fails here, not at the
// turn's end.
func tellWithin[M any](c *Context, to *Reference, handler uint16, messages *payload.Codec[M], message M, options []AskOption) error {
	metadata, err := tellMetadata(options)
	if err != nil {
		return err
	}
	if err := keep(c, to, handler, messages, message, metadata); err != nil {
		return err
	}
	if c.activation.kind.role == roleReceiver {
		c.flush()
	}
	return nil
}

// keep appends a TELL record to those of the turn.
func keep[M any](c *Context, to *Reference, handler uint16, messages *payload.Codec[M], message M, metadata []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.open
	switch {
	case t == nil:
		return turnOver()
	case t.tellCount == math.MaxUint16:
		return failure(CodeTooLarge, "a turn sends at most %d messages", math.MaxUint16)
	}
	start := len(t.tells)
	b, err := messages.Append(frame.BeginTell(t.tells, to.key), message)
	if err != nil {
		return unencodable(err)
	}
	var flags uint16
	if to.process {
		flags = frame.TellFlagProcess
	}
	t.tells = frame.EndTell(b, start, to.kind.id, handler, flags, len(to.key), metadata)
	t.tellCount++
	return nil
}

// tellMetadata is the block beside a turn's message; of the options only the metadata has a meaning there.
func tellMetadata(options []AskOption) ([]byte, error) {
	for i := range options {
		if options[i].flag != 0 {
			return nil, failure(CodeInvalidArgument, "a message that a turn sends arrives once without a mark: Producer and IdempotencyKey are for callers outside")
		}
		if options[i].metadata != nil {
			block, problem := options[i].metadata.encoded()
			if problem != nil {
				return nil, problem
			}
			return block, nil
		}
	}
	return nil, nil
}

// isOver tells whether the turn has ended.
func (c *Context) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open == nil
}

// hasTold tells whether the handler sent messages.
func (c *Context) hasTold() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open != nil && c.open.tellCount > 0
}

// Deadline is when the caller stops waiting.
func (c *Context) Deadline() (deadline time.Time, ok bool) {
	if c.remaining == frame.NoDeadline {
		return time.Time{}, false
	}
	return time.UnixMilli(c.nowMs + int64(c.remaining)), true
}

// Done is closed when nobody waits for the turn any more, and when the turn is over.
func (c *Context) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.extrasLocked()
	if x.done == nil {
		x.done = make(chan struct{})
		if c.open == nil {
			x.cancelLocked(CodeCancelled)
		} else if code, cancelled := c.system().watch(c); cancelled {
			x.cancelLocked(code)
		}
	}
	return x.done
}

// Err says why Done is closed.
func (c *Context) Err() error {
	c.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.extras.Load().err
}

// Value gives nothing but what this package keeps: an actor has no values of its caller's context.
func (c *Context) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return nil
}

func (c *Context) cancel(code Code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.extras.Load().cancelLocked(code)
}

// cancelLocked closes done, which is made.
func (x *extras) cancelLocked(code Code) {
	if x.err != nil {
		return
	}
	x.err = context.Canceled
	if code == CodeDeadlineExceeded {
		x.err = context.DeadlineExceeded
	}
	close(x.done)
}

// end is the turn's end: the messages it sends, which lie with the turn. Whoever still holds the context sees it done.
func (c *Context) end() (tells []byte, count uint32) {
	c.mu.Lock()
	if c.open != nil {
		tells, count = c.open.tells, c.open.tellCount
	}
	c.open = nil
	x := c.extras.Load()
	c.activation.answered(c)
	watched := x != nil && x.done != nil
	if watched {
		x.cancelLocked(CodeCancelled)
	}
	c.mu.Unlock()
	if watched {
		c.system().unwatch(c.id)
	} else {
		c.system().unwatchEarly(c.id)
	}
	return tells, count
}
