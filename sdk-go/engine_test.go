package everact_test

// The thin path through all layers: open, ask, durable state, restart; and how engines open and close.

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// Airport is the actor of most tests here.
type Airport struct {
	Flights     int `json:"flights"`
	MinutesLate int `json:"minutes_late"`
}

func (a *Airport) Landed(_ *everact.Context, delay int) (float64, error) {
	a.Flights++
	a.MinutesLate += max(delay, 0)
	return float64(a.MinutesLate) / float64(a.Flights), nil
}

func (a *Airport) LandedThenFail(ctx *everact.Context, delay int) (float64, error) {
	if _, err := a.Landed(ctx, delay); err != nil {
		return 0, err
	}
	return 0, errors.New("no gate is free")
}

func (a *Airport) Count(_ *everact.Context) (int, error) { return a.Flights, nil }

var (
	airport        = everact.NewKind[Airport]("")
	landed         = everact.Handle(airport, "landed", (*Airport).Landed)
	landedThenFail = everact.Handle(airport, "landed_then_fail", (*Airport).LandedThenFail)
	count          = everact.HandleNoMessage(airport, "count", (*Airport).Count, everact.ReadOnly())
)

// opened gives an engine that is closed when the test ends.
func opened(t testing.TB, folder string, options ...everact.Option) *everact.Engine {
	t.Helper()
	engine, err := everact.Open(folder, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// must fails the test on an error.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// wants fails the test unless err is the error of the table and holds the texts.
func wants(t testing.TB, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Fatalf("%q does not name %q", err, text)
		}
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	ctx, folder := context.Background(), t.TempDir()
	for round := 1; round <= 3; round++ {
		engine, err := everact.Open(folder, everact.WithKinds(airport))
		if err != nil {
			t.Fatal(err)
		}
		mean := must(landed.Ask(ctx, airport.Actor(engine, "SFO"), 12))(t)
		if mean != 12 {
			t.Errorf("round %d: mean %v", round, mean)
		}
		if flights := must(count.Ask(ctx, airport.Actor(engine, "SFO"), everact.None{}))(t); flights != round {
			t.Errorf("round %d: %d flights", round, flights)
		}
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFailedTurnChangesNothing(t *testing.T) {
	ctx := context.Background()
	sfo := airport.Actor(opened(t, t.TempDir(), everact.WithKinds(airport)), "SFO")
	must(landed.Ask(ctx, sfo, 10))(t)
	_, err := landedThenFail.Ask(ctx, sfo, 30)
	wants(t, err, everact.ErrHandlerFailed, "no gate is free")
	if mean := must(landed.Ask(ctx, sfo, 20))(t); mean != 15 {
		t.Errorf("mean %v after a failed turn", mean)
	}
}

func TestASecondOpenNamesTheHolder(t *testing.T) {
	folder := t.TempDir()
	opened(t, folder)
	_, err := everact.Open(folder)
	wants(t, err, everact.ErrDataLocked, "pid")
}

func TestAClosedEngineAnswersClosed(t *testing.T) {
	engine := must(everact.OpenInMemory(everact.WithKinds(airport)))(t)
	sfo := airport.Actor(engine, "SFO")
	must(landed.Ask(context.Background(), sfo, 1))(t)
	for range 2 {
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := landed.Ask(context.Background(), sfo, 1)
	wants(t, err, everact.ErrClosed)
	_, err = engine.Stats()
	wants(t, err, everact.ErrClosed)
}

func TestShutdownWaitsForWorkUntilItsContextIsDone(t *testing.T) {
	engine := must(everact.OpenInMemory(everact.WithKinds(waiter)))(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	gates.Store(t.Name(), gate{entered, leave})
	pending := pass.Start(context.Background(), waiter.Actor(engine, "a"), t.Name())
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := engine.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	_, err := pending.Wait(context.Background())
	wants(t, err, everact.ErrClosed)
	close(leave)
}

func TestATurnThatOutlivesTheEngineSeesItsContextDone(t *testing.T) {
	for name, ctx := range map[string]context.Context{"here": context.Background(), "worker": during(t)} {
		engine := must(everact.Open(t.TempDir(), everact.WithKinds(waiter)))(t)
		g := gate{make(chan struct{}), make(chan struct{}, 1)}
		gates.Store(t.Name(), g)
		ended := make(chan error)
		go func() {
			_, err := passUnlessCancelled.Ask(ctx, waiter.Actor(engine, "a"), t.Name())
			ended <- err
		}()
		<-g.entered
		brief, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		if err := engine.Shutdown(brief); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, everact.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
		<-g.leave
	}
}

func TestOptionsReachTheCore(t *testing.T) {
	_, err := everact.OpenInMemory(everact.WithSettings(map[string]any{"shards": 65}))
	wants(t, err, everact.ErrInvalidConfiguration, "shards")
	_, err = everact.OpenInMemory(everact.WithSettings(map[string]any{"shard": 1}))
	wants(t, err, everact.ErrInvalidConfiguration, "shard")
	engine := opened(t, "", everact.WithKinds(echo), everact.Options{MessageBytesMax: 100})
	_, err = repeat.Ask(context.Background(), echo.Actor(engine, "a"), make([]byte, 101))
	wants(t, err, everact.ErrTooLarge, "100")
}

func TestEnvironmentFillsWhatIsNotSet(t *testing.T) {
	t.Setenv("EVERACT_SHARDS", "many")
	_, err := everact.OpenInMemory()
	wants(t, err, everact.ErrInvalidConfiguration, "EVERACT_SHARDS")
	opened(t, "", everact.Options{Shards: 2})
}

func TestTheCoresDiagnosticsReachTheLoggerWithTheirFields(t *testing.T) {
	var log lockedBuffer
	handler := slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 4})
	options := []everact.Option{everact.WithKinds(airport), everact.WithLogger(slog.New(handler)), everact.Options{LogLevel: "trace"}}
	engine, key := opened(t, "", options...), "S F=\"O\"\n"
	must(landed.Ask(context.Background(), airport.Actor(engine, key), 1))(t)
	wanted := map[string]map[string]any{
		"engine.open": {"level": "INFO", "data": "(memory)", "kinds": 1.0, "system": "(memory)"},
		"turn.start":  {"level": "DEBUG-4", "kind": "airport", "key": key, "handler": "landed", "system": "(memory)"},
		"turn.end":    {"level": "DEBUG-4", "outcome": "ok", "changed": true, "tells": 0.0},
	}
	for end := time.Now().Add(10 * time.Second); len(wanted) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log has no %v: %s", wanted, log.String())
		}
		for _, line := range strings.Split(log.String(), "\n") {
			var said map[string]any
			if json.Unmarshal([]byte(line), &said) != nil {
				continue // the last one is being written
			}
			event, _ := said["msg"].(string)
			for name, value := range wanted[event] {
				if said[name] != value {
					t.Fatalf("%s is %v instead of %v: %s", name, said[name], value, line)
				}
			}
			delete(wanted, event)
		}
	}
}

func TestStatsCount(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(airport))
	for _, key := range []string{"SFO", "LAX", "SFO"} {
		must(landed.Ask(context.Background(), airport.Actor(engine, key), 1))(t)
	}
	if stats := must(engine.Stats())(t); stats.Activations != 2 || stats.Turns != 3 {
		t.Errorf("%+v", stats)
	}
}

func TestBackupAndRestore(t *testing.T) {
	ctx, folders := context.Background(), t.TempDir()
	engine := opened(t, folders+"/data", everact.WithKinds(airport))
	must(landed.Ask(ctx, airport.Actor(engine, "SFO"), 1))(t)
	if err := engine.Backup(folders + "/copy"); err != nil {
		t.Fatal(err)
	}
	must(landed.Ask(ctx, airport.Actor(engine, "SFO"), 1))(t)
	if err := everact.Restore(folders+"/copy", folders+"/again"); err != nil {
		t.Fatal(err)
	}
	again := opened(t, folders+"/again", everact.WithKinds(airport))
	if flights := must(count.Ask(ctx, airport.Actor(again, "SFO"), everact.None{}))(t); flights != 1 {
		t.Errorf("%d flights in the restored data", flights)
	}
	wants(t, everact.Restore(folders+"/copy", folders+"/data"), everact.ErrInvalidArgument)
}

// during is a context that can be cancelled and lasts as long as the test: asks with it run on a goroutine of the engine.
func during(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx
}
