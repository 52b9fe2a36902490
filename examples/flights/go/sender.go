package main

// Sends every record to its origin's actor, once: many in flight, in the order of the file.

import (
	"context"
	"errors"
	"time"

	everact "github.com/everact/everact-go"
)

const (
	inFlightMax = 1_000
	retryPause  = 50 * time.Millisecond
)

// record is a flight on its way.
type record struct {
	flight   Flight
	producer string
	row      uint64
	pending  *everact.Pending[everact.None]
}

// sender counts what was sent and what the actors knew already.
type sender struct {
	engine      *everact.Engine
	advance     func()
	open        []record
	sent, known int
}

// send sends all records of a file.
func (s *sender) send(ctx context.Context, file File) error {
	for i, flight := range file.Flights {
		for len(s.open) >= inFlightMax {
			if err := s.settleOldest(ctx); err != nil {
				return err
			}
		}
		s.start(ctx, record{flight: flight, producer: file.Producer, row: uint64(i + 1)})
	}
	for len(s.open) > 0 {
		if err := s.settleOldest(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *sender) start(ctx context.Context, r record) {
	r.pending = departed.Start(ctx, airport.Actor(s.engine, r.flight.Origin), r.flight.Departure, everact.Producer(r.producer, r.row))
	s.open = append(s.open, r)
}

func (s *sender) settleOldest(ctx context.Context) error {
	oldest := s.open[0]
	s.open = s.open[1:]
	retry, err := s.settled(ctx, oldest)
	if err == nil && retry {
		err = s.again(ctx, oldest)
	}
	return err
}

// settled waits for one record; a failure that another try may mend is no error.
func (s *sender) settled(ctx context.Context, r record) (retry bool, err error) {
	_, err = r.pending.Wait(ctx)
	switch {
	case err == nil:
		s.sent++
	case errors.Is(err, everact.ErrAlreadyApplied):
		s.known++
	case everact.Retryable(err):
		return true, nil
	default:
		return false, err
	}
	s.advance()
	return false, nil
}

// again waits for all that is in flight, so that nothing overtakes, and sends what failed once more in the old order.
func (s *sender) again(ctx context.Context, first record) error {
	failed := []record{first}
	for _, r := range s.open {
		retry, err := s.settled(ctx, r)
		if err != nil {
			return err
		}
		if retry {
			failed = append(failed, r)
		}
	}
	s.open = nil
	time.Sleep(retryPause)
	for _, r := range failed {
		s.start(ctx, r)
	}
	return nil
}
