package main

import "context"
import "fmt"
import reenact "github.com/reenact/reenact-go"

type Airport struct{ Flights, MinutesLate int }

func main() {
	airport := reenact.NewKind[Airport]("airport")
	landed := reenact.Handle(airport, "landed", func(a *Airport, _ *reenact.Context, delay int) (float64, error) {
		a.Flights, a.MinutesLate = a.Flights+1, a.MinutesLate+max(delay, 0)
		return float64(a.MinutesLate) / float64(a.Flights), nil
	})
	engine := reenact.MustOpen("flights-data", reenact.WithKinds(airport))
	defer engine.Close()
	fmt.Println(landed.Ask(context.Background(), airport.Actor(engine, "SFO"), 12))
}
