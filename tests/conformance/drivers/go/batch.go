package main

// Many asks or tells: submitted in order from one goroutine, with a bounded number in flight.

import (
	"context"
	"errors"
	"strconv"
	"sync"

	everact "github.com/everact/everact-go"
)

// tally is a batch's result.
type tally struct {
	sync.Mutex
	ok        int
	errors    map[string]int
	last      any
	lastIndex int
}

func (r *request) batch(engine *opened) (any, error) {
	t := tally{errors: map[string]int{}, lastIndex: -1}
	slots := make(chan struct{}, max(r.InFlight, 1))
	for i := range r.Count {
		slots <- struct{}{}
		ended := func(reply []byte, err error) {
			r.count(&t, i, reply, err)
			<-slots
		}
		if err := r.submit(engine, i, ended); err != nil {
			return nil, err
		}
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
	return map[string]any{"ok": t.ok, "errors": t.errors, "last": t.last}, nil
}

// submit sends number i; ended is called once with its outcome.
func (r *request) submit(engine *opened, i int, ended func([]byte, error)) error {
	to := engine.Actor(r.Kind, string(r.Key))
	if r.Keys > 0 {
		to = engine.Actor(r.Kind, string(r.Key)+strconv.Itoa(i%r.Keys))
	}
	message, err := r.messageAt(i)
	if err != nil {
		return err
	}
	var options []everact.AskOption
	if r.Producer != "" {
		options = append(options, everact.Producer(r.Producer, r.FirstSequence+uint64(i)))
	}
	ctx := context.Background()
	switch {
	case r.Tell:
		ended(nil, everact.Tell(ctx, to, r.Handler, message))
	case r.InFlight <= 1:
		ended(everact.Ask[[]byte](ctx, to, r.Handler, message, options...))
	default:
		pending := everact.Start[[]byte](ctx, to, r.Handler, message, options...)
		go func() { ended(pending.Wait(ctx)) }()
	}
	return nil
}

func (r *request) messageAt(i int) (any, error) {
	switch r.MessageIndex {
	case true:
		return i, nil
	case "text":
		return strconv.Itoa(i), nil
	default:
		return asMessage(r.Message)
	}
}

func (r *request) count(t *tally, i int, reply []byte, err error) {
	t.Lock()
	defer t.Unlock()
	if err != nil {
		var ours *everact.Error
		name := "Unexpected"
		if errors.As(err, &ours) {
			name = ours.Name()
		}
		t.errors[name]++
		return
	}
	t.ok++
	if i > t.lastIndex {
		t.last, t.lastIndex = r.result(reply), i
	}
	if r.Acknowledged {
		say(answer{ID: r.ID, Acknowledged: &i})
	}
}
