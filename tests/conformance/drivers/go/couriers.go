package main

// The catalogue of actors, part 2: those that send to others, come and go, or only answer.

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	everact "github.com/everact/everact-go"
)

// Courier sends.
type Courier struct {
	Sent int `json:"sent"`
}

// parcel is the message of all of a courier's handlers that take one; each uses what it needs.
type parcel struct {
	To     string `json:"to"`
	Amount int    `json:"amount,omitempty"`
	Gate   string `json:"gate,omitempty"`
	Count  int    `json:"count,omitempty"`
	Prefix string `json:"prefix,omitempty"`
}

var courier = everact.NewKind[Courier]("courier", everact.Exposed())

// send tells a counter so many times.
func (c *Courier) send(ctx *everact.Context, p parcel, count int) error {
	for range count {
		if err := counterAdd.Tell(ctx, counter.Actor(ctx, p.To), p.Amount); err != nil {
			return err
		}
	}
	c.Sent += count
	return nil
}

func declareCourier(name string, handle func(*Courier, *everact.Context, parcel) error) {
	everact.Handle(courier, name, func(c *Courier, ctx *everact.Context, p parcel) (int, error) {
		err := handle(c, ctx, p)
		return c.Sent, err
	})
}

func init() {
	declareCourier("send", func(c *Courier, ctx *everact.Context, p parcel) error { return c.send(ctx, p, 1) })
	declareCourier("send_then_fail", func(c *Courier, ctx *everact.Context, p parcel) error {
		return errors.Join(c.send(ctx, p, 1), errBoom)
	})
	declareCourier("send_slowly", func(c *Courier, ctx *everact.Context, p parcel) error {
		if err := c.send(ctx, p, 1); err != nil {
			return err
		}
		return passGate(ctx, p.Gate)
	})
	declareCourier("send_many", func(c *Courier, ctx *everact.Context, p parcel) error { return c.send(ctx, p, p.Count) })
	declareCourier("write_many", func(c *Courier, ctx *everact.Context, p parcel) error {
		for i := range p.Count {
			if err := journalAppend.Tell(ctx, journal.Actor(ctx, p.To), fmt.Sprint(p.Prefix, i)); err != nil {
				return err
			}
		}
		c.Sent += p.Count
		return nil
	})
	everact.HandleNoReply(courier, "sign", func(_ *Courier, ctx *everact.Context, key string) error {
		return journalSigned.Tell(ctx, journal.Actor(ctx, key), everact.None{})
	})
	everact.HandleNoReply(courier, "tell_scratch", func(_ *Courier, ctx *everact.Context, p parcel) error {
		return scratchAdd.Tell(ctx, scratch.Actor(ctx, p.To), p.Amount)
	})
	declareCourierAsks()
}

func declareCourierAsks() {
	everact.Handle(courier, "ask", func(c *Courier, ctx *everact.Context, p parcel) (int, error) {
		answer, err := counterAdd.Ask(ctx, counter.Actor(ctx, p.To), p.Amount)
		c.Sent++
		return answer, err
	})
	everact.Handle(courier, "ask_failing", func(c *Courier, ctx *everact.Context, p parcel) (string, error) {
		_, err := everact.Ask[int](ctx, ctx.Actor("counter", p.To), "add_then_fail", 1)
		c.Sent++
		var ours *everact.Error
		if errors.As(err, &ours) {
			return ours.Name(), nil
		}
		return "", err
	})
	everact.Handle(courier, "ask_slowly", func(c *Courier, ctx *everact.Context, p parcel) (int, error) {
		return everact.Ask[int](ctx, ctx.Actor("counter", p.To), "add_slowly", addSlowly{1, p.Gate})
	})
	everact.HandleNoMessage(courier, "sent", func(c *Courier, _ *everact.Context) (int, error) { return c.Sent, nil }, everact.ReadOnly())
}

// Sleeper counts its comings and goings.
type Sleeper struct {
	Value        int `json:"value"`
	Activations  int `json:"activations"`
	Passivations int `json:"passivations"`
}

// Activated is the hook.
func (s *Sleeper) Activated(ctx *everact.Context) error {
	s.Activations++
	note("activated " + ctx.Address().String())
	return nil
}

// Passivating is the hook.
func (s *Sleeper) Passivating(ctx *everact.Context) error {
	s.Passivations++
	note("passivating " + ctx.Address().String())
	return nil
}

// Nap is a Sleeper without a memory.
type Nap struct {
	Value int `json:"value"`
}

