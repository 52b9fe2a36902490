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
	flag.Parse()
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
	if strings.HasPrefix("fair", *only) || strings.HasPrefix(*only, "fair") {
		if err := sayFairness(time.Duration(*seconds*float64(time.Second)), *rounds, *only); err != nil {
			fmt.Fprintf(os.Stderr, "fair: %v\n", err)
			os.Exit(1)
		}
	}
}

func say(name, unit string, value float64) {
	line, err := json.Marshal(map[string]any{"name": name, "language": "go", "value": value, "unit": unit})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// sayFairness measures all figures of fairness at once and says those whose names begin so.
func sayFairness(seconds time.Duration, rounds int, only string) error {
	var order []found
	values := map[string][]float64{}
	for range rounds {
		run, err := fairness(seconds)
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
