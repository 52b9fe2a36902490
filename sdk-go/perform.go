package everact

// This file runs a turn: message in, one COMPLETE record out.
//
// A turn can be left in one way, passage.leave, which runs deferred: when the handler has returned, when anything of the user's has panicked, and when
// it is ending its goroutine. What it still needs of the user's then (an error's text, the way back to the accepted state) runs aside, on a goroutine
// whose end it survives. Should leave itself fail, the last resort is a record that needs nothing of anybody's.

import (
	"log/slog"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/json"
)

const (
	// failureTextBytes bounds what a failed handler tells its caller.
	failureTextBytes = 4096
	// applicationErrorBytes bounds an application error.
	applicationErrorBytes = 64 << 10
)

// passage is a turn on its way through the host.
type passage struct {
	engine *Engine
	turn   *turn
	// asker is the call whose own goroutine this is, nil on a worker.
	asker      *call
	activation *activation
	handler    *handlerCore
	ctx        *Context
	object     any

	// record is the COMPLETE record as far as it is written.
	record                 []byte
	replyBytes, stateBytes int
	dirty                  bool
	// metadata is the block beside the reply.
	metadata []byte
	// effects are what a process has told whose turn fails.
	effects     []byte
	effectCount uint32

	// terminated: the last callback of a behaviour has run. instead is the reason that it wants in place of the failure.
	terminated bool
	instead    *exitRequest
	// wanted is the JSON of what a callback of a behaviour wants, nil where that is nothing.
	wanted []byte

	// finished: run has returned. Elsewhere the goroutine panics with a value, or it ends.
	finished bool
	// leaving says why the process ends, nil where it does not.
	leaving *exitRequest
	// failed says why the turn is discarded. It is nil where err, what the handler returned, still has to be asked.
	failed *Error
	err    error
	// panicked is the value of a panic, with its stack.
	panicked any
	stack    []byte
}

// perform runs the turn and writes its COMPLETE record into buffer, which may be the one that the payload lies in.
func (e *Engine) perform(t *turn, buffer []byte, asker *call) (record []byte) {
	p := &t.passage
	p.engine, p.turn, p.asker, p.record = e, t, asker, buffer
	defer func() {
		if p.finished {
			record = p.leave()
			return
		}
		if p.panicked = recover(); p.panicked != nil {
			p.stack = debug.Stack()
			record = p.leave()
			return
		}
		p.exit()
	}()
	// One after the other and not within each other, as rare cases have functions of their own: of a thousand goroutines that ask each has a stack, and what
	// a turn touches of it has to fit the processor's cache.
	p.run()
	p.settle()
	p.finished = true
	return nil
}

// run decodes the message, calls the handler and encodes the reply.
func (p *passage) run() {
	t, e := p.turn, p.engine
	if p.activation, p.failed = e.activationOf(t); p.failed != nil {
		return
	}
	p.activation.begin(p)
	p.ctx = newContext(p.activation, t)
	if owing := p.activation.owing.Load(); owing != nil {
		owing.begin(p.ctx)
	}
	if p.handler, p.failed = p.activation.handler(t.handler); p.failed != nil {
		return
	}
	if p.failed = t.fetch(e); p.failed != nil {
		return
	}
	if p.object, p.failed = p.activation.make(e, t); p.failed != nil {
		return
	}
	// The room for the fixed part lies before the payload, which is decoded before anything follows it.
	record, err := p.handler.run(p.object, p.ctx, t.payload, frame.BeginComplete(p.record[:0]))
	p.record = record
	if p.leaving = p.ctx.exitOf(err); p.leaving == nil && err != nil {
		p.err = err
		return
	}
	if p.metadata, p.failed = p.ctx.besideReply(); p.failed != nil {
		p.failed = failure(CodeHandlerFailed, "%s: %s", p.failed.Name(), p.failed.Text)
		return
	}
	p.replyBytes = len(record) - frame.CompleteFixedBytes
	if p.activation.kind.behaviour != "" || p.ctx.extras.Load() != nil {
		p.behave()
	}
}

