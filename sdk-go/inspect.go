package everact

// This file looks at one actor or process while it lives.

import (
	stdjson "encoding/json"
	"maps"
	"strconv"

	"github.com/everact/everact-go/internal/frame"
)

// Resident is a process or an actor: one of both is set.
type Resident struct {
	Process ProcessRef
	Actor   Address
}

// Inspection is what an engine knows of an actor or a process.
type Inspection struct {
	Resident
	// Active tells whether it is in memory; nothing else is known of an actor that is not.
	Active bool
	// Phase is loading, waking, ready, sleeping or draining.
	Phase string
	// Mailbox is the number of messages that wait, OpenTurns that of turns under way, Turns that of those that have ended.
	Mailbox, OpenTurns int
	Turns              int64
	StateBytes         int64
	TrapsExits         bool
	// Stack is that of the newest open turn's handler: what its goroutine does or waits for, and the calls down to the handler, the innermost first, as in Go's
	// own stacks but without values. It is empty where no turn is open, and where the handler has no goroutine yet.
	Stack string
	// Links, Monitors and MonitoredBy are at most 100 each.
	Links, Monitors, MonitoredBy []Resident
}

// told is a resident as the core tells it.
type told struct{ Kind, Key, Process string }

func (t told) resident() Resident {
	if t.Process != "" {
		return Resident{Process: ProcessRef{kind: t.Kind, number: idOf(t.Process)}}
	}
	return Resident{Actor: Address{Kind: t.Kind, Key: t.Key}}
}

func residents(list []told) []Resident {
	found := make([]Resident, 0, len(list))
	for _, one := range list {
		found = append(found, one.resident())
	}
	return found
}

// Describe looks at what runs, and acts on it, as the command everact does: engine.Describe("top", map[string]any{"by": "mailbox"}, &into). The topic is a
// row of "Topics of describe" (docs/reference/boundary.md) that is an object: actors, inspect, top, tree, crashes, trace_start, suspend and more; members are
// the topic's, and its JSON is read into a value. What the topic does not take is InvalidArgument. It blocks.
func (e *Engine) Describe(topic string, members map[string]any, into any) error {
	asked := map[string]any{}
	maps.Copy(asked, members)
	asked["topic"] = topic
	return e.decide(asked, into)
}

// Describe is Engine.Describe of the engine elsewhere.
func (c *Connection) Describe(topic string, members map[string]any, into any) error {
	return c.engine.Describe(topic, members, into)
}

// Inspect looks at an actor or a process. A process that does not live is NoProcess.
func (e *Engine) Inspect(peer Peer) (Inspection, error) {
	if ref, ok := peer.(ProcessRef); ok {
		peer = e.Process(ref)
	}
	to := peer.in(nil)
	if to.err != nil {
		return Inspection{}, to.err
	}
	topic := map[string]any{"topic": "inspect"}
	if to.process {
		if !to.IsAlive() {
			return Inspection{}, failure(CodeNoProcess, "%s", ErrNoProcess.(*Error).Text)
		}
		topic["process"] = strconv.FormatUint(frame.ProcessNumber(to.key), 10)
	} else {
		topic["kind"], topic["key"] = to.Address().Kind, to.key
	}
	asked, err := stdjson.Marshal(topic)
	if err != nil {
		return Inspection{}, failure(CodeInvalidArgument, "%v", err)
	}
	var seen struct {
		told
		Active          bool
		Phase           string
		Mailbox         int
		OpenTurns       int `json:"open_turns"`
		Turns           int64
		StateBytes      int64 `json:"state_bytes"`
		TrapsExits      bool  `json:"traps_exits"`
		Stack           string
		Links, Monitors []told
		MonitoredBy     []told `json:"monitored_by"`
	}
	if err := e.describe(string(asked), &seen); err != nil {
		return Inspection{}, err
	}
	return Inspection{
		Resident: seen.resident(), Active: seen.Active, Phase: seen.Phase, Mailbox: seen.Mailbox, OpenTurns: seen.OpenTurns,
		Turns: seen.Turns, StateBytes: seen.StateBytes, TrapsExits: seen.TrapsExits, Stack: seen.Stack,
		Links: residents(seen.Links), Monitors: residents(seen.Monitors), MonitoredBy: residents(seen.MonitoredBy),
	}, nil
}
