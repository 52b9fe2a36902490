package everact

// This file sends a source of numbered records to actors, each once: many in flight, in their order, again where that mends a failure, and after a restart
// from where it stopped.

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/everact/everact-go/internal/frame"
)

const (
	// windowMax bounds the records in flight of any run. So many records behind a producer's newest number may be missing after a crash.
	windowMax  = 10_000
	retryFirst = frame.IngestWaitMsFirst * time.Millisecond
	retryMost  = frame.IngestWaitMsMax * time.Millisecond
)

// Source is a producer of numbered records: what it sends takes effect once, however often the source is read.
type Source struct {
	engine   *Engine
	name     string
	window   int
	attempts int
	// skipped are the records that this source leaves out.
	skipped sync.Map
}

// skippedRecord is a record that an actor goes on without.
type skippedRecord struct {
	at       Address
	sequence uint64
}

// SourceOption changes a source.
type SourceOption func(*Source)

// Window is how many records are in flight at most: 1,000 unless set, 10,000 at most.
func Window(records int) SourceOption { return func(s *Source) { s.window = records } }

// Attempts is how often a record is sent at most, the first time included, while its errors are Retryable: 10 times unless set. The pause before the second
// time is 100 ms; each further one is twice as long, at most 10 s.
func Attempts(times int) SourceOption { return func(s *Source) { s.attempts = times } }

// Producer is the source with this name. The same name has the same records with the same numbers each time.
func (e *Engine) Producer(name string, options ...SourceOption) *Source {
	s := &Source{engine: e, name: name, window: frame.IngestInFlight, attempts: frame.IngestAttemptsMax}
	for _, option := range options {
		option(s)
	}
	s.window = min(max(s.window, 1), windowMax)
	return s
}

// Producer is Engine.Producer of the engine elsewhere.
func (c *Connection) Producer(name string, options ...SourceOption) *Source {
	return c.engine.Producer(name, options...)
}

// Newest is the newest of the producer's numbers that has taken effect or was skipped at any actor; 0 where none has.
func (s *Source) Newest() (uint64, error) {
	state, err := s.state(map[string]any{})
	return state.Sequence, err
}

// NewestAt is Newest at one actor.
func (s *Source) NewestAt(at Address) (uint64, error) {
	state, err := s.state(map[string]any{"kind": at.Kind, "key": at.Key})
	if errors.Is(err, ErrInvalidArgument) {
		// No actor of the kind was ever stored.
		err = nil
	}
	return state.Sequence, err
}

// Skip lets an actor go on without a record that its handler has failed on, and this source leaves it out from here on. It fails with InvalidArgument where the number is no such gap.
func (s *Source) Skip(at Address, sequence uint64) error {
	topic := map[string]any{"topic": "producer_skip", "producer": s.name, "kind": at.Kind, "key": at.Key, "sequence": sequence}
	err := s.engine.decide(topic, nil)
	if err == nil {
		s.skipped.Store(skippedRecord{at, sequence}, true)
	}
	return err
}

// sourceState is what the core knows of a producer.
type sourceState struct {
	Sequence uint64 `json:"sequence"`
	Gap      uint64 `json:"gap"`
}

func (s *Source) state(topic map[string]any) (state sourceState, err error) {
	topic["topic"], topic["producer"] = "producer", s.name
	err = s.engine.decide(topic, &state)
	return state, err
}

// Record is a record of a source: its number, which rises from 1 on or more, the actor it is for, and the message.
type Record struct {
	Sequence uint64
	To       Reference
	Message  any
}

// Ingested says what became of the records.
type Ingested struct {
	// Applied took effect, AlreadyApplied had taken effect before. An actor's newest record that is sent once more is answered as the first time, and counts as
	// applied.
	Applied, AlreadyApplied int
	// Newest is the newest number that has taken effect.
	Newest uint64
}

