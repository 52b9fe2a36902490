package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	everact "github.com/everact/everact-go"
)

// specification is a supervisor as a scenario has it.
type specification struct {
	Strategy     string
	Intensity    *int
	PeriodS      *int                 `json:"period_s"`
	AutoShutdown everact.AutoShutdown `json:"auto_shutdown"`
	Children     []childData
}

// childData is a child as a scenario has it.
type childData struct {
	ID          string
	Restart     everact.Restart
	Shutdown    any
	Significant bool
	Start       start
}

// start is what a child is: a supervisor, or a puppet.
type start struct {
	Supervisor *specification
	Server     *serverData
	Machine    *machineData
	Manner     any
	Outcomes   []string
}

// mark is a child that notes the beginning of its supervisor and is gone at once: a supervisor itself is data and runs no code of the program.
type mark struct {
	Name string
	Log  bool

	world *world
}

// marker is the kind of marks of the world that is played.
var marker *everact.Kind[mark]

func (w *world) markKind() *everact.Kind[mark] {
	return everact.NewProcess[mark]("mark", everact.WithNew(func() *mark { return &mark{world: w} }))
}

// Activated notes the supervisor, and that it has begun.
func (m *mark) Activated(ctx *everact.Context) error {
	m.world.notice()
	ref, is := ctx.Whereis(registered(m.Name))
	if !is {
		return errors.New("the supervisor has no name")
	}
	m.world.enter(m.Name, ref)
	if m.Log {
		m.world.write("tree", "start "+m.Name)
	}
	return ctx.Exit(everact.Normal)
}

// notice enters the supervisors of children that are all alike which have begun: they can have no mark. Nothing else begins between such a one and what
// comes after it, which looks here first.
func (w *world) notice() {
	w.mu.Lock()
	names := slices.Clone(w.alike)
	w.mu.Unlock()
	for _, name := range names {
		ref, is := w.engine.Whereis(registered(name))
		w.mu.Lock()
		_, known := w.whose[ref.Number()]
		w.mu.Unlock()
		if is && !known {
			w.enter(name, ref)
			w.write("tree", "start "+name)
		}
	}
}

func registered(name string) string { return "supervisor:" + name }

// supervisor is a scenario's supervisor for the SDK.
func (w *world) supervisor(name string, s *specification, nested bool) everact.Supervisor {
	made := everact.Supervisor{Strategy: everact.Strategy(s.Strategy), AutoShutdown: s.AutoShutdown, Name: registered(name)}
	if s.Intensity != nil {
		if made.Intensity = *s.Intensity; made.Intensity <= 0 {
			made.Intensity += everact.NoRestarts
		}
	}
	if s.PeriodS != nil {
		made.Period = time.Duration(*s.PeriodS) * time.Second
	}
	if s.Strategy == "simple_one_for_one" {
		made.Strategy = everact.Dynamic
		w.change(func() {
			if _, known := w.templates[name]; !known && nested {
				w.alike = append(w.alike, name)
			}
			w.templates[name] = *s
		})
	} else {
		made.Children = append(made.Children, everact.Child{
			ID: "mark of " + name, Restart: everact.RestartTemporary, Start: marker.Child(mark{Name: name, Log: nested}),
		})
	}
	for _, child := range s.Children {
		made.Children = append(made.Children, w.child(child))
	}
	return made
}

func (w *world) child(data childData) everact.Child {
	made := everact.Child{ID: data.ID, Restart: data.Restart, Significant: data.Significant, Start: w.startOf(data.ID, data.Start)}
	switch shutdown := data.Shutdown.(type) {
	case string:
		made.Shutdown = everact.ShutdownBrutal
		if shutdown == "infinity" {
			made.Shutdown = everact.ShutdownInfinity
		}
	case float64:
		made.Shutdown = time.Duration(shutdown) * time.Millisecond
	}
	return made
}

func (w *world) startOf(name string, given start) everact.ChildStart {
	switch {
	case given.Supervisor != nil:
		return w.supervisor(name, given.Supervisor, true)
	case given.Server != nil:
		return w.servers.Child(server{Name: name, Data: *given.Server})
	case given.Machine != nil:
		return w.machineKind(given.Machine).Child(machine{Name: name, Data: *given.Machine})
	}
	return w.children.Child(child{Name: name, Manner: mannerOf(given.Manner), Outcomes: given.Outcomes})
}

// start starts a supervisor for the driver.
func (w *world) start(c command) any {
	if c.text(1) != "supervisor" {
		return w.startBehaviour(w.engine, c)
	}
	name := c.text(2)
	var s specification
	if err := json.Unmarshal(c[3], &s); err != nil {
		panic(err)
	}
	return w.started(name, &s, func(made everact.Supervisor) (*everact.SupervisorRef, error) {
		return w.engine.StartSupervisor(context.Background(), made)
	})
}

