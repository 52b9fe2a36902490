// A peer of tests/interop that has grpc-go and the contract, and nothing of ours.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	flightsv1 "example.com/flights/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: grpc ADDRESS KEY")
		os.Exit(2)
	}
	if err := play(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// play prints the line of each step.
func play(address, key string) error {
	connection, err := grpc.NewClient(strings.TrimPrefix(address, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := &story{flightsv1.NewAirportsClient(connection), key}
	lines := json.NewEncoder(os.Stdout)
	for _, step := range steps {
		printed, err := step.play(s, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		printed["step"] = step.name
		if err := lines.Encode(printed); err != nil {
			return err
		}
	}
	return nil
}
