// A telephone exchange that is shot at while it works, and loses nothing but the calls that were hit.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	everact "github.com/everact/everact-go"
)

const lineCount = 40

func main() {
	seed := flag.Int64("seed", 1, "what people and chaos do")
	count := flag.Int("calls", 300, "how many calls there are")
	listen := flag.String("listen", "", "an address for the everact command, 127.0.0.1:8080 for example")
	flag.Parse()
	summary, err := run(context.Background(), Day{Seed: *seed, Calls: *count, Lines: lineCount}, *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary)
	if !summary.AddsUp() {
		os.Exit(1)
	}
}

// run runs the tree until all calls are over.
func run(ctx context.Context, day Day, listen string) (summary Summary, err error) {
	options := everact.Options{Listen: listen}
	if listen != "" {
		options.Gateway = map[string]any{"control": true} // so that everact may look inside
	}
	engine, err := everact.OpenInMemory(kinds, options)
	if err != nil {
		return summary, err
	}
	defer engine.Close()
	if _, err := engine.Run(ctx, tree(day)); err != nil {
		return summary, err
	}
	if _, err := engine.Process(named(engine, "traffic")).Wait(ctx); err != nil {
		return summary, err
	}
	summary.Day = day
	if summary.Kills, err = everact.AskMessage[Kills](ctx, engine.Process(named(engine, "chaos")), Stop{}); err != nil {
		return summary, err
	}
	exchange := exchanges.Process(engine, named(engine, "exchange"))
	if summary.Tally, err = drained.Ask(ctx, exchange, everact.None{}); err != nil {
		return summary, err
	}
	for range 100 {
		if err = summary.lookAround(ctx, engine); err != nil || summary.AddsUp() {
			break
		}
		time.Sleep(50 * time.Millisecond) // a line that was killed last may still be on its way back
	}
	return summary, err
}

// lookAround asks all the others what they know.
func (s *Summary) lookAround(ctx context.Context, engine *everact.Engine) (err error) {
	events := manager.Manager(engine, named(engine, "events"))
	if s.Bills, err = everact.CallHandler[int](ctx, events, "billing", nil); err != nil {
		return err
	}
	if s.Starts, err = everact.CallHandler[int](ctx, events, "monitor", nil); err != nil {
		return err
	}
	s.Idle = 0
	for number := range s.Day.Lines {
		idle, err := isIdle.Ask(ctx, lines.Process(engine, named(engine, lineName(number))), everact.None{})
		if err == nil && idle {
			s.Idle++
		}
	}
	left, err := engine.Supervisor(named(engine, "calls")).Count(ctx)
	s.CallsLeft = left.Active
	return err
}

// named is the process of a name, nobody for a moment after it was killed.
func named(engine *everact.Engine, name string) everact.ProcessRef {
	ref, _ := engine.Whereis(name)
	return ref
}
