package everact

// This file waits from outside for the end of a process.

import (
	"context"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/payload"
)

// endings reads why a process has ended out of what the core tells of it.
var endings = payload.Codec[ExitReason]{Parse: func(told []byte) (ExitReason, error) {
	n, err := readNote(told)
	return n.reason(), err
}}

// Await gives why the process ends, when it has; of one that does not live the reason is NoProcess. The wait has begun when it returns. Inside of processes
// Context.Monitor does this with a message.
func (r Reference) Await(ctx context.Context) *Pending[ExitReason] {
	switch {
	case r.err != nil:
		return refused[ExitReason](r.err)
	case r.engine == nil || !r.process:
		return refused[ExitReason](failure(CodeInvalidArgument, "the reference names no process"))
	case ctx.Err() != nil:
		return refused[ExitReason](contextFailure(ctx.Err()))
	}
	c := r.engine.calls.take()
	c.engine, c.durable, c.turnOf, c.key, c.source = r.engine, false, nil, "", ""
	c.record = frame.Ask{ID: c.id(), Flags: frame.AskFlagTell}
	c.command = frame.AppendTie(c.room(), &frame.Tie{
		ID: c.record.ID, What: frame.TieAwait, Flags: frame.TieFlagProcess, Process: frame.ProcessNumber(r.key),
	})
	return started(ctx, c, endings)
}

// Wait waits for the end of the process, and gives its reason, NoProcess where so many have ended since then that nobody knows any more; see Await.
func (r Reference) Wait(ctx context.Context) (ExitReason, error) { return r.Await(ctx).Wait(ctx) }
