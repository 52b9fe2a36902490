package everact_test

// A turn always ends: handlers that misbehave in every way that Go knows, in any order. Each ask has one answer, an error of ours; the next one works; Close
// is prompt; nothing of a failed turn is left.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// bomb is a value whose own methods misbehave.
type bomb struct{ Mode string }

func (b *bomb) act() ([]byte, error) {
	switch b.Mode {
	case "panic":
		panic(evilError{})
	case "goexit":
		runtime.Goexit()
	case "garbage":
		return []byte(`{"a":`), nil
	case "error":
		return nil, evilError{}
	case "deep":
		return []byte(strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), nil
	}
	return json.Marshal(b.Mode)
}

func (b *bomb) MarshalJSON() ([]byte, error) { return b.act() }

func (b *bomb) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &b.Mode); err != nil {
		return err
	}
	_, err := (&bomb{strings.TrimPrefix(b.Mode, "read ")}).act()
	return err
}

// Errors that are no help.
type (
	evilError   struct{}
	endingError struct{}
	ownError    struct{}
	manyError   struct{}
	nilError    struct{ text string }
)

func (evilError) Error() string     { panic(evilError{}) }
func (endingError) Error() string   { runtime.Goexit(); return "" }
func (e ownError) Error() string    { return "itself" }
func (e ownError) Unwrap() error    { return e }
func (e manyError) Error() string   { return "many" }
func (e manyError) Unwrap() []error { return []error{e, e} }
func (e *nilError) Error() string   { return e.text }

// wreck is a state that can be made unfit in many ways.
type wreck struct {
	Count int   `json:"count"`
	Any   any   `json:"any"`
	Bomb  *bomb `json:"bomb"`
	Text  string
	self  *wreck
	none  map[string]int
}

// newWreckFails makes the way back to the accepted state misbehave, as long as it is 1 (panic) or 2 (Goexit).
var newWreckFails atomic.Int32

func newWreck() *wreck {
	switch newWreckFails.Load() {
	case 1:
		panic(evilError{})
	case 2:
		runtime.Goexit()
	}
	return &wreck{Text: "new"}
}

var (
	wrecks   = everact.NewKind[wreck]("wreck", everact.WithNew(newWreck))
	wreckOK  = everact.HandleNoMessage(wrecks, "fine", func(w *wreck, _ *everact.Context) (int, error) { w.Count++; return w.Count, nil })
	wreckBad = everact.Handle(wrecks, "bad", func(w *wreck, ctx *everact.Context, way string) (any, error) {
		w.Count += 1000
		return ways[way](w, ctx)
	})
	wreckRead = everact.HandleNoReply(wrecks, "read", func(w *wreck, _ *everact.Context, b bomb) error {
		w.Count += 1000
		return errors.New("read: " + b.Mode)
	})
	wreckLook = everact.HandleNoMessage(wrecks, "look", func(w *wreck, _ *everact.Context) (int, error) {
		w.Any = w
		return 0, nil
	}, everact.ReadOnly())
)

func cyclicMap() map[string]any {
	m := map[string]any{}
	m["self"] = []any{m}
	return m
}

// ways are what a handler may do wrong. Those that return (nil, nil) have to be refused for what they left behind.
var ways map[string]func(w *wreck, ctx *everact.Context) (any, error)

