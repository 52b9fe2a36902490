// Opens the engine and serves its actors: `reenact serve`, or `go run .`.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	reenact "github.com/reenact/reenact-go"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	engine, err := reenact.Open(cmp.Or(os.Getenv("REENACT_DATA"), "data"), reenact.WithKinds(airport))
	if err != nil {
		return err
	}
	defer engine.Close()
	flights, err := count.Ask(ctx, airport.Actor(engine, "SFO"), struct{}{})
	if err != nil {
		return err
	}
	fmt.Println("SFO has seen", flights, "flights")
	if address := engine.Address(); address != "" {
		fmt.Println("listening on", address)
		<-ctx.Done()
	}
	return nil
}
