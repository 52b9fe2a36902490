package main

// The actor of the flights story: one for each airport, durable, exactly once.

import everact "github.com/everact/everact-go"

// Totals are what an airport has counted: its state, and what a report tells.
type Totals struct {
	Departures  int `json:"departures"`
	Arrivals    int `json:"arrivals"`
	DelaySum    int `json:"delay_sum"`
	DistanceSum int `json:"distance_sum"`
	WorstDelay  int `json:"worst_delay"`
}

// Departure is a flight as its origin learns of it.
type Departure struct {
	Destination string `json:"destination"`
	Delay       int    `json:"delay"`
	Distance    int    `json:"distance"`
	Date        string `json:"date"`
}

// Arrival is a flight as its destination learns of it.
type Arrival struct {
	Delay    int `json:"delay"`
	Distance int `json:"distance"`
}

func (t *Totals) count(delay, distance int) {
	t.DelaySum += delay
	t.DistanceSum += distance
	t.WorstDelay = max(t.WorstDelay, delay)
}

var (
	airport = everact.NewKind[Totals]("airport")

	arrived = everact.HandleNoReply(airport, "arrived", func(t *Totals, _ *everact.Context, a Arrival) error {
		t.Arrivals++
		t.count(a.Delay, a.Distance)
		return nil
	})

	// departed counts the departure and tells the destination, both or neither.
	departed = everact.HandleNoReply(airport, "departed", func(t *Totals, ctx *everact.Context, d Departure) error {
		t.Departures++
		t.count(d.Delay, d.Distance)
		return arrived.Tell(ctx, airport.Actor(ctx, d.Destination), Arrival{d.Delay, d.Distance})
	})

	report = everact.HandleNoMessage(airport, "report", func(t *Totals, _ *everact.Context) (Totals, error) {
		return *t, nil
	}, everact.ReadOnly())
)
