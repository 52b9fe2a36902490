package everact_test

// Event managers.

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	everact "github.com/everact/everact-go"
)

// Landing is an event.
type Landing struct {
	Airport string
	Delay   int
}

// Delays adds delays up.
type Delays struct{ Minutes, Limit int }

func (d *Delays) Init(_ *everact.Context, after *everact.Predecessor) error {
	if d.Limit < 0 {
		return everact.RefuseHandler("no limit")
	}
	if after != nil && after.Result != nil {
		return json.Unmarshal(after.Result, &d.Minutes)
	}
	return nil
}

func (d *Delays) OnEvent(ctx *everact.Context, landing Landing) error {
	d.Minutes += landing.Delay
	switch {
	case landing.Airport == "nowhere":
		return errors.New("no such airport")
	case landing.Airport == "enough":
		ctx.RemoveHandler()
	case landing.Airport == "another":
		ctx.SwapHandler("second", Delays{}, "bye")
	}
	return nil
}

func (d *Delays) OnInfo(_ *everact.Context, message any) error {
	if reset, is := message.(Reset); is {
		d.Minutes = reset.To
	}
	return nil
}

func (d *Delays) OnCall(_ *everact.Context, query json.RawMessage) (any, error) {
	if string(query) == `"fail"` {
		return nil, errors.New("asked to fail")
	}
	return d.Minutes, nil
}

func (d *Delays) Terminate(*everact.Context, everact.HandlerEnd) (any, error) { return d.Minutes, nil }

// Silent has nothing beside OnEvent.
type Silent struct{ Seen int }

func (s *Silent) OnEvent(*everact.Context, Landing) error {
	s.Seen++
	return nil
}

// Reset is a message to the manager.
type Reset struct{ To int }

// owner is a process that supervises a handler.
type owner struct {
	Gone []string
}

func (o *owner) OnHandlerGone(_ *everact.Context, gone everact.HandlerGone) error {
	o.Gone = append(o.Gone, gone.Handler+" "+gone.Reason.String()+gone.ReplacedBy)
	return nil
}

type landings struct {
	kind   *everact.EventManager[Landing]
	owners *everact.Kind[owner]
	own    *everact.Handler[owner, everact.ProcessRef, everact.None]
	gone   *everact.Handler[owner, everact.None, []string]
	engine *everact.Engine
}

func newLandings(t *testing.T) (*landings, everact.ManagerRef[Landing]) {
	t.Helper()
	l := &landings{kind: everact.NewEventManager[Landing]("landings", everact.Messages(Reset{})), owners: everact.NewProcess[owner]("owner")}
	everact.HandleEvents[Delays](l.kind, "")
	everact.HandleEvents[Silent](l.kind, "quiet")
	l.own = everact.HandleNoReply(l.owners, "own", func(_ *owner, ctx *everact.Context, manager everact.ProcessRef) error {
		return l.kind.Manager(ctx, manager).Add(ctx, "owned", &Delays{}, everact.Supervised())
	})
	l.gone = everact.HandleNoMessage(l.owners, "gone", func(o *owner, _ *everact.Context) ([]string, error) { return o.Gone, nil })
	engine, err := everact.OpenInMemory(everact.WithKinds(l.kind, l.owners))
	if err != nil {
		t.Fatal(err)
	}
	l.engine = engine
	t.Cleanup(func() { closed(t, engine) })
	manager, err := l.kind.Spawn(engine)
	if err != nil {
		t.Fatal(err)
	}
	return l, manager
}

