package everact

// This file holds a turn as the core hands it out, and runs it: message in, one COMPLETE record out.

import (
	"sync"
	"unicode/utf8"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/native"
	"github.com/everact/everact-go/internal/payload"
)

// failureTextBytes bounds what a failed handler tells its caller.
const failureTextBytes = 4096

// turn is a TURN record, with its parts copied out of the buffer that it came in.
type turn struct {
	id, activation, ask, revision, seed uint64
	nowMs                               int64
	remainingMs                         uint32
	kind, handler, flags                uint16
	// lead: the asker waits, and nobody else does; the commit may be made right here.
	lead bool

	key, state, payload, sender []byte
	// metadata is the block beside the payload.
	metadata []byte
	// buffer holds the parts, unless the payload is borrowed from the ASK record that caused the turn.
	buffer   []byte
	borrowed bool
	// command is where the COMPLETE record of a worker's turn is written.
	command    []byte
	replyBytes int
	// image is what the object was when a nested turn began.
	image any
}

var turns = sync.Pool{New: func() any { return new(turn) }}

// readTurn copies a TURN record; own is the payload of the ASK of the same visit.
func readTurn(record, own []byte) (*turn, error) {
	t := turns.Get().(*turn)
	t.id, t.flags = frame.ID(record), frame.Flags(record)
	t.activation, t.ask = frame.TurnActivation(record), frame.TurnAsk(record)
	t.kind, t.handler = frame.TurnKind(record), frame.TurnHandler(record)
	t.remainingMs, t.nowMs = frame.TurnRemainingMs(record), frame.TurnNowMs(record)
	t.seed, t.revision = frame.TurnSeed(record), frame.TurnRevision(record)
	t.lead, t.borrowed, t.replyBytes = false, false, 0

	t.buffer = append(t.buffer[:0], record[frame.TurnFixedBytes:]...)
	rest, err := t.buffer, error(nil)
	for _, part := range [...]struct {
		into   *[]byte
		length uint32
	}{
		{&t.key, frame.TurnKeyBytes(record)}, {&t.state, frame.TurnStateBytes(record)},
		{&t.payload, frame.TurnPayloadBytes(record)}, {&t.sender, frame.TurnSenderBytes(record)},
	} {
		if *part.into, rest, err = frame.Cut(rest, part.length); err != nil {
			t.release()
			return nil, err
		}
	}
	if t.is(frame.TurnFlagMetadata) {
		t.metadata = rest
	}
	if t.is(frame.TurnFlagOwn) {
		t.payload, t.borrowed = own, true
	}
	return t, nil
}

func (t *turn) is(flag uint16) bool { return t.flags&flag != 0 }

// detach takes the ASK record over, so that its payload lives as long as the turn; the other side gets the turn's spare buffer.
func (t *turn) detach(command *[]byte) {
	if t.borrowed {
		t.command, *command = *command, t.command
		t.borrowed = false
	}
}

func (t *turn) release() {
	t.key, t.state, t.payload, t.sender, t.metadata, t.image = nil, nil, nil, nil, nil, nil
	if cap(t.buffer) > keptBytes {
		t.buffer = nil
	}
	if cap(t.command) > keptBytes {
		t.command = nil
	}
	turns.Put(t)
}

// reply is the reply within the COMPLETE record.
func (t *turn) reply(record []byte) []byte {
	to := frame.CompleteFixedBytes + t.replyBytes
	return record[frame.CompleteFixedBytes:to:to]
}

// outcome is what a turn's guarded part yields.
type outcome struct {
	record     []byte
	replyBytes int
	stateBytes int
	dirty      bool
	// metadata is the block beside the reply.
	metadata []byte
	failed   *Error
}

// perform runs the turn and writes its COMPLETE record into buffer, which may be the one that the payload lies in. asker is the call whose own
// goroutine this is, nil on a worker.
func (e *Engine) perform(t *turn, buffer []byte, asker *call) []byte {
	complete := frame.Complete{Turn: t.id}
	a, problem := e.activationOf(t)
	if problem != nil {
		return t.failWith(buffer, &complete, problem, false)
	}
	ctx := newContext(e, a, t)
	a.fence.Add(1)
	o := e.guarded(t, a, ctx, buffer, asker)
	var putBack bool
	if o.failed != nil {
		putBack = a.putBack(t)
	} else {
		t.accept(ctx, &o, &complete)
	}
	a.fence.Add(1)
	effects := ctx.end()
	if ctx.passivate {
		complete.Flags |= frame.CompleteFlagPassivate
	}
	if o.failed != nil {
		return t.failWith(o.record, &complete, o.failed, !putBack)
	}
	return frame.EndComplete(o.record, &complete, o.metadata, effects)
}