func init() {
	returns := func(err error) func(*wreck, *everact.Context) (any, error) {
		return func(*wreck, *everact.Context) (any, error) { return nil, err }
	}
	panics := func(value any) func(*wreck, *everact.Context) (any, error) {
		return func(*wreck, *everact.Context) (any, error) { panic(value) }
	}
	replies := func(value any) func(*wreck, *everact.Context) (any, error) {
		return func(*wreck, *everact.Context) (any, error) { return value, nil }
	}
	leaves := func(leave func(*wreck)) func(*wreck, *everact.Context) (any, error) {
		return func(w *wreck, _ *everact.Context) (any, error) { leave(w); return nil, nil }
	}
	var typedNil *nilError
	ways = map[string]func(*wreck, *everact.Context) (any, error){
		"error":             returns(errors.New("plain")),
		"error not UTF-8":   returns(fmt.Errorf("bad name %s", "caf\xe9")),
		"error of 50 MB":    returns(errors.New(strings.Repeat("é", 25_000_000))),
		"error panics":      returns(evilError{}),
		"error ends":        returns(endingError{}),
		"error nil":         returns(typedNil),
		"error in itself":   returns(ownError{}),
		"error of many":     returns(manyError{}),
		"error wraps evil":  returns(errors.Join(errors.New("a"), evilError{})),
		"refusal evil":      returns(&everact.ApplicationError{Type: "No Type \xff", Message: "\xff", Status: 9}),
		"refusal cyclic":    returns(everact.Refuse("cyclic", "x", everact.Details(cyclicMap()))),
		"refusal large":     returns(everact.Refuse("large", strings.Repeat("x", 100_000))),
		"refusal not UTF-8": returns(everact.Refuse("text", "caf\xe9")),
		"panic":             panics("text"),
		"panic not UTF-8":   panics("caf\xe9"),
		"panic nil":         panics(nil),
		"panic cyclic":      panics(cyclicMap()),
		"panic error":       panics(evilError{}),
		"panic ending":      panics(endingError{}),
		"panic function":    panics(func() {}),
		"panic bomb":        panics(&bomb{"panic"}),
		"panic number":      panics(7),
		"panic twice":       func(*wreck, *everact.Context) (any, error) { defer panic("second"); panic("first") },
		"nil map":           func(w *wreck, _ *everact.Context) (any, error) { w.none["a"] = 1; return nil, nil },
		"nil pointer":       func(w *wreck, _ *everact.Context) (any, error) { return w.self.Count, nil },
		"goexit":            func(*wreck, *everact.Context) (any, error) { runtime.Goexit(); return nil, nil },
		"goexit passivate":  func(_ *wreck, c *everact.Context) (any, error) { c.Passivate(); runtime.Goexit(); return nil, nil },
		"reply cyclic":      replies(cyclicMap()),
		"reply NaN":         replies(math.NaN()),
		"reply function":    replies(func() {}),
		"reply panics":      replies(&bomb{"panic"}),
		"reply ends":        replies(&bomb{"goexit"}),
		"reply garbage":     replies(&bomb{"garbage"}),
		"reply errs":        replies(&bomb{"error"}),
		"reply deep":        replies(&bomb{"deep"}),
		"state cyclic":      leaves(func(w *wreck) { w.Any = cyclicMap() }),
		"state NaN":         leaves(func(w *wreck) { w.Any = []any{math.NaN()} }),
		"state not UTF-8":   leaves(func(w *wreck) { w.Text = "caf\xe9" }),
		"state function":    leaves(func(w *wreck) { w.Any = func() {} }),
		"state panics":      leaves(func(w *wreck) { w.Bomb = &bomb{"panic"} }),
		"state ends":        leaves(func(w *wreck) { w.Bomb = &bomb{"goexit"} }),
		"state garbage":     leaves(func(w *wreck) { w.Bomb = &bomb{"garbage"} }),
		"state errs":        leaves(func(w *wreck) { w.Bomb = &bomb{"error"} }),
		"state unreadable":  leaves(func(w *wreck) { w.Bomb = &bomb{"read panic"} }),
		"state read ends":   leaves(func(w *wreck) { w.Bomb = &bomb{"read goexit"} }),
		"state holds actor": leaves(func(w *wreck) { w.Any = w }),
		"bad metadata": func(_ *wreck, c *everact.Context) (any, error) {
			c.ReplyMetadata()["Bad Name"] = []string{"x"}
			return nil, nil
		},
	}
	ways["back panics"] = func(*wreck, *everact.Context) (any, error) { newWreckFails.Store(1); return nil, errors.New("back") }
	ways["back ends"] = func(*wreck, *everact.Context) (any, error) { newWreckFails.Store(2); panic("back") }
}

// quiet is an engine whose log is not shown; its logger panics now and then.
func quiet(t testing.TB, folder string, options ...everact.Option) *everact.Engine {
	return opened(t, folder, append(options, everact.WithLogger(slog.New(slog.NewTextHandler(moody{}, nil))))...)
}

type moody struct{}

func (moody) Write(b []byte) (int, error) {
	switch rand.IntN(3) {
	case 0:
		panic(evilError{})
	case 1:
		runtime.Goexit()
	}
	return io.Discard.Write(b)
}