// Send reads the records (an iter.Seq[Record], or a function like one) and sends each to its actor's handler, by name. It returns when all have taken effect.
//
// Records behind the producer's newest number are not sent again, except those that may have been in flight when an earlier run ended. After an error that is
// Retryable one is sent again (see Attempts), in the old order, with nothing overtaking. The last of its errors, or the first of any other kind, ends the call
// once what is in flight is settled: send the records again when its cause is mended, or Skip the number that it names.
func (s *Source) Send(ctx context.Context, handler string, records func(yield func(Record) bool)) (Ingested, error) {
	known, err := s.state(map[string]any{})
	if err != nil && !errors.Is(err, ErrPermissionDenied) && !errors.Is(err, ErrUnauthenticated) {
		return Ingested{}, err
	}
	// A connection that may not ask what is known sends everything: what has taken effect is recognized all the same.
	run := ingestion{source: s, ctx: ctx, handler: handler, known: known}
	records(func(r Record) bool { return run.take(r) })
	for run.err == nil && len(run.behind) > 0 {
		run.start(run.behind[0])
		run.behind = run.behind[1:]
	}
	for run.err == nil && len(run.open) > 0 {
		run.settleOldest()
	}
	run.drain()
	return run.done, run.err
}

// underway is a record that was sent.
type underway struct {
	record  Record
	pending *Pending[[]byte]
}

// ingestion is one run of a source.
type ingestion struct {
	source  *Source
	ctx     context.Context
	handler string
	known   sourceState
	// behind are the last records up to the newest known number: an earlier run may have had them in flight.
	behind []Record
	open   []underway
	done   Ingested
	err    error
}

// take sends a record, or leaves one out that is known to have taken effect.
func (i *ingestion) take(r Record) bool {
	if _, skipped := i.source.skipped.Load(skippedRecord{r.To.Address(), r.Sequence}); skipped {
		return true
	}
	if r.Sequence <= i.known.Sequence && (i.known.Gap == 0 || r.Sequence < i.known.Gap) {
		i.behind = append(i.behind, r)
		if len(i.behind) > windowMax {
			i.behind = i.behind[1:]
			i.done.AlreadyApplied++
		}
		return true
	}
	for i.err == nil && len(i.behind) > 0 {
		i.start(i.behind[0])
		i.behind = i.behind[1:]
	}
	if i.err == nil {
		i.start(r)
	}
	return i.err == nil
}

func (i *ingestion) start(r Record) {
	for i.err == nil && len(i.open) >= i.source.window {
		i.settleOldest()
	}
	if i.err == nil {
		i.open = append(i.open, i.sent(r))
	}
}

func (i *ingestion) sent(r Record) underway {
	return underway{r, Start[[]byte](i.ctx, r.To, i.handler, r.Message, Producer(i.source.name, r.Sequence))}
}

// settleOldest waits for the oldest record in flight, and sends again what failed.
func (i *ingestion) settleOldest() {
	oldest := i.open[0]
	i.open = i.open[1:]
	if err := i.settled(oldest); err != nil {
		i.again(oldest, err)
	}
}

// settled counts a record that has taken effect.
func (i *ingestion) settled(u underway) error {
	_, err := u.pending.Wait(i.ctx)
	switch {
	case err == nil:
		i.done.Applied++
	case errors.Is(err, ErrAlreadyApplied):
		i.done.AlreadyApplied++
	default:
		return err
	}
	i.done.Newest = max(i.done.Newest, u.record.Sequence)
	return nil
}

// again sends a failed record and those behind it that failed too, in their order, once all others are settled.
func (i *ingestion) again(first underway, err error) {
	pause := retryFirst
	for attempt := 1; ; attempt++ {
		failed := []underway{first}
		final := unmended(err)
		for _, u := range i.open {
			if later := i.settled(u); later != nil {
				failed = append(failed, u)
				if final == nil {
					final = unmended(later)
				}
			}
		}
		i.open = nil
		if final != nil || attempt >= i.source.attempts {
			i.err = err
			if final != nil {
				i.err = final
			}
			return
		}
		if i.err = sleep(i.ctx, pause); i.err != nil {
			return
		}
		pause = min(2*pause, retryMost)
		for at, u := range failed {
			failed[at] = i.sent(u.record)
		}
		first, i.open = failed[0], failed[1:]
		if err = i.settled(first); err == nil {
			return
		}
	}
}

// unmended is the error where no other try mends it.
func unmended(err error) error {
	if Retryable(err) {
		return nil
	}
	return err
}

// drain waits for what is in flight when the run ends early.
func (i *ingestion) drain() {
	for _, u := range i.open {
		_ = i.settled(u)
	}
	i.open = nil
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return contextFailure(ctx.Err())
	}
}
