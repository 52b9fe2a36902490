// Package everact runs durable actors inside a Go program: a library and a data folder, no server.
//
// An actor is a struct with plain fields, its state. A kind names it, handlers take its messages one at a time, and what a handler changes is
// on disk before its reply is seen:
//
//	type Airport struct{ Flights, MinutesLate int }
//
//	func (a *Airport) Landed(_ *everact.Context, delay int) (float64, error) {
//		a.Flights++
//		a.MinutesLate += max(delay, 0)
//		return float64(a.MinutesLate) / float64(a.Flights), nil
//	}
//
//	var (
//		airport = everact.NewKind[Airport]("airport")
//		landed  = everact.Handle(airport, "landed", (*Airport).Landed)
//	)
//
//	engine, err := everact.Open("flights-data", everact.WithKinds(airport))
//	mean, err := landed.Ask(ctx, airport.Actor(engine, "SFO"), 12)
//
// # Turns
//
// The handling of one message is a turn. All effects of a turn (state, reply, messages to others) commit together or not at all, and nothing of
// it is visible outside before that. A handler that returns an error or panics discards its turn: the state is as before, the caller gets
// HandlerFailed with the text, the actor lives on. Messages sent with Tell from a handler arrive exactly once between durable actors.
//
// # Where handlers run
//
// An ask with a context that cannot be cancelled (context.Background) may run the handler on the asking goroutine itself: nothing is woken, and
// the ask costs about a microsecond. Then the ask returns when the handler does, even past its deadline, and a handler that ends its goroutine
// (runtime.Goexit) ends the asker's. An ask with a context that can be cancelled runs the handler on a goroutine of the engine and returns when
// its context is done. Handlers may block; they never hold up the engine.
package everact

// Version is this module's version.
const Version = "0.1.0"
