package everact

// This file holds activations: an actor's object between turns, found by the id that the core gave it.

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/everact/everact-go/internal/frame"
)

// activation is an actor's live instance. The core lets one turn at a time at it (read-only ones may overlap); the fence makes that order visible to
// Go's memory model, since it comes from outside of Go.
type activation struct {
	id   uint64
	kind *registered
	// key is the actor's; process is the number of a process, 0 of an actor.
	key     string
	process uint64
	// object is made by the first turn, which overlaps no other. A read-only turn that broke its promise replaces it, since others may still
	// be reading the old one.
	object atomic.Pointer[object]
	// state is the stored state until the object is made of it.
	state  []byte
	stored bool
	fence  atomic.Uint32
	// newest is the way of the turn that began last, nil when it is over: for whoever wants to know where it is, and part of the fence.
	newest atomic.Pointer[passage]
	// owing is where turns stand that may give an answer which an earlier one left open; nil as long as none has.
	owing atomic.Pointer[owing]
}

// begin orders a turn behind those that have ended.
func (a *activation) begin(p *passage) {
	_ = a.fence.Load()
	a.newest.Swap(p)
}

// end orders the turn before those that begin later: by newest, or by the fence where another turn has begun meanwhile.
func (a *activation) end(p *passage) {
	if !a.newest.CompareAndSwap(p, nil) {
		a.fence.Add(1)
	}
}

// leave orders what a turn has done before those that run while it waits for an answer.
func (a *activation) leave() { a.fence.Add(1) }

// resume orders a turn that has its answer behind those that have run meanwhile. It is the newest again unless another is.
func (a *activation) resume(c *Context) {
	a.fence.Add(1)
	if a.newest.Load() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open != nil {
		a.newest.CompareAndSwap(nil, &c.open.passage)
	}
}

// object is what the kind's state made.
type object struct{ held any }

// activate begins the turn's activation. It happens as soon as the turn comes in: an activation may be forgotten before its first turn runs, where a process
// is killed at once.
func (e *Engine) activate(t *turn) {
	if int(t.kind) >= len(e.kinds) {
		return
	}
	a := &activation{id: t.activation, kind: e.kinds[t.kind], stored: t.is(frame.TurnFlagState)}
	if t.is(frame.TurnFlagProcess) {
		a.process = frame.ProcessNumber(t.key)
	} else {
		a.key = string(t.key)
	}
	e.activations.put(a)
}

// activationOf finds the turn's activation.
func (e *Engine) activationOf(t *turn) (*activation, *Error) {
	if int(t.kind) >= len(e.kinds) {
		return nil, failure(CodeInternal, "kind %d is unknown", t.kind)
	}
	if a := e.activations.get(t.activation); a != nil {
		return a, nil
	}
	return nil, failure(CodeInternal, "activation %x is unknown, or gone", t.activation)
}

func (a *activation) handler(id uint16) (*handlerCore, *Error) {
	var h *handlerCore
	switch {
	case id == frame.HandlerActivated:
		h = a.kind.activated
	case id == frame.HandlerPassivating:
		h = a.kind.passivating
	case id == frame.HandlerRun:
		h = a.kind.run
	case id == frame.HandlerGetState:
		h = getState
	case id == frame.HandlerReplaceState:
		h = replaceState
	case id == frame.HandlerTimeout:
		h = a.kind.hooks.timeout
	case id == frame.HandlerEnter:
		h = a.kind.hooks.enter
	case id == frame.HandlerContinue:
		h = a.kind.hooks.continued
	case id == frame.HandlerManager:
		if h = a.kind.hooks.manager; h == nil {
			h = orNothing(a.kind.noted.gone)
		}
	case id == frame.HandlerExit:
		h = orNothing(a.kind.noted.exit)
	case id == frame.HandlerDown:
		h = orNothing(a.kind.noted.down)
	case id == frame.HandlerGroup:
		h = orNothing(a.kind.noted.group)
	case int(id) < len(a.kind.handlers):
		h = a.kind.handlers[id]
	}
	if h == nil {
		return nil, failure(CodeUnknownHandler, "kind %s has no handler %d", a.kind.name, id)
	}
	return h, nil
}

// nothing is the hook of a kind that has none.
var nothing = noted("nothing", func(any, *Context, *note) error { return nil })

func orNothing(h *handlerCore) *handlerCore {
	if h == nil {
		return nothing
	}
	return h
}

// name is the actor's key or the process' number, for people.
func (a *activation) name() string {
	if a.process != 0 {
		return strconv.FormatUint(a.process, 10)
	}
	return a.key
}

