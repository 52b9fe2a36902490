// Command protoactor measures processes of protoactor-go, beside which those of benches/go stand: the same programs (processes.go), the same names.
//
//	protoactor [-rounds 3] [-only peer.protoactor.process.tells]
//
// It is a module of its own, since protoactor-go brings protobuf and OpenTelemetry along.
// Fewer live actors and asks than there, since they take it ten times as long.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/scheduler"
)

const (
	liveActors   = 250_000
	toldMessages = 1_000_000
	ringSize     = 1_000
	ringRounds   = 500
	askPairs     = 64
	asksOfPair   = 1_000
	restartCount = 5_000
	timerCount   = 200_000
	// prefix is what all names begin with, liveRole is how the program that measures memory is called.
	prefix   = "peer.protoactor.process."
	liveRole = "live"
)

var figures = []struct {
	name, unit string
	measure    func(*actor.ActorSystem) float64
}{
	{"tells_per_s", "1/s", tells},
	{"ring_hops_per_s", "1/s", ring},
	{"asks_per_s.64", "1/s", pairs},
	{"restarts_per_s", "1/s", restarts},
	{"arm_ns", "ns", timers},
}

func main() {
	rounds := flag.Int("rounds", 3, "the median of so many runs counts")
	only := flag.String("only", "", "figures whose names begin so")
	flag.Parse()
	if flag.Arg(0) == liveRole {
		fmt.Println(live())
		return
	}
	for _, figure := range figures {
		if strings.HasPrefix(prefix+figure.name, *only) {
			say(figure.name, figure.unit, median(*rounds, func() []float64 {
				system := newSystem()
				defer system.Shutdown()
				return []float64{figure.measure(system)}
			})[0])
		}
	}
	if strings.HasPrefix(prefix+"spawns_per_s", *only) {
		both := median(*rounds, liveInChild)
		say("spawns_per_s", "1/s", both[0])
		say("live_bytes", "B", both[1])
	}
}

func newSystem() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}))
}

func say(name, unit string, value float64) {
	line, err := json.Marshal(map[string]any{"name": prefix + name, "language": "go", "value": float64(int64(value*100)) / 100, "unit": unit})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// median gives the median of each value that a run has.
func median(rounds int, run func() []float64) []float64 {
	var all [][]float64
	for range rounds {
		all = append(all, run())
	}
	middle := make([]float64, len(all[0]))
	for i := range middle {
		var values []float64
		for _, one := range all {
			values = append(values, one[i])
		}
		slices.Sort(values)
		middle[i] = values[rounds/2]
	}
	return middle
}

// worker counts the messages that it receives, and answers asks.
type worker struct{ handled int }

// met counts over all workers that were told, so that a figure knows when they are done.
var met atomic.Int64

func (w *worker) Receive(ctx actor.Context) {
	amount, ok := ctx.Message().(int)
	if !ok {
		return
	}
	w.handled += amount
	if ctx.Sender() != nil {
		ctx.Respond(w.handled)
	} else {
		met.Add(1)
	}
}

func workers() *actor.Props { return actor.PropsFromProducer(func() actor.Actor { return &worker{} }) }

// liveInChild spawns actors in a program of its own, whose memory holds nothing else.
func liveInChild() []float64 {
	child := exec.Command("/proc/self/exe", liveRole)
	child.Stderr = os.Stderr
	output, err := child.Output()
	if err != nil {
		panic(err)
	}
	var rate, each float64
	if _, err := fmt.Sscan(string(output), &rate, &each); err != nil {
		panic(err)
	}
	return []float64{rate, each}
}

// live has actors that have each handled a message and wait for the next one.
func live() (rate, each float64) {
	system, props := newSystem(), workers()
	before, began := settledBytes(), time.Now()
	spawned := make([]*actor.PID, liveActors)
	for i := range spawned {
		spawned[i] = system.Root.Spawn(props)
	}
	took := time.Since(began)
	for _, pid := range spawned {
		system.Root.Send(pid, 1)
	}
	for met.Load() < liveActors {
		time.Sleep(time.Millisecond)
	}
	spawned = nil
	each = (settledBytes() - before) / liveActors
	runtime.KeepAlive(system)
	return liveActors / took.Seconds(), each
}

func settledBytes() float64 {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.ParseFloat(string(bytes.Fields(status)[1]), 64)
	if err != nil {
		panic(err)
	}
	return pages * float64(os.Getpagesize())
}

// item is what sinks take.
type item struct{ n int }

// tells lets as many pairs as there are processors send and receive.
func tells(system *actor.ActorSystem) float64 {
	sunk := make(chan struct{}, runtime.NumCPU())
	var sources []*actor.PID
	for range runtime.NumCPU() {
		came := 0
		to := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(item); ok {
				if came++; came == toldMessages {
					sunk <- struct{}{}
				}
			}
		}))
		sources = append(sources, system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if count, ok := ctx.Message().(int); ok {
				for range count {
					ctx.Send(to, item{1})
				}
			}
		})))
	}
	began := time.Now()
	for _, from := range sources {
		system.Root.Send(from, toldMessages)
	}
	for range sources {
		<-sunk
	}
	return float64(len(sources)*toldMessages) / time.Since(began).Seconds()
}

