package main

// This file holds the steps of the story, on the client that protoc-gen-go-grpc writes.

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	flightsv1 "example.com/flights/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// story is what the steps share.
type story struct {
	airports flightsv1.AirportsClient
	key      string
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
	{"rolled_back", (*story).rolledBack},
	{"slow", (*story).slow},
	{"no_key", (*story).noKey},
	{"clear", (*story).clear},
}

func (s *story) landed(ctx context.Context) (line, error) {
	return counted(s.airports.Landed(ctx, landed(s.key, "LH 454", 12)))
}

func (s *story) again(ctx context.Context) (line, error) {
	return counted(s.airports.Landed(ctx, landed(s.key, "LH 455", 0)))
}

func (s *story) upload(ctx context.Context) (line, error) {
	stream, err := s.airports.Upload(ctx)
	if err != nil {
		return nil, err
	}
	for _, request := range []*flightsv1.LandedRequest{landed(s.key, "UA 1", 30), landed(s.key, "UA 2", 18)} {
		if err := stream.Send(request); err != nil {
			return nil, err
		}
	}
	return counted(stream.CloseAndRecv())
}

func (s *story) follow(ctx context.Context) (line, error) {
	stream, err := s.airports.Follow(ctx)
	if err != nil {
		return nil, err
	}
	flights, delays := []int64{}, []float64{}
	for _, request := range []*flightsv1.LandedRequest{landed(s.key, "AF 1", 0), landed(s.key, "AF 2", 30)} {
		if err := stream.Send(request); err != nil {
			return nil, err
		}
		reply, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		flights, delays = append(flights, reply.GetFlights()), append(delays, reply.GetMeanDelay())
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return nil, errors.Join(errors.New("the stream goes on"), err)
	}
	return line{"flights": flights, "mean_delays": delays}, nil
}

func (s *story) late(ctx context.Context) (line, error) {
	stream, err := s.airports.Late(ctx, &flightsv1.LateRequest{Airport: s.key, DelayMin: 20})
	if err != nil {
		return nil, err
	}
	numbers := []string{}
	for {
		flight, err := stream.Recv()
		if err == io.EOF {
			return line{"numbers": numbers}, nil
		}
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, flight.GetNumber())
	}
}

func (s *story) note(ctx context.Context) (line, error) {
	if _, err := s.airports.Note(ctx, &flightsv1.NoteRequest{Airport: s.key, Text: "fog ☁"}); err != nil {
		return nil, err
	}
	summary, err := s.airports.Summary(ctx, &flightsv1.SummaryRequest{Airport: s.key})
	return line{"flights": summary.GetFlights(), "mean_delay": summary.GetMeanDelay(), "note": summary.GetNote()}, err
}

func (s *story) once(ctx context.Context) (line, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", "once-"+s.key)
	flights := []int64{}
	for range 2 {
		reply, err := s.airports.Landed(ctx, landed(s.key, "BA 1", 15))
		if err != nil {
			return nil, err
		}
		flights = append(flights, reply.GetFlights())
	}
	return line{"flights": flights}, nil
}

func (s *story) metadata(ctx context.Context) (line, error) {
	var came metadata.MD
	ctx = metadata.AppendToOutgoingContext(ctx, "trace", "abc")
	reply, err := s.airports.Landed(ctx, landed(s.key, "BA 2", 15), grpc.Header(&came))
	return line{"flights": reply.GetFlights(), "trace": strings.Join(came.Get("trace"), ", ")}, err
}

func (s *story) bad(ctx context.Context) (line, error) {
	_, err := s.airports.Landed(ctx, landed(s.key, "bad", 99))
	failure, err := failed(err)
	return line{"error": failure.name, "holds": strings.Contains(failure.text, "no such flight")}, err
}

func (s *story) rolledBack(ctx context.Context) (line, error) {
	summary, err := s.airports.Summary(ctx, &flightsv1.SummaryRequest{Airport: s.key})
	return line{"flights": summary.GetFlights(), "mean_delay": summary.GetMeanDelay()}, err
}

func (s *story) slow(ctx context.Context) (line, error) {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err := s.airports.Landed(ctx, landed(s.key+"-slow", "slow", 1))
	return refused(err)
}

func (s *story) noKey(ctx context.Context) (line, error) {
	_, err := s.airports.Landed(ctx, landed("", "LH 454", 12))
	return refused(err)
}

func (s *story) clear(ctx context.Context) (line, error) {
	if _, err := s.airports.Clear(ctx, &flightsv1.ClearRequest{Airport: s.key}); err != nil {
		return nil, err
	}
	summary, err := s.airports.Summary(ctx, &flightsv1.SummaryRequest{Airport: s.key})
	return line{"flights": summary.GetFlights(), "note": summary.GetNote()}, err
}

func landed(airport, number string, delay int32) *flightsv1.LandedRequest {
	return &flightsv1.LandedRequest{Airport: airport, Flight: &flightsv1.Flight{Number: number, Delay: delay}}
}

func counted(reply *flightsv1.LandedResponse, err error) (line, error) {
	return line{"flights": reply.GetFlights(), "mean_delay": reply.GetMeanDelay()}, err
}

func refused(err error) (line, error) {
	failure, err := failed(err)
	return line{"error": failure.name}, err
}
