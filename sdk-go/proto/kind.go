package proto

// This file declares kinds.

import (
	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/payload"
)

// Kind is a kind of actors of a .proto's service: A is the interface that an actor has, S its state.
type Kind[A Stateful[S], S proto.Message] struct {
	core *everact.GeneratedKind
	// keys are the key fields of all methods, to be checked when an engine opens.
	keys []*keyField
}

// NewKind declares a kind; service is its full name in the .proto.
func NewKind[A Stateful[S], S proto.Message](name, service string, options ...everact.KindOption) *Kind[A, S] {
	k := &Kind[A, S]{}
	k.core = everact.NewGeneratedKind(name, &payload.Service{
		Name:  service,
		Check: func() error { return k.check(service) },
		Files: func() ([]payload.File, error) { return filesOf(service) },
	}, options...)
	return k
}

// check says what is wrong with the declaration.
func (k *Kind[A, S]) check(service string) error {
	if _, err := serviceOf(service); err != nil {
		return err
	}
	for _, key := range k.keys {
		if key.name == "" {
			continue
		}
		if _, err := key.find(); err != nil {
			return err
		}
	}
	return nil
}

// With is the kind for everact.WithKinds. Each actor that comes into memory is made by newActor, which must not block; it is called once here too,
// to see which hooks (everact.Activator, everact.Passivator) the actors have. A connection needs no actors: for it newActor may be nil.
func (k *Kind[A, S]) With(newActor func() A) everact.AnyKind {
	if newActor == nil {
		return k.core
	}
	example := any(newActor())
	if isNil(example) {
		return k.core
	}
	actor := payload.Actor[*everact.Context]{State: &states[A, S]{newActor}}
	if _, ok := example.(everact.Activator); ok {
		actor.Activated = func(object any, ctx *everact.Context) error {
			return any(object.(*cell[A, S]).actor).(everact.Activator).Activated(ctx)
		}
	}
	if _, ok := example.(everact.Passivator); ok {
		actor.Passivating = func(object any, ctx *everact.Context) error {
			return any(object.(*cell[A, S]).actor).(everact.Passivator).Passivating(ctx)
		}
	}
	return k.core.With(actor)
}

// Reference is the actor with this key; an integer key is written in decimal. The scope is an engine, a connection, or inside a handler its context.
func (k *Kind[A, S]) Reference(scope everact.Scope, key string) Reference {
	return Reference{k.core.Actor(scope, key)}
}

// Reference is one actor of a generated kind.
type Reference struct {
	actor everact.Reference
}

// Key is the actor's key.
func (r Reference) Key() string { return r.actor.Key() }
