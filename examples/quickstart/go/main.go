package main

import "context"
import "fmt"
import reenact "github.com/reenact/reenact-go"

type Airport struct{ Flights int } // durable state: one actor per airport, run it twice

func main() {
	airport := reenact.NewKind[Airport]("airport")
	landed := reenact.Handle(airport, "landed", func(a *Airport, _ *reenact.Context, delay int) (string, error) {
		a.Flights++
		return fmt.Sprintf("flight %d, %d minutes late", a.Flights, delay), nil
	})
	engine := reenact.Must(reenact.Open("flights-data", reenact.WithKinds(airport)))
	defer engine.Close()
	fmt.Println(reenact.Must(landed.Ask(context.Background(), airport.Actor(engine, "SFO"), 12)))
}
