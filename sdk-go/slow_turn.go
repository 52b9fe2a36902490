package everact

// This file says where the handler of a slow turn is, when the core has named the turn.

import "strings"

// slowStackBytes bounds the stack that is logged.
const slowStackBytes = 8 << 10

// slowStack is the stack of the turn which a notice names (see activation.stack): the notice begins with kind/key handler.
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
	return shortened(a.stack(), slowStackBytes)
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
