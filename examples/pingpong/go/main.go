// Two processes play ping-pong, as in Joe Armstrong's Erlang tutorial: ping sends three pings and waits for a pong after each.
package main

import (
	"fmt"

	everact "github.com/everact/everact-go"
)

// Ping asks for a Pong; Finished says that no more come.
type (
	Ping     struct{ From everact.ProcessRef }
	Pong     struct{}
	Finished struct{}
)

// Game is what ping begins with.
type Game struct {
	Pings int
	Pong  everact.ProcessRef
}

func play(ctx *everact.ProcessContext, game Game) error {
	for range game.Pings {
		if err := ctx.Tell(game.Pong, Ping{From: ctx.Self()}); err != nil {
			return err
		}
		if _, err := everact.ReceiveOf[Pong](ctx); err != nil {
			return err
		}
		fmt.Println("Ping received pong")
	}
	fmt.Println("ping finished")
	return ctx.Tell(game.Pong, Finished{})
}

func main() {
	finished := make(chan struct{})
	pong := everact.ProcessFunc("pong", func(ctx *everact.ProcessContext, _ everact.None) error {
		defer close(finished)
		for {
			message, err := ctx.Receive()
			if err != nil {
				return err
			}
			switch message := message.(type) {
			case Ping:
				fmt.Println("Pong received ping")
				if err := ctx.Tell(message.From, Pong{}); err != nil {
					return err
				}
			case Finished:
				fmt.Println("Pong finished")
				return nil
			}
		}
	}, everact.Messages(Ping{}, Finished{}))
	ping := everact.ProcessFunc("ping", play, everact.Messages(Pong{}))

	engine := everact.Must(everact.OpenInMemory(everact.WithKinds(ping, pong)))
	defer engine.Close()
	player := everact.Must(pong.Spawn(engine, everact.None{}))
	everact.Must(ping.Spawn(engine, Game{Pings: 3, Pong: player.Process()}))
	<-finished
}
