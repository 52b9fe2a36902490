package main

// This file plays the story with the references and clients that protoc-gen-everact writes.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	flightsv1 "example.com/flights/v1"
	everact "github.com/everact/everact-go"
)

// story is what the steps share. The reference fills its key into requests that name no airport.
type story struct {
	connection *everact.Connection
	key        string
	airport    flightsv1.AirportsReference
}

// line is what a step prints.
type line map[string]any

// steps are in their order.
var steps = []struct {
	name string
	play func(*story, context.Context) (line, error)
}{
	{"landed", (*story).landed},
	{"again", (*story).again},
	{"upload", (*story).upload},
	{"follow", (*story).follow},
	{"late", (*story).late},
	{"note", (*story).note},
	{"once", (*story).once},
	{"metadata", (*story).metadata},
	{"bad", (*story).bad},
	{"closed", (*story).closed},
	{"rolled_back", (*story).rolledBack},
	{"slow", (*story).slow},
	{"no_key", (*story).noKey},
	{"clear", (*story).clear},
}

func play(address, key string) error {
	// Only the declaration counts here: the actors are where the engine is.
	connection, err := everact.Connect(address, everact.WithKinds(flightsv1.AirportsKind(nil)))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := &story{connection, key, flightsv1.NewAirportsReference(connection, key)}
	lines := json.NewEncoder(os.Stdout)
	for _, step := range steps {
		printed, err := step.play(s, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		printed["step"] = step.name
		if err := lines.Encode(printed); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) landed(ctx context.Context) (line, error) {
	return counted(s.airport.Landed(ctx, landed("LH 454", 12)))
}

func (s *story) again(ctx context.Context) (line, error) {
	return counted(s.airport.Landed(ctx, landed("LH 455", 0)))
}

func (s *story) upload(ctx context.Context) (line, error) {
	return counted(s.airport.Upload(ctx, []*flightsv1.LandedRequest{landed("UA 1", 30), landed("UA 2", 18)}))
}

func (s *story) follow(ctx context.Context) (line, error) {
	flights, delays := []int64{}, []float64{}
	for _, request := range []*flightsv1.LandedRequest{landed("AF 1", 0), landed("AF 2", 30)} {
		replies, err := s.airport.Follow(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, reply := range replies {
			flights, delays = append(flights, reply.GetFlights()), append(delays, reply.GetMeanDelay())
		}
	}
	return line{"flights": flights, "mean_delays": delays}, nil
}

func (s *story) late(ctx context.Context) (line, error) {
	late, err := s.airport.Late(ctx, &flightsv1.LateRequest{DelayMin: 20})
	numbers := []string{}
	for _, flight := range late {
		numbers = append(numbers, flight.GetNumber())
	}
	return line{"numbers": numbers}, err
}

func (s *story) note(ctx context.Context) (line, error) {
	if err := s.airport.Note(ctx, &flightsv1.NoteRequest{Text: "fog ☁"}); err != nil {
		return nil, err
	}
	summary, err := s.airport.Summary(ctx, &flightsv1.SummaryRequest{})
	return line{"flights": summary.GetFlights(), "mean_delay": summary.GetMeanDelay(), "note": summary.GetNote()}, err
}

func (s *story) once(ctx context.Context) (line, error) {
	flights := []int64{}
	for range 2 {
		reply, err := s.airport.Landed(ctx, landed("BA 1", 15), everact.IdempotencyKey("once-"+s.key, time.Hour))
		if err != nil {
			return nil, err
		}
		flights = append(flights, reply.GetFlights())
	}
	return line{"flights": flights}, nil
}

func (s *story) metadata(ctx context.Context) (line, error) {
	var came everact.Metadata
	reply, err := s.airport.Landed(ctx, landed("BA 2", 15),
		everact.WithMetadata(everact.Metadata{"trace": {"abc"}}), everact.ReplyMetadata(&came))
	return line{"flights": reply.GetFlights(), "trace": came.Get("trace")}, err
}

func (s *story) bad(ctx context.Context) (line, error) {
	_, err := s.airport.Landed(ctx, landed("bad", 99))
	failure, err := failed(err)
	if err != nil {
		return nil, err
	}
	return line{"error": failure.Name(), "holds": strings.Contains(failure.Text, "no such flight")}, nil
}

func (s *story) closed(ctx context.Context) (line, error) {
	_, err := s.airport.Landed(ctx, landed("closed", 99))
	var closed *flightsv1.AirportClosedError
	var refusal *everact.ApplicationError
	if !errors.As(err, &closed) || !errors.As(err, &refusal) {
		return nil, fmt.Errorf("not the declared error: %w", err)
	}
	numbers := []string{}
	for _, flight := range closed.Detail.GetWaiting() {
		numbers = append(numbers, flight.GetNumber())
	}
	return line{"error": refusal.Type, "minutes": strconv.FormatInt(closed.Detail.GetMinutes(), 10), "waiting": numbers}, nil
}

func (s *story) rolledBack(ctx context.Context) (line, error) {
	summary, err := s.airport.Summary(ctx, &flightsv1.SummaryRequest{})
	return line{"flights": summary.GetFlights(), "mean_delay": summary.GetMeanDelay()}, err
}

func (s *story) slow(ctx context.Context) (line, error) {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err := flightsv1.NewAirportsReference(s.connection, s.key+"-slow").Landed(ctx, landed("slow", 1))
	return refused(err)
}

// noKey calls through the client, which is for all airports and goes by what the request names.
func (s *story) noKey(ctx context.Context) (line, error) {
	_, err := flightsv1.NewAirportsActors(s.connection).Landed(ctx, landed("LH 454", 12))
	return refused(err)
}

func (s *story) clear(ctx context.Context) (line, error) {
	if err := s.airport.Clear(ctx, &flightsv1.ClearRequest{}); err != nil {
		return nil, err
	}
	summary, err := s.airport.Summary(ctx, &flightsv1.SummaryRequest{})
	return line{"flights": summary.GetFlights(), "note": summary.GetNote()}, err
}

func landed(number string, delay int32) *flightsv1.LandedRequest {
	return &flightsv1.LandedRequest{Flight: &flightsv1.Flight{Number: number, Delay: delay}}
}

func counted(reply *flightsv1.LandedResponse, err error) (line, error) {
	return line{"flights": reply.GetFlights(), "mean_delay": reply.GetMeanDelay()}, err
}

func refused(err error) (line, error) {
	failure, err := failed(err)
	if err != nil {
		return nil, err
	}
	return line{"error": failure.Name()}, nil
}

// failed is the error that a call was to end with; another one, or none, is an error of the story.
func failed(err error) (*everact.Error, error) {
	var failure *everact.Error
	if !errors.As(err, &failure) {
		return nil, fmt.Errorf("the call should have failed with an error of ours, not %v", err)
	}
	return failure, nil
}