// settle looks at what the handler left of the state.
func (p *passage) settle() {
	if p.failed != nil || p.err != nil {
		return
	}
	if p.turn.handler == frame.HandlerReplaceState {
		p.replaced()
		return
	}
	if p.activation.process != 0 {
		return
	}
	var err error
	state := p.activation.kind.state
	switch t := p.turn; {
	case t.is(frame.TurnFlagReadOnly):
		var dirty bool
		if _, dirty, err = state.Inspect(p.object, p.record, t.id); dirty || p.ctx.hasTold() {
			p.failed = failure(CodeReadOnlyViolation, "%s: %s", p.handler.name, ErrReadOnlyViolation.(*Error).Text)
			return
		}
	case t.is(frame.TurnFlagNested):
		return
	default:
		replied := len(p.record)
		p.record, p.dirty, err = state.Settle(p.object, p.record)
		p.stateBytes = len(p.record) - replied
	}
	if err != nil {
		p.failed = p.invalidState(err)
	}
}

// invalidState is the failure of a state that cannot be stored as it is.
func (p *passage) invalidState(err error) *Error {
	if fault, ok := err.(*json.Fault); ok && fault.Panicked != nil {
		p.panicked, p.stack = fault.Panicked, fault.Stack
	}
	return &Error{Code: CodeInvalidState, Text: err.Error()}
}

// leave ends the turn: its COMPLETE record, whatever has happened.
func (p *passage) leave() (record []byte) {
	t := p.turn
	defer func() {
		if recover() != nil {
			if p.ctx.forget(); p.activation != nil {
				p.activation.end(p)
			}
			record = t.lastResort()
		}
	}()
	if p.failed == nil && (p.err != nil || p.panicked != nil) {
		p.failed = p.reason()
	}
	if p.panicked != nil {
		p.report()
	}
	if p.failed == nil {
		return p.accept()
	}
	p.terminateFailed()
	passivate, leaves := p.putBack()
	if p.failed.cause != nil && t.ask != 0 {
		p.engine.keepCause(t.ask, p.failed.cause)
	}
	complete := frame.Complete{Turn: t.id}
	if passivate {
		complete.Flags |= frame.CompleteFlagPassivate
	}
	if p.activation != nil && p.activation.process != 0 {
		if p.instead != nil {
			complete.Exit, complete.Detail = p.instead.number, p.instead.reason.written()
		}
		return t.failProcess(p.record, &complete, p.failed, p.stack, p.effects, p.effectCount)
	}
	return t.failWith(p.record, &complete, p.failed.Code, p.failed.Text, leaves)
}

// stackMark is what stands between the text of a process' failure and its stack.
const stackMark = "\n\x1e\n"

// stackBytes bounds the stack that goes with it.
const stackBytes = 16384

// failProcess writes the COMPLETE record of a turn that ends its process. What it has told before was told.
func (t *turn) failProcess(buffer []byte, complete *frame.Complete, failed *Error, stack, effects []byte, count uint32) []byte {
	record := append(frame.BeginComplete(buffer[:0]), shortened(failed.Text, failureBytes(failed.Code))...)
	if len(stack) > 0 && failed.Code != CodeApplicationError {
		record = append(append(record, stackMark...), shortened(string(stack), stackBytes)...)
	}
	complete.Code, complete.ReplyBytes, complete.EffectCount = uint16(failed.Code), len(record)-frame.CompleteFixedBytes, int(count)
	t.replyBytes = complete.ReplyBytes
	return frame.EndComplete(record, complete, nil, effects)
}

// failureBytes bounds a failure's text.
func failureBytes(code Code) int {
	if code == CodeApplicationError {
		return applicationErrorBytes
	}
	return failureTextBytes
}

// accept writes the record of a turn that went well.
func (p *passage) accept() []byte {
	complete := frame.Complete{Turn: p.turn.id, ReplyBytes: p.replyBytes, StateBytes: p.stateBytes}
	if p.leaving != nil {
		complete.Exit, complete.Detail = p.leaving.number, p.leaving.reason.written()
	}
	p.turn.replyBytes = p.replyBytes
	if p.dirty {
		complete.Flags |= frame.CompleteFlagDirty
	}
	if p.metadata != nil {
		complete.Flags |= frame.CompleteFlagMetadata
	}
	effects, count := p.ctx.end()
	p.activation.end(p)
	if x := p.ctx.extras.Load(); x != nil && x.deferred {
		complete.Flags |= frame.CompleteFlagDefer
	}
	if p.wanted != nil {
		effects, count = frame.AppendOutcome(effects, p.wanted), count+1
	}
	complete.EffectCount = int(count)
	if p.ctx.passivate {
		complete.Flags |= frame.CompleteFlagPassivate
	}
	return frame.EndComplete(p.record, &complete, p.metadata, effects)
}

