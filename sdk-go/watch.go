package everact

// This file carries the core's "nobody waits any more" to the handlers that look: only turns whose Context was asked are kept here.

import (
	"sync"
	"sync/atomic"
)

// earlyMax bounds the cancellations kept for turns that have not asked yet; most of those never will.
const earlyMax = 4096

// watchers holds the turns that want to know.
type watchers struct {
	mu    sync.Mutex
	open  map[uint64]*Context
	early map[uint64]Code
	// closed: the engine is, and with it every turn's context ends.
	closed bool
	// held is the length of early, read without the lock at the end of every turn.
	held atomic.Int32
}

// watch keeps a turn's context; where the cancellation came first it says so.
func (e *Engine) watch(ctx *Context) (code Code, cancelled bool) {
	w := &e.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return CodeCancelled, true
	}
	if code, cancelled = w.early[ctx.id]; cancelled {
		return code, true
	}
	if w.open == nil {
		w.open = make(map[uint64]*Context)
	}
	w.open[ctx.id] = ctx
	return 0, false
}

func (e *Engine) unwatch(id uint64) {
	w := &e.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, id)
	delete(w.early, id)
	w.held.Store(int32(len(w.early)))
}

// unwatchEarly ends a turn that never asked.
func (e *Engine) unwatchEarly(id uint64) {
	if e.watchers.held.Load() > 0 {
		e.unwatch(id)
	}
}

// cancelTurn is the core's word that nobody waits for a turn.
func (e *Engine) cancelTurn(id uint64, code Code) {
	w := &e.watchers
	w.mu.Lock()
	ctx := w.open[id]
	if ctx == nil {
		w.keepEarly(id, code)
	}
	w.mu.Unlock()
	if ctx != nil {
		ctx.cancel(code)
	}
}

// cancelTurns ends the contexts of all turns that outlive the engine.
func (e *Engine) cancelTurns() {
	w := &e.watchers
	w.mu.Lock()
	w.closed = true
	open := w.open
	w.open = nil
	w.mu.Unlock()
	for _, ctx := range open {
		ctx.cancel(CodeCancelled)
	}
}

// keepEarly makes room by dropping any other: those that outlived their turn are of no use.
func (w *watchers) keepEarly(id uint64, code Code) {
	if w.early == nil {
		w.early = make(map[uint64]Code)
	}
	for other := range w.early {
		if len(w.early) < earlyMax {
			break
		}
		delete(w.early, other)
	}
	w.early[id] = code
	w.held.Store(int32(len(w.early)))
}
