package main

// This file opens an engine that others reach.

import (
	"errors"
	"fmt"
	"io"
	"os"

	flightsv1 "example.com/flights/v1"
	everact "github.com/everact/everact-go"
)

// serve prints where the engine listens, and closes it when standard input ends.
func serve(folder string) error {
	engine, err := everact.Open(folder,
		everact.WithKinds(flightsv1.AirportsKind(newAirport)),
		everact.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	fmt.Println("http://" + engine.Address())
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, engine.Close())
}
