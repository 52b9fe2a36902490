package everact

// This file says where running handlers are: for whoever looks at one (Engine.Inspect, the command everact), and for the notice of a slow turn.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/everact/everact-go/internal/native"
)

const (
	// stacksBytes is how much of the stacks of all goroutines is looked through.
	stacksBytes = 4 << 20
	// stackPollMs is how long one wait for a question lasts; a question and the engine's end end it sooner.
	stackPollMs = 60_000
)

// tellStacks answers the core's questions for stacks until the engine ends. Its goroutine does nothing else: the handler in question may hold up all others.
func (e *Engine) tellStacks() {
	wanted := make([]byte, 24)
	for {
		n := native.StackNext(e.id, stackPollMs, wanted)
		switch {
		case n < 0:
			return
		case n == int64(len(wanted)):
			little := binary.LittleEndian
			var stack string
			if a := e.activations.get(little.Uint64(wanted[8:])); a != nil {
				stack = a.stack()
			}
			native.StackTell(e.id, little.Uint64(wanted), []byte(stack))
		}
	}
}

// stack is the stack of the goroutine that runs the activation's newest turn, from its innermost frame to the handler, after a line that says what the goroutine
// does or waits for. It is empty if the turn has ended, or waits for a goroutine.
func (a *activation) stack() string {
	running := a.newest.Load()
	if running == nil {
		return ""
	}
	// Of all stacks it is the one with a call of this very passage's.
	call := fmt.Appendf(nil, "(*passage).run(%p", running)
	buffer := make([]byte, stacksBytes)
	for _, stack := range bytes.Split(buffer[:runtime.Stack(buffer, true)], []byte("\n\n")) {
		// A passage is used again by other actors' turns once its own has ended.
		if at := bytes.Index(stack, call); at >= 0 && a.newest.Load() == running {
			return withoutValues(stack[:bytes.LastIndexByte(stack[:at], '\n')])
		}
	}
	return ""
}

// withoutValues leaves out of a stack what calls were given.
func withoutValues(stack []byte) string {
	var places bytes.Buffer
	for at, line := range bytes.Split(stack, []byte("\n")) {
		if at > 0 {
			places.WriteByte('\n')
		}
		if open := bytes.LastIndexByte(line, '('); at > 0 && open > 0 && bytes.HasSuffix(line, []byte(")")) {
			line = line[:open]
		}
		places.Write(line)
	}
	return places.String()
}