// runRoot starts the engine's root.
func (w *world) runRoot(c command) any {
	s := decoded[specification](c, 2)
	return w.started(c.text(1), &s, func(made everact.Supervisor) (*everact.SupervisorRef, error) {
		return w.engine.Run(context.Background(), made)
	})
}

// startLink starts a supervisor or a behaviour that is linked to a puppet.
func (w *world) startLink(given everact.Turn, self *everact.Context, c command) (any, error) {
	if c.text(1) != "supervisor" {
		return w.startBehaviour(given, c, everact.Linked()), nil
	}
	var s specification
	if err := json.Unmarshal(c[3], &s); err != nil {
		return nil, err
	}
	return w.started(c.text(2), &s, self.StartSupervisor), nil
}

func (w *world) started(name string, s *specification, begin func(everact.Supervisor) (*everact.SupervisorRef, error)) any {
	made := w.supervisor(name, s, false)
	w.write("tree", "start "+name)
	if s.PeriodS != nil && *s.PeriodS == 0 {
		return "invalid" // zero is the default here, so nobody can ask for it
	}
	ref, err := begin(made)
	switch {
	case err == nil:
		if made.Strategy == everact.Dynamic {
			w.enter(name, ref.Process())
		}
		return "ok"
	case errors.Is(err, everact.ErrInvalidArgument):
		return "invalid"
	case errors.Is(err, everact.ErrClosed):
		return "closed"
	default:
		return w.refused(err)
	}
}

// stop ends a supervisor or a behaviour with a reason, and waits until it has ended.
func (w *world) stop(c command) any {
	ref := w.ref(c.text(1))
	if isBehaviour(ref) {
		return done(w.engine.Process(ref).Stop(context.Background(), reason(c.text(2))))
	}
	if !w.engine.Process(ref).IsAlive() {
		return []any{"failed", "noproc"}
	}
	if err := w.engine.ExitTo(ref, reason(c.text(2))); err != nil {
		return []any{"failed", err.Error()}
	}
	if w.endOf(ref) == nil {
		return []any{"failed", "timeout"}
	}
	return "ok"
}

// operate asks a supervisor something.
func (w *world) operate(c command) any {
	name := c.text(1)
	w.notice()
	s, ctx := w.engine.Supervisor(w.ref(name)), context.Background()
	w.mu.Lock()
	template, alike := w.templates[name]
	w.mu.Unlock()
	var err error
	var process everact.ProcessRef
	child := c.text(2)
	switch c.text(0) {
	case "count":
		counts, failed := s.Count(ctx)
		if failed == nil {
			return counts
		}
		err = failed
	case "which":
		children, failed := s.Children(ctx)
		if failed == nil {
			return w.which(children)
		}
		err = failed
	case "start_child":
		if child != "" {
			process, err = s.StartDynamic(ctx, w.startOf(child, template.Children[0].Start))
		} else {
			var data childData
			if err := json.Unmarshal(c[2], &data); err != nil {
				panic(err)
			}
			process, err = s.StartChild(ctx, w.child(data))
		}
		if err == nil && process.IsZero() {
			return "ignored"
		}
	case "terminate_child":
		if alike {
			err = s.TerminateProcess(ctx, w.ref(child))
		} else {
			err = s.TerminateChild(ctx, child)
		}
	case "restart_child":
		process, err = s.RestartChild(ctx, child)
		if err == nil && process.IsZero() {
			return "ignored"
		}
	case "delete_child":
		err = s.DeleteChild(ctx, child)
	}
	if err == nil {
		return "ok"
	}
	return w.refused(err)
}

// which is what a supervisor tells of its children.
func (w *world) which(children []everact.ChildInfo) any {
	list := [][]string{}
	for _, child := range children {
		id, kind := child.ID, "worker"
		if id == "" {
			id = w.nameOf(child.Process)
		}
		if child.Supervisor {
			kind = "supervisor"
		}
		status := string(child.Status)
		if child.Status == everact.ChildAbsent {
			status = "stopped"
		}
		list = append(list, []string{id, status, kind})
	}
	slices.SortFunc(list, slices.Compare[[]string])
	return list
}

// refused is what a supervisor's refusal is in OTP's words.
func (w *world) refused(err error) any {
	if answer := everact.AsSupervisorError(err); answer != nil {
		switch answer.Why {
		case everact.ChildNotStarted:
			return []any{"error", notStarted(answer.Path, answer.Reason)}
		case everact.SupervisorIsDynamic:
			return "all_alike"
		default:
			return string(answer.Why)
		}
	}
	if errors.Is(err, everact.ErrClosed) {
		return "closed"
	}
	if errors.Is(err, everact.ErrInvalidArgument) {
		return "invalid"
	}
	if errors.Is(err, everact.ErrNoProcess) {
		return []any{"failed", "noproc"}
	}
	return []any{"failed", err.Error()}
}
