package everact

// This file holds one ask on its way: how it is sent, where its turn runs, how its outcome finds the asker.
//
// Calls are pooled and numbered. An ask's id is the call's number with a generation, so an outcome that comes late or twice finds nobody.

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/everact/everact-go/internal/frame"
)

// generationMax is where generations begin again: an ask's id has 63 bits.
const generationMax = 1<<31 - 1

// keptBytes bounds the buffers that calls and turns keep for their next use.
const keptBytes = 1 << 20

// What may have happened to a call that somebody waits for.
const (
	waiting uint32 = iota
	delivered
	abandoned
)

// call is one ask. Between take and release it belongs to the asker; deliver is the only thing that others do with it.
type call struct {
	index uint32
	// home is the stack that a free call lies on.
	home       uint32
	generation atomic.Uint32
	next       atomic.Uint32

	engine  *Engine
	durable bool
	// turnOf is the turn that asks, nil outside of one.
	turnOf *Context
	record frame.Ask
	key    string
	source string
	// command is the ASK record; where the turn runs right here, the COMPLETE record after it.
	command []byte
	// lent is where command goes back to, nil unless it is a spare one.
	lent *[]byte
	// buffer holds an outcome that somebody else brought.
	buffer []byte
	// reply is the outcome: in command or in buffer. beside is the block of metadata beside it.
	reply  []byte
	beside []byte
	code   uint16
	// metadata goes along with the message; into takes what comes along with the reply.
	metadata Metadata
	into     *Metadata
	state    atomic.Uint32
	// signal says that the outcome is there, unless finish takes it.
	signal chan struct{}
	finish finish

	// Calls lie beside each other, and their neighbours are used on other processors.
	_ cacheLine
}

// finish takes the outcome of a call whose caller has gone on.
type finish interface {
	settle(payload, beside []byte, err error)
}

// spares are buffers for the commands of calls that were started: such a call may be another one before its command can be given back to it.
var spares = sync.Pool{New: func() any { return new([]byte) }}

// room is where the ASK record is written.
func (c *call) room() []byte {
	if c.command == nil {
		c.lent = spares.Get().(*[]byte)
		c.command = *c.lent
	}
	return c.command[:0]
}

// spare gives a command's buffer to any other call.
func spare(lent *[]byte, command []byte) {
	if lent == nil || cap(command) > keptBytes {
		return
	}
	*lent = command
	spares.Put(lent)
}

func (c *call) id() uint64 { return uint64(c.generation.Load())<<32 | uint64(c.index+1) }

// ask sends the call and waits for the outcome. Where the context is done before it comes, the call is left to whoever brings it: held is false then,
// and the call no longer the asker's.
func (c *call) ask(ctx context.Context) (held bool, _ error) {
	e, durable := c.engine, c.durable
	if c.turnOf != nil {
		c.turnOf.flush()
		c.turnOf.activation.leave()
		defer c.turnOf.activation.resume(c.turnOf)
	}
	here := c.record.Flags&frame.AskFlagCallerRuns != 0
	lead := e.enter(durable) == 1
	defer e.leave(durable)
	v := visit{call: c, id: c.record.ID, commands: c.command}
	if err := e.exchange(&v, 1, lead); err != nil && !v.settled {
		return true, err
	}
	if v.turn != nil {
		c.turn(&v, here, lead)
	}
	if !v.settled && !c.waitOutside(ctx) {
		return false, contextFailure(ctx.Err())
	}
	if c.code != 0 {
		return true, c.failed(ctx)
	}
	return true, nil
}

// turn runs the turn that the ask brought, or passes it on.
func (c *call) turn(v *visit, here, lead bool) {
	t := v.turn
	switch {
	case t.ask != v.id:
	case here && c.engine.poolOf(t) == nil:
		c.runHere(t, v)
		return
	default:
		t.lead = lead
		t.detach(&c.command)
	}
	c.engine.workers.run(t)
}

// failed is the failure that the outcome is.
func (c *call) failed(ctx context.Context) error {
	return contextOutcome(ctx, c.engine.failureOf(c.record.ID, c.code, c.reply))
}

// enter counts an open ask of a durable actor: who is alone may lead the commit. Others have nothing to commit, and are not counted, since all
// processors share the count.
func (e *Engine) enter(durable bool) int64 {
	if !durable {
		return 0
	}
	return e.open.Add(1)
}

func (e *Engine) leave(durable bool) {
	if durable {
		e.open.Add(-1)
	}
}

// alone tells whether the only open ask is this one.
func (c *call) alone() bool { return c.durable && c.engine.open.Load() == 1 }

