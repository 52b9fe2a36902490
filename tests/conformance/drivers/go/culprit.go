package main

// The catalogue of actors, part 3: those that misbehave on purpose. See "Catalogue additions" in tests/conformance/README.md.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// Errors and values that are no help.
type (
	textThrows struct{}
	textNot    struct{ text string }
	typeThrows struct{}
	itself     struct{}
	throws     struct{}
)

func (textThrows) Error() string            { panic("no text") }
func (e *textNot) Error() string            { return e.text }
func (typeThrows) String() string           { panic("no text") }
func (itself) Error() string                { return "goes round" }
func (e itself) Unwrap() error              { return e }
func (throws) MarshalJSON() ([]byte, error) { panic("no value") }

const textHuge = 50_000_000

// misbehave fails in a way.
func misbehave(way string) error {
	switch way {
	case "text_throws":
		return textThrows{}
	case "text_not_utf8":
		return fmt.Errorf("caf\xe9")
	case "text_huge":
		return errors.New(strings.Repeat("x", textHuge))
	case "text_not_text":
		var none *textNot
		return none
	case "type_throws":
		panic(typeThrows{})
	case "cause_is_itself":
		return itself{}
	case "not_an_error":
		panic(42)
	case "nothing":
		panic(nil)
	case "exit":
		runtime.Goexit()
	case "cancelled":
		return context.Canceled
	case "recursion":
		panic("stack") // the runtime cannot survive a real one
	case "proxy":
		panic(error(nil))
	}
	return fmt.Errorf("no way %q", way)
}

// unencodable is a value that has no form in JSON.
func unencodable(way string) any {
	switch way {
	case "not_json":
		return make(chan int)
	case "throws":
		return throws{}
	case "nan":
		return math.NaN()
	case "infinity":
		return []any{math.Inf(1)}
	case "cycle":
		return cycle()
	case "not_unicode":
		return "a\xff"
	case "deep":
		return levels(10_000)
	}
	return nil
}

func cycle() map[string]any {
	made := map[string]any{}
	made["again"] = made
	return made
}

// levels is a list within a list, so many of them.
func levels(count int) any {
	made := []any{}
	for range count - 1 {
		made = []any{made}
	}
	return made
}

var culprit = everact.NewKind[Counter]("culprit", everact.Exposed())

type contextCall struct {
	Way     string `json:"way"`
	Catches bool   `json:"catches"`
}

// callBadly makes a call that cannot be carried out.
func callBadly(ctx *everact.Context, way string) error {
	verb, fault, _ := strings.Cut(way, "_")
	to, handler, message := ctx.Actor("echo", "a"), "echo", any(nil)
	var options []everact.AskOption
	keys := map[string]string{"bad_key": "\xff", "empty_key": "", "long_key": strings.Repeat("k", 1025), "reserved": "a"}
	if key, ok := keys[fault]; ok {
		to, handler, message = ctx.Actor("counter", key), "add", 1
	}
	switch fault {
	case "reserved":
		options = append(options, everact.WithMetadata(everact.Metadata{"everact-caller": {"x"}}))
	case "bad_payload":
		message = throws{}
	case "nan", "cycle":
		message = unencodable(fault)
	case "deep":
		message = levels(200)
	}
	if verb == "tell" {
		return everact.Tell(ctx, to, handler, message, options...)
	}
	_, err := everact.Ask[any](ctx, to, handler, message, options...)
	return err
}

// nameOf is the name of one of the SDK's errors.
func nameOf(err error) string {
	var ours *everact.Error
	if errors.As(err, &ours) {
		return ours.Name()
	}
	return "none"
}

