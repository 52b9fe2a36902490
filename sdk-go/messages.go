package everact

// This file tells and asks by a message's type: the handler's name is that of the type, in lower snake case.

import (
	"context"
	"reflect"
	"sync"

	"github.com/everact/everact-go/internal/json"
	"github.com/everact/everact-go/internal/payload"
)

// messageNames keeps the names of types.
var messageNames sync.Map

// nameOf is the handler's name for a message, by its type.
func nameOf(message any) (string, error) {
	t := reflect.TypeOf(message)
	if t == nil {
		return "", failure(CodeInvalidArgument, "a message without a type has no name")
	}
	if name, ok := messageNames.Load(t); ok {
		return name.(string), nil
	}
	named := t
	for named.Kind() == reflect.Pointer {
		named = named.Elem()
	}
	name := snakeCase(named.Name())
	if !kindName.MatchString(name) {
		return "", failure(CodeInvalidArgument, "a message of type %s has no name: a type with a name does", t)
	}
	messageNames.Store(t, name)
	return name, nil
}

// encoded is a message with its name and its payload.
func encoded(message any) (name string, payload []byte, err error) {
	if name, err = nameOf(message); err != nil {
		return "", nil, err
	}
	if payload, err = appendAny(nil, message); err != nil {
		return "", nil, unencodable(err)
	}
	return name, payload, nil
}

// handlerFor is the peer, and its handler for a message.
func handlerFor(ctx context.Context, to Peer, message any) (Reference, *handlerCore, error) {
	r := to.in(turnWithin(ctx))
	t := reflect.TypeOf(message)
	if r.kind != nil && r.err == nil && t != nil {
		if h, ok := r.kind.byMessage.Load(t); ok {
			return r, h.(*handlerCore), nil
		}
	}
	name, err := nameOf(message)
	if err != nil {
		return r, nil, err
	}
	h, err := r.handler(name)
	if err == nil {
		r.kind.byMessage.Store(t, h)
	}
	return r, h, err
}

// turnWithin is the turn that a context belongs to, nil outside of one.
func turnWithin(ctx context.Context) *Context {
	switch ctx := ctx.(type) {
	case *Context:
		return ctx
	case *ProcessContext:
		return ctx.Context
	default:
		turn, _ := ctx.Value(contextKey{}).(*Context)
		return turn
	}
}

// TellMessage sends a message to the handler that has the name of the message's type, and does not wait for it to be handled; see Handler.Tell. To a process
// that does not live it is silent.
func TellMessage(ctx context.Context, to Peer, message any, options ...AskOption) error {
	r, h, err := handlerFor(ctx, to, message)
	if err != nil {
		return err
	}
	return tell(ctx, r, h.id, payload.Codec[any]{Append: appendAny}, message, options)
}

// AskMessage sends a message to the handler that has the name of the message's type, and waits for the reply; see Handler.Ask. A process that does not live
// is NoProcess.
func AskMessage[R any](ctx context.Context, to Peer, message any, options ...AskOption) (R, error) {
	var none R
	r, h, err := handlerFor(ctx, to, message)
	if err != nil {
		return none, err
	}
	c, err := r.beginAsk(ctx, h.id, options)
	if err != nil {
		return none, err
	}
	if err := encode(c, payload.Codec[any]{Append: appendAny}, message); err != nil {
		return none, err
	}
	held, err := c.ask(ctx)
	return settled(c, codecOf[R](json.Lenient), held, err)
}

// Tell sends a message to the handler that has the name of the message's type; see TellMessage.
func (c *Context) Tell(to Peer, message any) error { return TellMessage(c, to, message) }
