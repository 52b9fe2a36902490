package everact

// This file holds what the core hands to processes in receive style until their functions take it.

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/everact/everact-go/internal/frame"
)

// inbox is where the messages for one open function come in. Each RECEIVE is answered once: by a page of messages, by the time-out, or by the end.
//
// A page of large messages may come in parts, on goroutines that overtake each other: its messages have numbers, and say how many follow.
type inbox struct {
	mu   sync.Mutex
	came page
	// early are messages that have overtaken others, by their numbers; last is the number of the newest in came, owed how many of its page follow it.
	early      map[uint64]early
	last, owed uint64
	// sender is the text of who sent the newest message.
	sender   string
	timedOut bool
	// ending: the process has ended, and the function's context is about to be done; ended: it is.
	ending bool
	ended  atomic.Bool
	// ctx is the function's, once it runs.
	ctx *Context
	// wake says that there is something to see.
	wake chan struct{}
}

// received is a message on its way to a function. It is decoded when the function first looks at it.
type received struct {
	payload          []byte
	value            any
	ask              uint64
	sender           string
	metadata         []byte
	nowMs            int64
	handler          uint16
	decoded, process bool
}

// early is a message that has overtaken others of its page, of which so many follow it.
type early struct {
	received
	follow uint64
}

// page is what came together: the messages, and the bytes that their payloads lie in until they are decoded. It is used again for what comes later.
type page struct {
	messages []received
	bytes    []byte
}

// messagesOfPage and bytesOfPage bound what a page keeps for its next use.
const (
	messagesOfPage = 256
	bytesOfPage    = 64 << 10
)

// emptied is the page for other messages.
func (p page) emptied() page {
	clear(p.messages)
	p.messages, p.bytes = p.messages[:0], p.bytes[:0]
	if cap(p.messages) > messagesOfPage {
		p.messages = nil
	}
	if cap(p.bytes) > bytesOfPage {
		p.bytes = nil
	}
	return p
}

// handedBits is where the number of a received message ends in its record's revision; how many of its page follow stands above.
const handedBits = 48

// inboxes finds inboxes by the turns of the functions.
type inboxes struct{ byTurn sync.Map }

func (i *inboxes) open(turn uint64) { i.byTurn.Store(turn, &inbox{wake: make(chan struct{}, 1)}) }

// of is the inbox of a turn; nil where the function has returned.
func (i *inboxes) of(turn uint64) *inbox {
	box, ok := i.byTurn.Load(turn)
	if !ok {
		return nil
	}
	return box.(*inbox)
}

func (i *inboxes) close(turn uint64) { i.byTurn.Delete(turn) }

func (i *inboxes) timeOut(turn uint64) {
	if box := i.of(turn); box != nil {
		box.change(func() { box.timedOut = true })
	}
}

// end ends a function; false where the turn is none's.
func (i *inboxes) end(turn uint64) bool {
	box := i.of(turn)
	if box == nil {
		return false
	}
	var ctx *Context
	box.change(func() { box.ending, ctx = true, box.ctx })
	// First: a function whose Receive has given up finds its context done.
	if ctx != nil {
		ctx.cancel(CodeCancelled)
	}
	box.change(func() { box.ended.Store(true) })
	return true
}

// endAll ends the functions that outlive the engine.
func (i *inboxes) endAll() {
	i.byTurn.Range(func(turn, _ any) bool {
		i.end(turn.(uint64))
		return true
	})
}

