package proto

// This file is what an actor embeds.

import "google.golang.org/protobuf/proto"

// Actor is what an actor of a generated kind embeds. It holds the state.
type Actor[S proto.Message] struct {
	// State is the actor's state, set before the first handler runs. Handlers change it or put another message in its place.
	State S
}

// Stateful is an actor that embeds Actor.
type Stateful[S proto.Message] interface {
	held() *S
}

func (a *Actor[S]) held() *S { return &a.State }
