package main

// Processes through the public API: what a program in Go that uses them gets of what core/engine/benches/processes.rs measures.
//
// All are in handler style, which Go programs would choose for them: a struct with methods, no goroutine while nothing is to do. The receivers of
// tells_per_s are functions that receive.

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	everact "github.com/everact/everact-go"
)

const (
	liveProcesses = 1_000_000
	toldMessages  = 1_000_000
	toldAtOnce    = 1_000
	ringSize      = 1_000
	ringRounds    = 500
	askPairs      = 64
	asksOfPair    = 10_000
	restartCount  = 5_000
	timerCount    = 200_000
)

// worker counts the messages that it receives.
type worker struct {
	Handled int
}

func (w *worker) Work(_ *everact.Context, amount int) (int, error) {
	w.Handled += amount
	return w.Handled, nil
}

// Meet is a worker's first message.
func (w *worker) Meet(*everact.Context) error {
	w.Handled++
	met.Add(1)
	return nil
}

// met counts over all workers, so that a figure knows when they are done.
var met atomic.Int64

// source sends a sink the number of messages that its own message says, some in each turn.
type source struct {
	sink everact.ProcessRef
}

// Begin spawns the sink.
func (s *source) Begin(ctx *everact.Context) error {
	to, err := sinkKind.Spawn(ctx, toldMessages)
	s.sink = to.Process()
	return err
}

func (s *source) Send(ctx *everact.Context, left int) error {
	for range toldAtOnce {
		if err := ctx.Tell(s.sink, Item{1}); err != nil {
			return err
		}
	}
	if left -= toldAtOnce; left > 0 {
		return send.Tell(ctx, sourceKind.Process(ctx, ctx.Self()), left)
	}
	return nil
}

// Item is what sinks take.
type Item struct{ N int }

// sunk says that a sink has all that it waits for.
var sunk = make(chan struct{}, runtime.NumCPU())

func sink(ctx *everact.ProcessContext, wanted int) error {
	for range wanted {
		if _, err := everact.ReceiveOf[Item](ctx); err != nil {
			return err
		}
	}
	sunk <- struct{}{}
	return nil
}

// member hands a message on to the next one.
type member struct {
	next everact.Ref[member]
}

// Join says who is next.
func (m *member) Join(ctx *everact.Context, next everact.ProcessRef) error {
	m.next = memberKind.Process(ctx, next)
	return nil
}

func (m *member) Hop(ctx *everact.Context, left int) error {
	if left == 0 {
		around <- struct{}{}
		return nil
	}
	return hop.Tell(ctx, m.next, left-1)
}

var around = make(chan struct{}, 1)

// asker spawns a worker and asks it, one ask after the other.
type asker struct{}

func (a *asker) Run(ctx *everact.Context, asks int) error {
	asked, err := workerKind.Spawn(ctx, worker{})
	if err != nil {
		return err
	}
	for range asks {
		if _, err := work.Ask(ctx, asked, 1); err != nil {
			return err
		}
	}
	return nil
}

// mortal is killed and started again.
type mortal struct{}

func (m *mortal) Activated(ctx *everact.Context) error {
	up <- ctx.Self()
	return nil
}

var up = make(chan everact.ProcessRef, 1)

// clock arms timers.
type clock struct{}

// Tick is what timers tell.
type Tick struct{}

func (c *clock) Tick(*everact.Context, Tick) error { return nil }

// Arm arms timers of an hour, and gives the nanoseconds that each took.
func (c *clock) Arm(ctx *everact.Context, timers int) (float64, error) {
	began := time.Now()
	for range timers {
		if _, err := ctx.SendAfter(time.Hour, ctx.Self(), Tick{}); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(began).Nanoseconds()) / float64(timers), nil
}

var (
	workerKind = everact.NewProcess[worker]("worker")
	work       = everact.Handle(workerKind, "work", (*worker).Work)
	meet       = everact.HandleNothing(workerKind, "meet", (*worker).Meet)
	sourceKind = everact.NewProcess[source]("source")
	begin      = everact.HandleNothing(sourceKind, "begin", (*source).Begin)
	send       *everact.Handler[source, int, everact.None]
	sinkKind   = everact.ProcessFunc("sink", sink, everact.Messages(Item{}), everact.MailboxCapacity(toldMessages))
	memberKind = everact.NewProcess[member]("member")
	join       = everact.HandleNoReply(memberKind, "join", (*member).Join)
	hop        *everact.Handler[member, int, everact.None]
	askerKind  = everact.NewProcess[asker]("asker")
	ask        = everact.HandleNoReply(askerKind, "ask", (*asker).Run)
	mortalKind = everact.NewProcess[mortal]("mortal")
	clockKind  = everact.NewProcess[clock]("clock")
	arm        = everact.Handle(clockKind, "arm", (*clock).Arm)
)

func init() {
	send = everact.HandleNoReply(sourceKind, "send", (*source).Send)
	hop = everact.HandleNoReply(memberKind, "hop", (*member).Hop)
	everact.HandleNoReply(clockKind, "tick", (*clock).Tick)
}

