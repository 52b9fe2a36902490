package main

// Requests about dead letters and producers.

import (
	"context"
	"encoding/json"
	"fmt"

	everact "github.com/everact/everact-go"
)

// item is a record of an ingestion.
type item struct {
	Key     string
	Message json.RawMessage
}

func (r *request) decide(engine *opened) (any, error) {
	at := everact.Address{Kind: r.Kind, Key: string(r.Key)}
	switch r.Op {
	case "dead_letters":
		letters, err := engine.DeadLetters(everact.DeadLetterQuery{Kind: r.Kind, Key: string(r.Key)})
		shown := []map[string]any{}
		for _, letter := range letters {
			shown = append(shown, showLetter(letter))
		}
		return shown, err
	case "dead_letter":
		letter, err := engine.DeadLetter(r.Letter)
		if err != nil {
			return nil, err
		}
		shown := showLetter(letter)
		shown["message"] = json.RawMessage(letter.Payload)
		return shown, nil
	case "dead_retry":
		if r.Message == nil {
			return nil, engine.Retry(r.Letter)
		}
		message, err := asMessage(r.Message)
		if err != nil {
			return nil, err
		}
		return nil, engine.Retry(r.Letter, message)
	case "dead_drop":
		return nil, engine.Drop(r.Letter)
	case "producer_newest":
		newest, err := engine.Producer(r.Producer).NewestAt(at)
		if err != nil || newest == 0 {
			return nil, err
		}
		return newest, nil
	case "producer_skip":
		return nil, engine.Producer(r.Producer).Skip(at, r.Sequence)
	default:
		return r.ingest(engine)
	}
}

func showLetter(letter everact.DeadLetter) map[string]any {
	return map[string]any{
		"id": letter.ID, "kind": letter.Kind, "key": letter.Key, "handler": letter.Handler, "sender": letter.Sender, "sequence": letter.Sequence,
		"attempts": letter.Attempts, "error": letter.Error, "text": letter.Text, "metadata": letter.Metadata,
	}
}

func (r *request) ingest(engine *opened) (any, error) {
	records := func(yield func(everact.Record) bool) {
		for i, item := range r.Items {
			record := everact.Record{Sequence: r.FirstSequence + uint64(i), To: engine.Actor(r.Kind, item.Key), Message: item.Message}
			if !yield(record) {
				return
			}
		}
	}
	source := engine.Producer(r.Producer, everact.Window(r.InFlight))
	if engine.connection != nil {
		source = engine.connection.Producer(r.Producer, everact.Window(r.InFlight))
	}
	done, err := source.Send(context.Background(), r.Handler, records)
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	return map[string]any{"applied": done.Applied, "already_applied": done.AlreadyApplied, "newest": done.Newest}, nil
}
