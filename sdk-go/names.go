package everact

// This file holds names and groups of processes, and the messages for all members of a group.

import (
	"context"
	"fmt"

	"github.com/everact/everact-go/internal/frame"
)

// name has the core do something about a name or a group; the numbers are its reply.
func (e *Engine) name(turn *Context, what uint16, name string, process uint64) ([]uint64, error) {
	reply, err := e.command(context.Background(), turn, func(b []byte, id uint64) []byte {
		return frame.AppendName(b, id, what, name, process)
	})
	return frame.Numbers(reply), err
}

// pairs reads processes with their kinds.
func (e *Engine) pairs(numbers []uint64) []ProcessRef {
	refs := make([]ProcessRef, 0, len(numbers)/2)
	for ; len(numbers) >= 2; numbers = numbers[2:] {
		refs = append(refs, e.processRef(numbers[0], numbers[1]))
	}
	return refs
}

// numberOf is the process that a peer names; an error where it names none of this engine.
func (e *Engine) numberOf(turn *Context, peer Peer) (uint64, error) {
	if ref, ok := peer.(ProcessRef); ok && turn == nil {
		peer = e.Process(ref)
	}
	to := peer.in(turn)
	switch {
	case to.err != nil:
		return 0, to.err
	case to.engine != e:
		return 0, failure(CodeInvalidArgument, "the reference is empty, or belongs to another engine")
	case !to.process:
		return 0, failure(CodeInvalidArgument, "%s is an actor, which has its key for a name", to.Address())
	default:
		return frame.ProcessNumber(to.key), nil
	}
}

// named does something about a name or a group in which a process has a part.
func (e *Engine) named(turn *Context, what uint16, name string, peer Peer) ([]uint64, error) {
	process, err := e.numberOf(turn, peer)
	if err != nil {
		return nil, err
	}
	return e.name(turn, what, name, process)
}

// found is the process of a name, false where there is none.
func (e *Engine) found(numbers []uint64, err error) (ProcessRef, bool, error) {
	if refs := e.pairs(numbers); err == nil && len(refs) > 0 {
		return refs[0], true, nil
	}
	return ProcessRef{}, false, err
}

// Register gives a process a name that no other process of the engine has; it vanishes with the process. It fails with NameTaken, with NoProcess where the
// process does not live, and with InvalidArgument for a text that is no name.
func (e *Engine) Register(name string, process Peer) error {
	_, err := e.named(nil, frame.NameRegister, name, process)
	return err
}

// Unregister takes a name away; false where nobody had it.
func (e *Engine) Unregister(name string) (bool, error) {
	_, was, err := e.found(e.name(nil, frame.NameUnregister, name, 0))
	return was, err
}

// Whereis is the process of this name; false where there is none.
func (e *Engine) Whereis(name string) (ProcessRef, bool) {
	ref, is, _ := e.found(e.name(nil, frame.NameWhereis, name, 0))
	return ref, is
}

// Join puts a process into a group. As often as it has joined, it is a member.
func (e *Engine) Join(group string, process Peer) error {
	_, err := e.named(nil, frame.NameJoin, group, process)
	return err
}

// Leave undoes the last joining of a process; false where it is no member.
func (e *Engine) Leave(group string, process Peer) (bool, error) {
	numbers, err := e.named(nil, frame.NameLeave, group, process)
	return len(numbers) > 0 && numbers[0] != 0, err
}

// Members are the processes of a group, in the order in which they joined.
func (e *Engine) Members(group string) ([]ProcessRef, error) {
	numbers, err := e.name(nil, frame.NameMembers, group, 0)
	return e.pairs(numbers), err
}

// groupsAtOnce is how many groups are asked for at a time.
const groupsAtOnce = 1000

