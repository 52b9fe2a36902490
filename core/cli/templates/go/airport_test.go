package main

import (
	"context"
	"testing"

	reenact "github.com/reenact/reenact-go"
)

func TestFlightsAreCounted(t *testing.T) {
	engine, err := reenact.OpenInMemory(reenact.WithKinds(airport))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	ctx, sfo := context.Background(), airport.Actor(engine, "SFO")
	for _, step := range []struct {
		delay int
		mean  float64
	}{{"{{"}}12, 12}, {-3, 6}} {
		if mean, err := landed.Ask(ctx, sfo, step.delay); err != nil || mean != step.mean {
			t.Fatalf("landed(%d) = %v, %v; want %v", step.delay, mean, err, step.mean)
		}
	}
	if flights, err := count.Ask(ctx, sfo, struct{}{}); err != nil || flights != 2 {
		t.Fatalf("count() = %v, %v; want 2", flights, err)
	}
}
