package proto_test

// The actor of most tests here: what a user writes on the generated code of core/codegen/tests/corpus/flights/v1/airports.proto.

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/proto/internal/flightsv1"
)

// Airports is the actor. Its own field is no state.
type Airports struct {
	flightsv1.AirportsBase
	turns int
}

func (a *Airports) land(request *flightsv1.LandedRequest) *flightsv1.LandedResponse {
	a.turns++
	a.State.Flights++
	delay := request.GetFlight().GetDelay()
	a.State.MinutesLate += int64(max(delay, 0))
	if delay > 0 {
		a.State.Late = append(a.State.Late, request.GetFlight())
	}
	return &flightsv1.LandedResponse{Flights: a.State.Flights, MeanDelay: float64(a.State.MinutesLate) / float64(a.State.Flights)}
}

var errFull = errors.New("no gate is free")

func (a *Airports) Landed(_ *everact.Context, request *flightsv1.LandedRequest) (*flightsv1.LandedResponse, error) {
	reply := a.land(request)
	switch request.GetFlight().GetNumber() {
	case "full":
		return nil, errFull
	case "closed":
		closed := &flightsv1.AirportClosed{Airport: request.GetAirport(), Minutes: 1<<53 + 1, Waiting: a.State.Late}
		return nil, flightsv1.NewAirportClosedError("closed for the night", closed)
	case "none":
		a.State = nil
		return nil, nil
	}
	return reply, nil
}

func (a *Airports) Summary(*everact.Context, *flightsv1.SummaryRequest) (*flightsv1.SummaryResponse, error) {
	mean := float64(a.State.GetMinutesLate()) / float64(max(a.State.GetFlights(), 1))
	return &flightsv1.SummaryResponse{Flights: a.State.GetFlights(), MeanDelay: mean, Note: a.State.GetNote()}, nil
}

func (a *Airports) Late(_ *everact.Context, request *flightsv1.LateRequest) ([]*flightsv1.Flight, error) {
	if request.GetDelayMin() < 0 {
		a.State.Note = "changed by a reader"
	}
	var late []*flightsv1.Flight
	for _, flight := range a.State.GetLate() {
		if flight.GetDelay() >= request.GetDelayMin() {
			late = append(late, flight)
		}
	}
	return late, nil
}

func (a *Airports) Upload(_ *everact.Context, requests []*flightsv1.LandedRequest) (*flightsv1.LandedResponse, error) {
	var reply *flightsv1.LandedResponse
	for _, request := range requests {
		reply = a.land(request)
		if request.GetFlight().GetNumber() == "full" {
			return nil, errFull
		}
	}
	return reply, nil
}

// Follow answers twice where a flight was late, and not at all where it was early.
func (a *Airports) Follow(_ *everact.Context, request *flightsv1.LandedRequest) ([]*flightsv1.LandedResponse, error) {
	reply := a.land(request)
	switch delay := request.GetFlight().GetDelay(); {
	case delay < 0:
		return nil, nil
	case delay > 0:
		return []*flightsv1.LandedResponse{reply, reply}, nil
	default:
		return []*flightsv1.LandedResponse{reply}, nil
	}
}

// Clear passes a note on to another airport, if there is one: asked first, told with the turn.
func (a *Airports) Clear(ctx *everact.Context, request *flightsv1.ClearRequest) error {
	if a.State.Note != "" {
		other := flightsv1.NewAirportsReference(ctx, a.State.Note)
		if _, err := other.Landed(ctx, &flightsv1.LandedRequest{}); err != nil {
			return err
		}
		text := &flightsv1.NoteRequest{Airport: a.State.Note, Text: "from " + request.GetAirport()}
		if err := flightsv1.NewAirportsActors(ctx).Note(ctx, text); err != nil {
			return err
		}
	}
	proto.Reset(a.State)
	return nil
}

func (a *Airports) Note(_ *everact.Context, request *flightsv1.NoteRequest) error {
	a.State.Note = request.GetText()
	if request.GetText() == "turns" {
		a.State.Flights = int64(a.turns)
	}
	return nil
}

var airports = flightsv1.AirportsKind(func() flightsv1.AirportsActor { return new(Airports) })

// opened gives an engine that is closed when the test ends.
func opened(t testing.TB, folder string, kinds ...everact.AnyKind) *everact.Engine {
	t.Helper()
	engine, err := everact.Open(folder, everact.WithKinds(kinds...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// must fails the test on an error.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// wants fails the test unless err is the error of the table and holds the texts.
func wants(t testing.TB, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Fatalf("%q does not name %q", err, text)
		}
	}
}

// during ends with the test: handlers run on the engine's goroutines then.
func during(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func flight(number string, delay int32) *flightsv1.LandedRequest {
	return &flightsv1.LandedRequest{Flight: &flightsv1.Flight{Number: number, Delay: delay}}
}

func summary(t testing.TB, airport flightsv1.AirportsReference) *flightsv1.SummaryResponse {
	t.Helper()
	return must(airport.Summary(context.Background(), &flightsv1.SummaryRequest{}))(t)
}

// guest is an actor with hooks.
type guest struct {
	Airports
	passivated *atomic.Int32
}

func (g *guest) Activated(ctx *everact.Context) error {
	g.State.Note = "activated " + ctx.Key()
	return nil
}

func (g *guest) Passivating(*everact.Context) error {
	g.passivated.Add(1)
	return nil
}

func (g *guest) Clear(ctx *everact.Context, _ *flightsv1.ClearRequest) error {
	ctx.Passivate()
	return nil
}
