package everact

// This file says where the handler of a slow turn is, when the core has named the turn.

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
)

const (
	// stacksBytes is how much of the stacks of all goroutines is looked through.
	stacksBytes = 4 << 20
	// slowStackBytes bounds the stack that is logged.
	slowStackBytes = 8 << 10
)

// slowStack is the stack of the goroutine that runs the turn which a notice names, from its innermost frame to the handler: the notice begins
// with kind/key handler. It is empty if the turn has ended, or waits for a goroutine.
func (e *Engine) slowStack(notice string) string {
	named, _, _ := strings.Cut(notice, " has been open for ")
	kind, rest, _ := strings.Cut(named, "/")
	end := strings.LastIndexByte(rest, ' ')
	if end < 0 {
		return ""
	}
	a := e.activations.find(kind, rest[:end])
	if a == nil {
		return ""
	}
	running := a.newest.Load()
	if running == nil {
		return ""
	}
	// Of all stacks it is the one with a call of this very passage's.
	call := fmt.Sprintf("(*passage).run(%p", running)
	buffer := make([]byte, stacksBytes)
	for _, stack := range bytes.Split(buffer[:runtime.Stack(buffer, true)], []byte("\n\n")) {
		if at := bytes.Index(stack, []byte(call)); at >= 0 {
			return shortened(string(stack[:bytes.LastIndexByte(stack[:at], '\n')]), slowStackBytes)
		}
	}
	return ""
}

// find gives the activation of an actor, or of a process by its number, nil where there is none. It looks at every slot.
func (t *activationTable) find(kind, name string) *activation {
	for i := range t.shards {
		chunks := t.shards[i].chunks.Load()
		if chunks == nil {
			continue
		}
		for _, chunk := range *chunks {
			for slot := range chunk {
				if a := chunk[slot].Load(); a != nil && a.kind.name == kind && a.name() == name {
					return a
				}
			}
		}
	}
	return nil
}
