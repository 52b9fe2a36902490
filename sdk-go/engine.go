package everact

// This file opens and closes engines. What passes between an engine and the core is in lane.go.

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/native"
)

// closeTimeout is how long Close lets accepted work go on.
const closeTimeout = 10 * time.Second

// cacheLine keeps what all processors write in every ask away from what they read.
type cacheLine [64]byte

// Engine runs actors on a data folder, or in memory. It may be used by any number of goroutines.
type Engine struct {
	id          uint64
	kinds       []*registered
	kindsByName map[string]*registered
	activations activationTable
	calls       callTable
	workers     workers
	pools       map[string]*pool
	// hasPools: kinds run in pools, so it is worth a look whether a turn does.
	hasPools bool
	watchers watchers
	causes   causes
	inboxes  inboxes
	// monitors counts the watches that were set, told the messages of processes that left at once.
	monitors, told atomic.Uint64
	log            *slog.Logger

	_ cacheLine
	// open counts the open asks of durable actors (see Engine.enter).
	open atomic.Int64
	_    cacheLine

	closed     chan struct{}
	closedOnce sync.Once
	drained    chan struct{}
	free       sync.Once
}

// Open opens an engine on a data folder, which is made where it is missing. An empty name stands for the folder that EVERACT_DATA names, and for
// no folder where it names none: everything is in memory then.
//
// It fails with DataLocked where another engine holds the folder, Corrupted or UnsupportedFormat where the data cannot be used, DuplicateKind,
// InvalidDeclaration or InvalidConfiguration where the options cannot be.
func Open(folder string, options ...Option) (*Engine, error) {
	c := gathered(options)
	if folder != "" {
		c.settings["data"] = folder
	}
	return open(c)
}

// OpenInMemory opens an engine that keeps everything in memory.
func OpenInMemory(options ...Option) (*Engine, error) {
	return open(gathered(append(options[:len(options):len(options)], inMemory)))
}

func open(c *configuration) (*Engine, error) {
	config, err := c.encoded()
	if err != nil {
		return nil, err
	}
	if err := loadCore(); err != nil {
		return nil, err
	}
	e := &Engine{
		kindsByName: make(map[string]*registered, len(c.kinds)), log: c.log,
		closed: make(chan struct{}), drained: make(chan struct{}),
	}
	e.workers.engine, e.workers.procs = e, int32(runtime.GOMAXPROCS(0))
	if e.pools, err = c.makePools(&e.workers); err != nil {
		return nil, err
	}
	for _, kind := range c.kinds {
		e.register(kind)
	}
	out := make([]byte, frame.OutBytesMin)
	id, result := native.Open(config, out)
	if result < 0 {
		return nil, failed(result, out)
	}
	e.id = id
	for _, kind := range e.kinds {
		kind.newest.Store(kind)
	}
	go e.poll()
	if !c.remote {
		go e.tellStacks()
	}
	return e, nil
}

// loadCore makes the core ready, and refuses one of another version.
func loadCore() error {
	if err := native.Load(); err != nil {
		return failure(CodeInternal, "the core cannot be loaded: %v", err)
	}
	if version := native.AbiVersion(); version != frame.AbiVersion {
		return failure(CodeInternal, "the core speaks version %d of the boundary, this package version %d", version, frame.AbiVersion)
	}
	return nil
}

// Actor is the actor with this kind and key. An unknown kind is reported by what is sent to it.
func (e *Engine) Actor(kind, key string) Reference {
	k := e.kindsByName[kind]
	if k == nil {
		return Reference{engine: e, key: key, err: failure(CodeUnknownKind, "no kind %q is registered with the engine", kind)}
	}
	return k.actor(key)
}

// actor is the actor of this kind with this key.
func (k *registered) actor(key string) Reference {
	r := Reference{engine: k.engine, kind: k, key: key}
	if k.role != roleActor {
		r.err = failure(CodeInvalidArgument, "kind %s is of processes, which have no keys: they are spawned", k.name)
	}
	return r
}

