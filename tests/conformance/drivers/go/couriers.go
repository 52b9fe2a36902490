package main

// The catalogue of actors, part 2: those that send to others, come and go, or only answer.

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	reenact "github.com/reenact/reenact-go"
)

// Courier sends.
type Courier struct {
	Sent int `json:"sent"`
}

// parcel is the message of all of a courier's handlers that take one; each uses what it needs.
type parcel struct {
	To     string `json:"to"`
	Amount int    `json:"amount"`
	Gate   string `json:"gate"`
	Count  int    `json:"count"`
	Prefix string `json:"prefix"`
}

var courier = reenact.NewKind[Courier]("courier")

// send tells a counter so many times.
func (c *Courier) send(ctx *reenact.Context, p parcel, count int) error {
	for range count {
		if err := counterAdd.Tell(ctx, counter.Actor(ctx, p.To), p.Amount); err != nil {
			return err
		}
	}
	c.Sent += count
	return nil
}

func declareCourier(name string, handle func(*Courier, *reenact.Context, parcel) error) {
	reenact.Handle(courier, name, func(c *Courier, ctx *reenact.Context, p parcel) (int, error) {
		err := handle(c, ctx, p)
		return c.Sent, err
	})
}

func init() {
	declareCourier("send", func(c *Courier, ctx *reenact.Context, p parcel) error { return c.send(ctx, p, 1) })
	declareCourier("send_then_fail", func(c *Courier, ctx *reenact.Context, p parcel) error {
		return errors.Join(c.send(ctx, p, 1), errBoom)
	})
	declareCourier("send_slowly", func(c *Courier, ctx *reenact.Context, p parcel) error {
		if err := c.send(ctx, p, 1); err != nil {
			return err
		}
		return passGate(ctx, p.Gate)
	})
	declareCourier("send_many", func(c *Courier, ctx *reenact.Context, p parcel) error { return c.send(ctx, p, p.Count) })
	declareCourier("write_many", func(c *Courier, ctx *reenact.Context, p parcel) error {
		for i := range p.Count {
			if err := journalAppend.Tell(ctx, journal.Actor(ctx, p.To), fmt.Sprint(p.Prefix, i)); err != nil {
				return err
			}
		}
		c.Sent += p.Count
		return nil
	})
	reenact.HandleNoReply(courier, "sign", func(_ *Courier, ctx *reenact.Context, key string) error {
		return journalSigned.Tell(ctx, journal.Actor(ctx, key), reenact.None{})
	})
	reenact.HandleNoReply(courier, "tell_scratch", func(_ *Courier, ctx *reenact.Context, p parcel) error {
		return scratchAdd.Tell(ctx, scratch.Actor(ctx, p.To), p.Amount)
	})
	declareCourierAsks()
}

func declareCourierAsks() {
	reenact.Handle(courier, "ask", func(c *Courier, ctx *reenact.Context, p parcel) (int, error) {
		answer, err := counterAdd.Ask(ctx, counter.Actor(ctx, p.To), p.Amount)
		c.Sent++
		return answer, err
	})
	reenact.Handle(courier, "ask_failing", func(c *Courier, ctx *reenact.Context, p parcel) (string, error) {
		_, err := reenact.Ask[int](ctx, ctx.Actor("counter", p.To), "add_then_fail", 1)
		c.Sent++
		var ours *reenact.Error
		if errors.As(err, &ours) {
			return ours.Name(), nil
		}
		return "", err
	})
	reenact.Handle(courier, "ask_slowly", func(c *Courier, ctx *reenact.Context, p parcel) (int, error) {
		return reenact.Ask[int](ctx, ctx.Actor("counter", p.To), "add_slowly", addSlowly{1, p.Gate})
	})
	reenact.HandleNoMessage(courier, "sent", func(c *Courier, _ *reenact.Context) (int, error) { return c.Sent, nil }, reenact.ReadOnly())
}

// Sleeper counts its comings and goings.
type Sleeper struct {
	Value        int `json:"value"`
	Activations  int `json:"activations"`
	Passivations int `json:"passivations"`
}

