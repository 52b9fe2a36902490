package everact

// This file is what the function of a process in receive style sees: messages, which it takes one by one in the order it likes.

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/everact/everact-go/internal/frame"
)

// ErrTimeout is what Receive gives when no message came in time.
var ErrTimeout = errors.New("everact: no message came in time")

// ProcessContext is the view that the function of a process has of itself. It is done when the process is ended from outside; the function should return
// then, and whatever it still does has no effect. Receive is for the function's own goroutine, all else for any.
type ProcessContext struct {
	*Context
	inbox *inbox
	// held are messages that were passed over; page came last, and no Receive has looked at those from next on.
	held []*received
	page page
	next int
	// downs are those held that tell of an end, by their watches.
	downs map[Monitor]*received
	// owed is how many messages of the newest page are still on their way.
	owed      uint64
	last      sync.Mutex
	asker     *Asker
	nowOfLast int64
}

func newProcessContext(ctx *Context) *ProcessContext {
	c := &ProcessContext{Context: ctx, inbox: ctx.system().inboxes.of(ctx.id), nowOfLast: ctx.nowMs}
	ctx.Done()
	c.inbox.begin(ctx)
	return c
}

// receiving is what a Receive wants.
type receiving struct {
	within  time.Duration
	bounded bool
	fits    []func(message any) bool
	// one is what alone has to fit, in place of fits.
	one func(message any) bool
	// monitor is the watch whose Down alone is wanted; zero where anything else is.
	monitor Monitor
}

// ReceiveOption says what a Receive takes, and how long it waits. Of several that say what is taken, one has to fit.
type ReceiveOption func(*receiving)

// Within bounds the wait: ErrTimeout comes after it. Zero takes what is there and does not wait.
func Within(wait time.Duration) ReceiveOption {
	return func(r *receiving) { r.within, r.bounded = max(wait, 0), true }
}

// When takes messages of type T that fit.
func When[T any](fits func(message T) bool) ReceiveOption {
	return func(r *receiving) {
		r.fits = append(r.fits, func(message any) bool {
			value, ok := message.(T)
			return ok && fits(value)
		})
	}
}

// Any takes all messages of type T, which may be an interface.
func Any[T any]() ReceiveOption { return When(func(T) bool { return true }) }

// DownOf takes the Down of a watch. Alone it looks at none of the messages that were passed over, however many there are.
func DownOf(monitor Monitor) ReceiveOption {
	return func(r *receiving) {
		When(func(down Down) bool { return down.Monitor == monitor })(r)
		r.monitor = monitor
	}
}

// isDown tells whether nothing but the Down of one watch is wanted.
func (r *receiving) isDown() bool { return r.monitor != 0 && len(r.fits) == 1 }

// wants tells whether a message is wanted.
func (r *receiving) wants(message any) bool {
	if r.one != nil {
		return r.one(message)
	}
	for _, fits := range r.fits {
		if fits(message) {
			return true
		}
	}
	return len(r.fits) == 0
}

// Receive takes the first message that fits, and waits for it as long as it takes or as Within says. Messages that do not fit stay, in their order, for later
// calls. What it gives is a value of one of the kind's message types, or Exit, Down, Joined or Left.
//
// It fails with ErrTimeout, and with ErrCancelled when the process has been ended from outside.
func (c *ProcessContext) Receive(options ...ReceiveOption) (any, error) {
	wanted := receiving{}
	for _, option := range options {
		option(&wanted)
	}
	return c.take(&wanted)
}

// ReceiveOf is Receive of messages of type T: those that When lets through, or all of them.
func ReceiveOf[T any](c *ProcessContext, options ...ReceiveOption) (T, error) {
	if len(options) == 0 {
		// It stays on the stack, unlike one that options have seen.
		message, err := c.take(&receiving{one: isOf[T]})
		value, _ := message.(T)
		return value, err
	}
	wanted := receiving{}
	for _, option := range options {
		option(&wanted)
	}
	if len(wanted.fits) == 0 {
		wanted.one = isOf[T]
	}
	message, err := c.take(&wanted)
	value, ok := message.(T)
	if err == nil && !ok {
		err = failure(CodeInvalidArgument, "ReceiveOf[%T] took a %T, since its options let it through", value, message)
	}
	return value, err
}

// isOf tells whether a message is of a type.
func isOf[T any](message any) bool {
	_, is := message.(T)
	return is
}

func (c *ProcessContext) take(wanted *receiving) (any, error) {
	if c.inbox.ended.Load() || c.isOver() {
		return nil, c.ended()
	}
	// What was passed over is looked at once, what comes from then on once more.
	if r := c.kept(wanted); r != nil {
		c.taken(r)
		return r.value, nil
	}
	var until time.Time
	if wanted.bounded {
		until = time.Now().Add(wanted.within)
	}
	for {
		for c.next < len(c.page.messages) {
			r := &c.page.messages[c.next]
			c.next++
			if !r.decode(c) {
				continue
			}
			if wanted.wants(r.value) {
				c.taken(r)
				return r.value, nil
			}
			passed := *r
			c.keep(&passed)
		}
		if c.owed == 0 {
			c.want(wanted, until)
		}
		came, owed, timedOut, ended := c.inbox.take(c.page)
		c.page, c.next, c.owed = came, 0, owed
		switch {
		case ended:
			return nil, c.ended()
		case timedOut && len(came.messages) == 0:
			c.taken(&received{nowMs: time.Now().UnixMilli()})
			return nil, ErrTimeout
		}
	}
}

