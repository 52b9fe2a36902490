package main

// Sends every record to its origin's actor, once: many in flight, in the order of the file.

import (
	"context"

	everact "github.com/everact/everact-go"
)

// send sends all records of a file; those that an earlier run has sent are known.
func send(ctx context.Context, engine *everact.Engine, file File, advance func()) (everact.Ingested, error) {
	records := func(yield func(everact.Record) bool) {
		for i, flight := range file.Flights {
			origin := airport.Actor(engine, flight.Origin)
			if !yield(everact.Record{Sequence: uint64(i + 1), To: origin.Reference, Message: flight.Departure}) {
				return
			}
			advance()
		}
	}
	return engine.Producer(file.Producer).Send(ctx, departed.Name(), records)
}
