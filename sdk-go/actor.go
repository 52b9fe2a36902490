package everact

// This file declares kinds of actors. A declaration that cannot be used is reported when an engine opens with it.

import (
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/everact/everact-go/internal/payload"
)

// Overflow says what happens to a message for a full mailbox.
type Overflow string

// The policies of a full mailbox.
const (
	// Reject refuses the new message with MailboxFull.
	Reject Overflow = "reject"
	// DropOldest refuses the oldest waiting message instead.
	DropOldest Overflow = "drop_oldest"
	// Wait lets the sender wait, within its deadline.
	Wait Overflow = "wait"
)

// Kind is a type of actors, or of processes (NewProcess), with the state A: a struct whose exported fields are the state, encoded as JSON.
type Kind[A any] struct {
	core *kindCore
}

// AnyKind is a Kind of any state, for WithKinds.
type AnyKind interface {
	declaration() *kindCore
}

// kindCore is what the engine knows of a kind.
type kindCore struct {
	name        string
	durable     bool
	exposed     bool
	doc         string
	idleTimeout time.Duration
	mailbox     int
	pool        string
	overflow    Overflow
	handlers    []*handlerCore
	activated   *handlerCore
	passivating *handlerCore
	// role is how those of the kind come to life.
	role role
	// run is the function of a receiver; noted are the hooks for what the core tells, nil where there is none.
	run   *handlerCore
	noted notedHooks
	// behaviour is whose general part the core runs, hooks are its callbacks. machine is nil unless it is a state machine's.
	behaviour behaviour
	hooks     behaviourHooks
	machine   *machineCore
	// handlerTypes are the types of an event manager's handlers.
	handlerTypes []*handlerType
	// state is nil where only the declaration is known, which does for a connection.
	state         payload.State
	declaredWrong error
	// service is what a kind generated from a .proto adds; origin is the declaration that an implemented one came from.
	service *payload.Service
	origin  *kindCore
	// newest is the kind in the engine that was opened with it last, nil when that has closed. Kinds of one root share it.
	newest *atomic.Pointer[registered]
}

// registered is a kind as an engine has it: with the handlers that were declared when the engine opened.
type registered struct {
	*kindCore
	engine   *Engine
	id       uint16
	handlers []*handlerCore
	byName   map[string]*handlerCore
	// byMessage keeps the handlers of types of messages.
	byMessage sync.Map
	// runsIn is the pool that its turns run in, nil for none.
	runsIn *pool
	// reported: the log has named stored fields that the kind does not know.
	reported atomic.Bool
}

func (e *Engine) register(core *kindCore) {
	k := &registered{
		kindCore: core, engine: e, id: uint16(len(e.kinds)),
		handlers: core.handlers[:len(core.handlers):len(core.handlers)], byName: map[string]*handlerCore{},
	}
	for _, h := range k.handlers {
		k.byName[h.name] = h
	}
	if k.runsIn = e.pools[core.pool]; k.runsIn != nil {
		e.hasPools = true
	}
	e.kinds, e.kindsByName[core.name] = append(e.kinds, k), k
}

// handler finds a handler by name.
func (k *registered) handler(name string) (*handlerCore, error) {
	if h := k.byName[name]; h != nil {
		return h, nil
	}
	return nil, failure(CodeUnknownHandler, "kind %s had no handler %q when the engine opened", k.name, shortened(name, 200))
}

// has refuses a handler that was declared after the engine had opened: the engine does not know it.
func (k *registered) has(id uint16) error {
	if int(id) < len(k.handlers) {
		return nil
	}
	return failure(CodeInvalidDeclaration, "kind %s: the handler was declared after the engine had opened", k.name)
}

// is tells whether both are the same kind.
func (k *kindCore) is(other *kindCore) bool { return k.root() == other.root() }

func (k *kindCore) root() *kindCore {
	if k.origin != nil {
		return k.origin
	}
	return k
}

// KindOption changes a kind's declaration.
type KindOption func(*kindOptions)

type kindOptions struct {
	core     *kindCore
	newActor any
}

// Transient makes actors whose state lives in memory only, from activation to passivation. Without it a kind is durable.
func Transient() KindOption { return func(o *kindOptions) { o.core.durable = false } }

