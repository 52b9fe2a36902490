// A peer of tests/interop: an engine that serves airports, or somebody who calls them.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "serve":
		return serve(arguments[1])
	case len(arguments) == 3 && arguments[0] == "client":
		return play(arguments[1], arguments[2])
	default:
		return fmt.Errorf("usage: peer serve DATA | peer client ADDRESS KEY")
	}
}