func (b *inbox) change(how func()) {
	b.mu.Lock()
	how()
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// put takes a message in, and with it those that have overtaken it.
func (b *inbox) put(t *turn) {
	number, follow := t.revision%(1<<handedBits), t.revision>>handedBits
	r := b.copied(t)
	if number != b.last+1 {
		if b.early == nil {
			b.early = map[uint64]early{}
		}
		// The page that came before it may be used again before it is taken.
		r.payload = append([]byte(nil), r.payload...)
		b.early[number] = early{r, follow}
		return
	}
	for {
		b.last, b.owed = number, follow
		b.came.messages = append(b.came.messages, r)
		next, is := b.early[number+1]
		if !is {
			return
		}
		number, r, follow = number+1, next.received, next.follow
		delete(b.early, number)
	}
}

// copied takes a message out of the buffer that it came in.
func (b *inbox) copied(t *turn) received {
	start := len(b.came.bytes)
	b.came.bytes = append(b.came.bytes, t.payload...)
	end := len(b.came.bytes)
	r := received{
		payload: b.came.bytes[start:end:end], ask: t.ask, nowMs: t.nowMs, handler: t.handler, process: t.is(frame.TurnFlagSenderProcess),
	}
	if len(t.sender) > 0 {
		if string(t.sender) != b.sender {
			b.sender = string(t.sender)
		}
		r.sender = b.sender
	}
	if t.metadata != nil {
		r.metadata = append(r.metadata, t.metadata...)
	}
	return r
}

// take waits for what the core has to say: messages, the time-out or the end. owed is how many messages of the page are still on their way. spent is a page
// that all has been taken from.
func (b *inbox) take(spent page) (came page, owed uint64, timedOut, ended bool) {
	spent = spent.emptied()
	for {
		b.mu.Lock()
		came, owed, timedOut, ended = b.came, b.owed, b.timedOut, b.ended.Load()
		isThere := len(came.messages) > 0 || timedOut || ended
		if isThere {
			b.came, b.timedOut = spent, false
		}
		b.mu.Unlock()
		if isThere {
			return came, owed, timedOut, ended
		}
		<-b.wake
	}
}

// begin is the beginning of a function, which may have been ended before.
func (b *inbox) begin(ctx *Context) {
	var ending bool
	b.change(func() { b.ctx, ending = ctx, b.ending })
	if ending {
		ctx.cancel(CodeCancelled)
	}
}

// received takes a message for an open function.
func (e *Engine) received(v *visit, record []byte) error {
	box := e.inboxes.of(frame.ID(record))
	t, err := readTurn(record, v.commands)
	if err != nil {
		return err
	}
	defer t.release()
	if box == nil {
		return nil
	}
	if problem := t.fetch(e); problem != nil {
		return problem
	}
	box.change(func() { box.put(t) })
	return nil
}

// decode reads the message; false where it does not fit, which its asker learns and the log says.
func (r *received) decode(c *ProcessContext) bool {
	if r.decoded {
		return true
	}
	e := c.system()
	var err error
	switch r.handler {
	case frame.HandlerExit, frame.HandlerDown, frame.HandlerGroup, frame.HandlerManager:
		var n *note
		if n, err = readNote(r.payload); err == nil {
			r.value = n.received(e, r.handler)
		}
	default:
		var h *handlerCore
		if h, err = c.declared(r.handler); err == nil {
			r.value, err = h.parse(r.payload)
		}
	}
	if err != nil {
		text := err.Error()
		if r.ask != 0 {
			e.respond(r.ask, c.id, CodeInvalidPayload, []byte(text), nil)
		}
		e.say(slog.LevelWarn, "a message that does not fit was dropped: "+shortened(text, failureTextBytes), "kind", c.Kind(), "process", c.Key())
		return false
	}
	r.decoded, r.payload = true, nil
	return true
}

// received is the value that a function gets of a note.
func (n *note) received(e *Engine, handler uint16) any {
	switch handler {
	case frame.HandlerExit:
		return n.exit(e)
	case frame.HandlerDown:
		return n.down(e)
	case frame.HandlerManager:
		return n.gone(e)
	default:
		return n.change(e)
	}
}

// declared is the handler of a number, which the function takes messages of.
func (c *Context) declared(number uint16) (*handlerCore, error) {
	kind := c.activation.kind
	if int(number) >= len(kind.handlers) {
		return nil, failure(CodeUnknownHandler, "kind %s has no message %d", kind.name, number)
	}
	return kind.handlers[number], nil
}

// respond answers an ask that a function was handed.
func (e *Engine) respond(ask, turn uint64, code Code, payload, metadata []byte) {
	e.send(frame.AppendRespond(nil, ask, turn, uint16(code), payload, metadata))
}
