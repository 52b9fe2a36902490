package everact

// This file holds why processes end, and what the core tells those who are tied to them.

import (
	stdjson "encoding/json"
	"math"
	"strconv"

	"github.com/everact/everact-go/internal/frame"
)

// ReasonKind says which sort of reason an ExitReason is.
type ReasonKind string

// The sorts of reasons.
const (
	ReasonNormal     ReasonKind = "normal"
	ReasonShutdown   ReasonKind = "shutdown"
	ReasonKill       ReasonKind = "kill"
	ReasonKilled     ReasonKind = "killed"
	ReasonNoProcess  ReasonKind = "no_process"
	ReasonPassivated ReasonKind = "passivated"
	ReasonFailed     ReasonKind = "failed"
	ReasonCustom     ReasonKind = "custom"
)

// ExitReason is why a process has ended, or shall end. Reasons may be compared by ==: Normal, Shutdown, Kill, Killed, NoProcess and Passivated with what arrives.
type ExitReason struct {
	// Kind is the sort of reason.
	Kind ReasonKind
	// Name, Text and Stack are of a failure: the error's name, its text, and the stack where there is one.
	Name, Text, Stack string
	// detail is the JSON of what Custom and ShutdownWith were given.
	detail string
	// wrong says why the detail cannot be encoded.
	wrong string
}

// Reasons without a detail.
var (
	// Normal is the reason of a process that has done what it was for.
	Normal = ExitReason{Kind: ReasonNormal}
	// Shutdown asks a process to end in good order.
	Shutdown = ExitReason{Kind: ReasonShutdown}
	// Kill ends a process at once: it cannot be trapped. Those who are linked to it see Killed.
	Kill = ExitReason{Kind: ReasonKill}
	// Killed is why a process has ended that was killed.
	Killed = ExitReason{Kind: ReasonKilled}
	// NoProcess is what a link or a monitor to a process that does not live reports.
	NoProcess = ExitReason{Kind: ReasonNoProcess}
	// Passivated is what a monitor of an actor reports that has left memory; the next message brings it back.
	Passivated = ExitReason{Kind: ReasonPassivated}
)

// Custom is a reason of one's own: anything that can be written as JSON.
func Custom(detail any) ExitReason { return detailed(ReasonCustom, detail) }

// ShutdownWith is an orderly end with a detail: anything that can be written as JSON.
func ShutdownWith(detail any) ExitReason { return detailed(ReasonShutdown, detail) }

func detailed(kind ReasonKind, detail any) ExitReason {
	reason := ExitReason{Kind: kind}
	if _, ok := detail.([]byte); ok {
		reason.wrong = "bytes are no JSON"
		return reason
	}
	text, err := appendAny(nil, detail)
	switch {
	case err != nil:
		reason.wrong = err.Error()
	case len(text) == 0:
		text = []byte("null")
	}
	reason.detail = string(text)
	return reason
}

// IsOrderly tells whether the end was one in good order: a transient child is not started again after it.
func (r ExitReason) IsOrderly() bool { return r.Kind == ReasonNormal || r.Kind == ReasonShutdown }

// Detail reads the detail of Custom or ShutdownWith into a value; false where there is none, or it does not fit.
func (r ExitReason) Detail(into any) bool {
	return r.detail != "" && stdjson.Unmarshal([]byte(r.detail), into) == nil
}

// String is the reason in words.
func (r ExitReason) String() string {
	switch {
	case r.Kind == ReasonFailed:
		return r.Text
	case r.detail != "":
		return string(r.Kind) + " " + r.detail
	default:
		return string(r.Kind)
	}
}

// number is the reason for the core, or what is wrong with it: what only the core says cannot be given.
func (r ExitReason) number() (uint16, error) {
	if r.wrong != "" {
		return 0, failure(CodeInvalidArgument, "the reason's detail cannot be encoded: %s", r.wrong)
	}
	if len(r.detail) > math.MaxUint16 {
		return 0, failure(CodeInvalidArgument, "the detail of an exit reason: %d bytes, %d is the most", len(r.detail), math.MaxUint16)
	}
	switch r.Kind {
	case ReasonNormal:
		return frame.ExitNormal, nil
	case ReasonShutdown:
		return frame.ExitShutdown, nil
	case ReasonKill:
		return frame.ExitKill, nil
	case ReasonCustom:
		return frame.ExitCustom, nil
	case ReasonKilled:
		return frame.ExitKilled, nil
	case ReasonNoProcess:
		return frame.ExitNoProcess, nil
	case ReasonPassivated:
		return frame.ExitPassivated, nil
	case ReasonFailed:
		return frame.ExitFailed, nil
	default:
		return 0, failure(CodeInvalidArgument, "%q is no reason", r.Kind)
	}
}

