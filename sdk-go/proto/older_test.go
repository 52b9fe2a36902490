package proto_test

// A release that knows less of the state than what is stored: the fields that it does not know stay.

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	everactproto "github.com/everact/everact-go/proto"
	"github.com/everact/everact-go/proto/internal/flightsv1"
	"github.com/everact/everact-go/proto/internal/typesv1"
)

// older is the airport of that release.
type older struct {
	everactproto.Actor[*typesv1.OlderAirportState]
	turns int
}

var (
	olderAirports = everactproto.NewKind[*older, *typesv1.OlderAirportState]("airports", "flights.v1.Airports")
	olderLanded   = everactproto.Unary(olderAirports, "landed", "airport", (*older).Landed)
)

// Landed changes every field that the release knows. Its reply's mean delay is the number of turns since the actor came into memory.
func (o *older) Landed(ctx *everact.Context, request *flightsv1.LandedRequest) (*flightsv1.LandedResponse, error) {
	o.turns++
	o.State.Flights = proto.Int64(o.State.GetFlights() + 1)
	for _, flight := range o.State.GetLate() {
		flight.Number = proto.String(flight.GetNumber() + "!")
	}
	switch request.GetFlight().GetNumber() {
	case "full":
		return nil, errFull
	case "last":
		ctx.Passivate()
	}
	return &flightsv1.LandedResponse{Flights: o.State.GetFlights(), MeanDelay: float64(o.turns)}, nil
}

func TestFieldsThatAReleaseDoesNotKnowAreKeptThroughItsChanges(t *testing.T) {
	folder := t.TempDir()
	inRelease := func(kind everact.AnyKind, use func(context.Context, *everact.Engine)) {
		engine := must(everact.Open(folder, everact.WithKinds(kind)))(t)
		use(during(t), engine)
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
	inRelease(airports, func(ctx context.Context, engine *everact.Engine) {
		sfo := flightsv1.NewAirportsReference(engine, "SFO")
		must(sfo.Upload(ctx, []*flightsv1.LandedRequest{flight("LH 454", 12), flight("UA 1", 6)}))(t)
		if err := sfo.Note(ctx, &flightsv1.NoteRequest{Text: "fog"}); err != nil {
			t.Fatal(err)
		}
	})
	inRelease(olderAirports.With(func() *older { return new(older) }), func(ctx context.Context, engine *everact.Engine) {
		sfo := olderAirports.Reference(engine, "SFO")
		_, err := olderLanded.Ask(ctx, sfo, flight("full", 0))
		wants(t, err, everact.ErrHandlerFailed, errFull.Error())
		var counts []string
		for _, number := range []string{"next", "last", "next"} {
			reply := must(olderLanded.Ask(ctx, sfo, flight(number, 0)))(t)
			counts = append(counts, fmt.Sprint(reply.GetFlights(), reply.GetMeanDelay()))
		}
		if got := fmt.Sprint(counts); got != "[3 2 4 3 5 1]" {
			t.Errorf("flights, and turns in memory: %s", got)
		}
	})
	inRelease(airports, func(ctx context.Context, engine *everact.Engine) {
		sfo := flightsv1.NewAirportsReference(engine, "SFO")
		if reply := summary(t, sfo); reply.GetFlights() != 5 || reply.GetMeanDelay() != 18.0/5 || reply.GetNote() != "fog" {
			t.Error(reply)
		}
		var late []string
		for _, flight := range must(sfo.Late(ctx, &flightsv1.LateRequest{}))(t) {
			late = append(late, fmt.Sprint(flight.GetNumber(), " ", flight.GetDelay()))
		}
		if got := fmt.Sprint(late); got != "[LH 454!!! 12 UA 1!!! 6]" {
			t.Errorf("late: %s", got)
		}
	})
}
