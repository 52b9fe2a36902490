package everact

// This file declares kinds of processes and spawns processes.
//
// A process is spawned, lives in memory only and ends with a reason. In handler style it is a struct with handlers, as an actor is; in receive style it is one
// function, which takes its messages itself (receive.go). Links, monitors and exit signals are Erlang's (ties.go).

import (
	"context"
	"reflect"
	"sync"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/json"
	"github.com/everact/everact-go/internal/payload"
)

// role is how those of a kind come to life.
type role string

const (
	roleActor    role = ""
	roleProcess  role = "process"
	roleReceiver role = "receiver"
)

// NewProcess declares a kind of processes in handler style: spawned with an A, they handle a message at a time and end with a reason. An empty name stands for
// A's own name in lower snake case. Handlers are declared as those of actors are. What a handler returns as an error ends its process, unless it is an
// application error in answer to an ask.
//
// Where *A is an Activator, the hook is the process' beginning: a supervisor counts it as started when it has succeeded. ExitHandler, DownHandler and
// GroupHandler are the hooks for what it is tied to.
func NewProcess[A any](name string, options ...KindOption) *Kind[A] {
	return NewKind[A](name, append(options[:len(options):len(options)], inRole(roleProcess))...)
}

// inRole makes a kind one of processes, which are never durable.
func inRole(of role) KindOption {
	return func(o *kindOptions) { o.core.role, o.core.durable = of, false }
}

// notedHooks are the hooks for what the core itself tells.
type notedHooks struct{ exit, down, group, gone *handlerCore }

// declareNoted finds the hooks of A. There is one for each note in any case, so that a note nobody wants is no failure.
func declareNoted[A any](core *kindCore) {
	live := func(object any) any { return &object.(*cell[A]).live }
	actor := any((*A)(nil))
	_, exits := actor.(ExitHandler)
	_, downs := actor.(DownHandler)
	_, groups := actor.(GroupHandler)
	_, handlers := actor.(HandlerGoneHandler)
	core.noted = notedHooks{
		exit: noted("on_exit", func(object any, ctx *Context, n *note) error {
			exit := n.exit(ctx.system())
			switch {
			case core.behaviour.isServed() && exit.Parent:
				return ctx.Exit(exit.Reason)
			case !exits:
				return nil
			}
			return live(object).(ExitHandler).OnExit(ctx, exit)
		}),
		down: noted("on_down", func(object any, ctx *Context, n *note) error {
			if !downs {
				return nil
			}
			return live(object).(DownHandler).OnDown(ctx, n.down(ctx.system()))
		}),
		group: noted("on_group", func(object any, ctx *Context, n *note) error {
			if !groups {
				return nil
			}
			return live(object).(GroupHandler).OnGroup(ctx, n.change(ctx.system()))
		}),
		gone: noted("on_handler_gone", func(object any, ctx *Context, n *note) error {
			if !handlers {
				return nil
			}
			return live(object).(HandlerGoneHandler).OnHandlerGone(ctx, n.gone(ctx.system()))
		}),
	}
}

// noted is a handler whose message the core has written.
func noted(name string, run func(object any, ctx *Context, n *note) error) *handlerCore {
	return &handlerCore{name: name, run: func(object any, ctx *Context, payload, frame []byte) ([]byte, error) {
		n, err := readNote(payload)
		if err != nil {
			return frame, failure(CodeInternal, "what the core tells cannot be read: %v", err)
		}
		return frame, run(object, ctx, n)
	}}
}

// Spawn begins a process with an initial value of its fields. Where is an *Engine, or inside a handler its *Context.
func (k *Kind[A]) Spawn(where Scope, initial A, options ...SpawnOption) (Ref[A], error) {
	argument, err := k.argument(initial)
	if err != nil {
		return Ref[A]{}, err
	}
	r, err := spawn(where, k.core, argument, options)
	return Ref[A]{r}, err
}

// SpawnLink is Spawn with a link between the new process and the one that spawns it, from its beginning.
func (k *Kind[A]) SpawnLink(ctx Turn, initial A, options ...SpawnOption) (Ref[A], error) {
	return k.Spawn(ctx, initial, append(options[:len(options):len(options)], Linked())...)
}

// SpawnMonitor is Spawn with a watch on the new process, from its beginning.
func (k *Kind[A]) SpawnMonitor(ctx Turn, initial A, options ...SpawnOption) (Ref[A], Monitor, error) {
	var monitor Monitor
	r, err := k.Spawn(ctx, initial, append(options[:len(options):len(options)], Monitored(&monitor))...)
	return r, monitor, err
}

