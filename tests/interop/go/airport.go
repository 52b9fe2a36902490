package main

// This file holds the actor: the methods of the contract's service over the state that the contract describes.

import (
	"errors"
	"time"

	flightsv1 "example.com/flights/v1"
	everact "github.com/everact/everact-go"
	"google.golang.org/protobuf/proto"
)

// airport keeps its state in AirportsBase. What a handler did to it before it failed is undone.
type airport struct {
	flightsv1.AirportsBase
}

func newAirport() flightsv1.AirportsActor { return new(airport) }

var errNoSuchFlight = errors.New("no such flight")

func (a *airport) Landed(ctx *everact.Context, request *flightsv1.LandedRequest) (*flightsv1.LandedResponse, error) {
	flight := request.GetFlight()
	a.State.Flights++
	a.State.MinutesLate += int64(max(flight.GetDelay(), 0))
	if flight.GetDelay() > 0 {
		a.State.Late = append(a.State.Late, flight)
	}
	switch flight.GetNumber() {
	case "bad":
		return nil, errNoSuchFlight
	case "closed":
		closed := &flightsv1.AirportClosed{Airport: request.GetAirport(), Minutes: 1<<53 + 1, Waiting: a.State.Late[:1]}
		return nil, flightsv1.NewAirportClosedError("closed for the night", closed)
	case "slow":
		if err := wait(ctx, 5*time.Second); err != nil {
			return nil, err
		}
	}
	if trace := ctx.Metadata().Get("trace"); trace != "" {
		ctx.ReplyMetadata().Set("trace", trace+"!")
	}
	return &flightsv1.LandedResponse{Flights: a.State.Flights, MeanDelay: a.meanDelay()}, nil
}

// wait ends early when nobody waits for the turn any more.
func wait(ctx *everact.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *airport) meanDelay() float64 {
	if a.State.GetFlights() == 0 {
		return 0
	}
	return float64(a.State.GetMinutesLate()) / float64(a.State.GetFlights())
}

func (a *airport) Summary(*everact.Context, *flightsv1.SummaryRequest) (*flightsv1.SummaryResponse, error) {
	return &flightsv1.SummaryResponse{Flights: a.State.GetFlights(), MeanDelay: a.meanDelay(), Note: a.State.GetNote()}, nil
}

func (a *airport) Late(_ *everact.Context, request *flightsv1.LateRequest) ([]*flightsv1.Flight, error) {
	var late []*flightsv1.Flight
	for _, flight := range a.State.GetLate() {
		if flight.GetDelay() >= request.GetDelayMin() {
			late = append(late, flight)
		}
	}
	return late, nil
}

// Upload takes all requests in one turn: one that fails leaves none of them behind.
func (a *airport) Upload(ctx *everact.Context, requests []*flightsv1.LandedRequest) (*flightsv1.LandedResponse, error) {
	var last *flightsv1.LandedResponse
	for _, request := range requests {
		var err error
		if last, err = a.Landed(ctx, request); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// Follow takes one request a turn, and may give several replies to it.
func (a *airport) Follow(ctx *everact.Context, request *flightsv1.LandedRequest) ([]*flightsv1.LandedResponse, error) {
	reply, err := a.Landed(ctx, request)
	if err != nil {
		return nil, err
	}
	return []*flightsv1.LandedResponse{reply}, nil
}

func (a *airport) Clear(*everact.Context, *flightsv1.ClearRequest) error {
	proto.Reset(a.State)
	return nil
}

func (a *airport) Note(_ *everact.Context, request *flightsv1.NoteRequest) error {
	a.State.Note = request.GetText()
	return nil
}