// putBack puts the object back to what was accepted before the turn, and ends the context. leaves: the object has to leave memory, since that failed.
func (p *passage) putBack() (passivate, leaves bool) {
	if p.activation == nil {
		return false, false
	}
	if !aside(func() { leaves = !p.activation.putBack(p.turn) }) {
		p.activation.object.Store(nil)
		leaves = true
	}
	if p.ctx != nil {
		p.effects, p.effectCount = p.ctx.end()
		passivate = p.ctx.passivate
	}
	p.activation.end(p)
	return passivate, leaves
}

// exit leaves the turn of a handler that is ending its goroutine (runtime.Goexit), and hands it in: nothing after the handler will.
func (p *passage) exit() {
	if p.asker != nil {
		defer p.asker.abandon()
	}
	// The buffer belongs to the asker's call, which somebody else may use soon.
	p.record = nil
	p.failed = failure(CodeHandlerFailed, "the handler ended its goroutine (runtime.Goexit)")
	v := visit{commands: p.leave()}
	if err := p.engine.handIn(&v, p.turn, false); err != nil {
		p.engine.notCompleted(p.turn, err)
	}
	if v.turn != nil {
		p.engine.workers.run(v.turn)
	}
}

// reason asks the user's error, or what was panicked with, what it is. Its methods are anybody's code.
func (p *passage) reason() (reason *Error) {
	var fault *json.Fault
	switch err := p.err.(type) {
	case *unfit:
		fault, _ = err.error.(*json.Fault)
	case *badReply:
		fault, _ = err.error.(*json.Fault)
	}
	if fault != nil && fault.Panicked != nil {
		// The user's own MarshalJSON or UnmarshalJSON.
		p.stack = fault.Stack
		defer func() { p.panicked = fault.Panicked }()
	}
	told := aside(func() {
		if p.panicked != nil {
			reason = panicReason(p.panicked)
		} else {
			reason = handlerFailure(p.err)
		}
	})
	if !told || reason == nil {
		var value any = p.err
		if p.panicked != nil {
			value = p.panicked
		}
		reason = failure(CodeHandlerFailed, "%s, whose text cannot be had", typeName(value))
	}
	return reason
}

// report logs a panic with its stack.
func (p *passage) report() {
	attributes := []any{"code", p.failed.Code.String(), "stack", string(p.stack)}
	if p.activation != nil {
		attributes = append(attributes, "kind", p.activation.kind.name, "key", p.activation.name())
	}
	if p.handler != nil {
		attributes = append(attributes, "handler", p.handler.name)
	}
	p.engine.say(slog.LevelError, "a handler panicked: "+shortened(p.failed.Text, failureTextBytes), attributes...)
}

// aside runs code of the user's that may panic, or end its goroutine, on a goroutine of its own; false where it did not return.
func aside(run func()) bool {
	returned := make(chan bool, 1)
	go func() {
		done := false
		defer func() {
			if !done {
				_ = recover()
			}
			returned <- done
		}()
		run()
		done = true
	}()
	return <-returned
}

// failWith writes the COMPLETE record of a discarded turn. An object that could not be put back leaves memory and is read again.
func (t *turn) failWith(buffer []byte, complete *frame.Complete, code Code, text string, leave bool) []byte {
	text = shortened(text, failureBytes(code))
	record := append(frame.BeginComplete(buffer[:0]), text...)
	complete.Code, complete.ReplyBytes = uint16(code), len(text)
	t.replyBytes = len(text)
	if leave {
		complete.Flags |= frame.CompleteFlagPassivate
	}
	return frame.EndComplete(record, complete, nil, nil)
}

// lastResort is a record that surely can be handed in.
func (t *turn) lastResort() []byte {
	return t.failWith(nil, &frame.Complete{Turn: t.id}, CodeHandlerFailed, "the turn ended, but its outcome could not be handed in", true)
}

// shortened is a text of at most so many bytes, as UTF-8.
func shortened(text string, most int) string {
	if len(text) > most {
		end := most
		for end > most-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