// Process is a process of this kind with typed handlers: what a message named by a ProcessRef.
func (k *Kind[A]) Process(where Scope, ref ProcessRef) Ref[A] {
	r := where.system().Process(ProcessRef{kind: k.core.name, number: ref.number})
	if ref.kind != "" && ref.kind != k.core.name {
		r.err = failure(CodeInvalidArgument, "%s is no process of kind %s", ref, k.core.name)
	}
	return Ref[A]{r}
}

// argument encodes what a process begins with.
func (k *Kind[A]) argument(initial A) ([]byte, error) {
	if k.core.declaredWrong != nil {
		return nil, k.core.declaredWrong
	}
	b, err := json.FormOf[A]().AppendState(nil, &initial, json.State{Everything: true})
	if err != nil {
		return nil, failure(CodeInvalidArgument, "what a process of kind %s begins with cannot be encoded: %s", k.core.name, err.Error())
	}
	return b, nil
}

// Receiver is a kind of processes in receive style whose argument is an Arg.
type Receiver[Arg any] struct {
	core   *kindCore
	values payload.Codec[Arg]
}

// ProcessFunc declares a kind of processes in receive style: each is one call of run, on a goroutine of its own, and lives as long as it. Messages lists what
// they take. When run returns nil the process ends as Normal; an error or a panic is its failure, and what Context.Exit gives is another reason.
//
//	pong := everact.ProcessFunc("pong", func(ctx *everact.ProcessContext, n int) error {
//		for range n {
//			ping, err := everact.ReceiveOf[Ping](ctx)
//			if err != nil {
//				return err
//			}
//			...
//		}
//		return nil
//	}, everact.Messages(Ping{}))
func ProcessFunc[Arg any](name string, run func(ctx *ProcessContext, arg Arg) error, options ...KindOption) *Receiver[Arg] {
	core := newKindCore(name, append(options[:len(options):len(options)], inRole(roleReceiver))).core
	r := &Receiver[Arg]{core: core, values: codecOf[Arg](json.Strict)}
	declarableArgument(core, reflect.TypeFor[Arg]())
	core.state = &argumentState[Arg]{parse: r.values.Parse}
	core.noted = notedHooks{}
	core.run = &handlerCore{name: "run", run: func(object any, ctx *Context, _, frame []byte) ([]byte, error) {
		return frame, run(newProcessContext(ctx), *object.(*Arg))
	}}
	return r
}

func declarableArgument(core *kindCore, t reflect.Type) {
	if t == bytesType || t == noneType {
		return
	}
	for _, err := range []error{json.Unwritable(t), json.Unreadable(t)} {
		if err != nil {
			core.refuse("kind %s: its argument %s: %v", core.name, t, err)
		}
	}
}

// Messages lists the messages that processes in receive style take, by a value of each type: structs, whose names in lower snake case are the messages' names.
func Messages(samples ...any) KindOption {
	return func(o *kindOptions) {
		for _, sample := range samples {
			t := reflect.TypeOf(sample)
			if t == nil || t.Name() == "" {
				o.core.refuse("kind %s: %T cannot be a message: a type with a name can", o.core.name, sample)
				continue
			}
			name := snakeCase(t.Name())
			declarableType(o.core, name, "message", t)
			o.core.add(&handlerCore{name: name, parse: parserOf(t)})
		}
	}
}

// parserOf reads messages of a type.
func parserOf(t reflect.Type) func(payload []byte) (any, error) {
	// The value is copied into the interface, so that what it was read into serves the next message.
	read := sync.Pool{New: func() any {
		value := reflect.New(t).Elem()
		return &value
	}}
	return func(payload []byte) (any, error) {
		value := read.Get().(*reflect.Value)
		if err := json.ParseValue(payload, *value, json.Strict); err != nil {
			return nil, err
		}
		message := value.Interface()
		value.SetZero()
		read.Put(value)
		return message, nil
	}
}

// Name is the kind's name on the wire.
func (r *Receiver[Arg]) Name() string { return r.core.name }

// Spawn begins a process with its argument. Where is an *Engine, or inside a handler its *Context.
func (r *Receiver[Arg]) Spawn(where Scope, arg Arg, options ...SpawnOption) (Reference, error) {
	argument, err := r.argument(arg)
	if err != nil {
		return Reference{}, err
	}
	return spawn(where, r.core, argument, options)
}

// SpawnLink is Spawn with a link between the new process and the one that spawns it, from its beginning.
func (r *Receiver[Arg]) SpawnLink(ctx Turn, arg Arg, options ...SpawnOption) (Reference, error) {
	return r.Spawn(ctx, arg, append(options[:len(options):len(options)], Linked())...)
}

