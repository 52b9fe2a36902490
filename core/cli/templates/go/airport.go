package main

import reenact "github.com/reenact/reenact-go"

// Airport is one durable actor: it counts the flights that have landed.
type Airport struct {
	Flights     int
	MinutesLate int
}

var airport = reenact.NewKind[Airport]("airport")

// landed counts a flight and returns the mean delay so far.
var landed = reenact.Handle(airport, "landed", func(a *Airport, _ *reenact.Context, delay int) (float64, error) {
	a.Flights++
	a.MinutesLate += max(delay, 0)
	return float64(a.MinutesLate) / float64(a.Flights), nil
})

// count says how many flights have landed.
var count = reenact.Handle(airport, "count", func(a *Airport, _ *reenact.Context, _ struct{}) (int, error) {
	return a.Flights, nil
}, reenact.ReadOnly())
