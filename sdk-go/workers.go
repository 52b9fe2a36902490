package everact

// This file runs turns that no asker runs: goroutines that grow with the turns that block and stay warm for a while.

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/everact/everact-go/internal/frame"
)

const (
	// workersKept is how many idle goroutines stay.
	workersKept = 64
	// workersMax bounds the goroutines; turns beyond it wait for one.
	workersMax = 1 << 16
)

// workers hands each turn to an idle goroutine, or to a new one.
type workers struct {
	engine *Engine
	mu     sync.Mutex
	idle   []chan *turn
	count  int
	queue  []*turn
	// running are the goroutines that have a turn; procs is how many can run at a time.
	running atomic.Int32
	procs   int32
	closed  bool
}

// run passes a turn on; it never blocks. The function of a process has a goroutine of its own, since it lives as long as the process.
func (w *workers) run(t *turn) {
	if t.handler == frame.HandlerRun {
		go w.runFunction(t)
		return
	}
	if p := w.engine.poolOf(t); p != nil {
		p.run(t)
		return
	}
	w.mu.Lock()
	if last := len(w.idle) - 1; last >= 0 {
		worker := w.idle[last]
		w.idle = w.idle[:last]
		w.running.Add(1)
		w.mu.Unlock()
		worker <- t
		return
	}
	if w.count >= workersMax {
		w.queue = append(w.queue, t)
		w.mu.Unlock()
		return
	}
	w.count++
	w.running.Add(1)
	w.mu.Unlock()
	go w.work(t)
}

// runFunction runs the function of a process, and passes on the turn that its end sets free.
func (w *workers) runFunction(t *turn) {
	defer func(turn uint64) {
		w.engine.inboxes.close(turn)
		w.engine.unwatch(turn)
	}(t.id)
	if next := w.engine.work(t); next != nil {
		w.run(next)
	}
}

// work runs turns until none comes and enough goroutines are idle. A handler that ends the goroutine only lowers the count.
func (w *workers) work(t *turn) {
	defer func() {
		w.mu.Lock()
		w.count--
		w.mu.Unlock()
		if t != nil {
			w.running.Add(-1)
		}
	}()
	wake := make(chan *turn, 1)
	for t != nil {
		for kept := (keeping{}); t != nil; {
			if t = w.engine.work(t); t != nil && kept.isLong(t) && w.isCrowded() {
				// An actor that never runs dry would keep its goroutine, and with it a processor, for a whole slice of Go's scheduler.
				runtime.Gosched()
			}
		}
		if t = w.next(wake); t == nil {
			t = <-wake
		}
	}
}

// turnsKept is how many short turns a goroutine runs before it lets others run: a yield costs about as much as a short turn.
const turnsKept = 16

// keeping is for how long a goroutine has kept its processor.
type keeping struct {
	turns int
	// nowMs is the core's time when it began to, which comes with each turn.
	nowMs int64
}

// isLong tells whether others should run before this turn does: a millisecond has passed, or many short turns have. It begins anew then.
func (k *keeping) isLong(next *turn) bool {
	k.turns++
	if k.turns < turnsKept && next.nowMs == k.nowMs {
		return false
	}
	k.turns, k.nowMs = 0, next.nowMs
	return true
}

// isCrowded tells whether more goroutines have turns to run than there are processors. It need not be exact.
func (w *workers) isCrowded() bool { return w.running.Load() > w.procs }

// next gives a waiting turn; nil when there is none and the worker counts as idle, or is told to end through wake.
func (w *workers) next(wake chan *turn) *turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		t := w.queue[0]
		w.queue = w.queue[1:]
		return t
	}
	if w.closed || len(w.idle) >= workersKept {
		wake <- nil
		w.running.Add(-1)
		return nil
	}
	w.idle = append(w.idle, wake)
	w.running.Add(-1)
	return nil
}

// close ends the idle goroutines; the busy ones end after their turn.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, worker := range w.idle {
		worker <- nil
	}
	w.idle = nil
}

// work runs one turn and gives the next one that its completion set free.
func (e *Engine) work(t *turn) (next *turn) {
	t.command = e.perform(t, t.command, nil)
	v := visit{commands: t.command}
	lead := t.lead && e.open.Load() == 1
	if err := e.handIn(&v, t, lead); err != nil {
		e.notCompleted(t, err)
	}
	t.release()
	return v.turn
}

// notCompleted answers the asker of a turn whose completion could not be handed in; a closed engine has done so itself.
func (e *Engine) notCompleted(t *turn, err *Error) {
	if t.ask != 0 && err.Code != CodeClosed {
		e.deliver(t.ask, uint16(err.Code), []byte(err.Text), nil)
	}
}