func TestHandlersSeeEventsAndAnswer(t *testing.T) {
	_, m := newLandings(t)
	ctx := during(t)
	for id, handler := range map[string]any{"delays": Delays{Minutes: 1}, "silent": &Silent{}} {
		if err := m.Add(ctx, id, handler); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Notify(ctx, Landing{"SFO", 2}); err != nil {
		t.Fatal(err)
	}
	if err := m.SyncNotify(ctx, Landing{"LAX", 3}); err != nil {
		t.Fatal(err)
	}
	if minutes, err := everact.CallHandler[int](ctx, m, "delays", nil); err != nil || minutes != 6 {
		t.Errorf("the handler answers %d, %v", minutes, err)
	}
	if err := everact.TellMessage(ctx, m, Reset{40}); err != nil {
		t.Fatal(err)
	}
	if err := m.Swap(ctx, "delays", "bye", "heir", Delays{}); err != nil {
		t.Fatal(err)
	}
	if result, err := m.Remove(ctx, "heir", nil); err != nil || string(result) != "40" {
		t.Errorf("the heir leaves %s, %v", result, err)
	}
	if handlers, err := m.Handlers(ctx); err != nil || !slices.Equal(handlers, []string{"silent"}) {
		t.Errorf("the handlers are %q, %v", handlers, err)
	}
}

func TestAManagerSaysWhatItCannotDo(t *testing.T) {
	_, m := newLandings(t)
	ctx := during(t)
	if err := m.Add(ctx, "a", Delays{}); err != nil {
		t.Fatal(err)
	}
	_, unknown := m.Remove(ctx, "b", nil)
	_, failed := everact.CallHandler[int](ctx, m, "a", "fail")
	for problem, err := range map[everact.HandlerProblem]error{
		everact.NoSuchHandler: unknown, everact.HandlerCallbackFailed: failed,
		everact.HandlerRefused: m.Add(ctx, "c", Delays{Limit: -1}),
	} {
		answer := everact.AsEventHandlerError(err)
		if answer == nil || !errors.Is(err, &everact.EventHandlerError{Why: problem}) {
			t.Errorf("%s is %v", problem, err)
			continue
		}
		var reason string
		if problem == everact.HandlerRefused && (!answer.Reason.Detail(&reason) || reason != "no limit") {
			t.Errorf("the handler was refused with %v", answer.Reason)
		}
		if problem == everact.HandlerCallbackFailed && answer.Reason.Text != "asked to fail" {
			t.Errorf("the handler has failed with %+v", answer.Reason)
		}
	}
	if err := m.Add(ctx, "d", Silent{}); err != nil {
		t.Fatal(err)
	}
	if err := m.Add(ctx, "d", Silent{}); !errors.Is(err, &everact.EventHandlerError{Why: everact.HandlerAlreadyThere}) {
		t.Errorf("an id that is in use is %v", err)
	}
	for _, handler := range []any{nil, 12, Landing{}, (*Delays)(nil)} {
		if err := m.Add(ctx, "e", handler); !errors.Is(err, everact.ErrInvalidArgument) {
			t.Errorf("the handler %T is %v", handler, err)
		}
	}
	if err := m.Add(ctx, "e", Silent{}, everact.Supervised()); !errors.Is(err, everact.ErrInvalidArgument) {
		t.Errorf("a handler that nobody supervises is %v", err)
	}
	if err := m.Stop(ctx, everact.Normal); err != nil {
		t.Fatal(err)
	}
	if err := m.Notify(ctx, Landing{}); err != nil {
		t.Errorf("an event for the dead is %v", err)
	}
	if err := m.SyncNotify(ctx, Landing{}); !errors.Is(err, everact.ErrNoProcess) {
		t.Errorf("to wait for the dead is %v", err)
	}
}

func TestAFailedHandlerIsGoneAndItsOwnerKnows(t *testing.T) {
	l, m := newLandings(t)
	ctx := during(t)
	for _, of := range []struct{ airport, gone string }{{"nowhere", "owned no such airport"}, {"enough", "owned normal"}, {"another", "owned normalsecond"}} {
		process, err := l.owners.Spawn(l.engine, owner{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.own.Ask(ctx, process, m.Process()); err != nil {
			t.Fatal(err)
		}
		if err := m.SyncNotify(ctx, Landing{Airport: of.airport}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the owner is not told that "+of.gone, func() bool {
			gone, err := l.gone.Ask(ctx, process, everact.None{})
			return err == nil && slices.Equal(gone, []string{of.gone})
		})
	}
	if handlers, err := m.Handlers(ctx); err != nil || slices.Contains(handlers, "owned") || !m.IsAlive() {
		t.Errorf("the handlers are %q, %v", handlers, err)
	}
}

func TestTheStateOfAManagerIsThatOfItsHandlers(t *testing.T) {
	l, m := newLandings(t)
	ctx := during(t)
	if err := m.Add(ctx, "a", Delays{Minutes: 4}); err != nil {
		t.Fatal(err)
	}
	state, err := l.engine.State(ctx, m)
	if err != nil || string(state) != `{"a":{"type":"delays","argument":{"Minutes":4,"Limit":0}}}` {
		t.Errorf("the state is %s, %v", state, err)
	}
}

func TestHandlersOfManagersAreDeclared(t *testing.T) {
	twice := everact.NewEventManager[Landing]("twice")
	everact.HandleEvents[Silent](twice, "a")
	everact.HandleEvents[Silent](twice, "b")
	named := everact.NewEventManager[Landing]("named")
	everact.HandleEvents[Silent](named, "No Name")
	for _, kind := range []everact.AnyKind{twice, named} {
		if _, err := everact.OpenInMemory(everact.WithKinds(kind)); !errors.Is(err, everact.ErrInvalidDeclaration) {
			t.Errorf("it is %v", err)
		}
	}
}
