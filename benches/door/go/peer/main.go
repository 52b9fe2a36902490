// The peer: what grpc-go alone does with Echo. Prints where it listens, ends with its input.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"

	"github.com/everact/everact-go/benches/door/benchv1"
)

type echo struct {
	benchv1.UnimplementedEchoServer
}

func (echo) Say(_ context.Context, request *benchv1.SayRequest) (*benchv1.SayResponse, error) {
	return &benchv1.SayResponse{Text: request.GetText()}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	benchv1.RegisterEchoServer(server, echo{})
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
