package everact

// This file holds what a turn does about its process' or actor's ties to others, at once: the core answers in the same exchange.

import (
	"context"

	"github.com/everact/everact-go/internal/frame"
)

// command has the core carry out a command and gives its reply. What the turn has told before goes first.
func (e *Engine) command(ctx context.Context, turn *Context, write func(b []byte, id uint64) []byte) ([]byte, error) {
	if turn != nil && turn.isOver() {
		return nil, turnOver()
	}
	c := e.calls.take()
	c.engine, c.durable, c.turnOf, c.key, c.source = e, false, turn, "", ""
	// No turn of this call is to run on this goroutine.
	c.record = frame.Ask{ID: c.id(), Flags: frame.AskFlagTell}
	c.command = write(c.room(), c.record.ID)
	held, err := c.ask(ctx)
	if !held {
		return nil, err
	}
	var reply []byte
	if err == nil {
		reply = append(reply, c.reply...)
	}
	c.release()
	return reply, err
}

func turnOver() error { return failure(CodeInvalidArgument, "the turn is over") }

// flush sends what a process has told in this turn, before anything else that it does is done.
func (c *Context) flush() {
	if c.activation.process == 0 || !c.hasTold() {
		return
	}
	c.mu.Lock()
	x := c.extrasLocked()
	c.mu.Unlock()
	x.sending.Lock()
	defer x.sending.Unlock()
	buffer := spares.Get().(*[]byte)
	commands, err := c.takeTells((*buffer)[:0])
	if err != nil {
		c.system().damaged(err)
	} else if len(commands) > 0 {
		commands = c.system().send(commands)
	}
	spare(buffer, commands)
}

// takeTells takes what the turn has told, as ASK records that say it at once.
func (c *Context) takeTells(commands []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		return commands, nil
	}
	rest := c.open.tells
	c.open.tells, c.open.tellCount = rest[:0], 0
	for len(rest) > 0 {
		tell, after, err := frame.Next(rest)
		if err != nil {
			return commands[:0], err
		}
		commands = frame.AppendTold(commands, tell, c.system().toldID(), c.id)
		rest = after
	}
	return commands, nil
}

// toldID is the number of an ask that nobody waits for: no call ever has it, since calls have their place in the low half.
func (e *Engine) toldID() uint64 {
	return e.told.Add(1)%generationMax<<32 | 0xFFFFFFFF
}

// send hands in commands that have no outcome for this goroutine, and gives back a buffer in place of theirs.
func (e *Engine) send(commands []byte) []byte {
	v := visit{commands: commands}
	if err := e.exchange(&v, 1, false); err != nil && err.Code != CodeClosed {
		e.damaged(err)
	}
	if v.turn != nil {
		v.turn.detach(&v.commands)
		e.workers.run(v.turn)
	}
	return v.commands
}

// Self names the process that the turn belongs to; the zero value in an actor.
func (c *Context) Self() ProcessRef {
	if c.activation.process == 0 {
		return ProcessRef{}
	}
	return ProcessRef{kind: c.Kind(), number: c.activation.process}
}

// Exit is for a handler, or the function of a process, to return: the process ends with this reason. A handler's reply goes out before.
//
//	return everact.None{}, ctx.Exit(everact.Normal)
func (c *Context) Exit(reason ExitReason) error {
	if c.activation.process == 0 {
		return failure(CodeInvalidArgument, "an actor does not exit: Passivate lets it leave memory")
	}
	number, err := reason.number()
	if err != nil {
		return err
	}
	return &exitRequest{reason, number}
}

// exitOf finds what Exit gave in what a handler of a process returned.
func (c *Context) exitOf(err error) *exitRequest {
	if err == nil || c.activation.process == 0 {
		return nil
	}
	for _, part := range chain(err) {
		if request, ok := part.(*exitRequest); ok {
			return request
		}
	}
	return nil
}

// ends tells whether a handler's error is the end of its process as it wants it.
func (c *Context) ends(err error) bool { return c.exitOf(err) != nil }

