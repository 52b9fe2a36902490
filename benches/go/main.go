// Command benches measures the Go SDK and prints one JSON line a figure; issue 3, J names them.
//
//	benches [-seconds 2] [-rounds 3] [-only ask.transient.seq]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// figure is one measurement: it runs for about so long and gives its value.
type figure struct {
	name, unit string
	measure    func(where string, seconds time.Duration) (float64, error)
}

var figures = []figure{
	{"ask.transient.seq", "1/s", transientSeq},
	{"ask.transient.conc", "1/s", transientConc},
	{"peer.channel_actor.seq", "1/s", channelSeq},
	{"peer.channel_actor.conc", "1/s", channelConc},
	{"peer.append_fdatasync.seq", "1/s", appendSync},
	{"ask.durable.seq", "1/s", durableSeq},
	{"ask.durable.keys", "1/s", durableKeys},
	{"ask.durable.hot", "1/s", durableHot},
	{"ask.durable.million", "1/s", durableMillion},
	{"open.empty_ms", "ms", openEmpty},
	{"open.million_ms", "ms", openMillion},
	{"recover.kill9_ms", "ms", recoverKilled},
	{"idle.rss_mb", "MB", idleMemory},
	{"process.tells_per_s", "1/s", withProcesses(tells)},
	{"process.ring_hops_per_s", "1/s", withProcesses(ring)},
	{"process.asks_per_s.64", "1/s", withProcesses(pairs)},
	{"process.restarts_per_s", "1/s", withProcesses(restarts)},
	{"process.arm_ns", "ns", withProcesses(timers)},
}

// group is several figures that one run measures; prefixes are what their names begin with.
type group struct {
	prefixes []string
	measure  func(seconds time.Duration) ([]found, error)
}

var groups = []group{
	{[]string{"process.spawns_per_s", "process.live_bytes"}, func(time.Duration) ([]found, error) { return liveInChild() }},
	{[]string{"fair."}, fairness},
}

// dataFolder is where data folders are made.
var dataFolder string

func main() {
	if played, err := playRole(); played {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	seconds := flag.Float64("seconds", 2, "how long one figure runs")
	rounds := flag.Int("rounds", 3, "the median of so many runs counts")
	only := flag.String("only", "", "figures whose names begin so")
	flag.StringVar(&dataFolder, "data", "", "where data folders are made; the folder for temporary files unless given")
	profile := flag.String("profile", "", "where a profile of the processors goes, for go tool pprof")
	flag.Parse()
	if *profile != "" {
		stop, err := profiled(*profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer stop()
	}
	defer func() { os.RemoveAll(millionMade) }()
	for _, f := range figures {
		if !strings.HasPrefix(f.name, *only) {
			continue
		}
		value, err := median(f, time.Duration(*seconds*float64(time.Second)), *rounds)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", f.name, err)
			os.Exit(1)
		}
		say(f.name, f.unit, value)
	}
	for _, g := range groups {
		if !g.isWanted(*only) {
			continue
		}
		if err := g.say(time.Duration(*seconds*float64(time.Second)), *rounds, *only); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", g.prefixes[0], err)
			os.Exit(1)
		}
	}
}

// profiled begins a profile and gives what ends it.
func profiled(where string) (stop func(), err error) {
	file, err := os.Create(where)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		file.Close()
	}, nil
}

func say(name, unit string, value float64) {
	line, err := json.Marshal(map[string]any{"name": name, "language": "go", "value": value, "unit": unit})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// isWanted tells whether one of the figures may have a name that begins so.
func (g group) isWanted(only string) bool {
	return slices.ContainsFunc(g.prefixes, func(prefix string) bool {
		return strings.HasPrefix(prefix, only) || strings.HasPrefix(only, prefix)
	})
}

// say measures all figures at once and says those whose names begin so.
func (g group) say(seconds time.Duration, rounds int, only string) error {
	var order []found
	values := map[string][]float64{}
	for range rounds {
		run, err := g.measure(seconds)
		if err != nil {
			return err
		}
		order = run
		for _, f := range run {
			values[f.name] = append(values[f.name], f.value)
		}
	}
	for _, f := range order {
		if strings.HasPrefix(f.name, only) {
			slices.Sort(values[f.name])
			say(f.name, f.unit, round(values[f.name][rounds/2]))
		}
	}
	return nil
}

func median(f figure, seconds time.Duration, rounds int) (float64, error) {
	var values []float64
	for range rounds {
		folder, err := os.MkdirTemp(dataFolder, "everact-bench-")
		if err != nil {
			return 0, err
		}
		value, err := f.measure(filepath.Join(folder, "data"), seconds)
		os.RemoveAll(folder)
		if err != nil {
			return 0, err
		}
		values = append(values, value)
	}
	slices.Sort(values)
	return round(values[len(values)/2]), nil
}

// round keeps what means something.
func round(value float64) float64 {
	if value >= 1000 {
		return float64(int64(value))
	}
	return float64(int64(value*100)) / 100
}
