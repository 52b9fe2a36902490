package main

// The catalogue of actors, part 1: counter, scratch, journal, courier, link. See tests/conformance/README.md.

import (
	"errors"
	"os"

	everact "github.com/everact/everact-go"
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
func declareCounter(kind *everact.Kind[Counter]) (add *everact.Handler[Counter, int, int]) {
	add = everact.Handle(kind, "add", func(c *Counter, _ *everact.Context, amount int) (int, error) {
		c.Value += amount
		return c.Value, nil
	})
	everact.HandleNoMessage(kind, "get", func(c *Counter, _ *everact.Context) (int, error) { return c.Value, nil }, everact.ReadOnly())
	everact.Handle(kind, "add_then_fail", func(c *Counter, _ *everact.Context, amount int) (int, error) {
		c.Value += amount
		return 0, errBoom
	})
	everact.Handle(kind, "add_slowly", func(c *Counter, ctx *everact.Context, m addSlowly) (int, error) {
		note("add_slowly")
		c.Value += m.Amount
		return c.Value, passGate(ctx, m.Gate)
	})
	everact.Handle(kind, "peek_slowly", func(c *Counter, ctx *everact.Context, m atGate) (int, error) {
		return c.Value, passGate(ctx, m.Gate)
	}, everact.ReadOnly())
	return add
}

var (
	counter    = everact.NewKind[Counter]("counter", everact.Exposed())
	counterAdd = declareCounter(counter)
	scratch    = everact.NewKind[Counter]("scratch", everact.Transient(), everact.Exposed())
	scratchAdd = declareCounter(scratch)
)

func init() {
	everact.HandleNoMessage(counter, "revision", func(_ *Counter, ctx *everact.Context) (int, error) {
		return int(ctx.Revision()), nil
	}, everact.ReadOnly())
	everact.HandleNothing(counter, "touch", func(*Counter, *everact.Context) error { return nil })
	everact.Handle(counter, "add_read_only", func(c *Counter, _ *everact.Context, amount int) (int, error) {
		c.Value += amount
		return c.Value, nil
	}, everact.ReadOnly())
	everact.HandleNoReply(counter, "tell_read_only", func(_ *Counter, ctx *everact.Context, key string) error {
		return counterAdd.Tell(ctx, counter.Actor(ctx, key), 1)
	}, everact.ReadOnly())
	everact.Handle(counter, "add_then_exit", func(c *Counter, _ *everact.Context, amount int) (int, error) {
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

func declareJournal(kind *everact.Kind[Journal]) (appendEntry *everact.Handler[Journal, string, int]) {
	appendEntry = everact.Handle(kind, "append", func(j *Journal, _ *everact.Context, entry string) (int, error) {
		j.Entries = append(j.Entries, entry)
		return len(j.Entries), nil
	})
	everact.HandleNoMessage(kind, "entries", func(j *Journal, _ *everact.Context) ([]string, error) {
		return j.Entries, nil
	}, everact.ReadOnly())
	everact.Handle(kind, "append_slowly", func(j *Journal, ctx *everact.Context, m appendSlowly) (int, error) {
		j.Entries = append(j.Entries, m.Entry)
		return len(j.Entries), passGate(ctx, m.Gate)
	})
	return appendEntry
}

var (
	journal       = everact.NewKind[Journal]("journal", everact.WithNew(newJournal), everact.Exposed())
	journalAppend = declareJournal(journal)
	journalSigned = everact.HandleNothing(journal, "append_sender", func(j *Journal, ctx *everact.Context) error {
		from := ""
		if sender, ok := ctx.Sender(); ok {
			from = sender.String()
		}
		j.Entries = append(j.Entries, from)
		return nil
	})
)

// narrow declares a kind with a small mailbox.
func narrow(name string, policy everact.Overflow) *everact.Kind[Journal] {
	kind := everact.NewKind[Journal](
		name, everact.Transient(), everact.Exposed(), everact.WithNew(newJournal), everact.MailboxCapacity(2), everact.OnOverflow(policy),
	)
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

var link = everact.NewKind[Link]("link", everact.Exposed())

func declareVisit(name string, options ...everact.HandlerOption) {
	var visit *everact.Handler[Link, journey, []string]
	visit = everact.Handle(link, name, func(l *Link, ctx *everact.Context, j journey) ([]string, error) {
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
	declareVisit("visit_again", everact.Reentrant())
	everact.HandleNoMessage(link, "visits", func(l *Link, _ *everact.Context) (int, error) { return l.Visits, nil }, everact.ReadOnly())
}
