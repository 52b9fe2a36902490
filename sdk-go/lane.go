package everact

// This file is the way into the core and back: commands in, events out, and a goroutine that polls for what no call brought back.

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/native"
)

// pollMs is how long one poll waits; events end it sooner.
const pollMs = 1_000

var outBuffers = sync.Pool{New: func() any {
	buffer := make([]byte, frame.OutBytesMin)
	return &buffer
}}

// visit is one exchange with the core: what goes in, and what of its events is for this goroutine.
type visit struct {
	// call takes its outcome right here where it comes in this visit; nil leaves every outcome to deliver.
	call *call
	id   uint64
	// commands are one ASK, one COMPLETE or one CANCEL. Events may refer to the message or to the reply in it instead of repeating it.
	commands []byte
	// completed is the turn whose COMPLETE is in commands, nil where there is none.
	completed *turn
	// turn is a turn that this goroutine has to run or to pass on.
	turn *turn
	// settled: call has its outcome. refused: the core could not take the COMPLETE.
	settled, refused bool
}

// exchange hands in the visit's commands and takes the events they cause.
func (e *Engine) exchange(v *visit, turnsMax uint32, lead bool) *Error {
	buffer := outBuffers.Get().(*[]byte)
	var flags uint32
	if lead {
		flags = frame.ExchangeLead
	}
	n := native.Exchange(e.id, v.commands, *buffer, turnsMax, flags)
	err := e.take(v, *buffer, n)
	outBuffers.Put(buffer)
	return err
}

// take handles the events of a call into the core.
func (e *Engine) take(v *visit, buffer []byte, n int64) *Error {
	if n < 0 {
		return failed(n, buffer)
	}
	for rest := buffer[:n]; len(rest) > 0; {
		record, after, err := frame.Next(rest)
		if err != nil {
			return e.damaged(err)
		}
		// A record that cannot be read does not take those behind it along.
		if err := e.event(v, record); err != nil {
			e.damaged(err)
		}
		rest = after
	}
	return nil
}

// handIn hands in the COMPLETE of a turn. Where the core cannot take it, the turn is left by the last resort: it never stays open.
func (e *Engine) handIn(v *visit, t *turn, lead bool) *Error {
	v.completed = t
	err := e.exchange(v, 1, lead)
	if !v.refused && (err == nil || err.Code == CodeClosed) {
		return err
	}
	return e.handInLast(v, t)
}

// handInLast hands in the last resort.
func (e *Engine) handInLast(v *visit, t *turn) *Error {
	v.commands, v.refused = t.lastResort(), false
	return e.exchange(v, 1, false)
}

// failed reads why a call into the core failed.
func failed(n int64, buffer []byte) *Error {
	if record, _, err := frame.Next(buffer); err == nil && frame.Type(record) == frame.FailureType {
		if int64(frame.FailureCode(record)) == -n {
			return failureFrom(frame.FailureCode(record), []byte(frame.Text(record)))
		}
	}
	return &Error{Code: Code(-n), Text: "the core refused the call"}
}

func (e *Engine) damaged(err error) *Error {
	problem := failure(CodeInternal, "an event of the core cannot be read: %v", err)
	e.say(slog.LevelError, problem.Text, "code", problem.Code.String())
	return problem
}

// say logs. The logger is the user's: neither a panic of it nor the end of its goroutine is ours.
func (e *Engine) say(level slog.Level, text string, attributes ...any) {
	aside(func() { e.log.Log(context.Background(), level, "everact: "+text, attributes...) })
}

func (e *Engine) event(v *visit, record []byte) error {
	switch frame.Type(record) {
	case frame.ReplyType:
		return e.replied(v, record)
	case frame.TurnType:
		if frame.Flags(record)&frame.TurnFlagReceived != 0 {
			return e.received(v, record)
		}
		t, err := readTurn(record, v.commands)
		if err != nil {
			e.unreadable(record, err)
			return err
		}
		if t.is(frame.TurnFlagFirst) {
			e.activate(t)
		}
		if t.handler == frame.HandlerRun {
			e.inboxes.open(t.id)
			e.workers.run(t)
			return nil
		}
		v.pick(e, t)
	case frame.ReceiveTimedOutType:
		e.inboxes.timeOut(frame.ID(record))
	case frame.ForgetType:
		e.activations.forget(frame.ID(record))
	case frame.CancelTurnType:
		if !e.inboxes.end(frame.ID(record)) {
			e.cancelTurn(frame.ID(record), Code(frame.CancelTurnCode(record)))
		}
	case frame.FailureType:
		e.refusal(v, record)
	case frame.NoticeType:
		e.notice(frame.NoticeCode(record), record)
	case frame.ClosedType:
		e.closedOnce.Do(func() {
			close(e.closed)
			e.inboxes.endAll()
			e.cancelTurns()
		})
	}
	return nil
}

