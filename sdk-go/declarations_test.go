package reenact_test

// Declarations that cannot be used are refused when an engine opens, by name.

import (
	"testing"

	reenact "github.com/reenact/reenact-go"
)

func nothing(*Echo, *reenact.Context) error { return nil }

func TestInvalidDeclaration(t *testing.T) {
	twice := reenact.NewKind[Echo]("twice")
	reenact.HandleNothing(twice, "go", nothing)
	reenact.HandleNothing(twice, "go", nothing)
	badHandler := reenact.NewKind[Echo]("bad_handler")
	reenact.HandleNothing(badHandler, "Go", nothing)
	type unencodable struct{ Answers chan int }
	cases := map[string]struct {
		kind reenact.AnyKind
		text string
	}{
		"handler twice":    {twice, "twice: handler go"},
		"handler's name":   {badHandler, "bad_handler"},
		"kind's name":      {reenact.NewKind[Echo]("a/b"), "a/b"},
		"no struct":        {reenact.NewKind[int]("number"), "number"},
		"not JSON":         {reenact.NewKind[unencodable]("chatty"), "chatty"},
		"another's object": {reenact.NewKind[Echo]("mixed", reenact.WithNew(func() *Airport { return nil })), "mixed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := reenact.OpenInMemory(reenact.WithKinds(c.kind))
			wants(t, err, reenact.ErrInvalidDeclaration, c.text)
		})
	}
}

func TestDuplicateKind(t *testing.T) {
	_, err := reenact.OpenInMemory(reenact.WithKinds(airport, reenact.NewKind[Echo]("airport")))
	wants(t, err, reenact.ErrDuplicateKind, "airport")
}

func TestAKindIsNamedAfterItsStruct(t *testing.T) {
	type HTTPServerPool struct{}
	for want, kind := range map[string]interface{ Name() string }{
		"airport":          airport,
		"http_server_pool": reenact.NewKind[HTTPServerPool](""),
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
	engine := opened(t, "", reenact.WithKinds(airport))
	_, err := reenact.Ask[int](during(t), engine.Actor("port", "a"), "landed", 1)
	wants(t, err, reenact.ErrUnknownKind, "port")
	_, err = repeat.Ask(during(t), echo.Actor(engine, "a"), nil)
	wants(t, err, reenact.ErrUnknownKind, "echo")
	wants(t, reenact.Tell(during(t), engine.Actor("airport", "a"), "fly", nil), reenact.ErrUnknownHandler, "fly")
	_, err = reenact.Ask[int](during(t), reenact.Reference{}, "landed", 1)
	wants(t, err, reenact.ErrInvalidArgument)
}
