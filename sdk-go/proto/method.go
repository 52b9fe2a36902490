package proto

// This file declares methods and holds their typed front: Method is what references and clients ask and tell with.

import (
	"context"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/payload"
)

// Method is a handler of a generated kind: its request M and its reply R, each a message or a list of messages; None where there is no reply.
type Method[M, R any] struct {
	kind    *everact.GeneratedKind
	handler *everact.GeneratedHandler[addressed[M], R]
	// check says why a request cannot go to the actor with this key; read finds the key in a request.
	check func(message M, key string) error
	read  func(message M) (string, error)
}

// Idempotent is everact.Idempotent.
func Idempotent() everact.HandlerOption { return everact.Idempotent() }

// Unary declares a method that takes a request and gives a reply. The name is the handler's on the wire; key is the request's field that names the
// actor, empty where there is none.
func Unary[A Stateful[S], S, M, R proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, M) (R, error), options ...everact.HandlerOption,
) *Method[M, R] {
	return one(kind, name, key, replyCodec[R](), handle, options)
}

// UnaryNoReply declares a method that takes a request and gives no reply.
func UnaryNoReply[A Stateful[S], S, M proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, M) error, options ...everact.HandlerOption,
) *Method[M, everact.None] {
	return one(kind, name, key, noReply, withNone(handle), options)
}

// TellOnly declares a method that nobody waits for.
func TellOnly[A Stateful[S], S, M proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, M) error, options ...everact.HandlerOption,
) *Method[M, everact.None] {
	return one(kind, name, key, noReply, withNone(handle), options)
}

// ServerStreaming declares a method that takes a request and gives a list of replies, which leave when the turn commits.
func ServerStreaming[A Stateful[S], S, M, R proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, M) ([]R, error), options ...everact.HandlerOption,
) *Method[M, []R] {
	return one(kind, name, key, repliesCodec[R](), handle, options)
}

// BidiStreaming declares a method whose every request is a turn of its own and gives a list of replies.
func BidiStreaming[A Stateful[S], S, M, R proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, M) ([]R, error), options ...everact.HandlerOption,
) *Method[M, []R] {
	return one(kind, name, key, repliesCodec[R](), handle, options)
}

// ClientStreaming declares a method that takes a list of requests, all in one turn, and gives a reply.
func ClientStreaming[A Stateful[S], S, M, R proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, []M) (R, error), options ...everact.HandlerOption,
) *Method[[]M, R] {
	return many(kind, name, key, replyCodec[R](), handle, options)
}

// ClientStreamingNoReply declares a method that takes a list of requests, all in one turn, and gives no reply.
func ClientStreamingNoReply[A Stateful[S], S, M proto.Message](
	kind *Kind[A, S], name, key string, handle func(A, *everact.Context, []M) error, options ...everact.HandlerOption,
) *Method[[]M, everact.None] {
	return many(kind, name, key, noReply, withNone(handle), options)
}

func withNone[A, M any](handle func(A, *everact.Context, M) error) func(A, *everact.Context, M) (everact.None, error) {
	return func(actor A, ctx *everact.Context, message M) (everact.None, error) {
		return everact.None{}, handle(actor, ctx, message)
	}
}

// one declares a method that takes one request.
func one[A Stateful[S], S, M proto.Message, R any](
	kind *Kind[A, S], name, key string, replies payload.Codec[R], handle func(A, *everact.Context, M) (R, error), options []everact.HandlerOption,
) *Method[M, R] {
	field := newKeyField[M](key)
	m := declared(kind, name, field, requestCodec[M](field), replies, handle, options)
	m.check = func(message M, key string) error { return field.check(message, key) }
	m.read = func(message M) (string, error) { return keyIn(field, kind.core.Name(), message) }
	return m
}

// many declares a method that takes a list of requests.
func many[A Stateful[S], S, M proto.Message, R any](
	kind *Kind[A, S], name, key string, replies payload.Codec[R], handle func(A, *everact.Context, []M) (R, error), options []everact.HandlerOption,
) *Method[[]M, R] {
	field := newKeyField[M](key)
	m := declared(kind, name, field, requestsCodec[M](field), replies, handle, options)
	m.check = func(messages []M, key string) error {
		if len(messages) == 0 {
			return invalid("the list of requests is empty: one is the least")
		}
		for _, message := range messages {
			if err := field.check(message, key); err != nil {
				return err
			}
		}
		return nil
	}
	m.read = func(messages []M) (string, error) {
		if len(messages) == 0 {
			return "", invalid("the list of requests is empty: the first one names the actor")
		}
		return keyIn(field, kind.core.Name(), messages[0])
	}
	return m
}

// keyIn is the key of the actor that a request is for; requests without a key field are for the actor whose key is the kind's name.
func keyIn(field *keyField, kind string, message proto.Message) (string, error) {
	if field.name == "" {
		return kind, nil
	}
	key, err := field.read(message)
	if err == nil && key == "" {
		err = invalid("the request names no actor: %s is empty", field.name)
	}
	return key, err
}

func declared[A Stateful[S], S proto.Message, M, R any](
	kind *Kind[A, S], name string, field *keyField, requests payload.Codec[addressed[M]], replies payload.Codec[R],
	handle func(A, *everact.Context, M) (R, error), options []everact.HandlerOption,
) *Method[M, R] {
	kind.keys = append(kind.keys, field)
	run := func(object any, ctx *everact.Context, request addressed[M]) (R, error) {
		return handle(object.(*cell[A, S]).actor, ctx, request.message)
	}
	return &Method[M, R]{kind: kind.core, handler: everact.HandleGenerated(kind.core, name, requests, replies, run, options...)}
}

// Ask sends the request and waits for the reply. See everact.Handler.Ask.
func (m *Method[M, R]) Ask(ctx context.Context, to Reference, request M, options ...everact.AskOption) (R, error) {
	if err := m.check(request, to.Key()); err != nil {
		var none R
		return none, err
	}
	return m.handler.Ask(ctx, to.actor, addressed[M]{request, to.Key()}, options)
}

// Tell sends the request and does not wait for it to be handled. See everact.Handler.Tell.
func (m *Method[M, R]) Tell(ctx context.Context, to Reference, request M, options ...everact.AskOption) error {
	if err := m.check(request, to.Key()); err != nil {
		return err
	}
	return m.handler.Tell(ctx, to.actor, addressed[M]{request, to.Key()}, options)
}

// Start sends the request without waiting. See everact.Handler.Start.
func (m *Method[M, R]) Start(ctx context.Context, to Reference, request M, options ...everact.AskOption) *everact.Pending[R] {
	if err := m.check(request, to.Key()); err != nil {
		return everact.Refused[R](err)
	}
	return m.handler.Start(ctx, to.actor, addressed[M]{request, to.Key()}, options)
}

// AskByKey asks the actor that the request names.
func (m *Method[M, R]) AskByKey(ctx context.Context, scope everact.Scope, request M, options ...everact.AskOption) (R, error) {
	key, err := m.read(request)
	if err != nil {
		var none R
		return none, err
	}
	return m.Ask(ctx, Reference{m.kind.Actor(scope, key)}, request, options...)
}

// TellByKey tells the actor that the request names.
func (m *Method[M, R]) TellByKey(ctx context.Context, scope everact.Scope, request M, options ...everact.AskOption) error {
	key, err := m.read(request)
	if err != nil {
		return err
	}
	return m.Tell(ctx, Reference{m.kind.Actor(scope, key)}, request, options...)
}