// Groups are the names of the groups that have members, in no order.
func (e *Engine) Groups() ([]string, error) {
	var names []string
	for after := uint64(0); ; {
		var page struct {
			Groups []struct{ Group string }
			Next   *uint64
		}
		if err := e.describe(fmt.Sprintf(`{"topic":"groups","after":%d,"limit":%d}`, after, groupsAtOnce), &page); err != nil {
			return nil, err
		}
		for _, one := range page.Groups {
			names = append(names, one.Group)
		}
		if page.Next == nil {
			return names, nil
		}
		after = *page.Next
	}
}

// Publish tells a message to all members of a group whose kinds have a handler of the message's name, and gives their number. A member that joined twice is
// told twice.
func (e *Engine) Publish(group string, message any) (int, error) {
	return e.publish(nil, group, message)
}

func (e *Engine) publish(turn *Context, group string, message any) (int, error) {
	name, payload, err := encoded(message)
	if err != nil {
		return 0, err
	}
	var of uint64
	if turn != nil {
		of = turn.id
	}
	reply, err := e.command(context.Background(), turn, func(b []byte, id uint64) []byte {
		return frame.AppendPublish(b, id, of, group, name, payload)
	})
	if numbers := frame.Numbers(reply); len(numbers) > 0 {
		return int(numbers[0]), err
	}
	return 0, err
}

// Register gives this process a name; see Engine.Register.
func (c *Context) Register(name string) error {
	_, err := c.system().named(c, frame.NameRegister, name, c.Self())
	return err
}

// RegisterFor gives another process a name; see Engine.Register.
func (c *Context) RegisterFor(name string, process Peer) error {
	_, err := c.system().named(c, frame.NameRegister, name, process)
	return err
}

// Unregister takes a name away; see Engine.Unregister.
func (c *Context) Unregister(name string) (bool, error) {
	e := c.system()
	_, was, err := e.found(e.name(c, frame.NameUnregister, name, 0))
	return was, err
}

// Whereis is the process of this name; see Engine.Whereis.
func (c *Context) Whereis(name string) (ProcessRef, bool) {
	e := c.system()
	ref, is, _ := e.found(e.name(c, frame.NameWhereis, name, 0))
	return ref, is
}

// Join puts this process into a group; see Engine.Join.
func (c *Context) Join(group string) error {
	_, err := c.system().named(c, frame.NameJoin, group, c.Self())
	return err
}

// Leave undoes this process' last joining; see Engine.Leave.
func (c *Context) Leave(group string) (bool, error) {
	numbers, err := c.system().named(c, frame.NameLeave, group, c.Self())
	return len(numbers) > 0 && numbers[0] != 0, err
}

// Members are the processes of a group; see Engine.Members.
func (c *Context) Members(group string) ([]ProcessRef, error) {
	numbers, err := c.system().name(c, frame.NameMembers, group, 0)
	return c.system().pairs(numbers), err
}

// Groups are the names of the groups that have members; see Engine.Groups.
func (c *Context) Groups() ([]string, error) { return c.system().Groups() }

// MonitorGroup has this process told when others join or leave a group (Joined, Left); the empty name is all groups. It gives those who are members now.
func (c *Context) MonitorGroup(group string) (GroupMonitor, []ProcessRef, error) {
	numbers, err := c.system().named(c, frame.NameMonitorGroup, group, c.Self())
	if err != nil || len(numbers) == 0 {
		return 0, nil, err
	}
	return GroupMonitor(numbers[0]), c.system().pairs(numbers[1:]), nil
}

// DemonitorGroup ends that, and tells whether it was on.
func (c *Context) DemonitorGroup(monitor GroupMonitor) (wasOn bool, err error) {
	numbers, err := c.system().name(c, frame.NameDemonitorGroup, "", uint64(monitor))
	return len(numbers) > 0 && numbers[0] != 0, err
}

// Publish tells a message to all members of a group, in this process' name; see Engine.Publish.
func (c *Context) Publish(group string, message any) (int, error) {
	return c.system().publish(c, group, message)
}
