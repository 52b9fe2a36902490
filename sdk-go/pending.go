package everact

// This file holds asks whose reply is taken later.

import (
	"context"
	"sync"

	"github.com/everact/everact-go/internal/payload"
)

// Pending is an ask whose reply is on its way.
type Pending[R any] struct {
	replies payload.Codec[R]
	decode  sync.Once
	payload []byte
	// short is where a short payload lies.
	short [16]byte
	// beside is nil unless the asker wants what comes beside the reply.
	beside *besideReply
	reply  R
	err    error

	// ctx is the ask's.
	ctx     context.Context
	mu      sync.Mutex
	settled bool
	// done is nil unless it was asked for; it is closed with the outcome.
	done    chan struct{}
	unwatch func() bool
}

// besideReply is metadata on its way to the variable that wants it.
type besideReply struct {
	into  *Metadata
	block []byte
}

// Done is closed when the outcome is there.
func (p *Pending[R]) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = make(chan struct{})
		if p.settled {
			close(p.done)
		}
	}
	return p.done
}

// Wait gives the reply. Its context bounds this wait only; the ask has the context that it was started with.
func (p *Pending[R]) Wait(ctx context.Context) (R, error) {
	if !p.isSettled() {
		if turn, ok := ctx.(*Context); ok {
			defer turn.leavePool()()
		}
		select {
		case <-p.Done():
		case <-ctx.Done():
			var none R
			return none, contextFailure(ctx.Err())
		}
	}
	p.decode.Do(p.parse)
	return p.reply, p.err
}

func (p *Pending[R]) isSettled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settled
}

func (p *Pending[R]) parse() {
	if p.beside != nil {
		*p.beside.into = readMetadata(p.beside.block)
	}
	if p.err != nil {
		return
	}
	if p.reply, p.err = p.replies.Parse(p.payload); p.err != nil {
		p.err = failure(CodeInvalidPayload, "the reply does not fit: %v", p.err)
	}
	p.payload = nil
}

// Refused is a Pending that failed before it was sent, for package proto.
func Refused[R any](err error) *Pending[R] { return refused[R](err) }

// refused is a Pending that failed before it was sent.
func refused[R any](err error) *Pending[R] {
	return &Pending[R]{err: err, settled: true}
}

// started sends a call. Whoever brings its outcome settles it; a context that is done cancels the ask.
func started[R any](ctx context.Context, c *call, replies payload.Codec[R]) *Pending[R] {
	p := &Pending[R]{ctx: ctx, replies: replies}
	if c.into != nil {
		p.beside = &besideReply{into: c.into}
	}
	engine, id := c.engine, c.id()
	c.start(p)
	if ctx.Done() != nil {
		p.watch(context.AfterFunc(ctx, func() {
			engine.cancel(nil, id)
			// Who waits is held no longer, whether the core's answer comes or not.
			p.settle(nil, nil, contextFailure(ctx.Err()))
		}))
	}
	return p
}

func (p *Pending[R]) watch(unwatch func() bool) {
	p.mu.Lock()
	settled := p.settled
	p.unwatch = unwatch
	p.mu.Unlock()
	if settled {
		unwatch()
	}
}

// settle keeps the first outcome that comes; payload and metadata are the caller's again afterwards.
func (p *Pending[R]) settle(payload, beside []byte, err error) {
	err = contextOutcome(p.ctx, err)
	p.mu.Lock()
	if p.settled {
		p.mu.Unlock()
		return
	}
	p.settled, p.err = true, err
	if err == nil && len(payload) > 0 {
		p.payload = append(p.short[:0], payload...)
	}
	if p.beside != nil {
		p.beside.block = append([]byte(nil), beside...)
	}
	done, unwatch := p.done, p.unwatch
	p.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
	if done != nil {
		close(done)
	}
}

// contextOutcome names the context's own reason where the core only knows that the ask was cancelled.
func contextOutcome(ctx context.Context, err error) error {
	if ours, ok := err.(*Error); ok && ours.Code == CodeCancelled && ctx.Err() == context.DeadlineExceeded {
		return contextFailure(context.DeadlineExceeded)
	}
	return err
}