// answered asks on a goroutine of its own, which the handler may end, and gives the answer; in a failed test there is none for ten seconds.
func answered(t *testing.T, what string, ask func() error) (err error, ended bool) {
	t.Helper()
	answer, over := make(chan error, 2), make(chan struct{})
	go func() {
		defer close(over)
		answer <- ask()
	}()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: no answer", what)
	}
	select {
	case err := <-answer:
		return err, false
	default:
		return nil, true
	}
}

func TestATurnAlwaysEnds(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	names := make([]string, 0, len(ways))
	for name := range ways {
		names = append(names, name)
	}
	for place, folder := range map[string]string{"durable": t.TempDir(), "memory": ""} {
		engine := quiet(t, folder, everact.WithKinds(wrecks), everact.Options{AskTimeout: time.Minute})
		counts := map[string]int{}
		for _, i := range append(random.Perm(len(names)), random.Perm(len(names))...) {
			way, key := names[i], fmt.Sprint("k", random.IntN(3))
			actor := wrecks.Actor(engine, key)
			ctx, own := context.Background(), random.IntN(2) == 0
			if !own {
				ctx = during(t)
			}
			err, ended := answered(t, way, func() error { _, err := wreckBad.Ask(ctx, actor, way); return err })
			newWreckFails.Store(0)
			var ours *everact.Error
			if ended && !(own && (strings.Contains(way, "goexit") || strings.Contains(way, "ends"))) {
				t.Errorf("%s %s: the asker's goroutine has ended", place, way)
			}
			if !ended && !errors.As(err, &ours) {
				t.Errorf("%s %s: answered %v", place, way, err)
			}
			// What the asker may look for ends too.
			var other *nilError
			_ = errors.As(err, &other) || errors.Is(err, io.EOF)
			err, _ = answered(t, way+", then a good one", func() error {
				got, err := wreckOK.Ask(during(t), actor, everact.None{})
				if counts[key]++; err == nil && got != counts[key] {
					t.Errorf("%s %s: count %d, want %d", place, way, got, counts[key])
				}
				return err
			})
			if err != nil {
				t.Errorf("%s %s: then %v", place, way, err)
			}
		}
		if stats := must(engine.Stats())(t); stats.OpenTurns != 0 || stats.OpenAsks != 0 {
			t.Errorf("%s: %+v", place, stats)
		}
		began := time.Now()
		if err := engine.Close(); err != nil || time.Since(began) > 3*time.Second {
			t.Errorf("%s: closed with %v after %v", place, err, time.Since(began))
		}
	}
}

func TestAMessageThatMisbehavesWhileItIsRead(t *testing.T) {
	engine := quiet(t, "", everact.WithKinds(wrecks))
	actor := wrecks.Actor(engine, "a")
	for mode, want := range map[string]error{
		"read panic": everact.ErrInvalidPayload, "read goexit": everact.ErrHandlerFailed, "read error": everact.ErrInvalidPayload, "fine": everact.ErrHandlerFailed,
	} {
		err, _ := answered(t, mode, func() error { _, err := wreckRead.Ask(during(t), actor, bomb{mode}); return err })
		wants(t, err, want)
	}
	_, err := wreckLook.Ask(during(t), actor, everact.None{})
	wants(t, err, everact.ErrInvalidState)
	if got := must(wreckOK.Ask(during(t), actor, everact.None{}))(t); got != 1 {
		t.Errorf("count %d", got)
	}
}

// waker misbehaves in its hooks.
type waker struct{ Way string }

var wakerWay atomic.Value

func (w *waker) Activated(*everact.Context) error {
	switch wakerWay.Load() {
	case "panic":
		panic(evilError{})
	case "goexit":
		runtime.Goexit()
	case "error":
		return evilError{}
	}
	return nil
}

func (w *waker) Passivating(ctx *everact.Context) error { return w.Activated(ctx) }