// runsHere tells whether the asking goroutine may run the handler: only where it could not leave before the handler does anyway. Inside a
// handler it may, since the one who asked for that handler is not held.
func runsHere(ctx context.Context) bool {
	switch ctx.(type) {
	case *Context, *ProcessContext:
		return true
	default:
		return ctx.Done() == nil
	}
}

// runHere runs the ask's own turn on this goroutine.
func (c *call) runHere(t *turn, v *visit) {
	e := c.engine
	c.command = e.perform(t, c.command, c)
	v.commands, v.turn = c.command, nil
	err := e.handIn(v, t, c.alone())
	t.release()
	if err != nil && !v.settled {
		v.settled = c.settleAlone(err)
	}
	if v.turn != nil {
		e.workers.run(v.turn)
	}
}

// waitOutside waits for the outcome. A turn in a pool has no place there meanwhile.
func (c *call) waitOutside(ctx context.Context) bool {
	if c.turnOf != nil {
		defer c.turnOf.leavePool()()
	}
	return c.wait(ctx)
}

// wait waits for an outcome that another goroutine brings. When the context is done first, the ask is cancelled, and the core's answer counts if it is
// there at once; false where it is not: nobody is held past a context because an answer is late, or lost.
func (c *call) wait(ctx context.Context) bool {
	done := ctx.Done()
	if done == nil {
		<-c.signal
		return true
	}
	select {
	case <-c.signal:
		return true
	case <-done:
	}
	if c.engine.cancel(c, c.record.ID) {
		return true
	}
	if c.state.CompareAndSwap(waiting, abandoned) {
		return false
	}
	<-c.signal
	return true
}

// start sends the call; finish gets the outcome. From here on the call belongs to whoever brings it.
func (c *call) start(finish finish) {
	e := c.engine
	if c.turnOf != nil {
		c.turnOf.flush()
		c.turnOf.activation.leave()
	}
	c.finish = finish
	command, lent, id := c.command, c.lent, c.record.ID
	c.command, c.lent = nil, nil
	e.enter(c.durable)
	v := visit{id: id, commands: command}
	if err := e.exchange(&v, 1, false); err != nil {
		e.deliver(id, uint16(err.Code), []byte(err.Text), nil)
	}
	if v.turn != nil {
		v.turn.detach(&command)
		e.workers.run(v.turn)
	}
	spare(lent, command)
}

// settle keeps an outcome that the asker itself received.
func (c *call) settle(code uint16, reply []byte) { c.code, c.reply = code, reply }

// keepBeside keeps the block beside an outcome, which few have.
func (c *call) keepBeside(block []byte) {
	if len(block) > 0 {
		c.beside = append(c.beside, block...)
	}
}

// settleAlone gives an ask its outcome where its turn's completion could not be handed in; false where another has delivered one. A closed engine
// answered all open asks before its last event.
func (c *call) settleAlone(err *Error) bool {
	if err.Code == CodeClosed {
		<-c.engine.drained
		if c.state.Load() == delivered {
			return false
		}
	}
	c.settle(uint16(err.Code), []byte(err.Text))
	return true
}

// deliver keeps an outcome that another goroutine received, and tells the asker.
func (c *call) deliver(code uint16, reply, beside []byte) {
	if c.finish != nil {
		c.finishWith(code, reply, beside)
		return
	}
	if !c.state.CompareAndSwap(waiting, delivered) {
		if c.state.Load() == abandoned {
			c.release()
		}
		return
	}
	c.buffer = append(c.buffer[:0], reply...)
	c.keepBeside(beside)
	c.settle(code, c.buffer)
	c.signal <- struct{}{}
}

func (c *call) finishWith(code uint16, reply, beside []byte) {
	var err error
	if code != 0 {
		err = c.engine.failureOf(c.record.ID, code, reply)
	}
	finish := c.finish
	c.engine.leave(c.durable)
	c.release()
	finish.settle(reply, beside, err)
}

// abandon leaves the call to whoever brings its outcome: the asker's goroutine is ending.
func (c *call) abandon() {
	if !c.state.CompareAndSwap(waiting, abandoned) {
		<-c.signal
		c.release()
	}
}

// release gives the call back; ids of this use find nobody from here on.
func (c *call) release() {
	c.generation.Store(c.generation.Load()%generationMax + 1)
	c.reply, c.finish, c.turnOf, c.code = nil, nil, nil, 0
	c.key, c.source = "", ""
	c.metadata, c.into, c.beside = nil, nil, c.beside[:0]
	if c.state.Load() != waiting {
		c.state.Store(waiting)
	}
	if cap(c.command) > keptBytes {
		c.command, c.lent = nil, nil
	}
	if cap(c.buffer) > keptBytes {
		c.buffer = nil
	}
	c.engine.calls.give(c)
}
