package everact

// This file is what package proto builds on: kinds that were generated from a .proto. Their messages and states are encoded there; all else of them
// is as with other kinds. The types of internal/payload keep everybody else out.

import (
	"context"

	"github.com/everact/everact-go/internal/payload"
)

// GeneratedKind is a kind that was generated from a .proto. Generated code declares it through package proto.
type GeneratedKind struct {
	core *kindCore
}

// NewGeneratedKind declares a kind for package proto.
func NewGeneratedKind(name string, service *payload.Service, options ...KindOption) *GeneratedKind {
	gathered := newKindCore(name, options)
	core := gathered.core
	core.service = service
	if gathered.newActor != nil {
		core.refuse("kind %s: WithNew is for kinds that were not generated", name)
	}
	return &GeneratedKind{core}
}

// With is the kind with actors that an engine can run.
func (k *GeneratedKind) With(actor payload.Actor[*Context]) AnyKind {
	core := *k.core
	core.origin, core.state = k.core.root(), actor.State
	core.activated, core.passivating = hook("activated", actor.Activated), hook("passivating", actor.Passivating)
	return &GeneratedKind{&core}
}

// Name is the kind's name on the wire.
func (k *GeneratedKind) Name() string { return k.core.name }

// Actor is the actor of this kind with this key.
func (k *GeneratedKind) Actor(where Scope, key string) Reference {
	return where.system().reference(k.core, key)
}

func (k *GeneratedKind) declaration() *kindCore { return k.core }

// GeneratedHandler is a handler of a GeneratedKind.
type GeneratedHandler[M, R any] struct {
	sender[M, R]
	kind *kindCore
}

// HandleGenerated declares a handler for package proto.
func HandleGenerated[M, R any](
	kind *GeneratedKind, name string, message payload.Codec[M], reply payload.Codec[R],
	handle func(object any, ctx *Context, message M) (R, error), options ...HandlerOption,
) *GeneratedHandler[M, R] {
	h := &GeneratedHandler[M, R]{declared(kind.core, name, message, reply, options), kind.core}
	h.core.run = func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
		message, err := h.message.Parse(payload)
		if err != nil {
			return frame, &unfit{err}
		}
		reply, err := handle(object, ctx, message)
		if err != nil {
			return frame, err
		}
		return replied(frame, h.reply, reply)
	}
	return h
}

// Ask sends the message and waits for the reply, as Handler.Ask does.
func (h *GeneratedHandler[M, R]) Ask(ctx context.Context, to Reference, message M, options []AskOption) (R, error) {
	if err := h.fits(to); err != nil {
		var none R
		return none, err
	}
	return h.ask(ctx, to, message, options)
}

// Tell sends the message and does not wait for it to be handled, as Handler.Tell does.
func (h *GeneratedHandler[M, R]) Tell(ctx context.Context, to Reference, message M, options []AskOption) error {
	if err := h.fits(to); err != nil {
		return err
	}
	return h.tell(ctx, to, message, options)
}

// Start sends the message without waiting, as Handler.Start does.
func (h *GeneratedHandler[M, R]) Start(ctx context.Context, to Reference, message M, options []AskOption) *Pending[R] {
	if err := h.fits(to); err != nil {
		return refused[R](err)
	}
	return h.start(ctx, to, message, options)
}

// fits refuses a reference to another kind, where this handler's number means something else.
func (h *GeneratedHandler[M, R]) fits(to Reference) error {
	if to.kind == nil || to.kind.is(h.kind) {
		return nil
	}
	return failure(CodeInvalidArgument, "the handler %s belongs to kind %s, the reference to kind %s", h.core.name, h.kind.name, to.kind.name)
}