// SpawnMonitor is Spawn with a watch on the new process, from its beginning.
func (r *Receiver[Arg]) SpawnMonitor(ctx Turn, arg Arg, options ...SpawnOption) (Reference, Monitor, error) {
	var monitor Monitor
	to, err := r.Spawn(ctx, arg, append(options[:len(options):len(options)], Monitored(&monitor))...)
	return to, monitor, err
}

func (r *Receiver[Arg]) argument(arg Arg) ([]byte, error) {
	if r.core.declaredWrong != nil {
		return nil, r.core.declaredWrong
	}
	b, err := r.values.Append(nil, arg)
	if err != nil {
		return nil, failure(CodeInvalidArgument, "the argument of a process of kind %s cannot be encoded: %s", r.core.name, err.Error())
	}
	return b, nil
}

func (r *Receiver[Arg]) declaration() *kindCore { return r.core }

// argumentState is the state of a process that is a function: its argument, which no turn changes.
type argumentState[Arg any] struct {
	parse func(payload []byte) (Arg, error)
}

func (s *argumentState[Arg]) Check() error { return nil }

func (s *argumentState[Arg]) Create(state []byte, _ bool) (any, error) {
	arg, err := s.parse(state)
	return &arg, err
}

func (s *argumentState[Arg]) Encode(_ any, frame []byte) ([]byte, error) { return frame, nil }

func (s *argumentState[Arg]) Settle(_ any, frame []byte) ([]byte, bool, error) {
	return frame, false, nil
}

func (s *argumentState[Arg]) Inspect(_ any, frame []byte, _ uint64) ([]byte, bool, error) {
	return frame, false, nil
}

func (s *argumentState[Arg]) Restore(any) error { return nil }

func (s *argumentState[Arg]) Renew(object any) (any, error) { return object, nil }

func (s *argumentState[Arg]) Capture(any) (any, error) { return nil, nil }

func (s *argumentState[Arg]) Recapture(any, any) error { return nil }

func (s *argumentState[Arg]) Unknown(any, int) []string { return nil }

// SpawnOption says how a process begins.
type SpawnOption struct {
	link    bool
	monitor *Monitor
	name    string
}

// Linked links the new process with the one that spawns it.
func Linked() SpawnOption { return SpawnOption{link: true} }

// Monitored has the one that spawns the new process watch it, and puts the watch into the variable.
func Monitored(into *Monitor) SpawnOption { return SpawnOption{monitor: into} }

// Named registers the new process under a name from its beginning; where the name is taken nothing is spawned.
func Named(name string) SpawnOption { return SpawnOption{name: name} }

// spawn begins a process of a kind.
func spawn(where Scope, core *kindCore, argument []byte, options []SpawnOption) (Reference, error) {
	e, turn := where.system(), where.turn()
	kind, err := e.processKind(core)
	if err != nil {
		return Reference{}, err
	}
	given := frame.Spawn{Kind: kind.id, Argument: argument}
	if turn != nil {
		given.Parent = turn.id
	}
	var monitor *Monitor
	for _, option := range options {
		if (option.link || option.monitor != nil) && turn == nil {
			return Reference{}, failure(CodeInvalidArgument, "a link or a watch needs the one that spawns: pass a handler's *Context")
		}
		if option.link {
			given.Flags |= frame.SpawnFlagLink
		}
		if option.monitor != nil {
			monitor = option.monitor
			given.Flags |= frame.SpawnFlagMonitor
			given.Monitor = e.monitors.Add(1)
		}
		if option.name != "" {
			given.Name = option.name
		}
	}
	reply, err := e.command(context.Background(), turn, func(b []byte, id uint64) []byte {
		given.ID = id
		return frame.AppendSpawn(b, &given)
	})
	if err != nil {
		return Reference{}, err
	}
	numbers := frame.Numbers(reply)
	if len(numbers) == 0 {
		return Reference{}, failure(CodeInternal, "the core gave no number for a process")
	}
	if monitor != nil {
		*monitor = Monitor(given.Monitor)
	}
	return Reference{engine: e, kind: kind, key: frame.ProcessKey(numbers[0]), process: true}, nil
}

// processKind is a declared kind of processes as this engine has it.
func (e *Engine) processKind(core *kindCore) (*registered, error) {
	k := e.kindsByName[core.name]
	switch {
	case k == nil:
		return nil, failure(CodeUnknownKind, "no kind %q is registered with the engine", core.name)
	case !k.is(core):
		return nil, failure(CodeUnknownKind, "another kind %q is registered with the engine", core.name)
	case k.role == roleActor:
		return nil, failure(CodeInvalidArgument, "kind %s is of actors, which are not spawned: send one a message", core.name)
	default:
		return k, nil
	}
}