func TestHooksThatMisbehave(t *testing.T) {
	wakers := everact.NewKind[waker]("waker")
	leave := everact.HandleNothing(wakers, "leave", func(_ *waker, ctx *everact.Context) error { ctx.Passivate(); return nil })
	engine := quiet(t, t.TempDir(), everact.WithKinds(wakers))
	for _, way := range []string{"panic", "goexit", "error"} {
		wakerWay.Store(way)
		err, _ := answered(t, way, func() error { _, err := leave.Ask(during(t), wakers.Actor(engine, way), everact.None{}); return err })
		if err == nil {
			t.Errorf("%s: a hook failed and the ask has not", way)
		}
		wakerWay.Store("")
		must(leave.Ask(during(t), wakers.Actor(engine, way), everact.None{}))(t)
		wakerWay.Store(way)
		waitFor(t, func() bool { return must(engine.Stats())(t).OpenTurns == 0 })
	}
}

func TestContextCallsFailAtTheCall(t *testing.T) {
	callers := everact.NewKind[wreck]("caller")
	var kept *everact.Context
	var told []error
	call := everact.HandleNothing(callers, "call", func(_ *wreck, ctx *everact.Context) error {
		kept = ctx
		actor := wrecks.Actor(ctx, "caf\xe9")
		_, askErr := wreckOK.Ask(ctx, actor, everact.None{})
		told = []error{
			wreckOK.Tell(ctx, actor, everact.None{}), askErr,
			wreckOK.Tell(ctx, wrecks.Actor(ctx, ""), everact.None{}),
			wreckOK.Tell(ctx, wrecks.Actor(ctx, strings.Repeat("k", 1025)), everact.None{}),
			wreckBad.Tell(ctx, wrecks.Actor(ctx, "a"), "caf\xe9"),
			everact.Tell(ctx, ctx.Actor("wreck", "a"), "bad", cyclicMap()),
			everact.Tell(ctx, ctx.Actor("wreck", "a"), "bad", &bomb{"panic"}),
			wreckOK.Tell(ctx, wrecks.Actor(ctx, "a"), everact.None{}, everact.WithMetadata(everact.Metadata{"Bad Name": {"x"}})),
			wreckOK.Tell(ctx, wrecks.Actor(ctx, "a"), everact.None{}, everact.WithMetadata(everact.Metadata{"everact-caller": {"x"}})),
			wreckOK.Tell(ctx, wrecks.Actor(ctx, "a"), everact.None{}, everact.Producer("p", 1)),
		}
		return nil
	})
	engine := quiet(t, "", everact.WithKinds(wrecks, callers))
	must(call.Ask(during(t), callers.Actor(engine, "a"), everact.None{}))(t)
	for _, err := range told {
		wants(t, err, everact.ErrInvalidArgument)
	}
	wants(t, wreckOK.Tell(kept, wrecks.Actor(engine, "a"), everact.None{}), everact.ErrInvalidArgument, "the turn is over")
	_, err := wreckOK.Ask(kept, wrecks.Actor(engine, "a"), everact.None{})
	wants(t, err, everact.ErrInvalidArgument, "the turn is over")
	if stats := must(engine.Stats())(t); stats.Activations != 1 {
		t.Errorf("something arrived: %+v", stats)
	}
}

func TestAPanicIsLoggedWithItsStack(t *testing.T) {
	var log lockedBuffer
	engine := opened(t, "", everact.WithKinds(wrecks), everact.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	_, err := wreckBad.Ask(during(t), wrecks.Actor(engine, "a"), "nil map")
	wants(t, err, everact.ErrHandlerFailed, "assignment to entry in nil map")
	for _, text := range []string{"leaving_test.go", "kind=wreck", "key=a", "handler=bad"} {
		if !strings.Contains(log.String(), text) {
			t.Errorf("the log does not name %s", text)
		}
	}
}

func TestNothingFromOutsideEndsTheProcess(t *testing.T) {
	engine := quiet(t, "", everact.WithKinds(wrecks))
	actor := engine.Actor("wreck", "a")
	deep := append(bytes.Repeat([]byte("["), 3_000_000), bytes.Repeat([]byte("]"), 3_000_000)...)
	for name, message := range map[string][]byte{"deep": deep, "field": append(append([]byte(`{"Mode":"x","y":`), deep...), '}')} {
		began := time.Now()
		_, err := everact.Ask[any](during(t), actor, "read", message)
		wants(t, err, everact.ErrInvalidPayload)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
	}
	if got := must(everact.Ask[int](during(t), actor, "fine", nil))(t); got != 1 {
		t.Errorf("count %d", got)
	}
}
