package main

import (
	"encoding/json"
	"errors"
	"time"

	everact "github.com/everact/everact-go"
)

// serverData is a server as a scenario has it: what it does for what comes.
type serverData struct {
	Trap bool
	Init serverEntry
	On   map[string]serverEntry
}

// serverEntry is what a server does.
type serverEntry struct {
	outcome
	Reply, Release json.RawMessage
	Continue       *string
	Timeout        *int
	Hold, Nonsense bool
}

// server is a server from data.
type server struct {
	Name string
	Data serverData

	world *world
	held  *everact.Asker
}

func (w *world) serverKind() *everact.Kind[server] {
	kind := everact.NewServer[server]("server", everact.WithNew(func() *server { return &server{world: w} }))
	everact.Handle(kind, "call", func(s *server, ctx *everact.Context, text string) (json.RawMessage, error) {
		return s.handle(ctx, "call "+text)
	})
	everact.HandleNoReply(kind, "cast", func(s *server, ctx *everact.Context, text string) error {
		_, err := s.handle(ctx, "cast "+text)
		return err
	})
	everact.HandleNoReply(kind, "info", func(s *server, ctx *everact.Context, text string) error {
		_, err := s.handle(ctx, "info "+text)
		return err
	})
	return kind
}

// Activated is the server's beginning.
func (s *server) Activated(ctx *everact.Context) error {
	s.next(ctx, s.Data.Init)
	return s.world.begin(ctx, s.Name, s.Data.Trap, s.Data.Init.outcome)
}

// next is what the server wants before its next message.
func (s *server) next(ctx *everact.Context, entry serverEntry) {
	switch {
	case entry.Continue != nil:
		ctx.ContinueWith(*entry.Continue)
	case entry.Timeout != nil:
		ctx.IdleTimeout(time.Duration(*entry.Timeout) * time.Millisecond)
	}
}

// handle writes what came, and does what the table says of it.
func (s *server) handle(ctx *everact.Context, line string) (json.RawMessage, error) {
	s.world.write(s.Name, line)
	entry := s.Data.On[line]
	if entry.Crash != "" {
		return nil, errors.New(entry.Crash)
	}
	var asker *everact.Asker
	if !isGiven(entry.Reply) {
		asker = ctx.Defer()
	}
	if entry.Nonsense {
		return nil, asker.Reply(make(chan int))
	}
	if entry.Hold {
		s.held = asker
	}
	if isGiven(entry.Release) {
		if err := s.held.Reply(entry.Release); err != nil {
			return nil, err
		}
	}
	if entry.Stop != "" {
		return entry.Reply, ended(ctx, entry.Stop)
	}
	s.next(ctx, entry)
	return entry.Reply, nil
}

// ended is what a callback returns that ends its process.
func ended(ctx *everact.Context, why string) error {
	if text, crashes := cutError(why); crashes {
		return errors.New(text)
	}
	return ctx.Exit(reason(why))
}

// OnTimeout is a time without a message.
func (s *server) OnTimeout(ctx *everact.Context) error {
	_, err := s.handle(ctx, "timeout")
	return err
}

// OnContinue goes on.
func (s *server) OnContinue(ctx *everact.Context, value json.RawMessage) error {
	var what string
	if err := json.Unmarshal(value, &what); err != nil {
		return err
	}
	_, err := s.handle(ctx, "continue "+what)
	return err
}

// OnExit is the end of another one.
func (s *server) OnExit(ctx *everact.Context, exit everact.Exit) error {
	_, err := s.handle(ctx, s.world.exitLine(exit))
	return err
}

// Terminate is the server's end.
func (s *server) Terminate(_ *everact.Context, why everact.ExitReason) error {
	s.world.write(s.Name, "terminate: "+shown(why))
	if text := s.Data.On["terminate"].Crash; text != "" {
		return errors.New(text)
	}
	return nil
}

// exitLine is an exit as logs have it.
func (w *world) exitLine(exit everact.Exit) string {
	return "exit " + w.nameOfTied(exit.From, exit.Actor) + " " + shown(exit.Reason)
}