// reference is the actor of a declared kind, which has to be registered with this engine.
func (e *Engine) reference(kind *kindCore, key string) Reference {
	if k := kind.newest.Load(); k != nil && k.engine == e {
		return k.actor(key)
	}
	r := e.Actor(kind.name, key)
	if r.err == nil && !r.kind.is(kind) {
		r.err = failure(CodeUnknownKind, "another kind %q is registered with the engine", kind.name)
	}
	return r
}

func (e *Engine) system() *Engine { return e }

func (e *Engine) turn() *Context { return nil }

// Stats are counts of what an engine holds and has done.
type Stats struct {
	// Activations is the number of actors in memory.
	Activations int64 `json:"activations"`
	// OpenTurns and OpenAsks are under way now.
	OpenTurns int64 `json:"open_turns"`
	OpenAsks  int64 `json:"open_asks"`
	// StateBytes is the encoded state of the actors in memory.
	StateBytes int64 `json:"state_bytes"`
	// Turns, FailedTurns and Passivations count since the engine opened.
	Turns        int64 `json:"turns"`
	FailedTurns  int64 `json:"failed_turns"`
	Passivations int64 `json:"passivations"`
}

// Stats gives the engine's counts.
func (e *Engine) Stats() (Stats, error) {
	var stats Stats
	err := e.describe("stats", &stats)
	return stats, err
}

// Address is where the engine listens, as in "127.0.0.1:8080"; empty where it does not.
func (e *Engine) Address() string {
	var gateway struct{ Address string }
	if err := e.describe("gateway", &gateway); err != nil {
		return ""
	}
	return gateway.Address
}

// describe reads what the core says about a topic.
func (e *Engine) describe(topic string, into any) error {
	out := make([]byte, 4096)
	n := native.Describe(e.id, []byte(topic), out)
	if n > int64(len(out)) {
		out = make([]byte, n)
		n = native.Describe(e.id, []byte(topic), out)
	}
	if n < 0 {
		return failed(n, out)
	}
	if err := json.Unmarshal(out[:n], into); err != nil {
		return failure(CodeInternal, "what the core says about %s cannot be read: %v", topic, err)
	}
	return nil
}

// Backup copies a consistent state of all data into a new folder while work goes on.
func (e *Engine) Backup(folder string) error {
	out := make([]byte, frame.OutBytesMin)
	if n := native.Backup(e.id, []byte(folder), out); n < 0 {
		return failed(n, out)
	}
	return nil
}

// Restore makes a data folder from a backup. No engine may hold the folder.
func Restore(from, folder string) error {
	if err := loadCore(); err != nil {
		return err
	}
	out := make([]byte, frame.OutBytesMin)
	if n := native.Restore([]byte(from), []byte(folder), out); n < 0 {
		return failed(n, out)
	}
	return nil
}

// Close ends the engine: new asks are refused with Closed, accepted work goes on for at most ten seconds, and the data folder is released. Closing
// again does nothing.
func (e *Engine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return e.Shutdown(ctx)
}

// Shutdown is Close with a deadline of one's own: when ctx is done, asks that are still open are answered with Closed. Without a deadline it waits
// for as long as the work takes.
func (e *Engine) Shutdown(ctx context.Context) error {
	native.Close(e.id, closeWithin(ctx))
	select {
	case <-e.closed:
	case <-ctx.Done():
		native.Close(e.id, 0)
		<-e.closed
	}
	<-e.drained
	e.free.Do(func() {
		for _, kind := range e.kinds {
			kind.newest.CompareAndSwap(kind, nil)
		}
		e.workers.close()
		native.Free(e.id)
	})
	return nil
}

// closeWithin is the context's deadline from now; the longest there is where it has none.
func closeWithin(ctx context.Context) uint32 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return frame.NoDeadline
	}
	return milliseconds(time.Until(deadline))
}
