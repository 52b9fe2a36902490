package main

import (
	"time"

	everact "github.com/everact/everact-go"
)

var kinds = everact.WithKinds(manager, clerks, lines, calls, exchanges, chaos, traffic)

// tree is what is started, in which order, and what begins anew together: each child needs those before it, and none of those after it.
func tree(day Day) everact.Supervisor {
	storm := Storm{Seed: day.Seed, Lines: day.Lines}
	return everact.Supervisor{
		Strategy: everact.RestForOne,
		Children: []everact.Child{
			{Start: manager.Child().Named("events")},
			{Start: clerks.Child(Clerk{}).Named("clerk")},
			{Start: allLines(day.Lines)},
			{Start: everact.Supervisor{
				Name:     "calls",
				Strategy: everact.Dynamic,
				Children: []everact.Child{{Start: calls.Child(Call{}), Restart: everact.RestartTemporary}},
			}},
			{Start: exchanges.Child(Exchange{}).Named("exchange")},
			{Start: chaos.Child(storm).Named("chaos"), Restart: everact.RestartTransient},
			{Start: traffic.Child(day).Named("traffic"), Restart: everact.RestartTransient},
		},
	}
}

// allLines do not know one another. Chaos kills more of them in a second than OTP's one in five: it is meant to.
func allLines(count int) everact.Supervisor {
	supervisor := everact.Supervisor{Name: "lines", Intensity: 1000, Period: time.Second}
	for number := range count {
		child := everact.Child{ID: lineName(number), Start: lines.Child(Line{Number: number}).Named(lineName(number))}
		supervisor.Children = append(supervisor.Children, child)
	}
	return supervisor
}