// written is what goes along with the reason: its detail, or the failure's text and stack.
func (r ExitReason) written() string {
	if r.Kind != ReasonFailed {
		return r.detail
	}
	text := shortened(r.Text, failureTextBytes)
	if r.Stack != "" {
		text += stackMark + shortened(r.Stack, stackBytes)
	}
	return text
}

// Monitor is a watch on a process or an actor: Down names it.
type Monitor uint64

// GroupMonitor is a watch on a group: Joined and Left name it.
type GroupMonitor uint64

// Exit is an exit signal that a process traps.
type Exit struct {
	// From is the process that ended or sent the signal; where it was an actor, Actor is.
	From   ProcessRef
	Actor  Address
	Reason ExitReason
	// Parent: the sender is the one that spawned this process linked, such as its supervisor, which wants it to end.
	Parent bool
}

// Down is the end of a process or an actor that is watched.
type Down struct {
	Monitor Monitor
	// From is the process that ended; where it was an actor, Actor is.
	From   ProcessRef
	Actor  Address
	Reason ExitReason
}

// Joined says that a process has joined a group that is watched.
type Joined struct {
	Monitor GroupMonitor
	Group   string
	Process ProcessRef
}

// Left says that a process has left a group that is watched.
type Left struct {
	Monitor GroupMonitor
	Group   string
	Process ProcessRef
}

// GroupChange is Joined or Left.
type GroupChange interface{ isGroupChange() }

func (Joined) isGroupChange() {}
func (Left) isGroupChange()   {}

// ExitHandler is a process that handles the exit signals it traps; it has to trap them.
type ExitHandler interface {
	OnExit(ctx *Context, exit Exit) error
}

// DownHandler is a process or an actor that handles the ends of those it watches.
type DownHandler interface {
	OnDown(ctx *Context, down Down) error
}

// GroupHandler is a process that handles the changes of groups it watches: Joined and Left.
type GroupHandler interface {
	OnGroup(ctx *Context, change GroupChange) error
}

// note is what the core itself tells, of all sorts.
type note struct {
	Monitor string
	From    who
	Reason  struct {
		Is                ReasonKind
		Detail            stdjson.RawMessage
		Name, Text, Stack string
		New               string
	}
	Manager        who
	Handler        string
	Group          string
	Joined, Parent bool
	Process        string
	Kind           *uint64
}

// who is a process or an actor in a note, with the number of its kind, which a process that is not known any more does not have.
type who struct {
	Process string
	Kind    *uint64
	Key     string
}

// process is the process that is meant; nobody where an actor is.
func (w *who) process(e *Engine) ProcessRef {
	kind := uint64(math.MaxUint64)
	if w.Kind != nil {
		kind = *w.Kind
	}
	return e.processRef(idOf(w.Process), kind)
}

func readNote(payload []byte) (*note, error) {
	n := &note{}
	return n, stdjson.Unmarshal(payload, n)
}

// from is who a note is about: a process or an actor.
func (n *note) from(e *Engine) (ProcessRef, Address) {
	if n.From.Process != "" {
		return n.From.process(e), Address{}
	}
	if kind := n.From.Kind; kind == nil || *kind >= uint64(len(e.kinds)) {
		return ProcessRef{}, Address{Key: n.From.Key}
	}
	return ProcessRef{}, Address{Kind: e.kinds[*n.From.Kind].name, Key: n.From.Key}
}

func (n *note) reason() ExitReason {
	r := &n.Reason
	return ExitReason{Kind: r.Is, Name: r.Name, Text: r.Text, Stack: r.Stack, detail: string(r.Detail)}
}

func (n *note) exit(e *Engine) Exit {
	from, actor := n.from(e)
	return Exit{From: from, Actor: actor, Reason: n.reason(), Parent: n.Parent}
}

func (n *note) down(e *Engine) Down {
	from, actor := n.from(e)
	return Down{Monitor: Monitor(idOf(n.Monitor)), From: from, Actor: actor, Reason: n.reason()}
}

func (n *note) change(e *Engine) GroupChange {
	member := who{Process: n.Process, Kind: n.Kind}
	monitor, process := GroupMonitor(idOf(n.Monitor)), member.process(e)
	if n.Joined {
		return Joined{Monitor: monitor, Group: n.Group, Process: process}
	}
	return Left{Monitor: monitor, Group: n.Group, Process: process}
}

// idOf reads a number that is written as text; 0 where it is none.
func idOf(text string) uint64 {
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// exitRequest is what Context.Exit gives a handler to return.
type exitRequest struct {
	reason ExitReason
	number uint16
}

// Error is the reason in words.
func (r *exitRequest) Error() string { return "everact: the process ends: " + r.reason.String() }
