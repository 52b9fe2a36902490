package everact

// This file runs turns that compute for long: as many at a time as their pool is wide, so that the other kinds keep a processor.
//
// A turn that waits for an ask leaves its place in the pool meanwhile. Otherwise turns of one pool that ask one another would wait for ever.

import (
	"runtime"
	"sync"

	"github.com/everact/everact-go/internal/frame"
)

// CPUPool is the name of the pool that every engine has. It runs as many turns at a time as there are processors less one, and at least one.
const CPUPool = "cpu"

// Pool runs the handlers and hooks of a kind in the engine's pool of this name: CPUPool, or one of WithPool. It is for handlers that compute for long, of
// actors and of processes in handler style; the size bounds how many of them run at a time, and the other kinds do not wait for them.
func Pool(name string) KindOption { return func(o *kindOptions) { o.core.pool = name } }

// WithPool declares a pool for kinds with the option Pool, or gives CPUPool another size: how many turns run in it at a time.
func WithPool(name string, size int) Option {
	return optionFunc(func(c *configuration) { c.pools[name] = size })
}

// pool runs so many turns at a time.
type pool struct {
	workers *workers
	size    int

	mu      sync.Mutex
	running int
	// ready are turns that wait for a place: at most one for each activation, and its read-only ones.
	ready []*turn
	// waiting counts the asks that open turns wait for; such a turn has no place.
	waiting map[uint64]int
	// returning are turns that have their answers and wait for a place.
	returning []chan struct{}
}

// makePools makes the pools of an engine.
func (c *configuration) makePools(w *workers) (map[string]*pool, error) {
	pools := map[string]*pool{CPUPool: {workers: w, size: max(1, runtime.GOMAXPROCS(0)-1)}}
	for name, size := range c.pools {
		if !kindName.MatchString(name) || size < 1 {
			return nil, failure(CodeInvalidConfiguration, "pool %q of %d: its name is lower snake case, its size at least 1", shortened(name, 200), size)
		}
		pools[name] = &pool{workers: w, size: size}
	}
	for _, p := range pools {
		p.waiting = map[uint64]int{}
	}
	return pools, nil
}

// checkPool says why a kind cannot run in its pool.
func (c *configuration) checkPool(kind *kindCore) error {
	if kind.pool == "" {
		return nil
	}
	if kind.role == roleReceiver || kind.behaviour != "" {
		return failure(CodeInvalidDeclaration, "kind %s: a pool runs actors and processes with handlers, nothing else", kind.name)
	}
	if _, known := c.pools[kind.pool]; !known && kind.pool != CPUPool {
		return failure(CodeInvalidDeclaration, "kind %s: the engine has no pool %q", kind.name, shortened(kind.pool, 200))
	}
	return nil
}

// poolOf is the pool that a turn runs in, nil for the ordinary goroutines. Turns that only look at a state or replace it compute nothing.
func (e *Engine) poolOf(t *turn) *pool {
	if !e.hasPools || int(t.kind) >= len(e.kinds) || t.handler == frame.HandlerGetState || t.handler == frame.HandlerReplaceState {
		return nil
	}
	return e.kinds[t.kind].runsIn
}

// run runs a turn as soon as there is a place; it never blocks.
func (p *pool) run(t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running >= p.size {
		p.ready = append(p.ready, t)
		return
	}
	p.running++
	go p.work(t)
}

// work runs turns as long as some are ready. A handler that ends its goroutine leaves its place too.
func (p *pool) work(t *turn) {
	id := t.id
	defer func() {
		if t != nil {
			p.pass(id)
		}
	}()
	for t != nil {
		id = t.id
		next := p.workers.engine.work(t)
		t = p.next(id)
		if next != nil {
			p.workers.run(next)
		}
	}
}

// next gives the place of an ended turn to one that is ready; nil where the place has gone.
func (p *pool) next(ended uint64) *turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left(ended) || p.giveBack() {
		return nil
	}
	if len(p.ready) == 0 {
		p.running--
		return nil
	}
	t := p.ready[0]
	p.ready = p.ready[1:]
	return t
}

// pass lets the turn that is ready first begin in the place of one that goes.
func (p *pool) pass(ended uint64) {
	if t := p.next(ended); t != nil {
		go p.work(t)
	}
}

// left tells whether a turn that has ended had no place: an ask of its is still open.
func (p *pool) left(ended uint64) bool {
	_, left := p.waiting[ended]
	delete(p.waiting, ended)
	return left
}

// giveBack gives the place to a turn that returns to the pool.
func (p *pool) giveBack() bool {
	if len(p.returning) == 0 {
		return false
	}
	close(p.returning[0])
	p.returning = p.returning[1:]
	return true
}

// leavePool gives up the turn's place in its pool, if it has one, until what it returns is called.
func (c *Context) leavePool() (enter func()) {
	p, turn := c.activation.kind.runsIn, c.id
	if p == nil {
		return func() {}
	}
	p.leave(turn)
	return func() { p.enter(turn) }
}

// leave is called before a turn waits for an ask.
func (p *pool) leave(turn uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[turn]++; p.waiting[turn] > 1 || p.giveBack() {
		return
	}
	p.running--
	if len(p.ready) > 0 {
		p.running++
		go p.work(p.ready[0])
		p.ready = p.ready[1:]
	}
}

// enter is called when the wait is over. It waits for a place, unless the turn has ended or waits for another ask.
func (p *pool) enter(turn uint64) {
	p.mu.Lock()
	asks, open := p.waiting[turn]
	switch {
	case !open:
	case asks > 1:
		p.waiting[turn]--
	case p.running < p.size:
		delete(p.waiting, turn)
		p.running++
	default:
		delete(p.waiting, turn)
		place := make(chan struct{})
		p.returning = append(p.returning, place)
		p.mu.Unlock()
		<-place
		return
	}
	p.mu.Unlock()
}