// ring hands one message around.
func ring(system *actor.ActorSystem) float64 {
	around := make(chan struct{}, 1)
	members := make([]*actor.PID, ringSize)
	for i := range members {
		members[i] = system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			left, ok := ctx.Message().(int)
			switch {
			case !ok:
			case left == 0:
				around <- struct{}{}
			default:
				ctx.Send(members[(i+1)%ringSize], left-1)
			}
		}))
	}
	began := time.Now()
	system.Root.Send(members[0], ringSize*ringRounds)
	<-around
	return ringSize * ringRounds / time.Since(began).Seconds()
}

// pairs are actors that each ask another one, again and again.
func pairs(system *actor.ActorSystem) float64 {
	var group sync.WaitGroup
	props := workers()
	began := time.Now()
	for range askPairs {
		group.Add(1)
		asked := system.Root.Spawn(props)
		asker := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			count, ok := ctx.Message().(int)
			if !ok {
				return
			}
			defer group.Done()
			for range count {
				if _, err := ctx.RequestFuture(asked, 1, time.Minute).Result(); err != nil {
					panic(err)
				}
			}
		}))
		system.Root.Send(asker, asksOfPair)
	}
	group.Wait()
	return askPairs * asksOfPair / time.Since(began).Seconds()
}

// restarts has a child fail, since a killed one is not started again, and waits until it is there once more.
func restarts(system *actor.ActorSystem) float64 {
	up := make(chan *actor.PID, 1)
	child := actor.PropsFromFunc(func(ctx actor.Context) {
		switch ctx.Message().(type) {
		case *actor.Started:
			up <- ctx.Self()
		case string:
			panic("killed")
		}
	})
	always := actor.NewOneForOneStrategy(1_000_000, time.Second, actor.DefaultDecider)
	system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if _, ok := ctx.Message().(*actor.Started); ok {
			ctx.Spawn(child)
		}
	}, actor.WithSupervisor(always)))
	began := time.Now()
	for range restartCount {
		system.Root.Send(<-up, "die")
	}
	<-up
	return restartCount / time.Since(began).Seconds()
}

// timers arms timers that do not go off.
func timers(system *actor.ActorSystem) float64 {
	took := make(chan time.Duration, 1)
	process := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if count, ok := ctx.Message().(int); ok {
			clock, cancels := scheduler.NewTimerScheduler(ctx), make([]scheduler.CancelFunc, 0, count)
			began := time.Now()
			for range count {
				cancels = append(cancels, clock.SendOnce(time.Hour, ctx.Self(), item{1}))
			}
			took <- time.Since(began)
			for _, cancel := range cancels {
				cancel()
			}
		}
	}))
	system.Root.Send(process, timerCount)
	return float64((<-took).Nanoseconds()) / timerCount
}
