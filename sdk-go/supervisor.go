package everact

// This file holds supervisors: data that the core runs. No code of the program decides about a restart.

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/everact/everact-go/internal/frame"
)

// Strategy says which children are started again with one that has ended.
type Strategy string

// The strategies.
const (
	// OneForOne starts the one again that has ended.
	OneForOne Strategy = "one_for_one"
	// OneForAll ends all others and starts all again.
	OneForAll Strategy = "one_for_all"
	// RestForOne ends those that were started after it, and starts it and them again.
	RestForOne Strategy = "rest_for_one"
	// Dynamic has children that are all alike, made from one template with StartDynamic.
	Dynamic Strategy = "dynamic"
)

// Restart says when a child that has ended is started again.
type Restart string

// When a child is started again; RestartPermanent unless said otherwise.
const (
	// RestartPermanent starts it again in any case.
	RestartPermanent Restart = "permanent"
	// RestartTransient starts it again unless it ended in good order: Normal or Shutdown.
	RestartTransient Restart = "transient"
	// RestartTemporary never starts it again.
	RestartTemporary Restart = "temporary"
)

// AutoShutdown says when a supervisor ends because its significant children have.
type AutoShutdown string

// When a supervisor ends by itself; NeverShutdown unless said otherwise.
const (
	NeverShutdown  AutoShutdown = "never"
	AnySignificant AutoShutdown = "any_significant"
	AllSignificant AutoShutdown = "all_significant"
)

// How long a child may take to end, beside a time.
const (
	// ShutdownBrutal kills the child.
	ShutdownBrutal time.Duration = -1
	// ShutdownInfinity waits for as long as it takes.
	ShutdownInfinity time.Duration = math.MaxInt64
)

// NoRestarts is the intensity of a supervisor that ends with the first child that would have to be started again.
const NoRestarts = -1

// Supervisor starts its children one after the other, and again when they end, as its strategy says. It is data: Engine.StartSupervisor, Engine.Run,
// Context.StartSupervisor and Child.Start take it. What is zero is OTP's default.
type Supervisor struct {
	// Strategy is OneForOne unless said otherwise.
	Strategy Strategy
	// Intensity is how many restarts there may be within Period before the supervisor gives up and ends: 1 in 5 seconds unless said otherwise, NoRestarts is
	// none.
	Intensity int
	Period    time.Duration
	// AutoShutdown says whether it ends with its significant children.
	AutoShutdown AutoShutdown
	// Backoff puts waits between restarts, nil does not.
	Backoff *Backoff
	// Name is registered for the supervisor, unless it is empty.
	Name string
	// Children are started in this order and ended in the other one. Of a Dynamic supervisor there is one, the template.
	Children []Child
}

// Backoff is how long a supervisor waits before it starts a child again: each time twice as long, up to WaitMax.
type Backoff struct {
	// First is the first wait. Steady is how long a child has to run to begin anew with it.
	First, WaitMax, Steady time.Duration
	// JitterPercent is the part of a wait that is drawn at random.
	JitterPercent int
}

// Child is one child of a supervisor.
type Child struct {
	// ID names it within its supervisor; the kind's name, or the supervisor's, unless said otherwise.
	ID string
	// Start says what it is: Kind.Child, Receiver.Child, a Supervisor, or a Program.
	Start ChildStart
	// Restart says when it is started again.
	Restart Restart
	// Shutdown is how long it may take to end before it is killed: 5 seconds (a supervisor as long as it takes) unless said otherwise. See ShutdownBrutal and
	// ShutdownInfinity.
	Shutdown time.Duration
	// Significant children may end their supervisor, see AutoShutdown.
	Significant bool
}

// ChildStart is what a child is: Kind.Child, Receiver.Child, a Supervisor, or a Program.
type ChildStart interface {
	// start is what the core is told, id the child's name unless it has one, supervises whether it is a supervisor.
	start() (start map[string]any, id string, supervises bool, err error)
}

// ProcessStart is a child that is a process, as Kind.Child and Receiver.Child give it.
type ProcessStart struct {
	kind     string
	name     string
	argument []byte
	err      error
}

// Named registers the process under a name from its beginning, whenever it is started.
func (p ProcessStart) Named(name string) ProcessStart {
	p.name = name
	return p
}

// Child is a child that is a process of this kind, which begins with these fields.
func (k *Kind[A]) Child(initial A) ProcessStart {
	argument, err := k.argument(initial)
	return ProcessStart{kind: k.core.name, argument: argument, err: err}
}

// Child is a child that is a process of this kind, with this argument.
func (r *Receiver[Arg]) Child(arg Arg) ProcessStart {
	argument, err := r.argument(arg)
	return ProcessStart{kind: r.core.name, argument: argument, err: err}
}