// accept fills in what a turn that went well brings.
func (t *turn) accept(ctx *Context, o *outcome, complete *frame.Complete) {
	t.replyBytes = o.replyBytes
	complete.ReplyBytes, complete.StateBytes = o.replyBytes, o.stateBytes
	complete.EffectCount = int(ctx.tellCount)
	if o.dirty {
		complete.Flags |= frame.CompleteFlagDirty
	}
	if o.metadata != nil {
		complete.Flags |= frame.CompleteFlagMetadata
	}
}

// failWith writes the COMPLETE record of a discarded turn. An object that could not be put back leaves memory and is read again.
func (t *turn) failWith(buffer []byte, complete *frame.Complete, failed *Error, leave bool) []byte {
	text := shortened(failed.Text)
	record := append(frame.BeginComplete(buffer[:0]), text...)
	complete.Code, complete.ReplyBytes = uint16(failed.Code), len(text)
	t.replyBytes = len(text)
	if leave {
		complete.Flags |= frame.CompleteFlagPassivate
	}
	return frame.EndComplete(record, complete, nil, nil)
}

func shortened(text string) string {
	if len(text) <= failureTextBytes {
		return text
	}
	end := failureTextBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// guarded runs everything of a turn that is the user's: decoding, the handler, encoding. A panic is a failure; a handler that ends its goroutine
// fails its turn on the way out.
func (e *Engine) guarded(t *turn, a *activation, ctx *Context, buffer []byte, asker *call) (o outcome) {
	finished := false
	o.record = buffer
	defer func() {
		if finished {
			return
		}
		if value := recover(); value != nil {
			o.failed = &Error{CodeHandlerFailed, panicked(value)}
			return
		}
		e.exited(t, a, ctx, asker)
	}()
	o = t.run(e, a, ctx, buffer)
	finished = true
	return o
}

func (t *turn) run(e *Engine, a *activation, ctx *Context, buffer []byte) (o outcome) {
	o.record = buffer
	h, problem := a.handler(t.handler)
	if problem == nil {
		problem = t.fetch(e)
	}
	var object any
	if problem == nil {
		object, problem = a.make(t)
	}
	if problem != nil {
		o.failed = problem
		return o
	}
	// The room for the fixed part lies before the payload, which is decoded before anything follows it.
	record, err := h.run(object, ctx, t.payload, frame.BeginComplete(buffer[:0]))
	o.record = record
	if err != nil {
		o.failed = handlerFailure(err)
		return o
	}
	if o.metadata, problem = ctx.besideReply(); problem != nil {
		o.failed = failure(CodeHandlerFailed, "%v", described(problem))
		return o
	}
	o.replyBytes = len(record) - frame.CompleteFixedBytes
	t.settle(a.kind.state, object, ctx, &o)
	return o
}

// settle looks at what the handler left of the state.
func (t *turn) settle(state payload.State, object any, ctx *Context, o *outcome) {
	var err error
	switch {
	case t.is(frame.TurnFlagReadOnly):
		var dirty bool
		if _, dirty, err = state.Inspect(object, o.record, t.id); dirty || ctx.hasTold() {
			o.failed = &Error{CodeReadOnlyViolation, ErrReadOnlyViolation.(*Error).Text}
			return
		}
	case t.is(frame.TurnFlagNested):
		return
	default:
		replied := len(o.record)
		o.record, o.dirty, err = state.Settle(object, o.record)
		o.stateBytes = len(o.record) - replied
	}
	if err != nil {
		o.failed = &Error{CodeHandlerFailed, "the state cannot be encoded: " + err.Error()}
	}
}

func handlerFailure(err error) *Error {
	if wrong, ok := err.(*unfit); ok {
		return &Error{CodeInvalidPayload, wrong.Error()}
	}
	return &Error{CodeHandlerFailed, described(err)}
}

// fetch gets a payload or a state that is kept by reference because it is large.
func (t *turn) fetch(e *Engine) *Error {
	for _, part := range [...]struct {
		flag uint16
		into *[]byte
	}{{frame.TurnFlagBlob, &t.payload}, {frame.TurnFlagStateBlob, &t.state}} {
		if !t.is(part.flag) {
			continue
		}
		bytes, err := e.blob(*part.into)
		if err != nil {
			return err
		}
		*part.into = bytes
		t.flags &^= part.flag
	}
	return nil
}

// blob moves what a reference names out of the core.
func (e *Engine) blob(reference []byte) ([]byte, *Error) {
	named, err := frame.ReadBlob(reference)
	if err != nil {
		return nil, &Error{CodeInternal, err.Error()}
	}
	bytes := make([]byte, named.Bytes)
	if n := native.Blob(e.id, named.ID, bytes); n != int64(len(bytes)) {
		return nil, failure(CodeInternal, "a blob of %d bytes answered %d", len(bytes), n)
	}
	return bytes, nil
}
