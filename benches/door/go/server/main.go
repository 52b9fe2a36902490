// What is measured from Go: opens an engine on the data folder given, prints where it listens, ends with its input.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/benches/door/benchv1"
)

type echo struct{ benchv1.EchoBase }

func (*echo) Say(_ *everact.Context, request *benchv1.SayRequest) (*benchv1.SayResponse, error) {
	return &benchv1.SayResponse{Text: request.GetText()}, nil
}

type counter struct{ benchv1.CounterBase }

func (c *counter) Add(_ *everact.Context, request *benchv1.AddRequest) (*benchv1.AddResponse, error) {
	c.State.Value += request.GetAmount()
	return &benchv1.AddResponse{Value: c.State.GetValue()}, nil
}

func main() {
	kinds := everact.WithKinds(
		benchv1.EchoKind(func() benchv1.EchoActor { return new(echo) }),
		benchv1.CounterKind(func() benchv1.CounterActor { return new(counter) }),
	)
	engine, err := everact.Open(os.Args[1], kinds, everact.Options{Listen: "127.0.0.1:0", Gateway: map[string]any{"serve": "all"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(engine.Address())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		log.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		log.Fatal(err)
	}
}
