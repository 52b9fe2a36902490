package everact

// This file puts answers off: an ask that a handler leaves open is answered by a later turn of the same actor or process.

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/everact/everact-go/internal/payload"
)

// Defer leaves the ask of this turn open: what the handler returns as a reply goes nowhere, and who asked waits until the Asker is answered, in this turn or
// in any later one of the same actor or process. It may be kept as long as the process lives, or the actor stays in memory, but is no part of a state: an
// actor's turn that is discarded makes unexported fields anew. Of a message that was told it is nil, which may be answered too.
//
// An actor's answer counts with the turn that gives it. What is still owed at the end is answered with NoProcess, or ActorStopped. An ask with a Producer or
// an IdempotencyKey cannot be put off: the turn fails.
func (c *Context) Defer() *Asker {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil || c.open.ask == 0 {
		return nil
	}
	asker := &Asker{engine: c.system(), ask: c.open.ask, deferred: c.activation}
	if h := c.open.passage.handler; h != nil {
		asker.answer = h.answer
		if len(h.variants) > 0 {
			asker.answer = h.variants[0].answer
		}
	}
	c.extrasLocked().deferred = true
	c.activation.owes(c)
	return asker
}

// Defer is Asker: what was received last may be answered at any time.
func (c *ProcessContext) Defer() *Asker { return c.Asker() }

// IsTell tells whether what was received last was told: nobody waits for an answer.
func (c *ProcessContext) IsTell() bool { return c.Asker() == nil }

// answering is the turn in which the answer is given.
func (a *Asker) answering() (turn uint64, err error) {
	if a.deferred == nil {
		return a.turn, nil
	}
	ctx := a.deferred.owing.Load().newest()
	if ctx == nil {
		return 0, failure(CodeInvalidArgument, "an answer that was put off is given in a turn of the %s that owes it", a.deferred.kind.name)
	}
	// What the turn has told before goes out before the answer.
	ctx.flush()
	return ctx.id, nil
}

// owing holds the turns that are open at an activation which owes answers, or once has: the newest is the one that runs.
type owing struct {
	mu   sync.Mutex
	open []*Context
}

// owes begins to look at the activation's turns; this is the first.
func (a *activation) owes(c *Context) {
	if a.owing.CompareAndSwap(nil, &owing{}) {
		a.owing.Load().begin(c)
	}
}

func (o *owing) begin(c *Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = append(o.open, c)
}

func (o *owing) newest() *Context {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.open) == 0 {
		return nil
	}
	return o.open[len(o.open)-1]
}

// answered ends a turn at an activation.
func (a *activation) answered(c *Context) {
	o := a.owing.Load()
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = slices.DeleteFunc(o.open, func(other *Context) bool { return other == c })
}

// forget leaves the turn, whose record is used again.
func (c *Context) forget() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = nil
	c.activation.answered(c)
}

// answering encodes what is given as a reply later, which has to be of the handler's type.
func answering[R any](replies payload.Codec[R]) func(b []byte, reply any) ([]byte, error) {
	return func(b []byte, reply any) ([]byte, error) {
		value, fits := reply.(R)
		if !fits && reply == nil {
			switch any(value).(type) {
			case None:
				fits = true
			default:
				kind := reflect.TypeFor[R]().Kind()
				fits = kind == reflect.Interface || kind == reflect.Pointer || kind == reflect.Map || kind == reflect.Slice
			}
		}
		if !fits {
			return b, fmt.Errorf("the handler replies %s, this is %T", reflect.TypeFor[R](), reply)
		}
		return replies.Append(b, value)
	}
}