// keep puts a message behind those that were passed over.
func (c *ProcessContext) keep(r *received) {
	c.held = append(c.held, r)
	if down, is := r.value.(Down); is {
		if c.downs == nil {
			c.downs = map[Monitor]*received{}
		}
		c.downs[down.Monitor] = r
	}
}

// kept takes the first of the messages that were passed over that is wanted.
func (c *ProcessContext) kept(wanted *receiving) *received {
	at := -1
	if !wanted.isDown() {
		at = slices.IndexFunc(c.held, func(r *received) bool { return wanted.wants(r.value) })
	} else if r := c.downs[wanted.monitor]; r != nil {
		at = slices.Index(c.held, r)
	}
	if at < 0 {
		return nil
	}
	r := c.held[at]
	if at == 0 {
		c.held[0], c.held = nil, c.held[1:]
	} else {
		c.held = slices.Delete(c.held, at, at+1)
	}
	if down, is := r.value.(Down); is {
		delete(c.downs, down.Monitor)
	}
	return r
}

// Demonitor ends a watch, and tells whether it was on; see Context.Demonitor.
func (c *ProcessContext) Demonitor(monitor Monitor, options ...DemonitorOption) (wasOn bool, err error) {
	wasOn, err = c.Context.Demonitor(monitor, options...)
	for _, option := range options {
		if option.flush {
			c.held = slices.DeleteFunc(c.held, func(r *received) bool { return c.isDown(r, monitor) })
			unseen := slices.DeleteFunc(c.page.messages[c.next:], func(r received) bool { return c.isDown(&r, monitor) })
			c.page.messages = c.page.messages[:c.next+len(unseen)]
			delete(c.downs, monitor)
		}
	}
	return wasOn, err
}

// isDown tells whether a message that the function was handed is the end of a watch.
func (c *ProcessContext) isDown(r *received, monitor Monitor) bool {
	if r.handler != frame.HandlerDown || !r.decode(c) {
		return false
	}
	down, ok := r.value.(Down)
	return ok && down.Monitor == monitor
}

// want tells the core that the function waits.
func (c *ProcessContext) want(wanted *receiving, until time.Time) {
	timeoutMs := uint32(frame.NoDeadline)
	if wanted.bounded {
		timeoutMs = milliseconds(time.Until(until))
	}
	e := c.system()
	var buffer [frame.ReceiveFixedBytes]byte
	v := visit{commands: frame.AppendReceive(buffer[:0], c.id, timeoutMs, uint32(len(c.held)))}
	if err := e.exchange(&v, 1, false); err != nil {
		e.inboxes.end(c.id)
	}
	if v.turn != nil {
		e.workers.run(v.turn)
	}
}

// ended is why a Receive gives up.
func (c *ProcessContext) ended() error {
	if c.isOver() {
		return turnOver()
	}
	return failure(CodeCancelled, "the process has been ended")
}

// taken makes a message the one that Asker, Sender, Metadata and Now are about.
func (c *ProcessContext) taken(r *received) {
	var asker *Asker
	if r.ask != 0 {
		asker = &Asker{engine: c.system(), turn: c.id, ask: r.ask}
	}
	c.last.Lock()
	c.asker, c.nowOfLast = asker, r.nowMs
	c.last.Unlock()
	if r.sender == "" && r.metadata == nil && c.extras.Load() == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.extrasLocked()
	x.sender, x.senderProcess, x.came, x.caller = r.sender, r.process, nil, ""
	if r.metadata != nil {
		x.take(readMetadata(r.metadata))
	}
}

// Now is when the message that was received last came, or the process began.
func (c *ProcessContext) Now() time.Time {
	c.last.Lock()
	defer c.last.Unlock()
	return time.UnixMilli(c.nowOfLast)
}

// Asker is who asked with the message that was received last; nil where it was told. It may be kept, and answered later.
func (c *ProcessContext) Asker() *Asker {
	c.last.Lock()
	defer c.last.Unlock()
	return c.asker
}

// Reply answers the message that was received last. A reply to a message that was told goes nowhere.
func (c *ProcessContext) Reply(reply any) error { return c.Asker().Reply(reply) }

// Asker waits for a reply. It is answered once: later answers go nowhere, and so do those that come after the process has ended.
type Asker struct {
	engine    *Engine
	turn, ask uint64
	// deferred is where Context.Defer was called, nil in receive style; answer encodes the replies of that handler.
	deferred *activation
	answer   func(b []byte, reply any) ([]byte, error)
}

// Reply answers. What Context.Defer gave is answered within a turn of the same actor or process.
func (a *Asker) Reply(reply any) error {
	if a == nil {
		return nil
	}
	turn, err := a.answering()
	if err != nil {
		return err
	}
	write := a.answer
	if write == nil {
		write = appendAny
	}
	payload, err := write(nil, reply)
	if err != nil {
		return failure(CodeInvalidArgument, "the reply cannot be encoded: %s", err.Error())
	}
	a.engine.respond(a.ask, turn, 0, payload, nil)
	return nil
}

// Fail answers with a failure: an application error as what it is, anything else as HandlerFailed.
func (a *Asker) Fail(err error) error {
	switch {
	case err == nil:
		return failure(CodeInvalidArgument, "a failure needs an error")
	case a == nil:
		return nil
	}
	turn, wrong := a.answering()
	if wrong != nil {
		return wrong
	}
	failed := handlerFailure(err)
	if failed.cause != nil {
		a.engine.keepCause(a.ask, failed.cause)
	}
	a.engine.respond(a.ask, turn, failed.Code, []byte(shortened(failed.Text, failureBytes(failed.Code))), nil)
	return nil
}
