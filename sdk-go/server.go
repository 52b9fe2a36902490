package everact

// This file declares servers: processes as OTP's gen_server has them.

import (
	stdjson "encoding/json"
	"time"
)

// NewServer declares a kind of servers: processes in handler style whose general part is the core's, as gen_server is. Handlers are declared as those of
// actors are; one takes what is asked and what is told, and Context.IsTell tells them apart. Activator is its beginning, Terminator its end; IdleHandler and
// ContinueHandler take what Context.IdleTimeout and Context.ContinueWith lead to; ExitHandler, DownHandler and GroupHandler are as of any process, but that a
// parent's exit is not handled: it ends the server, with Terminate.
func NewServer[A any](name string, options ...KindOption) *Kind[A] {
	return NewProcess[A](name, append(options[:len(options):len(options)], inBehaviour(behaviourServer))...)
}

// IdleHandler is a server that asks for idle time-outs.
type IdleHandler interface {
	OnTimeout(ctx *Context) error
}

// ContinueHandler is a server that goes on with something before its next message; the value is what Context.ContinueWith was given, as JSON.
type ContinueHandler interface {
	OnContinue(ctx *Context, value stdjson.RawMessage) error
}

// declareServer finds the callbacks of a server.
func declareServer[A any](core *kindCore) {
	actor := any((*A)(nil))
	if _, ok := actor.(IdleHandler); ok {
		core.hooks.timeout = hook("on_timeout", func(object any, ctx *Context) error {
			return any(&object.(*cell[A]).live).(IdleHandler).OnTimeout(ctx)
		})
	}
	if _, ok := actor.(ContinueHandler); ok {
		core.hooks.continued = &handlerCore{name: "on_continue", run: func(object any, ctx *Context, value, frame []byte) ([]byte, error) {
			value = append([]byte(nil), value...)
			return frame, any(&object.(*cell[A]).live).(ContinueHandler).OnContinue(ctx, value)
		}}
	}
}

// IdleTimeout has OnTimeout run when no message has come for so long; any message, and Forever, lifts it. After 0 it runs behind what waits in the mailbox
// now. Of IdleTimeout, Hibernate and ContinueWith the last one that a callback calls counts.
func (c *Context) IdleTimeout(after time.Duration) {
	c.want(behaviourServer, "IdleTimeout", func(w *wish) {
		w.then = map[string]any{"timeout": w.wait("IdleTimeout", after)}
	})
}

// ContinueWith has OnContinue run with this value before any other message.
func (c *Context) ContinueWith(value any) {
	c.want(behaviourServer, "ContinueWith", func(w *wish) {
		w.then = map[string]any{"continue": w.content("ContinueWith: the value", value)}
	})
}
