package main

// The catalogue of actors, part 1: counter, scratch, journal, courier, link. See tests/conformance/README.md.

import (
	"errors"
	"os"

	reenact "github.com/reenact/reenact-go"
)

var errBoom = errors.New("boom")

// Counter is the state of counter and scratch.
type Counter struct {
	Value int `json:"value"`
}

type addSlowly struct {
	Amount int    `json:"amount"`
	Gate   string `json:"gate"`
}

type atGate struct {
	Gate string `json:"gate"`
}

// declareCounter adds what counter and scratch have in common; note counts add_slowly.
func declareCounter(kind *reenact.Kind[Counter]) (add *reenact.Handler[Counter, int, int]) {
	add = reenact.Handle(kind, "add", func(c *Counter, _ *reenact.Context, amount int) (int, error) {
		c.Value += amount
		return c.Value, nil
	})
	reenact.HandleNoMessage(kind, "get", func(c *Counter, _ *reenact.Context) (int, error) { return c.Value, nil }, reenact.ReadOnly())
	reenact.Handle(kind, "add_then_fail", func(c *Counter, _ *reenact.Context, amount int) (int, error) {
		c.Value += amount
		return 0, errBoom
	})
	reenact.Handle(kind, "add_slowly", func(c *Counter, ctx *reenact.Context, m addSlowly) (int, error) {
		note("add_slowly")
		c.Value += m.Amount
		return c.Value, passGate(ctx, m.Gate)
	})
	reenact.Handle(kind, "peek_slowly", func(c *Counter, ctx *reenact.Context, m atGate) (int, error) {
		return c.Value, passGate(ctx, m.Gate)
	}, reenact.ReadOnly())
	return add
}

var (
	counter    = reenact.NewKind[Counter]("counter")
	counterAdd = declareCounter(counter)
	scratch    = reenact.NewKind[Counter]("scratch", reenact.Transient())
	scratchAdd = declareCounter(scratch)
)

func init() {
	reenact.HandleNoMessage(counter, "revision", func(_ *Counter, ctx *reenact.Context) (int, error) {
		return int(ctx.Revision()), nil
	}, reenact.ReadOnly())
	reenact.HandleNothing(counter, "touch", func(*Counter, *reenact.Context) error { return nil })
	reenact.Handle(counter, "add_read_only", func(c *Counter, _ *reenact.Context, amount int) (int, error) {
		c.Value += amount
		return c.Value, nil
	}, reenact.ReadOnly())
	reenact.HandleNoReply(counter, "tell_read_only", func(_ *Counter, ctx *reenact.Context, key string) error {
		return counterAdd.Tell(ctx, counter.Actor(ctx, key), 1)
	}, reenact.ReadOnly())
	reenact.Handle(counter, "add_then_exit", func(c *Counter, _ *reenact.Context, amount int) (int, error) {
		c.Value += amount
		os.Exit(3)
		return 0, nil
	})
}

// Journal is the state of journal and of the narrow kinds.
type Journal struct {
	Entries []string `json:"entries"`
}

func newJournal() *Journal { return &Journal{Entries: []string{}} }

type appendSlowly struct {
	Entry string `json:"entry"`
	Gate  string `json:"gate"`
}

func declareJournal(kind *reenact.Kind[Journal]) (appendEntry *reenact.Handler[Journal, string, int]) {
	appendEntry = reenact.Handle(kind, "append", func(j *Journal, _ *reenact.Context, entry string) (int, error) {
		j.Entries = append(j.Entries, entry)
		return len(j.Entries), nil
	})
	reenact.HandleNoMessage(kind, "entries", func(j *Journal, _ *reenact.Context) ([]string, error) {
		return j.Entries, nil
	}, reenact.ReadOnly())
	reenact.Handle(kind, "append_slowly", func(j *Journal, ctx *reenact.Context, m appendSlowly) (int, error) {
		j.Entries = append(j.Entries, m.Entry)
		return len(j.Entries), passGate(ctx, m.Gate)
	})
	return appendEntry
}

var (
	journal       = reenact.NewKind[Journal]("journal", reenact.WithNew(newJournal))
	journalAppend = declareJournal(journal)
	journalSigned = reenact.HandleNothing(journal, "append_sender", func(j *Journal, ctx *reenact.Context) error {
		from := ""
		if sender, ok := ctx.Sender(); ok {
			from = sender.String()
		}
		j.Entries = append(j.Entries, from)
		return nil
	})
)

// narrow declares a kind with a small mailbox.
func narrow(name string, policy reenact.Overflow) *reenact.Kind[Journal] {
	kind := reenact.NewKind[Journal](name, reenact.Transient(), reenact.WithNew(newJournal), reenact.MailboxCapacity(2), reenact.OnOverflow(policy))
	declareJournal(kind)
	return kind
}

// Link is a stop of a chain of asks.
type Link struct {
	Visits int `json:"visits"`
}

type journey struct {
	Path []string `json:"path"`
	Fail bool     `json:"fail"`
}

var link = reenact.NewKind[Link]("link")

func declareVisit(name string, options ...reenact.HandlerOption) {
	var visit *reenact.Handler[Link, journey, []string]
	visit = reenact.Handle(link, name, func(l *Link, ctx *reenact.Context, j journey) ([]string, error) {
		l.Visits++
		seen := []string{ctx.Key()}
		if len(j.Path) > 0 {
			rest, err := visit.Ask(ctx, link.Actor(ctx, j.Path[0]), journey{Path: j.Path[1:]})
			if err != nil {
				return nil, err
			}
			seen = append(seen, rest...)
		}
		if j.Fail {
			return nil, errBoom
		}
		return seen, nil
	}, options...)
}

func init() {
	declareVisit("visit")
	declareVisit("visit_again", reenact.Reentrant())
	reenact.HandleNoMessage(link, "visits", func(l *Link, _ *reenact.Context) (int, error) { return l.Visits, nil }, reenact.ReadOnly())
}