func (p ProcessStart) start() (map[string]any, string, bool, error) {
	start := map[string]any{"kind": p.kind}
	if len(p.argument) > 0 {
		start["argument"] = stdjson.RawMessage(p.argument)
	}
	if p.name != "" {
		start["name"] = p.name
	}
	return start, p.kind, false, p.err
}

func (s Supervisor) start() (map[string]any, string, bool, error) {
	described, err := s.described()
	id := s.Name
	if id == "" {
		id = "supervisor"
	}
	return map[string]any{"supervisor": described}, id, true, err
}

// described is the supervisor as the core reads it.
func (s Supervisor) described() (map[string]any, error) {
	children := make([]any, 0, len(s.Children))
	for _, child := range s.Children {
		described, err := child.described()
		if err != nil {
			return nil, err
		}
		children = append(children, described)
	}
	described := map[string]any{"children": children}
	for name, value := range map[string]string{"strategy": string(s.Strategy), "auto_shutdown": string(s.AutoShutdown), "name": s.Name} {
		if value != "" {
			described[name] = value
		}
	}
	if s.Intensity < NoRestarts {
		return nil, failure(CodeInvalidArgument, "an intensity of %d restarts: NoRestarts is none", s.Intensity)
	}
	if s.Intensity != 0 {
		described["intensity"] = max(s.Intensity, 0)
	}
	if err := given(described, "period_ms", s.Period); err != nil {
		return nil, err
	}
	if b := s.Backoff; b != nil {
		backoff := map[string]any{}
		for name, wait := range map[string]time.Duration{"first_ms": b.First, "wait_ms_max": b.WaitMax, "steady_ms": b.Steady} {
			if err := given(backoff, name, wait); err != nil {
				return nil, err
			}
		}
		if b.JitterPercent != 0 {
			backoff["jitter_percent"] = b.JitterPercent
		}
		described["backoff"] = backoff
	}
	return described, nil
}

// given puts a time into what the core reads, unless it is zero, which is the default.
func given(described map[string]any, name string, wait time.Duration) error {
	switch {
	case wait < 0:
		return failure(CodeInvalidArgument, "%s: %v is no time to wait", name, wait)
	case wait > 0:
		described[name] = milliseconds(wait)
	}
	return nil
}

func (c Child) described() (map[string]any, error) {
	if c.Start == nil {
		return nil, failure(CodeInvalidArgument, "the child %q has no Start: Kind.Child, Receiver.Child or a Supervisor", c.ID)
	}
	start, id, supervises, err := c.Start.start()
	if err != nil {
		return nil, err
	}
	if c.ID != "" {
		id = c.ID
	}
	described := map[string]any{"id": id, "start": start, "significant": c.Significant, "type": "worker"}
	if supervises {
		described["type"] = "supervisor"
	}
	if c.Restart != "" {
		described["restart"] = c.Restart
	}
	switch c.Shutdown {
	case ShutdownInfinity:
		described["shutdown"] = "infinity"
	case ShutdownBrutal:
		described["shutdown"] = "brutal"
	default:
		err = given(described, "shutdown", c.Shutdown)
	}
	return described, err
}

// SupervisorProblem says why a supervisor does not do what it was asked.
type SupervisorProblem string

// The problems.
const (
	// ChildNotFound: there is no such child.
	ChildNotFound SupervisorProblem = "not_found"
	// ChildRuns: the child runs.
	ChildRuns SupervisorProblem = "running"
	// ChildWillRestart: the child is about to be started again.
	ChildWillRestart SupervisorProblem = "restarting"
	// ChildAlreadyStarted: a child of this name runs.
	ChildAlreadyStarted SupervisorProblem = "already_started"
	// ChildAlreadyPresent: a child of this name is there and does not run.
	ChildAlreadyPresent SupervisorProblem = "already_present"
	// SupervisorIsDynamic: children of a Dynamic supervisor have neither names nor rules of their own.
	SupervisorIsDynamic SupervisorProblem = "dynamic"
	// SupervisorNotDynamic: a child needs rules of its own.
	SupervisorNotDynamic SupervisorProblem = "not_dynamic"
	// ChildNotStarted: the child did not start.
	ChildNotStarted SupervisorProblem = "not_started"
)

// SupervisorError is what a supervisor answers in place of what it was asked, or why a tree did not start.
type SupervisorError struct {
	Why SupervisorProblem
	// Path is the child that did not start, by the names from the outermost supervisor that was to start down to it; Reason is why it did not.
	Path   []string
	Reason ExitReason
	text   string
}

// Error is the answer in words.
func (e *SupervisorError) Error() string { return "everact: " + e.text }

// AsSupervisorError is the answer of a supervisor in an error, nil where there is none.
func AsSupervisorError(err error) *SupervisorError {
	var answer *SupervisorError
	if errors.As(err, &answer) {
		return answer
	}
	return nil
}

