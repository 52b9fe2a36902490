package main

// The catalogue of actors, part 6: application errors, callers, handlers that are not for everybody; and told messages that fail.

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// SeatTaken is an application error.
type SeatTaken struct {
	Seat string `json:"seat"`
	Row  int    `json:"row"`
}

func (e SeatTaken) Error() string { return "seat " + e.Seat + " is taken" }

var _ = everact.RegisterError[SeatTaken]("seat_taken", everact.Status(409))

// Guarded has no state.
type Guarded struct{}

var (
	guarded = everact.NewKind[Guarded]("guarded", everact.Transient(), everact.Exposed())
	secret  = everact.HandleNoMessage(guarded, "secret", func(*Guarded, *everact.Context) (string, error) { return "secret", nil }, everact.Internal())
	caller  = everact.HandleNoMessage(guarded, "caller", func(_ *Guarded, ctx *everact.Context) (any, error) {
		who, ok := ctx.Caller()
		if !ok {
			return nil, nil
		}
		return who, nil
	})
	book = everact.HandleNoReply(guarded, "book", func(_ *Guarded, _ *everact.Context, wish SeatTaken) error { return wish })
)

func init() {
	inner := func(ctx *everact.Context) everact.Ref[Guarded] { return guarded.Actor(ctx, "inner") }
	everact.HandleNoMessage(guarded, "through", func(_ *Guarded, ctx *everact.Context) (string, error) {
		return secret.Ask(ctx, inner(ctx), everact.None{})
	})
	everact.HandleNoMessage(guarded, "caller_through", func(_ *Guarded, ctx *everact.Context) (any, error) {
		return caller.Ask(ctx, inner(ctx), everact.None{})
	})
	everact.HandleNoMessage(guarded, "metadata", func(_ *Guarded, ctx *everact.Context) (map[string]string, error) {
		all := map[string]string{}
		for name := range ctx.Metadata() {
			all[name] = ctx.Metadata().Get(name)
		}
		return all, nil
	})
	everact.HandleNoReply(guarded, "book_through", func(_ *Guarded, ctx *everact.Context, wish SeatTaken) error {
		_, err := book.Ask(ctx, inner(ctx), wish)
		return err
	})
	everact.Handle(guarded, "book_catching", func(_ *Guarded, ctx *everact.Context, wish SeatTaken) (string, error) {
		var taken SeatTaken
		if _, err := book.Ask(ctx, inner(ctx), wish); !errors.As(err, &taken) {
			return "", fmt.Errorf("no SeatTaken: %w", err)
		}
		return fmt.Sprintf("%s in row %d", taken.Seat, taken.Row), nil
	})
	everact.HandleNothing(guarded, "book_undeclared", func(*Guarded, *everact.Context) error {
		return everact.Refuse("no_such_show", "no such show", everact.Status(404), everact.Details(map[string]any{"show": "hamlet", "seats": []int{1, 2}}))
	})
	everact.HandleNothing(guarded, "book_huge", func(*Guarded, *everact.Context) error { return SeatTaken{strings.Repeat("x", 100_000), 1} })
	everact.HandleNothing(guarded, "book_badly", func(*Guarded, *everact.Context) error { return SeatTaken{"\xff", 1} })
}

// Hopeless is an error that is not worth another attempt.
type Hopeless struct{ Message string }

func (h Hopeless) Error() string { return "broken: " + h.Message }

// Collector takes what it is told, or does not.
type Collector struct {
	Entries []string `json:"entries"`
}

var collector = everact.NewKind[Collector]("collector", everact.Exposed())

// declareTake declares a handler that fails on bad messages until switch repaired is on.
func declareTake(name string, fail func(message string) error, options ...everact.HandlerOption) {
	everact.HandleNoReply(collector, name, func(c *Collector, _ *everact.Context, message string) error {
		note("take " + message)
		if strings.HasPrefix(message, "bad") && !isOn("repaired") {
			return fail(message)
		}
		c.Entries = append(c.Entries, message)
		return nil
	}, options...)
}

func init() {
	broken := func(message string) error { return errors.New("broken: " + message) }
	policy := everact.Retry{AttemptsMax: 3, FirstWait: 20 * time.Millisecond, WaitMax: 40 * time.Millisecond, Factor: 2}
	held, patient, hopeless := policy, everact.Retry{AttemptsMax: 100, FirstWait: soon / 3, WaitMax: soon / 3, Factor: 1}, policy
	held.Hold, hopeless.NotRetried = true, []string{"main.Hopeless"}
	declareTake("take", broken, everact.WithRetry(policy))
	declareTake("take_held", broken, everact.WithRetry(held))
	declareTake("take_patiently", broken, everact.WithRetry(patient))
	declareTake("take_hopeless", func(message string) error { return Hopeless{message} }, everact.WithRetry(hopeless))
	declareTake("take_by_default", broken)
	everact.HandleNoReply(collector, "refuse", func(_ *Collector, _ *everact.Context, message string) error {
		note("take " + message)
		return SeatTaken{message, 1}
	}, everact.WithRetry(policy))
	everact.HandleNothing(collector, "take_metadata", func(c *Collector, ctx *everact.Context) error {
		c.Entries = append(c.Entries, ctx.Metadata().Get("x-trip"))
		return nil
	})
	everact.HandleNoReply(collector, "fall", func(c *Collector, _ *everact.Context, message string) error {
		if isOn("falls") {
			os.Exit(3)
		}
		c.Entries = append(c.Entries, message)
		return nil
	})
	everact.HandleNoMessage(collector, "entries", func(c *Collector, _ *everact.Context) ([]string, error) { return c.Entries, nil }, everact.ReadOnly())
}

type delivery struct {
	To      string   `json:"to"`
	Handler string   `json:"handler"`
	Texts   []string `json:"texts"`
}

type tripDelivery struct {
	To   string `json:"to"`
	Trip string `json:"trip"`
}

func init() {
	everact.Handle(courier, "deliver", func(c *Courier, ctx *everact.Context, d delivery) (int, error) {
		for _, text := range d.Texts {
			if err := everact.Tell(ctx, ctx.Actor("collector", d.To), d.Handler, text); err != nil {
				return 0, err
			}
		}
		c.Sent += len(d.Texts)
		return c.Sent, nil
	})
	everact.HandleNoReply(courier, "deliver_metadata", func(_ *Courier, ctx *everact.Context, d tripDelivery) error {
		return everact.Tell(ctx, ctx.Actor("collector", d.To), "take_metadata", nil, everact.WithMetadata(everact.Metadata{"x-trip": {d.Trip}}))
	})
	declareCourier("post", func(c *Courier, ctx *everact.Context, p parcel) error {
		for range p.Count {
			if err := everact.Tell(ctx, ctx.Actor("edition", p.To), "add", p.Amount); err != nil {
				return err
			}
		}
		c.Sent += p.Count
		return nil
	})
	declareCourier("post_behind", func(c *Courier, ctx *everact.Context, p parcel) error {
		c.Sent++
		return everact.Tell(ctx, ctx.Actor("edition", p.To), "add_behind", addBehind{1, p.Gate})
	})
}
