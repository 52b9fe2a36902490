package everact_test

// What errors are, and that the core's own faults arrive as errors.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	everact "github.com/everact/everact-go"
	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/native"
)

// loop asks its own actor from a handler.
type loop struct{ Caught string }

var (
	looping    = everact.NewKind[loop]("loop")
	askItself  *everact.Handler[loop, everact.None, string]
	failWith   = everact.Handle(looping, "fail_with", failInThisWay)
	seenErrors = map[string]error{
		"plain":   errors.New("it broke"),
		"typed":   &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist},
		"wrapped": fmt.Errorf("while reading: %w", &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}),
		"ours":    everact.ErrMailboxFull,
	}
)

func init() {
	askItself = everact.HandleNoMessage(looping, "ask_itself", func(l *loop, ctx *everact.Context) (string, error) {
		_, err := askItself.Ask(ctx, looping.Actor(ctx, ctx.Key()), everact.None{})
		if errors.Is(err, everact.ErrDeadlock) {
			return err.Error(), nil
		}
		return "no deadlock", err
	})
}

func failInThisWay(l *loop, _ *everact.Context, way string) (everact.None, error) {
	l.Caught = way
	if err, ok := seenErrors[way]; ok {
		return everact.None{}, err
	}
	panic(way)
}

func TestDeadlock(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(looping))
	for name, ctx := range map[string]context.Context{"here": context.Background(), "worker": during(t)} {
		text := must(askItself.Ask(ctx, looping.Actor(engine, "a"), everact.None{}))(t)
		if !strings.Contains(text, "Deadlock") || !strings.Contains(text, "loop/a -> loop/a") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestHandlerFailed(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(looping))
	for way, text := range map[string]string{
		"plain":      "it broke",
		"typed":      "fs.PathError: open a: file does not exist",
		"wrapped":    "while reading: open a: file does not exist",
		"ours":       "MailboxFull: The actor's mailbox is full.",
		"on purpose": "panic: on purpose",
	} {
		_, err := failWith.Ask(context.Background(), looping.Actor(engine, "a"), way)
		if !errors.Is(err, everact.ErrHandlerFailed) || err.Error() != "everact: HandlerFailed: "+text {
			t.Errorf("%s: %v", way, err)
		}
	}
}

func TestAnErrorTellsWhatItIs(t *testing.T) {
	var ours *everact.Error
	err := fmt.Errorf("in a caller: %w", everact.ErrMailboxFull)
	if !errors.As(err, &ours) || ours.Code != everact.CodeMailboxFull {
		t.Fatal(err)
	}
	if ours.Name() != "MailboxFull" || ours.Family() != "pressure" || !ours.Retryable() || !strings.Contains(ours.Next(), "retry") {
		t.Errorf("%s %s %v %q", ours.Name(), ours.Family(), ours.Retryable(), ours.Next())
	}
	if everact.Retryable(errors.New("another's")) || errors.Is(everact.ErrClosed, everact.ErrMailboxFull) {
		t.Error("errors are confused")
	}
	if name := everact.Code(1234).String(); name != "Code1234" {
		t.Error(name)
	}
}

// nativeEngine opens an engine below the SDK.
func nativeEngine(t *testing.T) (engine uint64, out []byte) {
	t.Helper()
	if err := native.Load(); err != nil {
		t.Fatal(err)
	}
	out = make([]byte, frame.OutBytesMin)
	engine, result := native.Open([]byte(`{"data":null,"kinds":[]}`), out)
	if result < 0 {
		t.Fatal(result)
	}
	t.Cleanup(func() { native.Free(engine) })
	return engine, out
}

func TestInternal(t *testing.T) {
	engine, out := nativeEngine(t)
	result := native.ProvokePanic(out)
	record, _, err := frame.Next(out)
	if err != nil || result != -int64(everact.CodeInternal) || frame.FailureCode(record) != uint16(everact.CodeInternal) {
		t.Fatalf("%d %v", result, err)
	}
	if text := frame.Text(record); !strings.Contains(text, "provoked") {
		t.Error(text)
	}
	if n := native.Describe(engine, []byte("stats"), out); n <= 0 {
		t.Errorf("the engine answers %d after a panic", n)
	}
}

func TestMalformedFrame(t *testing.T) {
	engine, out := nativeEngine(t)
	for name, commands := range map[string][]byte{
		"no header":     {1, 2, 3},
		"unknown type":  append([]byte{16, 0, 0, 0, 99}, make([]byte, 11)...),
		"past the end":  append([]byte{200, 0, 0, 0, byte(frame.AskType)}, make([]byte, 59)...),
		"too short":     append([]byte{16, 0, 0, 0, byte(frame.AskType)}, make([]byte, 11)...),
		"empty records": make([]byte, 64),
	} {
		n := native.Exchange(engine, commands, out, 1, 0)
		record, _, err := frame.Next(out[:max(n, 0)])
		if err != nil || frame.Type(record) != frame.FailureType || frame.FailureCode(record) != uint16(everact.CodeMalformedFrame) {
			t.Errorf("%s: %d %v", name, n, err)
		}
	}
	if n := native.Describe(engine, []byte("stats"), out); n <= 0 {
		t.Errorf("the engine answers %d after malformed frames", n)
	}
	if n := native.Exchange(engine+1, nil, out, 1, 0); n != -int64(everact.CodeClosed) {
		t.Errorf("an engine that never was answers %d", n)
	}
}
