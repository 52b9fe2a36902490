package everact_test

// The actors that the tests share.

import (
	"strings"
	"sync"

	everact "github.com/everact/everact-go"
)

// gate lets a test see that a handler has begun, and lets the handler go on.
type gate struct{ entered, leave chan struct{} }

var gates sync.Map

func gateOf(name string) gate {
	found, _ := gates.Load(name)
	return found.(gate)
}

// Waiter passes gates.
type Waiter struct {
	Passed int `json:"passed"`
}

func (w *Waiter) Pass(_ *everact.Context, name string) (int, error) {
	g := gateOf(name)
	g.entered <- struct{}{}
	<-g.leave
	w.Passed++
	return w.Passed, nil
}

// PassUnlessCancelled replies true where the caller went away first.
func (w *Waiter) PassUnlessCancelled(ctx *everact.Context, name string) (bool, error) {
	g := gateOf(name)
	g.entered <- struct{}{}
	select {
	case <-g.leave:
		return false, nil
	case <-ctx.Done():
		g.leave <- struct{}{}
		return true, nil
	}
}

func (w *Waiter) Look(_ *everact.Context, name string) (int, error) {
	g := gateOf(name)
	g.entered <- struct{}{}
	<-g.leave
	return w.Passed, nil
}

var (
	waiter              = everact.NewKind[Waiter]("waiter", everact.Transient(), everact.MailboxCapacity(2))
	pass                = everact.Handle(waiter, "pass", (*Waiter).Pass)
	passUnlessCancelled = everact.Handle(waiter, "pass_unless_cancelled", (*Waiter).PassUnlessCancelled)
	look                = everact.Handle(waiter, "look", (*Waiter).Look, everact.ReadOnly())
)

// Echo has no state.
type Echo struct{}

var (
	echo   = everact.NewKind[Echo]("echo", everact.Transient())
	repeat = everact.Handle(echo, "repeat", func(_ *Echo, _ *everact.Context, message []byte) ([]byte, error) {
		return message, nil
	})
)

// openGate makes a gate that lets all through once what it gives is closed.
func openGate(name string) (leave chan struct{}) {
	g := gate{make(chan struct{}, 100), make(chan struct{})}
	gates.Store(name, g)
	return g.leave
}

// lockedBuffer is a log that may be written and read at the same time.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