// make makes the object with the activation's first turn, and again where that failed before; for a nested turn it keeps what the object is now.
func (a *activation) make(e *Engine, t *turn) (any, *Error) {
	if t.is(frame.TurnFlagState) {
		a.state = append([]byte(nil), t.state...)
	}
	made := a.object.Load()
	if made == nil {
		held, err := a.kind.state.Create(a.state, a.stored)
		if err != nil {
			return nil, failure(CodeStateMismatch, "the stored state of %s/%s does not fit: %s", a.kind.name, a.name(), err.Error())
		}
		made, a.state = &object{held}, nil
		a.object.Store(made)
		if a.process == 0 {
			a.reportUnknown(e, held)
		}
	}
	if t.is(frame.TurnFlagNested) && !t.is(frame.TurnFlagReadOnly) && a.process == 0 {
		image, err := a.kind.state.Capture(made.held)
		if err != nil {
			return nil, &Error{Code: CodeInvalidState, Text: err.Error()}
		}
		t.image = image
	}
	return made.held, nil
}

// unknownNamed is how many fields the log names.
const unknownNamed = 10

// reportUnknown logs, once for a kind, that stored fields are kept which the kind does not know.
func (a *activation) reportUnknown(e *Engine, held any) {
	unknown := a.kind.state.Unknown(held, unknownNamed)
	if len(unknown) > 0 && a.kind.reported.CompareAndSwap(false, true) {
		text := fmt.Sprintf("kind %s does not know stored fields, which are kept: %s (in %s/%s)", a.kind.name, strings.Join(unknown, ", "), a.kind.name, a.key)
		e.say(slog.LevelWarn, text, "kind", a.kind.name, "key", a.key, "fields", unknown)
	}
}

// putBack puts the object back after a turn that was discarded; false where it cannot be and has to leave memory.
func (a *activation) putBack(t *turn) (ok bool) {
	made := a.object.Load()
	if made == nil || a.process != 0 {
		// What a process has become it stays, until it ends.
		return true
	}
	err := errors.New("it panicked")
	defer func() {
		if ok = err == nil; !ok {
			a.object.Store(nil)
		}
	}()
	state := a.kind.state
	switch {
	case t.is(frame.TurnFlagReadOnly):
		var dirty bool
		if _, dirty, err = state.Inspect(made.held, nil, 0); dirty {
			err = a.renew(made.held)
		}
	case t.is(frame.TurnFlagNested):
		if err = nil; t.image != nil {
			err = state.Recapture(made.held, t.image)
		}
	default:
		err = state.Restore(made.held)
	}
	return err == nil
}

// renew makes another object from what was last accepted, and leaves the old one to the turns that read it.
func (a *activation) renew(old any) error {
	held, err := a.kind.state.Renew(old)
	if err == nil {
		a.object.Store(&object{held})
	}
	return err
}

const (
	activationsPerChunk = 512
	shardsMax           = 64
)

type activationChunk [activationsPerChunk]atomic.Pointer[activation]

// activationTable finds activations by id: the shard in the top byte, the slot in the low half. Reading takes no lock.
type activationTable struct {
	shards [shardsMax]struct {
		mu     sync.Mutex
		chunks atomic.Pointer[[]*activationChunk]
		// gone are those that were forgotten before their first turn came in, on another goroutine.
		gone map[uint64]struct{}
	}
}

func (t *activationTable) get(id uint64) *activation {
	slot := uint32(id)
	chunks := t.shards[id>>56%shardsMax].chunks.Load()
	if chunks == nil || int(slot/activationsPerChunk) >= len(*chunks) {
		return nil
	}
	a := (*chunks)[slot/activationsPerChunk][slot%activationsPerChunk].Load()
	if a == nil || a.id != id {
		return nil
	}
	return a
}

func (t *activationTable) put(a *activation) {
	shard, slot := &t.shards[a.id>>56%shardsMax], uint32(a.id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if _, gone := shard.gone[a.id]; gone {
		delete(shard.gone, a.id)
		return
	}
	index := int(slot / activationsPerChunk)
	chunks := shard.chunks.Load()
	if chunks == nil || index >= len(*chunks) {
		var grown []*activationChunk
		if chunks != nil {
			grown = append(grown, *chunks...)
		}
		for index >= len(grown) {
			grown = append(grown, new(activationChunk))
		}
		chunks = &grown
		shard.chunks.Store(chunks)
	}
	(*chunks)[index][slot%activationsPerChunk].Store(a)
}

// forget drops an activation that has left memory.
func (t *activationTable) forget(id uint64) {
	shard, slot := &t.shards[id>>56%shardsMax], uint32(id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if a := t.get(id); a != nil {
		(*shard.chunks.Load())[slot/activationsPerChunk][slot%activationsPerChunk].CompareAndSwap(a, nil)
		return
	}
	if shard.gone == nil {
		shard.gone = map[uint64]struct{}{}
	}
	shard.gone[id] = struct{}{}
}