// Exposed lets the gateway serve a kind that has no contract: others than this engine's own actors and program may call it.
func Exposed() KindOption { return func(o *kindOptions) { o.core.exposed = true } }

// KindDoc says what a kind is, for OpenAPI, the page and describe.
func KindDoc(text string) KindOption { return func(o *kindOptions) { o.core.doc = text } }

// IdleTimeout lets an actor leave memory after so much time without a message, instead of after the engine's idle timeout.
func IdleTimeout(after time.Duration) KindOption {
	return func(o *kindOptions) { o.core.idleTimeout = after }
}

// MailboxCapacity bounds the messages that wait for one actor.
func MailboxCapacity(messages int) KindOption {
	return func(o *kindOptions) { o.core.mailbox = messages }
}

// OnOverflow chooses what happens to a message for a full mailbox; Reject unless chosen.
func OnOverflow(policy Overflow) KindOption { return func(o *kindOptions) { o.core.overflow = policy } }

// WithNew makes actors from newActor instead of from A's zero value: defaults of state fields, and unexported fields that are no state. It runs
// at activation, and again when a turn is discarded; it must not block.
func WithNew[A any](newActor func() *A) KindOption {
	return func(o *kindOptions) { o.newActor = newActor }
}

// Activator is an actor with a hook that runs as a turn of its own before the first message of an activation.
type Activator interface {
	Activated(ctx *Context) error
}

// Passivator is an actor with a hook that runs as a turn of its own before an activation leaves memory.
type Passivator interface {
	Passivating(ctx *Context) error
}

var kindName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// NewKind declares a kind. An empty name stands for A's own name in lower snake case. Where *A is an Activator or a Passivator its hooks are used.
func NewKind[A any](name string, options ...KindOption) *Kind[A] {
	if name == "" {
		name = snakeCase(reflect.TypeFor[A]().Name())
	}
	gathered := newKindCore(name, options)
	core := gathered.core
	newActor, ok := gathered.newActor.(func() *A)
	if gathered.newActor != nil && !ok {
		core.refuse("kind %s: WithNew makes another type than %s", core.name, reflect.TypeFor[A]())
	}
	if reflect.TypeFor[A]().Kind() != reflect.Struct {
		core.refuse("kind %s: the state %s is no struct", core.name, reflect.TypeFor[A]())
	} else {
		core.state = newStateOf(newActor, core)
	}
	declareHooks[A](core)
	declareBehaviour[A](core)
	return &Kind[A]{core: core}
}

// newKindCore is a declaration with its options and nothing to run yet.
func newKindCore(name string, options []KindOption) kindOptions {
	gathered := kindOptions{core: &kindCore{name: name, durable: true, newest: new(atomic.Pointer[registered])}}
	if !kindName.MatchString(name) {
		gathered.core.refuse("%q is no name for a kind: lower snake case is", name)
	}
	for _, option := range options {
		option(&gathered)
	}
	return gathered
}

func declareHooks[A any](core *kindCore) {
	actor := any((*A)(nil))
	if _, ok := actor.(Activator); ok {
		core.activated = hook("activated", func(object any, ctx *Context) error {
			return any(&object.(*cell[A]).live).(Activator).Activated(ctx)
		})
	}
	if _, ok := actor.(Passivator); ok {
		core.passivating = hook("passivating", func(object any, ctx *Context) error {
			return any(&object.(*cell[A]).live).(Passivator).Passivating(ctx)
		})
	}
	declareNoted[A](core)
}

// Name is the kind's name on the wire.
func (k *Kind[A]) Name() string { return k.core.name }

// Actor is the actor of this kind with this key. Where is an *Engine, a *Connection, or inside a handler its *Context. Nothing is done yet: the actor comes
// into being with its first message.
func (k *Kind[A]) Actor(where Scope, key string) Ref[A] {
	return Ref[A]{where.system().reference(k.core, key)}
}

func (k *Kind[A]) declaration() *kindCore { return k.core }

// refuse keeps the first thing that is wrong with the declaration.
func (k *kindCore) refuse(format string, arguments ...any) {
	if k.declaredWrong == nil {
		k.declaredWrong = failure(CodeInvalidDeclaration, format, arguments...)
	}
}

// snakeCase turns MinutesLate into minutes_late and HTTPServer into http_server.
func snakeCase(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
