package everact

// What is hidden from users: a page of messages that comes in parts.

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestAPageThatComesInPartsIsPutTogether(t *testing.T) {
	box := &inbox{wake: make(chan struct{}, 1)}
	put := func(number, follow uint64) {
		box.change(func() { box.put(&turn{revision: follow<<handedBits | number, payload: []byte{byte(number)}}) })
	}
	put(1, 2)
	put(3, 0)
	came, owed, _, _ := box.take(page{})
	if len(came.messages) != 1 || owed != 2 {
		t.Fatalf("%d came, %d are owed", len(came.messages), owed)
	}
	put(5, 0)
	put(2, 1)
	put(4, 1)
	came, owed, _, _ = box.take(came)
	var numbers []byte
	for _, r := range came.messages {
		numbers = append(numbers, r.payload...)
	}
	if !slices.Equal(numbers, []byte{2, 3, 4, 5}) || owed != 0 || len(box.early) != 0 {
		t.Errorf("%v came, %d are owed", numbers, owed)
	}
	box.change(func() { box.ended.Store(true) })
	if came, _, timedOut, ended := box.take(came); len(came.messages) != 0 || timedOut || !ended {
		t.Error("the end does not come")
	}
}

func TestTheEndOfOneThatIsWatchedIsFoundWithoutALookAtOthers(t *testing.T) {
	c := &ProcessContext{}
	for n := range 1_000 {
		c.keep(&received{value: n})
	}
	c.keep(&received{value: Down{Monitor: 7}})
	c.keep(&received{value: Down{Monitor: 8}})
	wanted := receiving{}
	DownOf(7)(&wanted)
	looked, fits := 0, wanted.fits[0]
	wanted.fits[0] = func(message any) bool {
		looked++
		return fits(message)
	}
	if r := c.kept(&wanted); r == nil || r.value != (Down{Monitor: 7}) {
		t.Errorf("%v was found", r)
	}
	if r := c.kept(&wanted); r != nil || looked != 0 || len(c.held) != 1_001 || len(c.downs) != 1 {
		t.Errorf("%v was found again, %d looks, %d are held", r, looked, len(c.held))
	}
}

type idler struct{ N int }

func TestProcessesThatHaveEndedLeaveNothing(t *testing.T) {
	idlers := NewProcess[idler]("")
	touch := HandleNothing(idlers, "touch", func(*idler, *Context) error { return nil })
	waiters := ProcessFunc("waiter", func(ctx *ProcessContext, _ None) error {
		_, err := ctx.Receive()
		return err
	})
	engine, err := OpenInMemory(WithKinds(idlers, waiters))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	ctx := context.Background()
	for range 200 {
		one, err := idlers.Spawn(engine, idler{})
		if err == nil {
			_, err = touch.Ask(ctx, one, None{})
		}
		other, wrong := waiters.Spawn(engine, None{})
		for _, err := range []error{err, wrong, one.Kill(), other.Kill()} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for left(engine) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d things are left", left(engine))
		}
		time.Sleep(time.Millisecond)
	}
}

// left counts what the engine holds for processes. Cancellations that came early are not among it: one may be of a turn that has just ended, and their
// number is bounded by earlyMax.
func left(e *Engine) (count int) {
	e.inboxes.byTurn.Range(func(any, any) bool {
		count++
		return true
	})
	for i := range e.activations.shards {
		chunks := e.activations.shards[i].chunks.Load()
		count += len(e.activations.shards[i].gone)
		if chunks == nil {
			continue
		}
		for _, chunk := range *chunks {
			for j := range chunk {
				if chunk[j].Load() != nil {
					count++
				}
			}
		}
	}
	e.watchers.mu.Lock()
	defer e.watchers.mu.Unlock()
	return count + len(e.watchers.open)
}
