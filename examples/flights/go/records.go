package main

// The flight records, and what an ordinary loop over them counts: the independent group-by.

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Flight is a record of the file.
type Flight struct {
	Origin string `json:"origin"`
	Departure
}

// File is a file of records; its name without the folder is the producer of its rows.
type File struct {
	Producer string
	Flights  []Flight
}

func read(path string) (File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	file := File{Producer: filepath.Base(path)}
	if err := json.Unmarshal(text, &file.Flights); err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// groupBy counts without any actor.
func groupBy(files []File) map[string]Totals {
	totals := map[string]Totals{}
	for _, file := range files {
		for _, flight := range file.Flights {
			origin := totals[flight.Origin]
			origin.Departures++
			origin.count(flight.Delay, flight.Distance)
			totals[flight.Origin] = origin
			destination := totals[flight.Destination]
			destination.Arrivals++
			destination.count(flight.Delay, flight.Distance)
			totals[flight.Destination] = destination
		}
	}
	return totals
}