// tie has the core change a tie; the numbers are its reply.
func (e *Engine) tie(turn *Context, peer Peer, given *frame.Tie) (bool, error) {
	if turn != nil {
		given.Turn = turn.id
	}
	if peer != nil {
		to := peer.in(turn)
		switch {
		case to.err != nil:
			return false, to.err
		case to.engine == nil:
			return false, failure(CodeInvalidArgument, "the reference is empty")
		case to.engine != e:
			return false, failure(CodeInvalidArgument, "the reference belongs to another engine")
		case to.process:
			given.Flags |= frame.TieFlagProcess
			given.Process = frame.ProcessNumber(to.key)
		default:
			if err := to.reaches(0); err != nil && len(to.kind.handlers) > 0 {
				return false, err
			}
			given.Kind, given.Key = to.kind.id, to.key
		}
	}
	reply, err := e.command(context.Background(), turn, func(b []byte, id uint64) []byte {
		given.ID = id
		return frame.AppendTie(b, given)
	})
	numbers := frame.Numbers(reply)
	return len(numbers) > 0 && numbers[0] != 0, err
}

// Link ties this process to another: when one of them ends, the other one gets an exit signal, which ends it unless it traps exits or the end was Normal. A
// link to one that does not live sends the signal NoProcess.
func (c *Context) Link(peer Peer) error {
	_, err := c.system().tie(c, peer, &frame.Tie{What: frame.TieLink})
	return err
}

// Unlink parts this process from another: no exit signal of that link comes after it.
func (c *Context) Unlink(peer Peer) error {
	_, err := c.system().tie(c, peer, &frame.Tie{What: frame.TieUnlink})
	return err
}

// Monitor watches a process or an actor: one Down comes when it ends, at once with NoProcess where it does not live.
func (c *Context) Monitor(peer Peer) (Monitor, error) {
	monitor := c.system().monitors.Add(1)
	_, err := c.system().tie(c, peer, &frame.Tie{What: frame.TieMonitor, Monitor: monitor})
	return Monitor(monitor), err
}

// DemonitorOption changes how a watch ends.
type DemonitorOption struct{ flush bool }

// Flush takes a Down out that has come already.
func Flush() DemonitorOption { return DemonitorOption{flush: true} }

// TrapExits has exit signals come as messages (Exit), or end the process as they do unless told otherwise; it gives what held before.
func (c *Context) TrapExits(on bool) (before bool, err error) {
	given := frame.Tie{What: frame.TieTrapExits}
	if on {
		given.Flags = frame.TieFlagOn
	}
	return c.system().tie(c, nil, &given)
}

// Demonitor ends a watch, and tells whether it was on.
func (c *Context) Demonitor(monitor Monitor, options ...DemonitorOption) (wasOn bool, err error) {
	given := frame.Tie{What: frame.TieDemonitor, Monitor: uint64(monitor)}
	for _, option := range options {
		if option.flush {
			given.Flags = frame.TieFlagFlush
		}
	}
	return c.system().tie(c, nil, &given)
}

// ExitTo sends an exit signal in this process' name: one that does not trap exits ends by any reason but Normal, and by Kill in any case. A signal to one
// that does not live has no effect.
func (c *Context) ExitTo(peer Peer, reason ExitReason) error {
	return c.system().exit(c, peer, reason)
}

// ExitTo sends an exit signal from outside; see Context.ExitTo.
func (e *Engine) ExitTo(peer Peer, reason ExitReason) error {
	if ref, ok := peer.(ProcessRef); ok {
		peer = e.Process(ref)
	}
	return e.exit(nil, peer, reason)
}

func (e *Engine) exit(turn *Context, peer Peer, reason ExitReason) error {
	number, err := reason.number()
	if err != nil {
		return err
	}
	_, err = e.tie(turn, peer, &frame.Tie{What: frame.TieExit, Reason: number, Detail: reason.written()})
	return err
}

// Exit sends an exit signal to the process, or stops the actor; see Context.ExitTo.
func (r Reference) Exit(reason ExitReason) error {
	if r.engine == nil {
		return failure(CodeInvalidArgument, "the reference is empty")
	}
	return r.engine.exit(nil, r, reason)
}

// Kill ends the process at once, whether it traps exits or not.
func (r Reference) Kill() error { return r.Exit(Kill) }

// IsAlive tells whether the process lives.
func (r Reference) IsAlive() bool {
	if r.engine == nil || !r.process {
		return false
	}
	numbers, err := r.engine.name(nil, frame.NameIsAlive, "", frame.ProcessNumber(r.key))
	return err == nil && len(numbers) > 0 && numbers[0] != 0
}