func openProcesses() (*everact.Engine, error) {
	return everact.OpenInMemory(everact.WithKinds(workerKind, sourceKind, sinkKind, memberKind, askerKind, mortalKind, clockKind), quiet)
}

// withProcesses measures in an engine of its own.
func withProcesses(measure func(engine *everact.Engine) (float64, error)) func(string, time.Duration) (float64, error) {
	return func(string, time.Duration) (float64, error) {
		engine, err := openProcesses()
		if err != nil {
			return 0, err
		}
		defer engine.Close()
		return measure(engine)
	}
}

// liveInChild spawns processes in a program of its own, whose memory holds nothing else.
func liveInChild() ([]found, error) {
	output, err := roleChild("processes", "").Output()
	if err != nil {
		return nil, fmt.Errorf("the processes: %w", err)
	}
	var rate, bytes float64
	if _, err := fmt.Sscan(strings.TrimSpace(string(output)), &rate, &bytes); err != nil {
		return nil, err
	}
	return []found{{"process.spawns_per_s", "1/s", rate}, {"process.live_bytes", "B", bytes}}, nil
}

// playProcesses is what such a program does: processes that have each handled a message and wait for the next one.
func playProcesses() error {
	engine, err := openProcesses()
	if err != nil {
		return err
	}
	defer engine.Close()
	before, began := settledMB(), time.Now()
	spawned := make([]everact.ProcessRef, liveProcesses)
	for i := range spawned {
		process, err := workerKind.Spawn(engine, worker{})
		if err != nil {
			return err
		}
		spawned[i] = process.Process()
	}
	took := time.Since(began)
	for _, process := range spawned {
		if err := meet.Tell(context.Background(), workerKind.Process(engine, process), everact.None{}); err != nil {
			return err
		}
	}
	for met.Load() < liveProcesses {
		time.Sleep(time.Millisecond)
	}
	spawned = nil
	_, err = fmt.Println(liveProcesses/took.Seconds(), (settledMB()-before)*(1<<20)/liveProcesses)
	return err
}

// settledMB is the resident memory without what Go's collector would give back.
func settledMB() float64 {
	debug.FreeOSMemory()
	return residentMB()
}

// tells lets as many pairs as there are processors send and receive.
func tells(engine *everact.Engine) (float64, error) {
	var sources []everact.Ref[source]
	for range runtime.NumCPU() {
		from, err := sourceKind.Spawn(engine, source{})
		if err != nil {
			return 0, err
		}
		if _, err := begin.Ask(context.Background(), from, everact.None{}); err != nil {
			return 0, err
		}
		sources = append(sources, from)
	}
	began := time.Now()
	for _, from := range sources {
		if err := send.Tell(context.Background(), from, toldMessages); err != nil {
			return 0, err
		}
	}
	for range sources {
		<-sunk
	}
	return float64(len(sources)*toldMessages) / time.Since(began).Seconds(), nil
}

// ring hands one message around.
func ring(engine *everact.Engine) (float64, error) {
	ctx := context.Background()
	var members []everact.Ref[member]
	for range ringSize {
		m, err := memberKind.Spawn(engine, member{})
		if err != nil {
			return 0, err
		}
		members = append(members, m)
	}
	for i, m := range members {
		if _, err := join.Ask(ctx, m, members[(i+1)%ringSize].Process()); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	if err := hop.Tell(ctx, members[0], ringSize*ringRounds); err != nil {
		return 0, err
	}
	<-around
	return ringSize * ringRounds / time.Since(began).Seconds(), nil
}

// pairs are processes that each ask another one, again and again.
func pairs(engine *everact.Engine) (float64, error) {
	ctx := context.Background()
	var (
		group  sync.WaitGroup
		failed atomic.Pointer[error]
	)
	began := time.Now()
	for range askPairs {
		asker, err := askerKind.Spawn(engine, asker{})
		if err != nil {
			return 0, err
		}
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := ask.Ask(ctx, asker, asksOfPair, everact.NoTimeout()); err != nil {
				failed.Store(&err)
			}
		}()
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return askPairs * asksOfPair / time.Since(began).Seconds(), nil
}

// restarts kills a child of a supervisor and waits until it is there again.
func restarts(engine *everact.Engine) (float64, error) {
	_, err := engine.StartSupervisor(context.Background(), everact.Supervisor{
		Intensity: 1_000_000, Period: time.Second, Children: []everact.Child{{Start: mortalKind.Child(mortal{})}},
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for range restartCount {
		if err := engine.ExitTo(<-up, everact.Kill); err != nil {
			return 0, err
		}
	}
	<-up
	return restartCount / time.Since(began).Seconds(), nil
}

// timers arms timers that do not go off.
func timers(engine *everact.Engine) (float64, error) {
	process, err := clockKind.Spawn(engine, clock{})
	if err != nil {
		return 0, err
	}
	return arm.Ask(context.Background(), process, timerCount, everact.NoTimeout())
}
