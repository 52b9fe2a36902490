package everact

// This file holds a turn as the core hands it out. How it runs, and how it is left, is in perform.go.

import (
	"fmt"
	"sync"

	"github.com/everact/everact-go/internal/frame"
	"github.com/everact/everact-go/internal/native"
)

// turn is a TURN record, with its parts copied out of the buffer that it came in.
type turn struct {
	id, activation, ask, revision, seed uint64
	nowMs                               int64
	remainingMs                         uint32
	kind, handler, flags                uint16
	// lead: the asker waits, and nobody else does; the commit may be made right here.
	lead bool

	key, state, payload, sender []byte
	// metadata is the block beside the payload.
	metadata []byte
	// buffer holds the parts, unless the payload is borrowed from the ASK record that caused the turn.
	buffer   []byte
	borrowed bool
	// contexts are those for the next turns that this record serves.
	contexts []Context
	// tells are the TELL records of what the handler has told, kept under the Context's lock.
	tells     []byte
	tellCount uint32
	// command is where the COMPLETE record of a worker's turn is written.
	command    []byte
	replyBytes int
	// image is what the object was when a nested turn began.
	image any
	// passage is the turn's way through the host.
	passage passage
}

var turns = sync.Pool{New: func() any { return new(turn) }}

// readTurn copies a TURN record, which may refer to the message of the ASK of the same visit. The parts of a received message stay where they are.
func readTurn(record, ask []byte) (*turn, error) {
	t := turns.Get().(*turn)
	t.id, t.flags = frame.ID(record), frame.Flags(record)
	t.activation, t.ask = frame.TurnActivation(record), frame.TurnAsk(record)
	t.kind, t.handler = frame.TurnKind(record), frame.TurnHandler(record)
	t.remainingMs, t.nowMs = frame.TurnRemainingMs(record), frame.TurnNowMs(record)
	t.seed, t.revision = frame.TurnSeed(record), frame.TurnRevision(record)
	t.lead, t.borrowed, t.replyBytes = false, false, 0

	parts := record[frame.TurnFixedBytes:]
	if !t.is(frame.TurnFlagReceived) {
		t.buffer = append(t.buffer[:0], parts...)
		parts = t.buffer
	}
	if err := t.cut(record, parts); err != nil {
		t.release()
		return nil, err
	}
	if t.is(frame.TurnFlagOwn) {
		t.payload, t.borrowed = frame.AskPayload(ask), true
	}
	return t, nil
}

// cut finds the parts of a TURN record in b.
func (t *turn) cut(record, b []byte) error {
	key := uint64(frame.TurnKeyBytes(record))
	state := key + uint64(frame.TurnStateBytes(record))
	payload := state + uint64(frame.TurnPayloadBytes(record))
	sender := payload + uint64(frame.TurnSenderBytes(record))
	if sender > uint64(len(b)) {
		return fmt.Errorf("the parts of a turn claim %d bytes where %d are left", sender, len(b))
	}
	t.key, t.state, t.payload, t.sender = b[:key:key], b[key:state:state], b[state:payload:payload], b[payload:sender:sender]
	if t.is(frame.TurnFlagMetadata) {
		t.metadata = b[sender:]
	}
	return nil
}

func (t *turn) is(flag uint16) bool { return t.flags&flag != 0 }

// detach takes the ASK record over, so that its payload lives as long as the turn; the other side gets the turn's spare buffer.
func (t *turn) detach(command *[]byte) {
	if t.borrowed {
		t.command, *command = *command, t.command
		t.borrowed = false
	}
}

func (t *turn) release() {
	t.key, t.state, t.payload, t.sender, t.metadata, t.image = nil, nil, nil, nil, nil, nil
	t.passage = passage{}
	t.tells, t.tellCount = t.tells[:0], 0
	if cap(t.tells) > keptBytes {
		t.tells = nil
	}
	if cap(t.buffer) > keptBytes {
		t.buffer = nil
	}
	if cap(t.command) > keptBytes {
		t.command = nil
	}
	turns.Put(t)
}

// reply is the reply within the COMPLETE record.
func (t *turn) reply(record []byte) []byte {
	to := frame.CompleteFixedBytes + t.replyBytes
	return record[frame.CompleteFixedBytes:to:to]
}

// fetch gets a payload or a state that is kept by reference because it is large.
func (t *turn) fetch(e *Engine) *Error {
	if !t.is(frame.TurnFlagBlob | frame.TurnFlagStateBlob) {
		return nil
	}
	for _, part := range [...]struct {
		flag uint16
		into *[]byte
	}{{frame.TurnFlagBlob, &t.payload}, {frame.TurnFlagStateBlob, &t.state}} {
		if !t.is(part.flag) {
			continue
		}
		bytes, err := e.blob(*part.into)
		if err != nil {
			return err
		}
		*part.into = bytes
		t.flags &^= part.flag
	}
	return nil
}

// blob moves what a reference names out of the core.
func (e *Engine) blob(reference []byte) ([]byte, *Error) {
	named, err := frame.ReadBlob(reference)
	if err != nil {
		return nil, &Error{Code: CodeInternal, Text: err.Error()}
	}
	bytes := make([]byte, named.Bytes)
	if n := native.Blob(e.id, named.ID, bytes); n != int64(len(bytes)) {
		return nil, failure(CodeInternal, "a blob of %d bytes answered %d", len(bytes), n)
	}
	return bytes, nil
}
