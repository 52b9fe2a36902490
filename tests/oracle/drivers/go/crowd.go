package main

import (
	"context"
	"errors"
	"sync"

	everact "github.com/everact/everact-go"
)

// actInNumbers does one command about many processes.
func (m *memory) actInNumbers(self *everact.Context, given everact.Turn, c command) (any, error) {
	switch verb := c.text(0); verb {
	case "race":
		return m.world.race(c.text(1), c.number(2, 0)), nil
	case "crowd":
		return m.gather(given, c.number(1, 0))
	case "disperse":
		m.world.endAll(m.crowd)
		m.crowd = nil
		return "ok", nil
	case "watches":
		return m.watchOften(self, c.text(1), c.number(2, 0))
	case "rounds":
		return m.rounds(self, c.number(1, 0))
	default:
		return notYet(verb), nil
	}
}

// race has many goroutines spawn a process of one name at once, and tells how many got it.
func (w *world) race(name string, count int) int {
	var mu sync.Mutex
	var got []everact.Reference
	var runners sync.WaitGroup
	start := make(chan struct{})
	for range count {
		runners.Add(1)
		go func() {
			defer runners.Done()
			<-start
			ref, err := w.puppets.Spawn(w.engine, born{}, everact.Named(name))
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, ref)
			}
		}()
	}
	close(start)
	runners.Wait()
	w.endAll(got)
	return len(got)
}

// gather spawns many processes, or as many as there may be.
func (m *memory) gather(given everact.Turn, count int) (any, error) {
	for range count {
		ref, err := m.world.puppets.Spawn(given, born{})
		switch {
		case errors.Is(err, everact.ErrOverloaded):
			return "too_many", nil
		case err != nil:
			return nil, err
		}
		m.crowd = append(m.crowd, ref)
	}
	return "ok", nil
}

// endAll ends processes and waits until they have.
func (w *world) endAll(refs []everact.Reference) {
	pending := make([]*everact.Pending[everact.ExitReason], 0, len(refs))
	for _, ref := range refs {
		pending = append(pending, ref.Await(context.Background()))
		if err := ref.Kill(); err != nil {
			panic(err)
		}
	}
	for _, end := range pending {
		must(end.Wait(context.Background()))
	}
}

// watchOften watches a process many times, or as often as it may.
func (m *memory) watchOften(self *everact.Context, name string, count int) (any, error) {
	for range count {
		_, err := self.Monitor(m.world.ref(name))
		switch {
		case errors.Is(err, everact.ErrOverloaded):
			return "too_many", nil
		case err != nil:
			return nil, err
		}
	}
	return "ok", nil
}

// rounds watches, many times, one that is dead, and receives that.
func (m *memory) rounds(self *everact.Context, count int) (any, error) {
	for range count {
		monitor, err := self.Monitor(m.world.dead)
		if err != nil {
			return nil, err
		}
		if !m.mailbox.down(monitor) {
			return "nothing", nil
		}
	}
	return "ok", nil
}
