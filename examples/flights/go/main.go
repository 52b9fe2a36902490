// Command flights sends every flight record once, waits for the arrivals, compares the totals with a group-by, and prints.
//
//	flights --data FOLDER FILE...
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	everact "github.com/everact/everact-go"
)

const (
	arrivalsLimit = 60 * time.Second
	roundPause    = 20 * time.Millisecond
	busiest       = 10
)

func main() {
	data := flag.String("data", "", "the engine's data folder")
	flag.Parse()
	if *data == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: flights --data FOLDER FILE...")
		os.Exit(2)
	}
	agrees, err := run(*data, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !agrees {
		os.Exit(1)
	}
}

// run is the whole job; true where every airport's totals equal the group-by.
func run(data string, paths []string) (agrees bool, err error) {
	var files []File
	flights := 0
	for _, path := range paths {
		file, err := read(path)
		if err != nil {
			return false, err
		}
		files = append(files, file)
		flights += len(file.Flights)
	}
	expected := groupBy(files)
	engine, err := everact.Open(data, everact.WithKinds(airport))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()

	ctx := context.Background()
	advance := newProgress(flights).advance
	began := time.Now()
	sent, known := 0, 0
	for _, file := range files {
		done, err := send(ctx, engine, file, advance)
		if err != nil {
			return false, err
		}
		sent, known = sent+done.Applied, known+done.AlreadyApplied
	}
	counted, err := reports(ctx, engine, expected)
	if err != nil {
		return false, err
	}
	took := time.Since(began)
	agrees = show(counted, expected, flights)
	fmt.Printf("go: %d sent, %d known, %.2f s, %d flights/s\n", sent, known, took.Seconds(), int(float64(flights)/took.Seconds()))
	return agrees, nil
}

// reports asks all airports, again and again until all arrivals are in.
func reports(ctx context.Context, engine *everact.Engine, airports map[string]Totals) (map[string]Totals, error) {
	for limit := time.Now().Add(arrivalsLimit); time.Now().Before(limit); time.Sleep(roundPause) {
		counted, missing := map[string]Totals{}, 0
		for code := range airports {
			totals, err := report.Ask(ctx, airport.Actor(engine, code), everact.None{})
			if err != nil {
				return nil, err
			}
			counted[code] = totals
			missing += totals.Departures - totals.Arrivals
		}
		if missing == 0 {
			return counted, nil
		}
	}
	return nil, fmt.Errorf("not all arrivals came in within %v", arrivalsLimit)
}

// show prints the table of the busiest airports.
func show(counted, expected map[string]Totals, flights int) (agrees bool) {
	codes, differing := make([]string, 0, len(counted)), 0
	for code := range counted {
		codes = append(codes, code)
		if counted[code] != expected[code] {
			differing++
		}
	}
	slices.SortFunc(codes, func(a, b string) int {
		return cmp.Or(counted[b].Departures+counted[b].Arrivals-counted[a].Departures-counted[a].Arrivals, cmp.Compare(a, b))
	})
	fmt.Printf("%-8s%12s%12s%12s%14s%8s  %s\n", "airport", "departures", "arrivals", "delay sum", "distance sum", "worst", "group-by")
	for _, code := range codes[:min(busiest, len(codes))] {
		t, verdict := counted[code], "equal"
		if t != expected[code] {
			verdict = "differs"
		}
		fmt.Printf("%-8s%12d%12d%12d%14d%8d  %s\n", code, t.Departures, t.Arrivals, t.DelaySum, t.DistanceSum, t.WorstDelay, verdict)
	}
	agreement := "all equal to"
	if differing > 0 {
		agreement = fmt.Sprint(differing, " differ from")
	}
	fmt.Printf("\n%d flights, %d airports: %s the group-by\n", flights, len(counted), agreement)
	return differing == 0
}
