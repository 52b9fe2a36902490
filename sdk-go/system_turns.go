package everact

// This file answers system turns: the state as it is, and another one in its place (docs/guide/live.md). They overtake every message that waits.

import (
	"context"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/payload"
)

// State is the encoded state of an actor or a process as it is now: JSON, or protobuf where the kind was generated from a .proto. It overtakes every message
// that waits, and one that is suspended answers too. A process in receive style has none: InvalidArgument.
func (e *Engine) State(ctx context.Context, of Peer) ([]byte, error) {
	return e.systemTurn(ctx, of, frame.HandlerGetState, nil)
}

// ReplaceState puts another state in the place of an actor's or a process' own, as after a load: unexported fields are made anew. What does not fit is
// StateMismatch, and nothing has changed. Of a durable actor it is a committed change.
func (e *Engine) ReplaceState(ctx context.Context, of Peer, state []byte) error {
	_, err := e.systemTurn(ctx, of, frame.HandlerReplaceState, state)
	return err
}

// systemTurn asks for a system turn, from outside.
func (e *Engine) systemTurn(ctx context.Context, of Peer, handler uint16, message []byte) ([]byte, error) {
	if ref, ok := of.(ProcessRef); ok {
		of = e.Process(ref)
	}
	r := of.in(nil)
	switch {
	case r.err != nil:
		return nil, r.err
	case r.engine != e:
		return nil, failure(CodeInvalidArgument, "the reference belongs to another engine, or is empty")
	}
	deadlineMs, err := deadlineOf(ctx, nil)
	if err != nil {
		return nil, err
	}
	c := e.calls.take()
	c.engine, c.durable, c.turnOf, c.key, c.source = e, r.kind.durable, nil, r.key, ""
	c.record = frame.Ask{ID: c.id(), Kind: r.kind.id, Handler: handler, DeadlineMs: deadlineMs}
	if r.process {
		c.record.Flags = frame.AskFlagProcess
	}
	bytes := payload.CodecOf(appendBytes, parseBytes)
	if err := encode(c, bytes, message); err != nil {
		return nil, err
	}
	held, err := c.ask(ctx)
	return settled(c, bytes, held, err)
}

var (
	getState     = &handlerCore{name: "get_state", run: encodeState}
	replaceState = &handlerCore{name: "replace_state", run: putState}
)

func encodeState(object any, ctx *Context, _, record []byte) ([]byte, error) {
	grown, err := ctx.activation.kind.state.Encode(object, record)
	if err != nil {
		return record, &exactly{failure(CodeInvalidState, "%s", err.Error())}
	}
	return grown, nil
}

// putState makes another object, as after a load. Where that cannot be, the one that is there stays.
func putState(is any, ctx *Context, encoded, record []byte) ([]byte, error) {
	a := ctx.activation
	made, err := a.kind.state.Create(append([]byte(nil), encoded...), true)
	if err == nil {
		err = a.kind.fitsMachine(is, made)
	}
	if err != nil {
		return record, &exactly{failure(CodeStateMismatch, "the new state of %s/%s does not fit: %s", a.kind.name, a.name(), err.Error())}
	}
	a.object.Store(&object{made})
	return record, nil
}

// replaced has the turn that replaced the state hand in the new one.
func (p *passage) replaced() {
	p.object = p.activation.object.Load().held
	replied := len(p.record)
	var err error
	if p.record, err = p.activation.kind.state.Encode(p.object, p.record); err != nil {
		p.failed = p.invalidState(err)
		return
	}
	p.dirty, p.stateBytes = true, len(p.record)-replied
}