// pick keeps one turn for this goroutine, before all the one that borrows its payload from this very visit; the workers take the others.
func (v *visit) pick(e *Engine, t *turn) {
	if t.borrowed {
		t, v.turn = v.turn, t
	} else if v.turn == nil && v.commands != nil && e.poolOf(t) == nil {
		t, v.turn = nil, t
	}
	if t != nil {
		e.workers.run(t)
	}
}

func (e *Engine) replied(v *visit, record []byte) error {
	code, flags := frame.ReplyCode(record), frame.Flags(record)
	payload, beside, err := frame.Cut(record[frame.ReplyFixedBytes:], frame.ReplyPayloadBytes(record))
	if err != nil {
		return err
	}
	if flags&frame.ReplyFlagMetadata == 0 {
		beside = nil
	}
	switch {
	case flags&frame.ReplyFlagOwn != 0 && v.completed != nil:
		payload = v.completed.reply(v.commands)
	case flags&frame.ReplyFlagBlob != 0:
		bytes, problem := e.blob(payload)
		if payload = bytes; problem != nil {
			code, payload = uint16(problem.Code), []byte(problem.Text)
		}
	case v.call != nil && frame.ID(record) == v.id:
		v.call.buffer = append(v.call.buffer[:0], payload...)
		payload = v.call.buffer
	}
	if flags&frame.ReplyFlagFailed == 0 {
		code = 0
	}
	e.outcome(v, frame.ID(record), code, payload, beside)
	return nil
}

// outcome gives an ask's outcome to its asker.
func (e *Engine) outcome(v *visit, id uint64, code uint16, payload, beside []byte) {
	if v.call != nil && id == v.id {
		v.call.keepBeside(beside)
		v.call.settle(code, payload)
		v.settled = true
		return
	}
	e.deliver(id, code, payload, beside)
}

func (e *Engine) deliver(id uint64, code uint16, payload, beside []byte) {
	if c := e.calls.find(id); c != nil {
		c.deliver(code, payload, beside)
	}
}

// cancel tells the core that nobody waits for an ask any more; true when that brought the outcome of c.
func (e *Engine) cancel(c *call, id uint64) (settled bool) {
	v := visit{call: c, id: id, commands: frame.AppendCancel(nil, id)}
	if err := e.exchange(&v, 0, false); err != nil && !v.settled {
		return false
	}
	return v.settled
}

// refusal takes what the core says of a command that it could not carry out.
func (e *Engine) refusal(v *visit, record []byte) {
	if v.completed != nil && frame.ID(record) == v.completed.id {
		v.refused = true
		e.damaged(errors.New("a completion was refused: " + frame.Text(record)))
		return
	}
	e.outcome(v, frame.ID(record), frame.FailureCode(record), []byte(frame.Text(record)), nil)
}

// notice logs something a person should know under the name of the error that it is about; a slow turn is none, and a line of diagnostics has no number.
func (e *Engine) notice(code uint16, record []byte) {
	name := Code(code).String()
	attributes := []any{"code", name}
	switch code {
	case 0:
		e.diagnose(levelOf(frame.NoticeLevel(record)), frame.Text(record))
		return
	case frame.NoticeSlowTurn:
		attributes = []any{"code", "SlowTurn"}
		if stack := e.slowStack(frame.Text(record)); stack != "" {
			attributes = append(attributes, "stack", stack)
		}
	}
	e.say(slog.LevelWarn, frame.Text(record), attributes...)
}

// unreadable ends a turn whose record could not be read.
func (e *Engine) unreadable(record []byte, err error) {
	t := &turn{id: frame.ID(record)}
	problem := failure(CodeInternal, "the turn cannot be read: %v", err)
	v := visit{commands: t.failWith(nil, &frame.Complete{Turn: t.id}, problem.Code, problem.Text, false)}
	if err := e.handIn(&v, t, false); err == nil && v.turn != nil {
		e.workers.run(v.turn)
	}
}

// poll drains the lane until the engine is closed.
func (e *Engine) poll() {
	defer close(e.drained)
	buffer := make([]byte, frame.OutBytesMin)
	var v visit
	for {
		n := native.Poll(e.id, buffer, pollMs)
		if err := e.take(&v, buffer, n); err != nil {
			select {
			case <-e.closed:
			default:
				e.damaged(err)
				runtime.Gosched()
			}
			if err.Code == CodeClosed {
				return
			}
		}
		// The turns that were passed on run before the next poll, which may wait in the core.
		runtime.Gosched()
		select {
		case <-e.closed:
			return
		default:
		}
	}
}