// refusalIn is what a supervisor refuses in an answer, nil where it does not.
func refusalIn(answer []byte) error {
	var told struct {
		Error *struct {
			Is     SupervisorProblem
			Text   string
			Path   []string
			Reason stdjson.RawMessage
		}
	}
	// A list of children is no refusal.
	if err := stdjson.Unmarshal(answer, &told); err != nil || told.Error == nil {
		return nil
	}
	refused := &SupervisorError{Why: told.Error.Is, Path: told.Error.Path, text: told.Error.Text}
	if told.Error.Reason != nil {
		refused.Reason = reasonIn(told.Error.Reason)
	}
	return refused
}

// StartSupervisor starts a supervisor and waits until all its children have started; one that does not start fails it with a SupervisorError, and those before
// it are ended. It fails with InvalidArgument for what cannot be, with a text that leads to it.
func (e *Engine) StartSupervisor(ctx context.Context, supervisor Supervisor) (*SupervisorRef, error) {
	return e.startSupervisor(ctx, nil, frame.SuperviseStart, supervisor)
}

// Run starts the root of the program's tree, of which an engine has one: Close shuts it down in order, from the last child to the first.
func (e *Engine) Run(ctx context.Context, root Supervisor) (*SupervisorRef, error) {
	return e.startSupervisor(ctx, nil, frame.SuperviseRun, root)
}

// StartSupervisor starts a supervisor that is linked to this process; see Engine.StartSupervisor.
func (c *Context) StartSupervisor(supervisor Supervisor) (*SupervisorRef, error) {
	return c.system().startSupervisor(c, c, frame.SuperviseStart, supervisor)
}

func (e *Engine) startSupervisor(ctx context.Context, turn *Context, what uint16, supervisor Supervisor) (*SupervisorRef, error) {
	described, err := supervisor.described()
	if err != nil {
		return nil, err
	}
	var of uint64
	if turn != nil {
		of = turn.id
	}
	reply, err := e.supervise(ctx, turn, what, of, 0, described)
	if err != nil {
		return nil, err
	}
	var started struct{ Process string }
	if err := stdjson.Unmarshal(reply, &started); err != nil || idOf(started.Process) == 0 {
		return nil, failure(CodeInternal, "the core gave no number for a supervisor")
	}
	return &SupervisorRef{e, idOf(started.Process)}, nil
}