// Passivating is the hook.
func (n *Nap) Passivating(ctx *everact.Context) error {
	note("passivating " + ctx.Address().String())
	return nil
}

const soon = 150 * time.Millisecond

var (
	sleeper = everact.NewKind[Sleeper]("sleeper", everact.IdleTimeout(soon), everact.Exposed())
	nap     = everact.NewKind[Nap]("nap", everact.Transient(), everact.IdleTimeout(soon), everact.Exposed())
)

func init() {
	everact.Handle(sleeper, "add", func(s *Sleeper, _ *everact.Context, amount int) (int, error) {
		s.Value += amount
		return s.Value, nil
	})
	everact.HandleNoMessage(sleeper, "report", func(s *Sleeper, _ *everact.Context) (Sleeper, error) { return *s, nil }, everact.ReadOnly())
	everact.HandleNothing(sleeper, "leave", func(_ *Sleeper, ctx *everact.Context) error {
		ctx.Passivate()
		return nil
	})
	everact.Handle(nap, "add", func(n *Nap, _ *everact.Context, amount int) (int, error) {
		n.Value += amount
		return n.Value, nil
	})
	everact.HandleNoMessage(nap, "get", func(n *Nap, _ *everact.Context) (int, error) { return n.Value, nil }, everact.ReadOnly())
}

// Echo has no state.
type Echo struct{}

type person struct {
	Name string   `json:"name"`
	Age  int      `json:"age"`
	Tags []string `json:"tags"`
	Home struct {
		Zip int `json:"zip"`
	} `json:"home"`
}

var echo = everact.NewKind[Echo]("echo", everact.Transient(), everact.Exposed())

func init() {
	everact.Handle(echo, "echo", func(_ *Echo, _ *everact.Context, m json.RawMessage) (json.RawMessage, error) { return m, nil })
	everact.Handle(echo, "bytes", func(_ *Echo, _ *everact.Context, m []byte) ([]byte, error) { return m, nil })
	everact.Handle(echo, "make", func(_ *Echo, _ *everact.Context, n int) ([]byte, error) { return bytePattern(n), nil })
	everact.Handle(echo, "greet", func(_ *Echo, _ *everact.Context, p person) (string, error) {
		note("greet")
		return fmt.Sprintf("%s is %d", p.Name, p.Age), nil
	})
	everact.HandleNothing(echo, "nothing", func(*Echo, *everact.Context) error { return nil })
	everact.HandleNoMessage(echo, "address", func(_ *Echo, ctx *everact.Context) (string, error) { return ctx.Address().String(), nil })
	everact.HandleNoReply(echo, "fail", func(_ *Echo, _ *everact.Context, text string) error { return errors.New(text) })
	everact.HandleNoReply(echo, "spin", func(_ *Echo, _ *everact.Context, ms int) error {
		for until := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(until); {
		}
		return nil
	})
}

// Dice rolls what the context gives.
type Dice struct {
	Rolls int `json:"rolls"`
}

type roll struct {
	NowBefore int64     `json:"now_before"`
	IDs       []string  `json:"ids"`
	Randoms   []float64 `json:"randoms"`
	NowAfter  int64     `json:"now_after"`
	Rolls     int       `json:"rolls"`
}

var dice = everact.NewKind[Dice]("dice", everact.Exposed())

func init() {
	everact.HandleNoMessage(dice, "roll", func(d *Dice, ctx *everact.Context) (roll, error) {
		d.Rolls++
		r := roll{NowBefore: ctx.Now().UnixMilli(), Rolls: d.Rolls}
		r.IDs = []string{ctx.NewID(), ctx.NewID()}
		r.Randoms = []float64{ctx.Random(), ctx.Random()}
		time.Sleep(20 * time.Millisecond)
		r.NowAfter = ctx.Now().UnixMilli()
		return r, nil
	})
}

// catalogue is every kind, as a release registers them.
func catalogue(number int) []everact.AnyKind {
	return append([]everact.AnyKind{
		counter, scratch, journal, courier, link, sleeper, nap,
		narrowReject, narrowOldest, narrowWait, echo, dice,
		culprit, brittle, moody, typed, record, guarded, collector, cruncher,
	}, release(number)...)
}

var (
	narrowReject = narrow("narrow", everact.Reject)
	narrowOldest = narrow("narrow_oldest", everact.DropOldest)
	narrowWait   = narrow("narrow_wait", everact.Wait)
)
