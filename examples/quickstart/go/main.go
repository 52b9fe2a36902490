package main

import "context"
import "fmt"
import everact "github.com/everact/everact-go"

type Airport struct{ Flights int } // durable state: one actor per airport, run it twice

func main() {
	airport := everact.NewKind[Airport]("airport")
	landed := everact.Handle(airport, "landed", func(a *Airport, _ *everact.Context, delay int) (string, error) {
		a.Flights++
		return fmt.Sprintf("flight %d, %d minutes late", a.Flights, delay), nil
	})
	engine := everact.Must(everact.Open("flights-data", everact.WithKinds(airport)))
	defer engine.Close()
	fmt.Println(everact.Must(landed.Ask(context.Background(), airport.Actor(engine, "SFO"), 12)))
}