// supervise has the core start a supervisor, or ask one something.
func (e *Engine) supervise(ctx context.Context, turn *Context, what uint16, of, process uint64, about any) ([]byte, error) {
	json, err := stdjson.Marshal(about)
	if err != nil {
		return nil, failure(CodeInvalidArgument, "the supervisor cannot be encoded: %v", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, contextFailure(err)
	}
	answer, err := e.command(ctx, turn, func(b []byte, id uint64) []byte { return frame.AppendSupervise(b, id, what, of, process, json) })
	if err == nil {
		err = refusalIn(answer)
	}
	return answer, err
}

// SupervisorRef is a supervisor that was started, or one that Engine.Supervisor names.
type SupervisorRef struct {
	engine *Engine
	number uint64
}

// Supervisor is the supervisor that is this process.
func (e *Engine) Supervisor(process ProcessRef) *SupervisorRef {
	return &SupervisorRef{e, process.number}
}

// Supervisor is the supervisor that is this process; see Engine.Supervisor.
func (c *Context) Supervisor(process ProcessRef) *SupervisorRef {
	return c.system().Supervisor(process)
}

// Process names the supervisor's own process, as supervisor/number: it can be watched, linked and ended.
func (s *SupervisorRef) Process() ProcessRef {
	return ProcessRef{kind: supervisorKind, number: s.number}
}

// Counts are the children of a supervisor in numbers.
type Counts struct {
	// Specs are all children, Active those that run; Supervisors and Workers count by type, running or not.
	Specs       int `json:"specs"`
	Active      int `json:"active"`
	Supervisors int `json:"supervisors"`
	Workers     int `json:"workers"`
}

// ChildStatus says how a child is.
type ChildStatus string

// How a child is.
const (
	ChildRunning    ChildStatus = "running"
	ChildRestarting ChildStatus = "restarting"
	ChildAbsent     ChildStatus = "absent"
)

// ChildInfo is what a supervisor tells of a child.
type ChildInfo struct {
	// ID is empty for a child of a Dynamic supervisor.
	ID     string
	Status ChildStatus
	// Process is nobody unless it runs.
	Process ProcessRef
	// Supervisor tells whether the child is one itself.
	Supervisor bool
}

// Count counts the children.
func (s *SupervisorRef) Count(ctx context.Context) (Counts, error) {
	var counts Counts
	return counts, s.command(ctx, map[string]any{"do": "count"}, &counts)
}

// Children lists the children, the one that was started last first.
func (s *SupervisorRef) Children(ctx context.Context) ([]ChildInfo, error) {
	var told []struct {
		ID            *string
		Status        ChildStatus
		Process, Kind *string
		Type          string
	}
	if err := s.command(ctx, map[string]any{"do": "children"}, &told); err != nil {
		return nil, err
	}
	children := make([]ChildInfo, 0, len(told))
	for _, t := range told {
		child := ChildInfo{Status: t.Status, Supervisor: t.Type == "supervisor"}
		if t.ID != nil {
			child.ID = *t.ID
		}
		if t.Process != nil {
			child.Process.number = idOf(*t.Process)
		}
		switch {
		case t.Process == nil:
		case child.Supervisor:
			child.Process.kind = supervisorKind
		case t.Kind != nil:
			child.Process.kind = *t.Kind
		}
		children = append(children, child)
	}
	return children, nil
}

// ChildSpec is how a child was declared.
type ChildSpec struct {
	ID string `json:"id"`
	// Restart, Shutdown ("brutal", "infinity" or milliseconds as a number) and Type ("worker" or "supervisor") are the core's words.
	Restart     Restart            `json:"restart"`
	Shutdown    stdjson.RawMessage `json:"shutdown"`
	Type        string             `json:"type"`
	Significant bool               `json:"significant"`
}

// Spec is how a child was declared.
func (s *SupervisorRef) Spec(ctx context.Context, id string) (ChildSpec, error) {
	var spec ChildSpec
	return spec, s.command(ctx, map[string]any{"do": "spec", "id": id}, &spec)
}

// StartChild adds a child and starts it. The zero value is given for one that ended as Normal while it began.
func (s *SupervisorRef) StartChild(ctx context.Context, child Child) (ProcessRef, error) {
	described, err := child.described()
	if err != nil {
		return ProcessRef{}, err
	}
	_, kind, supervises, _ := child.Start.start()
	if supervises {
		kind = supervisorKind
	}
	return s.started(ctx, map[string]any{"do": "start_child", "child": described}, kind)
}

// StartDynamic starts a child of a Dynamic supervisor: all but its start is the template's.
func (s *SupervisorRef) StartDynamic(ctx context.Context, start ChildStart) (ProcessRef, error) {
	given, kind, supervises, err := start.start()
	if err != nil {
		return ProcessRef{}, err
	}
	if supervises {
		kind = supervisorKind
	}
	return s.started(ctx, map[string]any{"do": "start_child", "start": given}, kind)
}

// RestartChild starts a child that does not run.
func (s *SupervisorRef) RestartChild(ctx context.Context, id string) (ProcessRef, error) {
	return s.started(ctx, map[string]any{"do": "restart_child", "id": id}, "")
}

// TerminateChild ends a child, which stays declared unless it is temporary.
func (s *SupervisorRef) TerminateChild(ctx context.Context, id string) error {
	return s.command(ctx, map[string]any{"do": "terminate_child", "id": id}, nil)
}

// TerminateProcess ends a child of a Dynamic supervisor.
func (s *SupervisorRef) TerminateProcess(ctx context.Context, process ProcessRef) error {
	return s.command(ctx, map[string]any{"do": "terminate_child", "process": strconv.FormatUint(process.number, 10)}, nil)
}

// DeleteChild forgets a child that does not run.
func (s *SupervisorRef) DeleteChild(ctx context.Context, id string) error {
	return s.command(ctx, map[string]any{"do": "delete_child", "id": id}, nil)
}

// started gives the process that a command has started.
func (s *SupervisorRef) started(ctx context.Context, command map[string]any, kind string) (ProcessRef, error) {
	var reply struct{ Process, Kind *string }
	if err := s.command(ctx, command, &reply); err != nil || reply.Process == nil {
		return ProcessRef{}, err
	}
	if kind == "" && reply.Kind != nil {
		kind = *reply.Kind
	}
	ref := ProcessRef{number: idOf(*reply.Process)}
	// What is no kind's stays without one, and so does one that has ended before the answer was made.
	if kind == supervisorKind || s.engine.kindsByName[kind] != nil {
		ref.kind = kind
	}
	return ref, nil
}

// command asks the supervisor something.
func (s *SupervisorRef) command(ctx context.Context, about map[string]any, into any) error {
	turn := turnOf(ctx, s.engine)
	reply, err := s.engine.supervise(ctx, turn, frame.SuperviseCommand, 0, s.number, about)
	if err != nil || into == nil {
		return err
	}
	if err := stdjson.Unmarshal(reply, into); err != nil {
		return failure(CodeInternal, "what a supervisor answers cannot be read: %v", err)
	}
	return nil
}