func init() {
	everact.Handle(culprit, "add", func(c *Counter, _ *everact.Context, amount int) (int, error) {
		c.Value += amount
		return c.Value, nil
	})
	everact.HandleNoMessage(culprit, "get", func(c *Counter, _ *everact.Context) (int, error) { return c.Value, nil }, everact.ReadOnly())
	everact.Handle(culprit, "misbehave", func(c *Counter, _ *everact.Context, way string) (int, error) {
		c.Value++
		return c.Value, misbehave(way)
	})
	everact.Handle(culprit, "misbehave_later", func(c *Counter, _ *everact.Context, way string) (int, error) {
		c.Value++
		time.Sleep(time.Millisecond)
		return c.Value, misbehave(way)
	})
	everact.Handle(culprit, "reply_with", func(c *Counter, _ *everact.Context, way string) (any, error) {
		c.Value++
		return unencodable(way), nil
	})
	everact.Handle(culprit, "call", func(c *Counter, ctx *everact.Context, call contextCall) (string, error) {
		c.Value++
		err := callBadly(ctx, call.Way)
		if err != nil && !call.Catches {
			return "", err
		}
		return nameOf(err), nil
	})
	everact.HandleNoReply(culprit, "tell_late", func(_ *Counter, ctx *everact.Context, key string) error {
		go func() {
			_ = passGate(context.Background(), "late")
			note("late tell: " + nameOf(counterAdd.Tell(ctx, counter.Actor(ctx, key), 1)))
		}()
		return nil
	})
	everact.HandleNoReply(culprit, "ask_late", func(_ *Counter, ctx *everact.Context, key string) error {
		go func() {
			_ = passGate(context.Background(), "late")
			_, err := counterAdd.Ask(ctx, counter.Actor(ctx, key), 1)
			note("late ask: " + nameOf(err))
		}()
		return nil
	})
}

// isOn looks at a gate as a switch.
func isOn(name string) (on bool) {
	withGate(name, func(g *gate) { on = g.open })
	return on
}

// Glass cannot be read while switch cracked is on.
type Glass struct{ N int }

// MarshalJSON writes {"n": 1}.
func (g Glass) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]int{"n": g.N}) }

// UnmarshalJSON reads it, if the glass is whole.
func (g *Glass) UnmarshalJSON(text []byte) error {
	if isOn("cracked") {
		return errors.New("cracked")
	}
	var read struct{ N int }
	err := json.Unmarshal(text, &read)
	g.N = read.N
	return err
}

// Brittle is a state that can at times not be read.
type Brittle struct {
	Glass Glass `json:"glass"`
}

var brittle = everact.NewKind[Brittle]("brittle", everact.Exposed())

func init() {
	everact.Handle(brittle, "add", func(b *Brittle, _ *everact.Context, amount int) (int, error) {
		b.Glass.N += amount
		return b.Glass.N, nil
	})
	everact.HandleNoMessage(brittle, "get", func(b *Brittle, _ *everact.Context) (int, error) { return b.Glass.N, nil }, everact.ReadOnly())
	everact.Handle(brittle, "add_then_crack", func(b *Brittle, _ *everact.Context, amount int) (int, error) {
		b.Glass.N += amount
		withGate("cracked", func(g *gate) { g.open = true })
		return 0, errBoom
	})
}

// Moody fails in its hooks, as its key says.
type Moody struct {
	Value int `json:"value"`
}

func moodyHook(name string, ctx *everact.Context) error {
	note(name + " " + ctx.Address().String())
	if hook, way, found := strings.Cut(ctx.Key(), ":"); found && hook == name && isOn("moody") {
		return misbehave(way)
	}
	return nil
}

// Activated is the hook.
func (m *Moody) Activated(ctx *everact.Context) error { return moodyHook("activated", ctx) }

// Passivating is the hook.
func (m *Moody) Passivating(ctx *everact.Context) error { return moodyHook("passivating", ctx) }

var moody = everact.NewKind[Moody]("moody", everact.IdleTimeout(soon), everact.Exposed())

func init() {
	everact.Handle(moody, "add", func(m *Moody, _ *everact.Context, amount int) (int, error) {
		m.Value += amount
		return m.Value, nil
	})
	everact.HandleNoMessage(moody, "get", func(m *Moody, _ *everact.Context) (int, error) { return m.Value, nil }, everact.ReadOnly())
	everact.HandleNothing(moody, "leave", func(_ *Moody, ctx *everact.Context) error {
		ctx.Passivate()
		return nil
	})
}