// Activated is the hook.
func (s *Sleeper) Activated(ctx *reenact.Context) error {
	s.Activations++
	note("activated " + ctx.Address().String())
	return nil
}

// Passivating is the hook.
func (s *Sleeper) Passivating(ctx *reenact.Context) error {
	s.Passivations++
	note("passivating " + ctx.Address().String())
	return nil
}

// Nap is a Sleeper without a memory.
type Nap struct {
	Value int `json:"value"`
}

// Passivating is the hook.
func (n *Nap) Passivating(ctx *reenact.Context) error {
	note("passivating " + ctx.Address().String())
	return nil
}

const soon = 150 * time.Millisecond

var (
	sleeper = reenact.NewKind[Sleeper]("sleeper", reenact.IdleTimeout(soon))
	nap     = reenact.NewKind[Nap]("nap", reenact.Transient(), reenact.IdleTimeout(soon))
)

func init() {
	reenact.Handle(sleeper, "add", func(s *Sleeper, _ *reenact.Context, amount int) (int, error) {
		s.Value += amount
		return s.Value, nil
	})
	reenact.HandleNoMessage(sleeper, "report", func(s *Sleeper, _ *reenact.Context) (Sleeper, error) { return *s, nil }, reenact.ReadOnly())
	reenact.HandleNothing(sleeper, "leave", func(_ *Sleeper, ctx *reenact.Context) error {
		ctx.Passivate()
		return nil
	})
	reenact.Handle(nap, "add", func(n *Nap, _ *reenact.Context, amount int) (int, error) {
		n.Value += amount
		return n.Value, nil
	})
	reenact.HandleNoMessage(nap, "get", func(n *Nap, _ *reenact.Context) (int, error) { return n.Value, nil }, reenact.ReadOnly())
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

var echo = reenact.NewKind[Echo]("echo", reenact.Transient())

func init() {
	reenact.Handle(echo, "echo", func(_ *Echo, _ *reenact.Context, m json.RawMessage) (json.RawMessage, error) { return m, nil })
	reenact.Handle(echo, "bytes", func(_ *Echo, _ *reenact.Context, m []byte) ([]byte, error) { return m, nil })
	reenact.Handle(echo, "make", func(_ *Echo, _ *reenact.Context, n int) ([]byte, error) { return bytePattern(n), nil })
	reenact.Handle(echo, "greet", func(_ *Echo, _ *reenact.Context, p person) (string, error) {
		note("greet")
		return fmt.Sprintf("%s is %d", p.Name, p.Age), nil
	})
	reenact.HandleNothing(echo, "nothing", func(*Echo, *reenact.Context) error { return nil })
	reenact.HandleNoMessage(echo, "address", func(_ *Echo, ctx *reenact.Context) (string, error) { return ctx.Address().String(), nil })
	reenact.HandleNoReply(echo, "fail", func(_ *Echo, _ *reenact.Context, text string) error { return errors.New(text) })
	reenact.HandleNoReply(echo, "spin", func(_ *Echo, _ *reenact.Context, ms int) error {
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

var dice = reenact.NewKind[Dice]("dice")

func init() {
	reenact.HandleNoMessage(dice, "roll", func(d *Dice, ctx *reenact.Context) (roll, error) {
		d.Rolls++
		r := roll{NowBefore: ctx.Now().UnixMilli(), Rolls: d.Rolls}
		r.IDs = []string{ctx.NewID(), ctx.NewID()}
		r.Randoms = []float64{ctx.Random(), ctx.Random()}
		time.Sleep(20 * time.Millisecond)
		r.NowAfter = ctx.Now().UnixMilli()
		return r, nil
	})
}

// catalogue is every kind.
func catalogue() []reenact.AnyKind {
	return []reenact.AnyKind{
		counter, scratch, journal, courier, link, sleeper, nap,
		narrowReject, narrowOldest, narrowWait, echo, dice,
	}
}

var (
	narrowReject = narrow("narrow", reenact.Reject)
	narrowOldest = narrow("narrow_oldest", reenact.DropOldest)
	narrowWait   = narrow("narrow_wait", reenact.Wait)
)
