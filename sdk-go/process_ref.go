package everact

// This file names processes: a value that travels inside messages and states, and what it takes to reach one.

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/everact/everact-go/internal/frame"
)

// ProcessRef names a process: its kind and its number, which no other process of the engine ever has. It is a value: in messages and states it is the
// text kind/number, it may be a key of a map, and the zero value names nobody. Scope.Process makes a Reference of it.
//
// References from the same source are equal by ==; Equal compares the numbers alone, since not everything that names a process knows its kind.
type ProcessRef struct {
	kind   string
	number uint64
}

// Kind is the name of the process' kind.
func (p ProcessRef) Kind() string { return p.kind }

// Number is the process' number.
func (p ProcessRef) Number() uint64 { return p.number }

// IsZero tells whether it names nobody.
func (p ProcessRef) IsZero() bool { return p.number == 0 }

// Equal tells whether both name the same process.
func (p ProcessRef) Equal(other ProcessRef) bool { return p.number == other.number }

// String is kind/number; empty for nobody.
func (p ProcessRef) String() string {
	if p.IsZero() {
		return ""
	}
	return p.kind + "/" + strconv.FormatUint(p.number, 10)
}

// MarshalText is String.
func (p ProcessRef) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads kind/number; an empty text names nobody.
func (p *ProcessRef) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = ProcessRef{}
		return nil
	}
	at := strings.LastIndexByte(string(text), '/')
	number, err := strconv.ParseUint(string(text[at+1:]), 10, 64)
	if at < 0 || err != nil || number == 0 {
		return fmt.Errorf("%q names no process: kind/number does", shortened(string(text), 200))
	}
	*p = ProcessRef{kind: string(text[:at]), number: number}
	return nil
}

// Supervisors have no declared kind: this name stands in its place, and in the core's records this number.
const (
	supervisorKind   = "supervisor"
	supervisorNumber = math.MaxUint16
)

// processRef is the process with this number and kind in this engine.
func (e *Engine) processRef(number uint64, kind uint64) ProcessRef {
	switch {
	case kind == supervisorNumber:
		return ProcessRef{kind: supervisorKind, number: number}
	case kind >= uint64(len(e.kinds)):
		return ProcessRef{number: number}
	}
	return ProcessRef{kind: e.kinds[kind].name, number: number}
}

// Peer is who a process or an actor is tied to, tells or asks: a ProcessRef, a Reference or a Ref.
type Peer interface {
	// in is the peer in an engine, which a bare ProcessRef takes from the turn that names it.
	in(turn *Context) Reference
}

func (p ProcessRef) in(turn *Context) Reference {
	if turn == nil {
		return Reference{err: failure(CodeInvalidArgument, "outside of a handler a ProcessRef needs an engine: Engine.Process")}
	}
	return turn.Process(p)
}

func (r Reference) in(*Context) Reference { return r }

// Process is the process in this engine, to be asked and told.
func (e *Engine) Process(ref ProcessRef) Reference {
	if ref.IsZero() {
		return Reference{err: failure(CodeInvalidArgument, "the reference names no process")}
	}
	r := Reference{engine: e, key: frame.ProcessKey(ref.number), process: true}
	switch k := e.kindsByName[ref.kind]; {
	case ref.kind == "" || (k == nil && ref.kind == supervisorKind):
		r.kind = noKind(e, ref.kind)
	case k == nil:
		r.err = failure(CodeUnknownKind, "no kind %q is registered with the engine", ref.kind)
	default:
		r.kind = k
	}
	return r
}

// noKind stands for the kind of a supervisor, and of a process whose number alone is known: it may be tied and ended, but has no handlers.
func noKind(e *Engine, name string) *registered {
	return &registered{kindCore: &kindCore{name: name}, engine: e}
}

// Process is the process in this engine, to be asked and told.
func (c *Context) Process(ref ProcessRef) Reference { return c.system().Process(ref) }

// Process is the process that is meant; the zero value where an actor is.
func (r Reference) Process() ProcessRef {
	if !r.process || r.kind == nil {
		return ProcessRef{}
	}
	return ProcessRef{kind: r.kind.name, number: frame.ProcessNumber(r.key)}
}
