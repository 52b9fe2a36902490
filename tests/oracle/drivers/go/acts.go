package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	everact "github.com/everact/everact-go"
)

// The messages of puppets.
type (
	// do is a command; ping wants an answer; message is what processes send each other.
	do      struct{ Command json.RawMessage }
	ping    struct{}
	message struct{ Tag string }
)

const (
	receiveTime = 2 * time.Second
	pingTime    = 2 * time.Second
	answerTime  = 5 * time.Second
)

// mailbox takes messages: that of a process in receive style, or one that a process in handler style keeps.
type mailbox interface {
	// take gives the first message that fits, nil where none comes in time.
	take(wait time.Duration, fits func(any) bool) any
	// down waits for the end of one that is watched; false where none comes.
	down(monitor everact.Monitor) bool
	// demonitor ends a watch.
	demonitor(monitor everact.Monitor, flush bool) bool
}

// memory is what a puppet remembers.
type memory struct {
	world    *world
	mailbox  mailbox
	monitors map[everact.Monitor]string
	refs     map[string]everact.Monitor
	timers   map[string]timer
	crowd    []everact.Reference
}

type timer struct {
	everact.Timer
	ms       int
	interval bool
}

func (w *world) memory(box mailbox) *memory {
	return &memory{
		world: w, mailbox: box, monitors: map[everact.Monitor]string{}, refs: map[string]everact.Monitor{}, timers: map[string]timer{},
	}
}

// act does one command of a process. An error is the end of it.
func (m *memory) act(self *everact.Context, given everact.Turn, c command) (any, error) {
	w := m.world
	switch verb := c.text(0); verb {
	case "exit":
		return refusable([]any{"ended", c.text(1)}, self.Exit(reason(c.text(1))))
	case "crash":
		return nil, errors.New(c.text(1))
	case "link":
		return ok(self.Link(w.tied(c.text(1))))
	case "unlink":
		return ok(self.Unlink(w.tied(c.text(1))))
	case "links":
		return m.links(self)
	case "trap":
		var on bool
		_ = json.Unmarshal(c[1], &on)
		_, err := self.TrapExits(on)
		return ok(err)
	case "send_exit":
		return refusable("ok", self.ExitTo(w.ref(c.text(1)), reason(c.text(2))))
	case "spawn_link":
		return m.spawn(given, c, everact.Linked())
	case "spawn_monitor":
		var monitor everact.Monitor
		answer, err := m.spawn(given, c, everact.Monitored(&monitor))
		m.watches(monitor, c.text(1))
		return answer, err
	case "start_link":
		return w.startLink(given, self, c)
	case "send":
		return ok(self.Tell(w.ref(c.text(1)), message{c.text(2)}))
	case "flood":
		for range c.number(2, 0) {
			if err := self.Tell(w.ref(c.text(1)), message{c.text(3)}); err != nil {
				return nil, err
			}
		}
		return "ok", nil
	case "ping":
		return m.ping(self, given, c.text(1))
	case "monitor":
		return m.monitor(self, c)
	case "demonitor":
		was := m.mailbox.demonitor(m.refs[c.text(1)], c.text(2) == "flush")
		if c.text(2) == "info" {
			return was, nil
		}
		return "ok", nil
	case "receive":
		return m.receive(c)
	case "mailbox":
		all := []any{}
		for {
			received := m.mailbox.take(0, func(received any) bool { return m.fits(nil, received) })
			if received == nil {
				return all, nil
			}
			all = append(all, m.seen(received))
		}
	default:
		return m.actByName(self, given, c)
	}
}

// actByName does one command about names, groups, timers and behaviours.
func (m *memory) actByName(self *everact.Context, given everact.Turn, c command) (any, error) {
	w := m.world
	switch c.text(0) {
	case "register":
		of := self.Self()
		if len(c) > 2 {
			of = w.ref(c.text(2))
		}
		return named(self.RegisterFor(c.text(1), of)), nil
	case "unregister":
		if was, err := self.Unregister(c.text(1)); !was {
			return "unknown_name", err
		}
		return "ok", nil
	case "whereis":
		if ref, is := self.Whereis(c.text(1)); is {
			return w.nameOf(ref), nil
		}
		return nil, nil
	case "send_name":
		ref, is := self.Whereis(c.text(1))
		if !is {
			return "unknown_name", nil
		}
		return ok(self.Tell(ref, message{c.text(2)}))
	case "join":
		if len(c) > 2 {
			return ok(w.engine.Join(c.text(1), w.ref(c.text(2))))
		}
		return ok(self.Join(c.text(1)))
	case "leave":
		if was, err := self.Leave(c.text(1)); !was {
			return "not_joined", err
		}
		return "ok", nil
	case "members":
		members, err := self.Members(c.text(1))
		return w.namesOf(members), err
	case "groups":
		groups, err := self.Groups()
		slices.Sort(groups)
		return append([]string{}, groups...), err
	case "watch_group":
		_, members, err := self.MonitorGroup(c.text(1))
		return w.namesOf(members), err
	case "publish":
		_, err := self.Publish(c.text(1), message{c.text(2)})
		return ok(err)
	case "timer", "every":
		return m.timer(self, c)
	case "cancel":
		t := m.timers[c.text(1)]
		left, is := t.Cancel()
		return t.shown(left, is), nil
	case "read":
		t := m.timers[c.text(1)]
		left, is := t.Left()
		return t.shown(left, is), nil
	case "call", "cast", "info":
		return w.say(given, c), nil
	case "add_sup_handler":
		return w.manage(given, c), nil
	default:
		return m.actInNumbers(self, given, c)
	}
}

