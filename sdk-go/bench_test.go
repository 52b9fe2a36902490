package everact_test

// Benchmarks for profiles; the figures that count are in benches/go.

import (
	"context"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	everact "github.com/everact/everact-go"
)

// processorTime reports what an operation costs in processor time, which a busy machine does not change.
func processorTime(b *testing.B) {
	var before syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	b.Cleanup(func() {
		var after syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
		spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		b.ReportMetric(float64(spent)/float64(b.N), "cpu-ns/op")
	})
}

func BenchmarkTransientAsk(b *testing.B) {
	tally := everact.NewKind[Airport]("tally", everact.Transient())
	add := everact.Handle(tally, "add", (*Airport).Landed)
	to := tally.Actor(opened(b, "", everact.WithKinds(tally)), "a")
	b.ReportAllocs()
	b.ResetTimer()
	processorTime(b)
	for range b.N {
		if _, err := add.Ask(context.Background(), to, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDurableAsksInFlight(b *testing.B) {
	to := airport.Actor(opened(b, b.TempDir(), everact.WithKinds(airport)), "a")
	b.ReportAllocs()
	b.ResetTimer()
	processorTime(b)
	var open []*everact.Pending[float64]
	for range b.N {
		if len(open) == 1_000 {
			if _, err := open[0].Wait(context.Background()); err != nil {
				b.Fatal(err)
			}
			open = open[1:]
		}
		open = append(open, landed.Start(context.Background(), to, 1))
	}
	for _, pending := range open {
		if _, err := pending.Wait(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransientAskParallel(b *testing.B) {
	tally := everact.NewKind[Airport]("tally", everact.Transient())
	add := everact.Handle(tally, "add", (*Airport).Landed)
	engine := opened(b, "", everact.WithKinds(tally))
	var callers atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(500)
	b.ResetTimer()
	processorTime(b)
	b.RunParallel(func(pb *testing.PB) {
		to := tally.Actor(engine, strconv.Itoa(int(callers.Add(1))))
		for pb.Next() {
			if _, err := add.Ask(context.Background(), to, 1); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkDurableAsksOfManyGoroutines(b *testing.B) {
	to := airport.Actor(opened(b, b.TempDir(), everact.WithKinds(airport)), "a")
	b.ReportAllocs()
	b.SetParallelism(500)
	b.ResetTimer()
	processorTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := landed.Ask(context.Background(), to, 1); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
