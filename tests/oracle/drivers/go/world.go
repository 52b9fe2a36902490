package main

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	everact "github.com/everact/everact-go"
)

// world is what a scenario knows of its processes: which name is which process, how those of a name ended, and what each wrote to its log.
//
// Each process enters before it does anything else, so that no end is missed. A line is in its log before the process that writes it goes on.
type world struct {
	engine   *everact.Engine
	puppets  *everact.Receiver[born]
	children *everact.Kind[child]
	servers  *everact.Kind[server]
	// functions and handlers are the machines of both styles.
	functions, handlers *everact.Kind[machine]
	managers            *everact.EventManager[string]
	dead                everact.ProcessRef

	// closed: the scenario has closed the engine.
	closed bool

	mu sync.Mutex
	// changed is closed, and made anew, with each change.
	changed chan struct{}
	newest  map[string]everact.ProcessRef
	// whose is the name of a process and which of that name it is, by its number; begun counts those of a name.
	whose map[uint64]instance
	begun map[string]int
	// taken counts the commands that a puppet has begun with.
	taken map[string]int
	ends  map[string]map[int]string
	logs  map[string][]string
	// attempts counts the starts of a child.
	attempts map[string]int
	// templates are what children of a supervisor are made of that are all alike; alike has those of them that are children themselves.
	templates map[string]specification
	alike     []string
	// actors are the names of durable actors.
	actors map[string]bool
	// begins has what came of the beginnings of behaviours, by their numbers.
	begins map[uint64]any
}

type instance struct {
	name   string
	number int
}

func newWorld() *world {
	w := &world{
		changed: make(chan struct{}), newest: map[string]everact.ProcessRef{}, whose: map[uint64]instance{}, begun: map[string]int{}, taken: map[string]int{},
		ends: map[string]map[int]string{}, logs: map[string][]string{}, attempts: map[string]int{},
		templates: map[string]specification{}, begins: map[uint64]any{}, actors: map[string]bool{},
	}
	w.puppets = everact.ProcessFunc("puppet", w.puppet, everact.Messages(do{}, ping{}, message{}), everact.MailboxCapacity(2_000_000))
	w.children, w.servers, w.managers = w.childKind(), w.serverKind(), managerKind()
	w.functions, w.handlers = w.functionsKind(), w.handlersKind()
	marks := w.markKind()
	w.engine = must(everact.OpenInMemory(everact.Options{ProcessesMax: 1_000}, everact.WithKinds(w.puppets, w.children, w.servers, w.functions, w.handlers, w.managers, marks, w.residentKind())))
	marker, listening = marks, w
	ended := must(w.puppets.Spawn(w.engine, born{Name: ""}))
	if err := ended.Kill(); err != nil {
		panic(err)
	}
	w.dead = ended.Process()
	return w
}

// close ends all that is there, what is just being started included.
func (w *world) close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.engine.Shutdown(ctx)
}

// change does something to the table and tells who waits.
func (w *world) change(how func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how()
	close(w.changed)
	w.changed = make(chan struct{})
}

// enter gives a process a name; a later one of the same name is its next instance.
func (w *world) enter(name string, ref everact.ProcessRef) {
	pending := w.engine.Process(ref).Await(context.Background())
	var number int
	w.change(func() {
		w.begun[name]++
		number = w.begun[name]
		w.newest[name], w.whose[ref.Number()] = ref, instance{name, number}
	})
	go func() {
		reason, err := pending.Wait(context.Background())
		if err != nil {
			return
		}
		w.change(func() {
			if w.ends[name] == nil {
				w.ends[name] = map[int]string{}
			}
			w.ends[name][number] = shown(reason)
		})
	}()
}

func (w *world) write(lane, line string) {
	w.change(func() { w.logs[lane] = append(w.logs[lane], line) })
}

// attempt counts a child's start, and gives how many there were before.
func (w *world) attempt(name string) (before int) {
	w.change(func() {
		before = w.attempts[name]
		w.attempts[name]++
	})
	return before
}

// ref is the newest process of a name, alive or dead; a name that was never used is that of a dead one.
func (w *world) ref(name string) everact.ProcessRef {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ref, ok := w.newest[name]; ok {
		return ref
	}
	return w.dead
}

func (w *world) nameOf(ref everact.ProcessRef) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if held, ok := w.whose[ref.Number()]; ok {
		return held.name
	}
	return "?"
}

func (w *world) namesOf(refs []everact.ProcessRef) []string {
	names := make([]string, 0, len(refs))
	for _, ref := range refs {
		names = append(names, w.nameOf(ref))
	}
	slices.Sort(names)
	return names
}

// until waits until something holds, at most for a time; false where it does not by then.
func (w *world) until(wait time.Duration, holds func() bool) bool {
	late := time.After(wait)
	for {
		w.mu.Lock()
		held, changed := holds(), w.changed
		w.mu.Unlock()
		if held {
			return true
		}
		select {
		case <-changed:
		case <-late:
			return false
		}
	}
}

// waitTime is how long is waited for what may never come.
func waitTime() time.Duration {
	ms, err := strconv.Atoi(os.Getenv("ORACLE_WAIT_MS"))
	if err != nil {
		ms = 3000
	}
	return time.Duration(ms) * time.Millisecond
}

// ended waits for the end of a process of a name; nil where it does not come.
func (w *world) ended(name string, number int) any {
	var reason any
	w.until(waitTime(), func() bool {
		ended, ok := w.ends[name][number]
		if ok {
			reason = ended
		}
		return ok
	})
	return reason
}

// endOf waits for the end of one process; noproc where it never entered.
func (w *world) endOf(ref everact.ProcessRef) any {
	w.mu.Lock()
	held, ok := w.whose[ref.Number()]
	w.mu.Unlock()
	if !ok {
		return "noproc"
	}
	return w.ended(held.name, held.number)
}

// log waits until a log has so many lines.
func (w *world) log(lane string, lines int) []any {
	enough := w.until(waitTime(), func() bool { return len(w.logs[lane]) >= lines })
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []any{}
	if !enough {
		all = append(all, []any{"no more lines after", lines})
	}
	for _, line := range w.logs[lane] {
		all = append(all, line)
	}
	return all
}

func (w *world) history() any {
	w.notice()
	w.mu.Lock()
	defer w.mu.Unlock()
	ended := map[string][]string{}
	for name, reasons := range w.ends {
		for number := 1; number <= w.begun[name]; number++ {
			if reason, ok := reasons[number]; ok {
				ended[name] = append(ended[name], reason)
			}
		}
	}
	return map[string]any{"tree": append([]string{}, w.logs["tree"]...), "ended": ended}
}