func ok(err error) (any, error) { return "ok", err }

// refusable is what comes of giving something that may not be.
func refusable(answer any, err error) (any, error) {
	if errors.Is(err, everact.ErrInvalidArgument) {
		return "invalid", nil
	}
	return answer, err
}

// named is what came of a registration.
func named(err error) any {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, everact.ErrNameTaken):
		return "name_taken"
	case errors.Is(err, everact.ErrNoProcess):
		return "noproc"
	default:
		return err.Error()
	}
}

func (m *memory) watches(monitor everact.Monitor, name string) {
	m.monitors[monitor], m.refs[name] = name, monitor
}

func (m *memory) links(self *everact.Context) (any, error) {
	seen, err := m.world.engine.Inspect(self.Self())
	var refs []everact.ProcessRef
	for _, link := range seen.Links {
		refs = append(refs, link.Process)
	}
	return m.world.namesOf(refs), err
}

// spawn spawns a puppet, and waits until it has entered.
func (m *memory) spawn(given everact.Turn, c command, options ...everact.SpawnOption) (any, error) {
	to, err := m.world.puppets.Spawn(given, born{c.text(1), first(c)}, options...)
	if err == nil {
		m.world.entered(to.Process())
	}
	return ok(err)
}

func (m *memory) monitor(self *everact.Context, c command) (any, error) {
	of, as := c.text(1), c.text(1)
	if len(c) > 2 {
		as = c.text(2)
	}
	ref := m.world.tied(of)
	if name, named := strings.CutPrefix(of, "name:"); named {
		ref = m.world.dead
		if owner, is := self.Whereis(name); is {
			ref = owner
		}
	}
	monitor, err := self.Monitor(ref)
	m.watches(monitor, as)
	return ok(err)
}

func (m *memory) receive(c command) (any, error) {
	var pattern []string
	if len(c) > 1 {
		_ = json.Unmarshal(c[1], &pattern)
	}
	wait := receiveTime
	if len(c) > 2 {
		wait = time.Duration(c.number(2, 0)) * time.Millisecond
	}
	received := m.mailbox.take(wait, func(received any) bool { return m.fits(pattern, received) })
	if received == nil {
		return "nothing", nil
	}
	return m.seen(received), nil
}

// ping asks another process, with a watch that tells why it ended.
func (m *memory) ping(self *everact.Context, given everact.Turn, name string) (any, error) {
	ref := m.world.ref(name)
	monitor, err := self.Monitor(ref)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(given, pingTime)
	defer cancel()
	answer, err := everact.AskMessage[string](within, ref, ping{})
	switch {
	case err == nil:
		m.mailbox.demonitor(monitor, true)
		return answer, nil
	case errors.Is(err, everact.ErrDeadlineExceeded):
		m.mailbox.demonitor(monitor, true)
		return "no answer", nil
	}
	down, _ := m.mailbox.take(pingTime, func(received any) bool {
		down, is := received.(everact.Down)
		return is && down.Monitor == monitor
	}).(everact.Down)
	return []any{"ended", shown(down.Reason)}, nil
}

func (m *memory) timer(self *everact.Context, c command) (any, error) {
	to := self.Self()
	if len(c) > 4 {
		to = m.world.ref(c.text(4))
	}
	ms := c.number(2, 0)
	t := timer{ms: ms, interval: c.text(0) == "every"}
	set := self.SendAfter
	if t.interval {
		set = self.SendEvery
	}
	made, err := set(milliseconds(ms), to, message{c.text(3)})
	t.Timer = made
	m.timers[c.text(1)] = t
	return refusable("ok", err)
}

// milliseconds is a time, the longest there is for what is longer.
func milliseconds(ms int) time.Duration {
	if ms > math.MaxInt64/int(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(ms) * time.Millisecond
}

// shown is the time that is left, as `left` if it can be true.
func (t timer) shown(left time.Duration, is bool) any {
	switch {
	case !is:
		return "gone"
	case t.interval || left <= time.Duration(t.ms)*time.Millisecond:
		return "left"
	default:
		return []any{"impossible", left.Milliseconds()}
	}
}
