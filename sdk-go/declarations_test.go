package everact_test

// Declarations that cannot be used are refused when an engine opens, by name.

import (
	"math"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

func nothing(*Echo, *everact.Context) error { return nil }

func TestInvalidDeclaration(t *testing.T) {
	twice := everact.NewKind[Echo]("twice")
	everact.HandleNothing(twice, "go", nothing)
	everact.HandleNothing(twice, "go", nothing)
	badHandler := everact.NewKind[Echo]("bad_handler")
	everact.HandleNothing(badHandler, "Go", nothing)
	type unencodable struct{ Answers chan int }
	cases := map[string]struct {
		kind everact.AnyKind
		text string
	}{
		"handler twice":    {twice, "twice: handler go"},
		"handler's name":   {badHandler, "bad_handler"},
		"kind's name":      {everact.NewKind[Echo]("a/b"), "a/b"},
		"no struct":        {everact.NewKind[int]("number"), "number"},
		"not JSON":         {everact.NewKind[unencodable]("chatty"), "chatty"},
		"another's object": {everact.NewKind[Echo]("mixed", everact.WithNew(func() *Airport { return nil })), "mixed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := everact.OpenInMemory(everact.WithKinds(c.kind))
			wants(t, err, everact.ErrInvalidDeclaration, c.text)
		})
	}
}

func TestARetryPolicyThatCannotBeUsedIsInvalidDeclaration(t *testing.T) {
	for field, policies := range map[string][]everact.Retry{
		"attempts_max":  {{AttemptsMax: -1}},
		"first_wait_ms": {{FirstWait: -time.Microsecond}, {FirstWait: 50 * time.Millisecond, WaitMax: 49 * time.Millisecond}},
		"wait_max_ms":   {{WaitMax: -time.Second}, {WaitMax: 50 * 24 * time.Hour}},
		"factor":        {{Factor: 0.5}, {Factor: math.NaN()}, {Factor: math.Inf(1)}},
		"jitter":        {{Jitter: 1.5}, {Jitter: -0.5}, {Jitter: math.NaN()}},
		"not_retried":   {{NotRetried: []string{""}}, {NotRetried: []string{"Full", "Full"}}},
	} {
		for _, policy := range policies {
			kind := everact.NewKind[Echo]("desk")
			everact.HandleNothing(kind, "book", nothing, everact.WithRetry(policy))
			_, err := everact.OpenInMemory(everact.WithKinds(kind))
			wants(t, err, everact.ErrInvalidDeclaration, "desk.book: retry."+field+": ")
		}
	}
}

func TestARetryPolicyAtItsEdgesIsUsed(t *testing.T) {
	kind := everact.NewKind[Echo]("desk")
	everact.HandleNothing(kind, "book", nothing,
		everact.WithRetry(everact.Retry{AttemptsMax: 1, FirstWait: time.Nanosecond, WaitMax: time.Microsecond, Factor: 1, Jitter: 1}))
	// A wait that is not given gives way to the one that is.
	everact.HandleNothing(kind, "first", nothing, everact.WithRetry(everact.Retry{FirstWait: time.Minute}))
	everact.HandleNothing(kind, "longest", nothing, everact.WithRetry(everact.Retry{WaitMax: time.Millisecond}))
	opened(t, "", everact.WithKinds(kind))
}

func TestDuplicateKind(t *testing.T) {
	_, err := everact.OpenInMemory(everact.WithKinds(airport, everact.NewKind[Echo]("airport")))
	wants(t, err, everact.ErrDuplicateKind, "airport")
}

func TestAKindIsNamedAfterItsStruct(t *testing.T) {
	type HTTPServerPool struct{}
	for want, kind := range map[string]interface{ Name() string }{
		"airport":          airport,
		"http_server_pool": everact.NewKind[HTTPServerPool](""),
	} {
		if kind.Name() != want {
			t.Errorf("%s, want %s", kind.Name(), want)
		}
	}
	if landed.Name() != "landed" {
		t.Error(landed.Name())
	}
}

func TestUnknownKindAndHandler(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(airport))
	_, err := everact.Ask[int](during(t), engine.Actor("port", "a"), "landed", 1)
	wants(t, err, everact.ErrUnknownKind, "port")
	_, err = repeat.Ask(during(t), echo.Actor(engine, "a"), nil)
	wants(t, err, everact.ErrUnknownKind, "echo")
	wants(t, everact.Tell(during(t), engine.Actor("airport", "a"), "fly", nil), everact.ErrUnknownHandler, "fly")
	_, err = everact.Ask[int](during(t), everact.Reference{}, "landed", 1)
	wants(t, err, everact.ErrInvalidArgument)
}
