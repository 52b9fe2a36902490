package everact_test

// What a handler gets from its context: who it is, the recorded time and randomness, messages to others.

import (
	"context"
	"regexp"
	"testing"
	"time"

	everact "github.com/everact/everact-go"
)

// observed is what a turn saw.
type observed struct {
	Kind, Key, Sender string
	Revision          uint64
	Before, After     time.Time
	IDs               []string
	Randoms           []float64
	HasDeadline       bool
}

// observer looks around and passes messages on.
type observer struct {
	Seen []string `json:"seen"`
}

var (
	observers = everact.NewKind[observer]("observer")
	observe   = everact.HandleNoMessage(observers, "observe", func(o *observer, ctx *everact.Context) (observed, error) {
		before := ctx.Now()
		time.Sleep(2 * time.Millisecond)
		o.Seen = append(o.Seen, "itself")
		_, hasDeadline := ctx.Deadline()
		return observed{
			Kind: ctx.Kind(), Key: ctx.Key(), Revision: ctx.Revision(), Before: before, After: ctx.Now(),
			IDs: []string{ctx.NewID(), ctx.NewID()}, Randoms: []float64{ctx.Random(), ctx.Random()}, HasDeadline: hasDeadline,
		}, nil
	})
	note = everact.HandleNothing(observers, "note", func(o *observer, ctx *everact.Context) error {
		from := "nobody"
		if sender, ok := ctx.Sender(); ok {
			from = sender.String()
		}
		o.Seen = append(o.Seen, from)
		return nil
	})
	greet = everact.Handle(observers, "greet", func(_ *observer, ctx *everact.Context, keys []string) (everact.None, error) {
		for _, key := range keys {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			if err := note.Tell(derived, observers.Actor(ctx, key), everact.None{}); err != nil {
				return everact.None{}, err
			}
			if err := everact.Tell(ctx, ctx.Actor("observer", key), "note", nil); err != nil {
				return everact.None{}, err
			}
		}
		return everact.None{}, nil
	})
	seen = everact.HandleNoMessage(observers, "seen", func(o *observer, _ *everact.Context) ([]string, error) {
		return o.Seen, nil
	}, everact.ReadOnly())
	escaped  = make(chan *everact.Context, 1)
	letItOut = everact.HandleNothing(observers, "let_it_out", func(_ *observer, ctx *everact.Context) error {
		escaped <- ctx
		return nil
	})
)

func TestAHandlerSeesItsTurn(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(observers))
	first := must(observe.Ask(context.Background(), observers.Actor(engine, "a"), everact.None{}))(t)
	second := must(observe.Ask(during(t), observers.Actor(engine, "a"), everact.None{}))(t)
	for i, o := range []observed{first, second} {
		if o.Kind != "observer" || o.Key != "a" || o.Revision != uint64(i) || !o.HasDeadline {
			t.Errorf("%+v", o)
		}
		if !o.Before.Equal(o.After) || time.Since(o.Before) > time.Minute {
			t.Errorf("time moved from %v to %v", o.Before, o.After)
		}
		for _, id := range o.IDs {
			if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
				t.Error(id)
			}
		}
		for _, random := range o.Randoms {
			if random < 0 || random >= 1 {
				t.Error(random)
			}
		}
	}
	if first.IDs[0] == first.IDs[1] || first.IDs[0] == second.IDs[0] || first.Randoms[0] == second.Randoms[0] {
		t.Errorf("%+v %+v", first, second)
	}
}

func TestTellsLeaveWithTheTurnAndNameTheirSender(t *testing.T) {
	engine := opened(t, t.TempDir(), everact.WithKinds(observers))
	if err := note.Tell(during(t), observers.Actor(engine, "b"), everact.None{}); err != nil {
		t.Fatal(err)
	}
	must(greet.Ask(during(t), observers.Actor(engine, "a"), []string{"b", "c"}))(t)
	for key, want := range map[string]int{"b": 3, "c": 2} {
		var got []string
		waitFor(t, func() bool {
			got = must(seen.Ask(during(t), observers.Actor(engine, key), everact.None{}))(t)
			return len(got) == want
		})
		if got[len(got)-1] != "observer/a" {
			t.Errorf("%s: %v", key, got)
		}
	}
}

func TestAContextThatOutlivesItsTurnIsDone(t *testing.T) {
	engine := opened(t, "", everact.WithKinds(observers))
	must(letItOut.Ask(context.Background(), observers.Actor(engine, "a"), everact.None{}))(t)
	ctx := <-escaped
	<-ctx.Done()
	if ctx.Err() == nil {
		t.Error("a context whose turn is over has no error")
	}
	wants(t, note.Tell(ctx, observers.Actor(engine, "b"), everact.None{}), everact.ErrInvalidArgument, "over")
}
